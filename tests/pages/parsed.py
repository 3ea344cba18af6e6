"""Reading a page back: is it balanced, what is its skeleton, what does it say."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "img", "input", "br", "link"}
FREE = {"title", "aria-label", "alt", "aria-valuetext"}
"""Attributes that may hold outside text."""


class Parsed(HTMLParser):
    """The page as html.parser sees it; raises AssertionError where an end tag does not fit."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.skeleton: list[tuple[object, ...]] = []
        self.texts: list[str] = []
        self.free: list[str] = []
        self.fixed: list[tuple[str, str, str]] = []
        self.inside: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), "an attribute stands twice"
        self.skeleton.append((tag, *(name for name, _ in attrs)))
        for name, value in attrs:
            (self.free.append(value or "") if name in FREE else self.fixed.append((tag, name, value or "")))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-3:]}"
        self._open.pop()
        self.skeleton.append(("/", tag))

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            tag = self._open[-1]
            self.inside[tag] = self.inside.get(tag, "") + data
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("the page writes no comments")

    @property
    def text(self) -> str:
        """All that a person reads."""
        return "".join(self.texts)
