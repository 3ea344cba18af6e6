"""Tests that hold the pages against the code."""
