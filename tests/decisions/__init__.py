"""Decisions at speed: the engine, and a second opinion."""
