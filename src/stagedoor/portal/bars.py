"""Bars as inline SVG: percentages of whole numbers, in attributes only, so that no style needs to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stagedoor.core.base.money import split
from stagedoor.portal.markup import Html, el, join, trusted

STEPS: Final = 100_000
"""A bar is so many parts long: shares are split in whole parts that sum to it."""

ROOM_FOR_LABEL: Final = 14_000
"""Parts that a segment needs before a label is written into it."""

BEYOND: Final = 5
"""Percent of a ceiling that its bar shows above it."""

GAP: Final = ""
"""The tone of a part that is left empty."""

PATTERNS: Final = trusted(
    '<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="ink" width="2" height="7"/></pattern>'
    '<pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse">'
    '<circle class="ink" cx="2" cy="2" r="1.3"/><circle class="ink" cx="6" cy="6" r="1.3"/></pattern>'
    '<pattern id="beyond" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="faint" width="2" height="7"/></pattern>'
    "</defs></svg>"
)
"""Drawn over colours, so that a bar can be read without seeing any; once per page."""

PATTERN_OF: Final = {"agent": "hatch", "above": "beyond", "plans": "dots", "counted": "dots"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a bar.  `tone` is a word of this package that the style sheet knows; `label` is written inside."""

    tone: str
    units: int
    label: str = ""


def bar(segments: Sequence[Segment], *over: Html, describes: str, cls: str = "bar", whole: int = 0) -> Html:
    """A stacked bar; `whole` above the sum leaves the end of the track empty; `over` is drawn last."""
    sizes = [max(0, segment.units) for segment in segments]
    rest = max(0, whole - sum(sizes))
    if sum(sizes) + rest == 0:
        return Html("")
    parts = split(STEPS, (*sizes, rest))
    drawn: list[str] = [el("rect", cls="track", x="0", y="0", width="100%", height="100%", rx="3")]
    at = 0
    for segment, part in zip(segments, parts, strict=False):
        if segment.tone != GAP and (part or segment.units > 0):
            drawn.append(_segment(segment, at, part))
        at += part
    return el("svg", *drawn, *over, cls=cls, role="img", aria_label=describes, focusable="false")


def ceiling_bar(*, ceiling: int, before: int, counted: int, above: int, describes: str) -> Html:
    """From nothing to the ceiling, with a strip beyond it for what counts no more."""
    beyond = max(1, ceiling * BEYOND // 100)
    low = min(max(0, before), ceiling)
    segments = (
        Segment(tone="before", units=low),
        Segment(tone="counted", units=counted),
        Segment(tone=GAP, units=max(0, ceiling - low - counted)),
        Segment(tone="above", units=min(above, beyond)),
    )
    at = _percent(STEPS * 100 // (100 + BEYOND))
    tick = el("line", cls="tick", x1=at, x2=at, y1="0", y2="100%")
    return bar(segments, tick, describes=describes, cls="bar thin", whole=ceiling + beyond)


def swatch(tone: str) -> Html:
    """The legend's piece of a bar."""
    pieces: list[str] = [el("rect", cls=f"seg {tone}", x="0", y="0", width="100%", height="100%", rx="3")]
    if tone in PATTERN_OF:
        pieces.append(_pattern(tone, "0", "100%"))
    return el("svg", *pieces, cls="swatch", aria_hidden="true", focusable="false")


def _segment(segment: Segment, at: int, part: int) -> Html:
    width = max(part, STEPS // 150)  # a small amount stays visible; its number stands in the legend
    start = min(at, STEPS - width)
    x, w = _percent(start), _percent(width)
    pieces: list[str] = [el("rect", cls=f"seg {segment.tone}", x=x, y="0", width=w, height="100%")]
    if segment.tone in PATTERN_OF:
        pieces.append(_pattern(segment.tone, x, w))
    if segment.label and part >= ROOM_FOR_LABEL:
        pieces.append(
            el("text", segment.label, cls=f"on {segment.tone}", x=_percent(start + 1_500), y="50%",
               dominant_baseline="central")
        )  # fmt: skip
    return join(pieces)


def _pattern(tone: str, x: str, width: str) -> Html:
    return el("rect", x=x, y="0", width=width, height="100%", fill=f"url(#{PATTERN_OF[tone]})")


def _percent(part: int) -> str:
    return f"{part // 1000}.{part % 1000:03d}%"
