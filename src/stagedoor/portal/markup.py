"""Elements and escaping.  Text is escaped unless this module made it: a forgotten call escapes twice, never not at all.

`Html` is a str that is already markup.  Whatever one does to it with str's own tools gives a plain str again, which
`el` escapes; only `el`, `join` and `trusted` make Html.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from typing import Final

from stagedoor.portal.model import Picture

VOID: Final = frozenset({"meta", "img", "input", "br", "link", "rect", "line"})
_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")

# Controls, halves of surrogate pairs, non-characters, and the marks that turn the direction of what follows: with those
# a hostile name could print an amount backwards.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def clean(text: str) -> str:
    """The text with each character that a page or a terminal might obey shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def esc(text: str) -> Html:
    """Outside text as markup that shows it and does nothing."""
    return Html(html.escape(clean(text), quote=True))


def trusted(text: str) -> Html:
    """Markup, style or script that is part of this package; never anything that came from outside."""
    return Html(text)


def join(parts: Iterable[str], between: str = "") -> Html:
    """Parts one after another; whatever is not Html is escaped."""
    return Html(_safe(between).join(map(_safe, parts)))


def el(tag: str, *children: str, **attrs: str | int | bool | None) -> Html:
    """An element.  `cls` is written class, `_` in a name becomes `-`; None and False leave an attribute out."""
    assert _NAME.fullmatch(tag)
    written = "".join(_attribute(name, value) for name, value in attrs.items())
    if tag in VOID:
        assert not children
        return Html(f"<{tag}{written}>" if tag not in ("rect", "line") else f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def isolated(text: str) -> Html:
    """A name whose writing direction stays its own."""
    return el("bdi", text)


def data_uri(picture: Picture) -> str:
    """The picture inside the page."""
    return f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode('ascii')}"


def _safe(text: str) -> Html:
    return text if isinstance(text, Html) else esc(text)


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = "class" if name == "cls" else name.rstrip("_").replace("_", "-")
    assert _NAME.fullmatch(written) and not written.startswith("on")
    return f" {written}" if value is True else f' {written}="{esc(str(value))}"'
