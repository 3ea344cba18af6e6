"""The rates of the check on the measured list: who is missed, by kind of variant; who is named without cause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from stagedoor.adapters.naming.index import NameIndex
from stagedoor.adapters.naming.measured.crowd import crowd
from stagedoor.adapters.naming.measured.drawing import lines
from stagedoor.adapters.naming.measured.innocent import innocent
from stagedoor.adapters.naming.measured.variants import RULES, carried, variants
from stagedoor.ports.naming import Grade, NameEntry

ATTESTED: Final = "attested spellings"
LARGE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One kind of variant: how many were tried, how each was graded, and how many a large register misses."""

    kind: str
    tried: int
    named: int
    possible: int
    missed_large: int

    @property
    def missed(self) -> int:
        """Prompts that said the name and in which nobody was seen."""
        return self.tried - self.named - self.possible


@dataclass(frozen=True, slots=True, kw_only=True)
class Accused:
    """Innocent prompts against a register of one size: in how many somebody was named, or only asked about."""

    registered: int
    prompts: int
    named: int
    possible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Both tables of one measurement."""

    missed: tuple[Missed, ...]
    accused: tuple[Accused, ...]


def entries() -> tuple[NameEntry, ...]:
    """The measured names as a register."""
    return tuple(NameEntry(party=name, names=(name,)) for name in lines("names.txt"))


def attested() -> tuple[tuple[str, str], ...]:
    """A registered name and a spelling of it, as found in print."""
    pairs = (line.partition(" = ") for line in lines("attested.txt"))
    return tuple((name, said) for name, _, said in pairs)


def measure(*, large: int = LARGE) -> Rates:
    """Both tables, against the measured names alone and within an invented crowd."""
    index = NameIndex.build(entries())
    cases = [(name, kind, prompt) for name in lines("names.txt") for kind, prompt in variants(name)]
    cases += [(name, ATTESTED, carried(said)) for name, said in attested()]
    small, alone = _graded(index, cases), _accused(index)
    for entry in crowd(large - len(index)):
        index.add(entry)
    among, crowded = _graded(index, cases), _accused(index)
    tried = Counter(kind for _, kind, _ in cases)
    missed = tuple(
        Missed(
            kind=kind,
            tried=tried[kind],
            named=small[kind, Grade.NAMED],
            possible=small[kind, Grade.POSSIBLE],
            missed_large=among[kind, None],
        )
        for kind in (*(kind for kind, _ in RULES), ATTESTED)
    )
    return Rates(missed=missed, accused=(alone, crowded))


def _graded(index: NameIndex, cases: list[tuple[str, str, str]]) -> Counter[tuple[str, Grade | None]]:
    return Counter((kind, grade_of(index, prompt, name)) for name, kind, prompt in cases)


def grade_of(index: NameIndex, prompt: str, party: str) -> Grade | None:
    """How surely the prompt names this performer."""
    return next((found.grade for found in index.find(prompt) if found.party == party), None)


def _accused(index: NameIndex) -> Accused:
    prompts = tuple(innocent())
    grades = [found[0].grade if (found := index.find(prompt)) else None for prompt in prompts]
    return Accused(
        registered=len(index),
        prompts=len(prompts),
        named=grades.count(Grade.NAMED),
        possible=grades.count(Grade.POSSIBLE),
    )
