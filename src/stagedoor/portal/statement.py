"""A performer's statement as one HTML file that asks nothing of anybody: no request leaves it, no font, no tracker.

Its Content-Security-Policy allows pictures from inside the page and exactly one style sheet and one script, by hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from stagedoor.portal import sections
from stagedoor.portal.bars import PATTERNS
from stagedoor.portal.chain_view import digest
from stagedoor.portal.markup import Html, el, isolated, join, trusted
from stagedoor.portal.model import StatementPage

BYTES_MAX: Final = 3_000_000
"""A page is mailed: one above this is refused, with the hint to embed fewer or smaller pictures."""


class PageTooLarge(ValueError):
    """The pictures do not fit into one page."""


def render(page: StatementPage) -> str:
    """The page, the same bytes for the same model."""
    style, script = _own("statement.css"), _own("statement.js")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("meta", name="robots", content="noindex, noarchive"),
        el("link", rel="icon", href="data:,"),
        el("title", f"Statement for {page.performer}, {page.production}"),
        el("style", trusted(style)),
    )
    body = el("body", PATTERNS, _header(page), _main(page), _footer(page), el("script", trusted(script)))
    text = f"<!doctype html>\n{el('html', head, body, lang='en')}\n"
    size = len(text.encode())
    if size > BYTES_MAX:
        raise PageTooLarge(f"The page has {size:,} bytes, at most {BYTES_MAX:,}. Embed fewer frames, or smaller ones.")
    return text


def policy(style: str, script: str) -> str:
    """Nothing from outside; the one style sheet and the one script by their hashes."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_sha256(style)}'; script-src '{_sha256(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _own(name: str) -> str:
    text = (files(__package__) / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    assert "</" not in text, "a style sheet or a script must not be able to end its own element"
    return text


def _header(page: StatementPage) -> Html:
    period = join((sections.day(page.first_day), sections.day(page.last_day)), " to ")
    return el(
        "header",
        el("a", "Skip to the amounts", cls="skip", href="#lines"),
        el("p", "Stagedoor ", el("span", "statement"), cls="eyebrow"),
        el("h1", isolated(page.performer)),
        el("p", isolated(page.production), cls="production"),
        el("p", period, cls="quiet"),
        el("p", el("span", "Owed to you"), el("strong", page.total.text, cls="amount"), cls="total"),
        el("p", page.note, " Encoded here: ", isolated(page.agreement), ".", cls="advice", role="note"),
    )


def _main(page: StatementPage) -> Html:
    pictures: list[str] = [sections.beside(page.beside)] if page.beside is not None else []
    pictures += [sections.shot(item, index) for index, item in enumerate(page.shots)]
    return el(
        "main",
        el("div", *pictures, cls="pictures") if pictures else Html(""),
        sections.spending(page.spending),
        sections.lines(page.lines, page.total),
        sections.contributions(page.contributions),
        sections.metered(page.metered),
        sections.refusals(page.refusals),
    )


def _footer(page: StatementPage) -> Html:
    posting = page.lines[0].name if page.lines else "POSTING"
    return el(
        "footer",
        el("h2", "How to check this"),
        el(
            "dl",
            el("dt", el("code", f"stagedoor why {posting}")),
            el("dd", "follows one amount back to the signature, from the ledger itself and not from this page."),
            el("dt", el("code", "stagedoor verify BUNDLE")),
            el("dd", "checks the bundle of facts and signatures behind this statement without trusting who made it."),
        ),
        el("p", "This statement is the fact ", digest(page.digest),
           ". Pictures here are unmarked previews; what is released must carry a mark.", cls="quiet"),
        el("p", "No consent, no key. No key, no frame. Every use is paid as agreed, and every amount says why.",
           cls="motto"),
    )  # fmt: skip
