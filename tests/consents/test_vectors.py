"""Every vector of spec/consents, as it lies there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import builders as make
from stagedoor.core.base.when import Instant
from stagedoor.core.rules.exchange import from_odrl, to_odrl
from stagedoor.core.rules.sentences import sentences, text_of
from stagedoor.core.rules.templates import TEMPLATES, build

PATHS = sorted((make.SPEC / "consents").glob("*.json"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_template_draws_up_these_very_bytes(path: Path) -> None:
    """Consent, digest, sentences and ODRL; and the way back."""
    vector = json.loads(path.read_text("ascii"))
    consent = build(TEMPLATES[vector["template"]], vector["blanks"], at=Instant.parse(vector["at"]))
    assert consent.plain() == vector["consent"]
    assert consent.digest() == vector["digest"]
    assert list(sentences(consent)) == vector["sentences"]
    assert text_of(consent) == vector["text"]
    assert to_odrl(consent) == vector["odrl"]
    assert from_odrl(vector["odrl"]) == consent


def test_every_template_has_its_vector() -> None:
    """One file each."""
    assert {path.stem.replace("-", "_") for path in PATHS} == set(TEMPLATES)
