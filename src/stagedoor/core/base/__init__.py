"""Money, time, names, canonical bytes, outcomes and limits: what every fact is made of."""
