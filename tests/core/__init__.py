"""Builders of valid facts, and tests of small values. Others may write `from core.builders import ...`."""
