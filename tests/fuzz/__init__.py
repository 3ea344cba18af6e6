"""Hostile documents against every reader; STAGEDOOR_FUZZ_SECONDS says for how long."""
