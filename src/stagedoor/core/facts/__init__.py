"""Frozen nouns that point to one another by digest.  A fact is appended and never altered."""
