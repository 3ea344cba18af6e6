"""A capture as it is in memory: pictures with masks, cameras, splits.  No keys here, and nothing is ever written."""
