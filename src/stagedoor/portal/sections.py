"""The sections of a statement, each from one part of the model."""

from __future__ import annotations

from datetime import date

from stagedoor.core.base.money import split
from stagedoor.portal.bars import Segment, bar, ceiling_bar, swatch
from stagedoor.portal.chain_view import why
from stagedoor.portal.markup import Html, data_uri, el, isolated, join
from stagedoor.portal.model import (
    Amount,
    Band,
    Beside,
    Contribution,
    Frame,
    Line,
    Metered,
    Picture,
    Refusal,
    Shot,
    Spending,
)

STRIP = 6
"""Frames of a shot that are printed on paper, evenly spaced."""


def day(value: date) -> Html:
    """A day as people write it, with the machine's spelling beside it."""
    return el("time", f"{value.day} {value:%b %Y}", datetime=value.isoformat())


def section(anchor: str, title: str, *children: str, lead: str = "") -> Html:
    """A part of the page under its heading."""
    head: list[str] = [el("h2", title, id=f"{anchor}-title")]
    if lead:
        head.append(el("p", lead, cls="lead"))
    return el("section", *head, *children, id=anchor, aria_labelledby=f"{anchor}-title")


def beside(item: Beside) -> Html:
    """The photograph and the double."""
    return section(
        "double",
        "The capture beside the double",
        el(
            "div",
            _figure(item.photograph, "Held-out photograph", "never shown to the fit"),
            _figure(item.render, "The double, rendered", item.mark),
            cls="pair",
        ),
        el("p", f"Same camera: {item.camera}. PSNR {item.psnr}.", cls="quiet"),
    )


def _figure(picture: Picture, title: str, mark: str) -> Html:
    caption = el("figcaption", el("b", title), el("span", mark, cls="mark"))
    return el("figure", _img(picture), caption)


def _img(picture: Picture, *, cls: str | None = None, alt: str | None = None, data_frame: int | None = None) -> Html:
    return el(
        "img", src=data_uri(picture), width=picture.width, height=picture.height,
        alt=picture.alt if alt is None else alt, cls=cls, data_frame=data_frame, decoding="sync", draggable="false",
    )  # fmt: skip


def shot(item: Shot, index: int) -> Html:
    """A shot with its scrubber.  Without a script its first frame stands and the controls stay hidden."""
    if not item.frames:
        return section(f"shot-{index}", f"The shot {item.name}", el("p", "No frame came with this statement."))
    first, last = item.frames[0].number, item.frames[-1].number
    some = "" if len(item.frames) == item.whole else f" Shown: {len(item.frames)} of {item.whole} frames."
    caption = el(
        "figcaption",
        el("b", isolated(item.title)),
        el("span", item.mark, cls="mark"),
        el("span", f"Frames {first} to {last}, {item.fps} a second.{some}", cls="quiet"),
    )
    about = f"{item.title}, {item.mark}"
    stage = el("div", *_frames(item.frames), cls="stage", role="img", aria_label=about)
    return section(
        f"shot-{index}",
        f"The shot {item.name}",
        el("figure", stage, _controls(item, index), caption, cls="shot", data_shot=True, data_fps=item.fps,
           data_whole=item.whole),
    )  # fmt: skip


def _frames(frames: tuple[Frame, ...]) -> list[Html]:
    count = min(STRIP, len(frames))
    strip = {place * (len(frames) - 1) // max(1, count - 1) for place in range(count)}
    drawn = []
    for place, frame in enumerate(frames):
        cls = " ".join(word for word, said in (("on", place == 0), ("strip", place in strip)) if said)
        drawn.append(_img(frame.picture, cls=cls or None, alt="", data_frame=frame.number))
    return drawn


def _controls(item: Shot, index: int) -> Html:
    last = len(item.frames) - 1
    return el(
        "div",
        el("button", el("span", cls="icon", aria_hidden="true"), el("span", "Play", cls="word"), type="button",
           data_play=True),
        el("input", type="range", id=f"frame-{index}", min=0, max=last, step=1, value=0, aria_label="Frame",
           aria_valuetext=f"frame {item.frames[0].number} of {item.whole}"),
        el("span", f"{item.frames[0].number} / {item.whole}", cls="number", data_number=True, aria_hidden="true"),
        cls="controls",
        hidden=True,
    )  # fmt: skip


def spending(item: Spending) -> Html:
    """The employer's cost and where it went."""
    labels = percentages(tuple(share.amount.units for share in item.shares))
    segments = [
        Segment(tone=share.kind.value, units=share.amount.units, label=label)
        for share, label in zip(item.shares, labels, strict=True)
    ]
    told = "; ".join(f"{share.who} {share.amount.text}" for share in item.shares)
    rows = [
        _legend(share.kind.value, isolated(share.who), share.amount, label)
        for share, label in zip(item.shares, labels, strict=True)
    ]
    return section(
        "money",
        "Where the money went",
        bar(segments, describes=f"{item.cost.text} in all: {told}"),
        el("ul", *rows, cls="legend"),
        lead=f"These uses cost the employer {item.cost.text} in all.",
    )


def percentages(units: tuple[int, ...]) -> tuple[str, ...]:
    """Shares to one decimal that add up to exactly 100.0 (largest remainder); nothing at all is 0.0 everywhere."""
    weights = tuple(max(0, each) for each in units)
    tenths = split(1000, weights) if sum(weights) else (0,) * len(weights)
    return tuple(f"{each // 10}.{each % 10} %" for each in tenths)


def _legend(tone: str, who: Html | str, amount: Amount, extra: str = "") -> Html:
    return el(
        "li",
        swatch(tone),
        el("span", who, cls="who"),
        el("span", amount.text, cls="amount"),
        el("span", extra, cls="quiet share"),
    )


def lines(items: tuple[Line, ...], total: Amount) -> Html:
    """Every line of the statement, each opening to its chain."""
    heads = ("Date", "What", "Shot", "Days", "Amount")
    head = el("tr", *(_head(word, "amount" if word == "Amount" else None) for word in heads), role="row")
    foot = el(
        "tr",
        el("th", "Total owed", scope="row", role="rowheader", colspan=4),
        el("td", total.text, cls="amount", role="cell"),
        role="row",
    )
    table = el(
        "table",
        el("caption", "Lines of this statement", cls="unseen"),
        el("thead", head, role="rowgroup"),
        *(_line(item) for item in items),
        el("tfoot", foot, role="rowgroup"),
        cls="lines",
        role="table",
    )
    everything = el("button", "Open every chain", type="button", data_open=True, aria_pressed="false", hidden=True)
    return section(
        "lines", "Every amount, and why", everything, table,
        lead="Open an amount to follow it from the posting back to the words that were signed.",
    )  # fmt: skip


def _head(word: str, cls: str | None = None) -> Html:
    return el("th", word, scope="col", role="columnheader", cls=cls)


def _cell(label: str, *children: str, cls: str | None = None) -> Html:
    return el("td", *children, role="cell", data_label=label, cls=cls)


def _line(item: Line) -> Html:
    first = el(
        "tr",
        _cell("Date", day(item.day), cls="nowrap"),
        el("th", isolated(item.what), scope="row", role="rowheader", data_label="What"),
        _cell("Shot", isolated(item.shot)),
        _cell("Days", item.days),
        _cell("Amount", item.amount.text, cls="amount"),
        role="row",
    )
    second = el(
        "tr", el("td", why(item.amount.text, item.name, item.chain), colspan=5, role="cell"), role="row", cls="opens"
    )
    return el("tbody", first, second, role="rowgroup")


def contributions(items: tuple[Contribution, ...]) -> Html:
    """What went to the plans on top of the pay."""
    if not items:
        return section("plans", "Contributions on top", el("p", "None in this period.", cls="quiet"))
    return section(
        "plans",
        "Contributions on top",
        *(_contribution(item) for item in items),
        lead="The employer pays these to the plans beside your pay; nothing of them is taken out of it.",
    )


def _contribution(item: Contribution) -> Html:
    head = el(
        "div",
        el("h3", isolated(item.what)),
        el("span", item.amount.text, cls="amount"),
        el("p", day(item.day), " to ", isolated(item.to), cls="quiet"),
        cls="top",
    )
    parts: list[str] = [head]
    if item.band is not None:
        parts.append(_band(item.band))
    return el("article", *parts, why(item.amount.text, item.name, item.chain), cls="card")


def _band(item: Band) -> Html:
    parted = f"{item.before.text} before, {item.counted.text} counted, {item.above.text} above"
    parts: list[str] = [
        el("p", item.says, cls="says"),
        el("p", el("span", "0"), el("span", "ceiling ", el("b", item.ceiling.text)), cls="axis ceiling"),
        ceiling_bar(
            ceiling=item.ceiling.units, before=item.before.units, counted=item.counted.units, above=item.above.units,
            describes=f"ceiling {item.ceiling.text}: {parted}",
        ),
    ]  # fmt: skip
    if item.counted.units + item.above.units > 0:
        near = (
            Segment(tone="counted", units=item.counted.units),
            Segment(tone="above", units=item.above.units),
        )
        told = f"this use: {item.counted.text} counted, {item.above.text} above the ceiling"
        parts += [el("p", el("span", "this use alone"), cls="axis"), bar(near, describes=told, cls="bar thin")]
    rows = (
        _legend("before", "before this use", item.before),
        _legend("counted", "this use, counted", item.counted),
        _legend("above", "this use, above the ceiling", item.above),
    )
    return el("div", *parts, el("ul", *rows, cls="legend small"), cls="band")


def metered(items: tuple[Metered, ...]) -> Html:
    """What was counted beside what was charged."""
    if not items:
        return section("metered", "Metered and billed", el("p", "Nothing was made in this period.", cls="quiet"))
    heads = ("Date", "What", "Shot", "Metered", "Days billed", "Cost")
    rows = [
        el(
            "tbody",
            el(
                "tr",
                _cell("Date", day(item.day), cls="nowrap"),
                el("th", isolated(item.what), el("span", item.note, cls="note") if item.note else Html(""), scope="row",
                   role="rowheader", data_label="What"),
                _cell("Shot", isolated(item.shot)),
                _cell("Metered", item.counted),
                _cell("Days billed", str(item.days)),
                _cell("Cost", item.cost.text, cls="amount"),
                role="row",
                cls="free" if item.cost.units == 0 else None,
            ),
            role="rowgroup",
        )
        for item in items
    ]  # fmt: skip
    head = el("tr", *(_head(word, "amount" if word == "Cost" else None) for word in heads), role="row")
    table = el(
        "table", el("caption", "Units metered and days billed", cls="unseen"), el("thead", head, role="rowgroup"),
        *rows, cls="lines", role="table",
    )  # fmt: skip
    return section(
        "metered", "Metered and billed", table,
        lead="Every inference is counted, always. The agreement charges production days, so a retake inside days "
        "already charged costs nothing more.",
    )  # fmt: skip


def refusals(items: tuple[Refusal, ...]) -> Html:
    """Requests that got no key."""
    if not items:
        return section("refused", "Refused", el("p", "No request was refused in this period.", cls="quiet"))
    rows = [
        el(
            "li",
            el("p", el("span", "No", cls="badge refused"), " ", el("b", isolated(item.what)), " ",
               el("code", item.code, cls="digest")),
            el("p", item.reason),
            el("p", join((day(item.day), isolated(item.who), item.clause), " · "), cls="quiet"),
            cls="card",
        )
        for item in items
    ]  # fmt: skip
    return section(
        "refused", "Refused", el("ul", *rows, cls="plain"),
        lead="Somebody asked for these uses. No key was released and no frame was made.",
    )  # fmt: skip
