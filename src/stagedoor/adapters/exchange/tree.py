"""XML events to a small tree, within bounds: no document type, no entity of its own, no instruction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from stagedoor.core.rules.exchange import Element, ExchangeError

ELEMENTS_MAX: Final = 4_000
"""Elements of one document: two hundred licences of twenty elements."""

DEPTH_MAX: Final = 12
"""Nesting: RSL has 5."""

ATTRIBUTES_MAX: Final = 16
"""Attributes of one element: RSL has at most 4."""

TEXT_MAX: Final = 8_000
"""Characters of one element's own text: a list of all countries has 1,200."""


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    text: list[str] = field(default_factory=list)
    chars: int = 0
    children: list[Element] = field(default_factory=list)


class TreeBuilder:
    """Feed `parser`, then take `tree()`.  Whatever goes beyond the bounds raises ExchangeError at once."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction
        self._open: list[_Open] = []
        self._count = 0
        self._root: Element | None = None

    def tree(self) -> Element:
        """The root, once everything was fed."""
        if self._root is None:
            raise ExchangeError("document: it has no element.")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > ELEMENTS_MAX:
            raise ExchangeError(f"document: it has more than {ELEMENTS_MAX} elements.")
        if len(self._open) >= DEPTH_MAX:
            raise ExchangeError(f"document: it is nested deeper than {DEPTH_MAX}.")
        if len(attributes) > ATTRIBUTES_MAX:
            raise ExchangeError(f"document: an element has more than {ATTRIBUTES_MAX} attributes.")
        self._open.append(_Open(name, tuple(sorted(attributes.items()))))

    def _end(self, _name: str) -> None:
        done = self._open.pop()
        namespace, _, name = done.name.rpartition(" ")
        made = Element(
            name=name,
            namespace=namespace,
            attributes=done.attributes,
            text="".join(done.text).strip(),
            children=tuple(done.children),
        )
        if self._open:
            self._open[-1].children.append(made)
        else:
            self._root = made

    def _text(self, text: str) -> None:
        here = self._open[-1]
        here.chars += len(text)
        if here.chars > TEXT_MAX:
            raise ExchangeError(f"document: an element holds more than {TEXT_MAX} characters.")
        here.text.append(text)

    def _doctype(self, *_declared: object) -> None:
        raise ExchangeError("document: it has a document type or an entity of its own, which can make much of little.")

    def _instruction(self, _target: str, _data: str) -> None:
        raise ExchangeError("document: it has a processing instruction; a licence needs none.")
