"""Formats of splats and pictures: round trips within their stated loss, and independent readers that open our files."""
