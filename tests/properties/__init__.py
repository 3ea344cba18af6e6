"""Tests named after the invariants of DESIGN section 3 and the theorems of the deciding function."""
