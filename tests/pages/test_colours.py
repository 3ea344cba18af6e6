"""Colours: enough contrast in both modes, and shares that stay apart for eyes that miss a cone."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import pytest

CSS = (files("stagedoor.portal") / "statement.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", block)) for block in CSS.split(":root {")[1:3])
MODES = {"light": LIGHT, "dark": DARK}

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(colour: str) -> tuple[float, ...]:
    whole = colour[1:] if len(colour) == 7 else "".join(ch * 2 for ch in colour[1:])
    parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def contrast(one: str, other: str) -> float:
    bright = sorted(sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other))
    return (bright[1] + 0.05) / (bright[0] + 0.05)


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    f, g, h = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * g - 16, 500 * (f - g), 200 * (g - h)


@pytest.mark.parametrize("mode", MODES)
def test_words_have_contrast_on_both_grounds(mode: str) -> None:
    colours = MODES[mode]
    for ground in ("ground", "card"):
        for ink in ("ink", "quiet", "accent", "sure"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ink, ground in (("doubt", "doubt-ground"), ("no", "no-ground"), ("on", "performer"), ("on-agent", "agent"),
                        ("on-plans", "plans")):  # fmt: skip
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


@pytest.mark.parametrize("mode", MODES)
def test_bars_stand_out_from_the_page(mode: str) -> None:
    colours = MODES[mode]
    for tone in ("performer", "agent", "plans", "before"):
        assert contrast(colours[tone], colours["ground"]) >= 3, tone
        assert contrast(colours[tone], colours["card"]) >= 3, tone


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("eyes", EYES)
def test_shares_stay_apart_for_every_eye(mode: str, eyes: str) -> None:
    seen = {}
    for tone in ("performer", "agent", "plans"):
        rgb = linear(MODES[mode][tone])
        seen[tone] = lab(tuple(sum(a * b for a, b in zip(row, rgb, strict=True)) for row in EYES[eyes]))
    for one, other in combinations(seen, 2):
        apart = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
        assert apart >= 20, (one, other, round(apart))
