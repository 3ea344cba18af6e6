"""The published ODRL profile: its terms and its JSON-LD context, shipped as data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
CONTEXT: Final = FOLDER / "context.jsonld"
TERMS: Final = FOLDER / "profile.ttl"
