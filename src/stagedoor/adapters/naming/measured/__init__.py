"""What the check of prompts is measured on: names of the long dead, their variants, innocent prompts, invented crowds.

Nothing here draws chance: what looks random follows from a digest of the words, so every run measures the same.
"""
