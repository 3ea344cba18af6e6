"""docs/CONSENT.md names every field of a consent and every template: a new one without a line fails here."""

from __future__ import annotations

from dataclasses import fields

from core import builders as make
from stagedoor.core.facts.consent import Consent, WithdrawalMode
from stagedoor.core.rules.templates import TEMPLATES

PAGE = (make.ROOT / "docs" / "CONSENT.md").read_text("utf-8")


def test_every_field_has_its_line() -> None:
    """In the table of fields."""
    named = {
        name for line in PAGE.splitlines() if line.startswith("| `") for name in line.split("|")[1].split("`")[1::2]
    }
    assert {field.name for field in fields(Consent)} <= named
    assert {mode.value for mode in WithdrawalMode} <= named
    assert set(TEMPLATES) <= named
