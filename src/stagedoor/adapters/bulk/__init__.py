"""Bulk evaluation: the same rules over columns of past uses, with Polars (the extra `bulk`)."""
