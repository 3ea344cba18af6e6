"""The parts of a rule: a closed set of frozen nodes, each with the kind of its value.

They are our own and not Python's, so that a rule can be read, derived from and emitted without a way to say anything
else.  Every evaluator agrees on one meaning: whole numbers without bound, and a name that nobody knows makes the whole
value unknown, on both sides of `and` and `or` too.  Only a Choice is lazy: of two branches it reads the one it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

Value = int | str | bool | tuple[str, ...]

NUMBER: Final = "number"
TEXT: Final = "text"
FLAG: Final = "flag"
TEXTS: Final = "texts"


@dataclass(frozen=True, slots=True)
class Name:
    """A word, a parameter or an amount on the way, by name."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    kind: ClassVar[str] = NUMBER
    value: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    kind: ClassVar[str] = TEXT
    value: str


@dataclass(frozen=True, slots=True)
class Flag:
    """True or False."""

    kind: ClassVar[str] = FLAG
    value: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts."""

    kind: ClassVar[str] = TEXTS
    value: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right`, `left - right` or `left * right`."""

    kind: ClassVar[str] = NUMBER
    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate:
    """`-part`."""

    kind: ClassVar[str] = NUMBER
    part: Node


@dataclass(frozen=True, slots=True)
class Not:
    """`not part`."""

    kind: ClassVar[str] = FLAG
    part: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over all parts, every one of which is read."""

    kind: ClassVar[str] = FLAG
    op: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of one kind; `<` and its like for numbers only."""

    kind: ClassVar[str] = FLAG
    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a text is among texts; with `wanted` False, whether it is not."""

    kind: ClassVar[str] = FLAG
    item: Node
    texts: Node
    wanted: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if test else no`: the branch that is not taken is not read."""

    test: Node
    yes: Node
    no: Node

    @property
    def kind(self) -> str:
        """The kind of both branches."""
        return self.yes.kind


@dataclass(frozen=True, slots=True)
class Extreme:
    """`max(first, second)`, or `min` where not `larger`; a tie goes to the first: the deal, not the floor."""

    kind: ClassVar[str] = NUMBER
    larger: bool
    first: Node
    second: Node


@dataclass(frozen=True, slots=True)
class Band:
    """The part of `amount` that falls into [low, high), given what came `before`."""

    kind: ClassVar[str] = NUMBER
    before: Node
    amount: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Share:
    """`bp(amount, rate)`: rounded half-even to the minor unit of the word `currency`, which it reads too."""

    kind: ClassVar[str] = NUMBER
    amount: Node
    rate: Node


@dataclass(frozen=True, slots=True)
class After:
    """`value`, once every one of `needs` is known.  No rule text says this; folding leaves it (see derive.fold)."""

    needs: tuple[Node, ...]
    value: Node

    @property
    def kind(self) -> str:
        """The kind of the value."""
        return self.value.kind


Constant = Number | Text | Flag | Texts
Node = (
    Name | Constant | Arithmetic | Negate | Not | Logic | Compare | Member | Choice | Extreme | Band | Share | After
)  # fmt: skip

CURRENCY: Final = Name("currency", TEXT)
"""The word that every Share reads beside its parts."""


def constant(value: Value) -> Constant:
    """The node that says this value."""
    if isinstance(value, bool):
        return Flag(value)
    if isinstance(value, int):
        return Number(value)
    return Text(value) if isinstance(value, str) else Texts(value)


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes right below, in the order in which they are read."""
    match node:
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Negate(part=part) | Not(part=part):
            return (part,)
        case Logic(parts=parts):
            return parts
        case Member(item=item, texts=texts):
            return (item, texts)
        case Choice(test=test, yes=yes, no=no):
            return (test, yes, no)
        case Extreme(first=first, second=second):
            return (first, second)
        case Band(before=before, amount=amount, low=low, high=high):
            return (before, amount, low, high)
        case Share(amount=amount, rate=rate):
            return (amount, rate)
        case After(needs=needs, value=value):
            return (*needs, value)
    return ()


def with_parts(node: Node, parts: tuple[Node, ...]) -> Node:
    """The same node over other parts, given in the order of `parts_of`."""
    match node:
        case Arithmetic(op=op):
            return Arithmetic(op, *parts)
        case Compare(op=op):
            return Compare(op, *parts)
        case Logic(op=op):
            return Logic(op, parts)
        case Member(wanted=wanted):
            return Member(parts[0], parts[1], wanted)
        case Extreme(larger=larger):
            return Extreme(larger, *parts)
        case After():
            return After(parts[:-1], parts[-1])
        case Negate() | Not() | Choice() | Band() | Share():
            return type(node)(*parts)
    return node


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for part in parts_of(node):
        yield from walk(part)


def names_in(node: Node) -> frozenset[str]:
    """Every name that may be read, `currency` of a Share among them."""
    found = {part.name for part in walk(node) if isinstance(part, Name)}
    if any(isinstance(part, Share) for part in walk(node)):
        found.add(CURRENCY.name)
    return frozenset(found)
