"""The page of a look: always the same bytes, without a secret; what it may show, its script asks its own door for."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from stagedoor.portal.markup import Html, el, trusted
from stagedoor.wire.looks import AMBIENT_MAX, KEY_MAX


@cache
def page_and_policy() -> tuple[str, str]:
    """The page and its Content-Security-Policy: one style sheet and one script by hash, pictures from memory, and
    questions to nobody but the door that the page came from."""
    style, script = _own("look.css"), _own("look.js")
    policy = (
        f"default-src 'none'; img-src blob: data:; connect-src 'self'; style-src '{_sha256(style)}'; "
        f"script-src '{_sha256(script)}'; base-uri 'none'; form-action 'none'"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("meta", name="robots", content="noindex, noarchive"),
        el("link", rel="icon", href="data:,"),
        el("title", "A look, Stagedoor"),
        el("style", trusted(style)),
    )
    body = el("body", _header(), el("main", _stage(), _side()), _footer(), el("script", trusted(script)))
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n", policy


def _header() -> Html:
    return el(
        "header",
        el("p", "Stagedoor ", el("span", "look"), cls="eyebrow"),
        el("h1", "A look, under a permit"),
        el("p", "permit ", el("code", "…", id="permit"), " · ", el("span", "unmarked preview", id="mark"), cls="quiet"),
    )


def _stage() -> Html:
    return el(
        "figure",
        el(
            "div",
            el("img", id="picture", alt="", draggable="false", hidden=True),
            el("img", id="photo", alt="", draggable="false", hidden=True),
            el("p", "One moment …", id="empty"),
            id="stage", tabindex="0", role="group", aria_describedby="how",
            aria_label="The replica. Arrow keys go round it, Page Up and Page Down by five steps.",
        ),
        el("p", el("span", "the double"), el("span", "the capture"), id="which", cls="quiet", hidden=True),
        el("figcaption", el("span", "", id="where"), el("span", "", id="cost", cls="quiet")),
        el("p", "", id="said", role="status", aria_live="polite"),
    )  # fmt: skip


def _side() -> Html:
    return el(
        "div",
        el(
            "section",
            el("h2", "Frames"),
            el("p", el("strong", "–", id="left"), " of ", el("span", "–", id="frames"), " left", cls="count"),
            el("progress", id="gauge", value="0", max="1", aria_label="Frames left"),
            el("p", "A picture that you have not seen yet is one metered frame. Seen again, it costs none.",
               id="how", cls="quiet"),
            el("p", "", id="ends", cls="quiet"),
        ),
        el(
            "section",
            el("h2", "Where the camera may stand"),
            el("svg", id="arc", viewBox="0 0 200 200", role="img", aria_label="The permitted arc, from above"),
            _slider("round", "Round"),
            _slider("height", "Height"),
            el("label", el("span", "One step"), el("select", *_steps(), id="step"), cls="row"),
        ),
        _light(),
        _beside(),
        el("button", "End the look", id="end", type="button"),
        cls="side",
    )  # fmt: skip


def _light() -> Html:
    return el(
        "section",
        el("h2", "Light"),
        _switch("lamp", "Move the light"),
        el(
            "fieldset",
            el("legend", "The lamp and what comes from everywhere", cls="away"),
            _slider("turn", "Lamp, round", low=-180, high=180, at=-60, step=15),
            _slider("rise", "Lamp, height", low=-90, high=90, at=30, step=15),
            _slider("key", "Lamp, strength", low=0, high=KEY_MAX, at=130, step=10),
            _slider("ambient", "From everywhere", low=0, high=AMBIENT_MAX, at=30, step=10),
            id="lamp-set", disabled=True,
        ),
        el("p", "Matt skin under far light, told from one capture: no cast shadows, and no new highlights.",
           cls="quiet"),
        id="light", hidden=True,
    )  # fmt: skip


def _beside() -> Html:
    return el(
        "section",
        el("h2", "Beside the capture"),
        _switch("both", "Show the nearest captured view"),
        el("p", el("strong", "", id="decibel"), " ", el("span", "", id="held", cls="quiet"), cls="count", hidden=True,
           id="apart"),
        el("p", el("span", "–", id="photos-left"), " of ", el("span", "–", id="photos"), " photographs left, permit ",
           el("code", "…", id="photo-permit"), ". A new pair is one photograph there and one frame here.", cls="quiet"),
        id="beside", hidden=True,
    )  # fmt: skip


def _switch(name: str, word: str) -> Html:
    return el("label", el("input", id=name, type="checkbox"), el("span", word), cls="switch")


def _slider(name: str, word: str, *, low: int = 0, high: int = 0, at: int = 0, step: int = 1) -> Html:
    label = el("label", el("span", word), el("output", "", id=f"{name}-at", for_=name), for_=name, cls="row")
    numbers = {"min": str(low), "max": str(high), "value": str(at), "step": str(step)}
    return el("div", label, el("input", id=name, type="range", **numbers), id=f"{name}-row")


def _steps() -> list[str]:
    return [
        el("option", "1 degree" if step == 1 else f"{step} degrees", value=str(step), selected=step == 5)
        for step in (1, 2, 5, 10)
    ]


def _footer() -> Html:
    return el(
        "footer",
        el(
            "p", "Your browser gets pictures, drawn where the key is. The replica never leaves the worker.", cls="quiet"
        ),
        el("p", "No consent, no key. No key, no frame.", cls="motto"),
        el("noscript", el("p", "This page asks for its pictures by script; allow it for this address.", cls="wrong")),
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _own(name: str) -> str:
    text = (files(__package__) / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    assert "</" not in text, "a style sheet or a script must not be able to end its own element"
    return text
