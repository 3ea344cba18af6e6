"""The rule language: one meaning in every evaluator, and what is derived from a tree."""
