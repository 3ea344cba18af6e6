"""A field is a replica as any other: recognised by its bytes, drawn by the render recipes' own way, and wiped."""

from __future__ import annotations

import numpy as np
import pytest

from field.kit import fog
from stagedoor.core.facts.origin import Technique
from stagedoor.worker.admit import READERS
from stagedoor.worker.double.warm import round_the_origin
from stagedoor.worker.drawable import opened
from stagedoor.worker.field.draw import draw_field
from stagedoor.worker.job import WorkError

CAMERA = round_the_origin(from_deg=30.0, to_deg=30.0, frames=1)[0]
BACKGROUND = (0.1, 0.2, 0.3)


def test_a_sealed_field_is_drawn_and_wiped() -> None:
    held = opened(bytearray(fog().to_bytes()))
    drawn = held.draw(CAMERA, 40, 40, BACKGROUND)
    assert np.array_equal(drawn, draw_field(fog(), CAMERA, width=40, height=40, background=BACKGROUND))
    held.wipe()
    assert not np.array_equal(held.draw(CAMERA, 40, 40, BACKGROUND), drawn)


def test_a_spoiled_field_is_refused_without_quoting_it() -> None:
    with pytest.raises(WorkError, match="FieldError"):
        opened(bytearray(fog().to_bytes()[:-1]))


def test_a_brought_field_is_sealed_byte_for_byte() -> None:
    plain = bytearray(fog().to_bytes())
    sealed, told = READERS[Technique.FIELD.number](plain)
    assert sealed == plain and sealed is not plain
    assert {setting.name: setting.value for setting in told} == {"entries": len(fog().table), "levels": 3}
    with pytest.raises(WorkError, match="cannot be read"):
        READERS[Technique.FIELD.number](plain[:-4])
