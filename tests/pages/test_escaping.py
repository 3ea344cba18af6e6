"""Hostile text is shown and does nothing: any text gives the very skeleton that the letter x gives."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pages import sample
from pages.parsed import Parsed
from stagedoor.portal.markup import clean, el, esc, join, trusted
from stagedoor.portal.model import PAYS, StatementPage
from stagedoor.portal.statement import render

HOSTILE = (
    "<script>alert(1)</script>", "</script>", "</style>", "</title>", "<!--", "-->", "]]>", "<![CDATA[", '"', "'", "`",
    '" onmouseover="x()', "' onfocus='x()", "<img src=x onerror=x()>", "javascript:x()", "&lt;b&gt;", "&#x3c;", "&amp",
    "<svg/onload=x()>", "{{7*7}}", "${x}", "%(x)s", "\x00", "\x1b[31m", "\u202e", "\u2066", "\ud800", "\r\n", "\t", "=",
    ">", "a" * 300, "http://x.example/", "</textarea>", "<base href=//x>", "\ufeff", "مارا", "<",
)  # fmt: skip

texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=12), min_size=1, max_size=5).map("".join)
hostile = texts.filter(lambda text: text and text not in PAYS and text.removeprefix("sha256:") != "")
KEEP = {"mime"}


def with_text(value: Any, text: str) -> Any:
    """The same model, with `text` wherever there is any text."""
    if isinstance(value, str):
        return text if value else value
    if isinstance(value, tuple):
        return tuple(with_text(item, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            item.name: with_text(getattr(value, item.name), text) for item in fields(value) if item.name not in KEEP
        }
        return replace(value, **changed)
    return value


PAGE = sample.page(frames=2)
PLAIN = Parsed(render(with_text(PAGE, "x")))


def own(parsed: Parsed) -> list[tuple[str, str, str]]:
    """Attributes that only this package writes."""
    return parsed.fixed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=hostile)
def test_hostile_text_adds_no_tag_no_attribute_and_no_script(text: str) -> None:
    page: StatementPage = with_text(PAGE, text)
    rendered = render(page)
    rendered.encode("utf-8")
    parsed = Parsed(rendered)
    assert parsed.skeleton == PLAIN.skeleton
    assert own(parsed) == own(PLAIN)
    assert parsed.inside == PLAIN.inside
    shown = parsed.text.replace("\r", "\n")
    assert clean(text).replace("\r", "\n") in shown


def test_every_field_with_text_reaches_the_page_escaped() -> None:
    rendered = render(with_text(PAGE, "<b>&\"'"))
    assert "<b>&\"'" not in rendered
    assert rendered.count("&lt;b&gt;&amp;&quot;&#x27;") > 100


@given(text=texts)
def test_clean_text_is_printable_and_clean_once_is_clean(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(ch in cleaned for ch in "\x00\x1b\u202e\u2066\ud800\x9b\r")


def test_forgetting_that_something_is_markup_escapes_twice_and_not_never() -> None:
    made = el("b", "x")
    assert el("p", made) == "<p><b>x</b></p>"
    assert el("p", made + "<i>") == "<p>&lt;b&gt;x&lt;/b&gt;&lt;i&gt;</p>"
    assert el("p", made.upper()) == "<p>&lt;B&gt;X&lt;/B&gt;</p>"
    assert join(("<", made), "&") == "&lt;&amp;<b>x</b>"
    assert esc(trusted("<")) == "&lt;"


def test_attributes_are_escaped_and_handlers_cannot_be_written() -> None:
    assert el("td", title='"><script>', hidden=True, cls=None, open=False) == (
        '<td title="&quot;&gt;&lt;script&gt;" hidden></td>'
    )
    with pytest.raises(AssertionError):
        el("b", onclick="x")
    with pytest.raises(AssertionError):
        el("b><i")
