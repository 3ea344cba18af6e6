"""Whose double is partly a guess reads it beside the photograph."""

from __future__ import annotations

import pytest

from stagedoor.cli.papers import GUESSED, quality_of


@pytest.mark.parametrize(("told", "said"), [({"general_head": 1}, True), ({"general_head": 0}, False), ({}, False)])
def test_a_guess_is_said_beside_the_photograph(told: dict[str, int], said: bool) -> None:
    """A receipt of before, or of mesh and field, has no such measure and says nothing of it."""
    words = quality_of({"psnr_whole_millidb": 26_070, "psnr_head_millidb": 27_800} | told)
    assert words.startswith("26.1 dB whole frame, 27.8 dB on the head")
    assert (GUESSED in words) is said
