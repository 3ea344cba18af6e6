"""A rulebook set out for people: its values and rules by subject and file, each in plain words with its source.

`stagedoor rulebook show`, its JSON and the pages under `docs/rulebooks/` are made from this one outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from stagedoor.core.rules.rulebook import Confidence, JudgeRule, Parameter, PayRule, Rulebook, Source
from stagedoor.core.rules.vocabulary import DATES, shown_value
from stagedoor.core.rules.words import effect_in_words, judge_in_words, pay_in_words, payee_in_words, titles_of

SUBJECTS: Final = (
    "consent",
    "notice",
    "pay",
    "rates",
    "contributions",
    "ceilings",
    "alteration",
    "synthetic",
    "background",
    "strike",
    "output",
    "data",
)
"""The order in which subjects are told; one that is not named here follows them by name.  A subject is a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTold:
    """One dated value of a parameter."""

    since: date
    value: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterTold:
    """A parameter with all its values."""

    name: str
    title: str
    unit: str
    governed_by: str
    clause: str
    supplied: bool
    values: tuple[ValueTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """A rule: what it says, what it does, and its text as written and in plain words."""

    rule: str
    says: str
    does: str
    applies: str
    text: str
    words: str
    clause: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTold:
    """One file of the rulebook."""

    file: str
    subject: str
    parameters: tuple[ParameterTold, ...]
    rules: tuple[RuleTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidences:
    """How many rules and values of each confidence a rulebook has, and how many of its rules ask a person."""

    rules: tuple[int, int, int, int]
    values: tuple[int, int, int, int]
    asks: int
    cases: int


def subject_of(file: str) -> str:
    """The folder of a file, or its name where it lies at the top."""
    folder, _, name = file.rpartition("/")
    return folder.partition("/")[0] or name.removesuffix(".yaml")


def in_subject_order(subject: str) -> tuple[int, str]:
    """A key that sorts subjects as people read them."""
    place = SUBJECTS.index(subject) if subject in SUBJECTS else len(SUBJECTS)
    return place, subject


def outline(book: Rulebook) -> tuple[FileTold, ...]:
    """The rulebook file by file, subjects in order."""
    names = titles_of(book)
    files = dict(book.files)
    told: list[tuple[str, ParameterTold | RuleTold]] = []
    told += [(files[item.name], parameter_told(item)) for item in book.parameters]
    told += [(files[rule.rule], judge_told(rule, names)) for rule in book.judges]
    told += [(files[rule.rule], pay_told(rule, names)) for rule in book.pays]
    told.sort(key=lambda pair: (in_subject_order(subject_of(pair[0])), pair[0]))
    return tuple(
        _file(path, tuple(item for _, item in items)) for path, items in groupby(told, key=lambda pair: pair[0])
    )


def _file(path: str, items: tuple[ParameterTold | RuleTold, ...]) -> FileTold:
    return FileTold(
        file=path,
        subject=subject_of(path),
        parameters=tuple(item for item in items if isinstance(item, ParameterTold)),
        rules=tuple(item for item in items if isinstance(item, RuleTold)),
    )


def parameter_told(item: Parameter) -> ParameterTold:
    """A parameter with its values as people read them."""
    return ParameterTold(
        name=item.name,
        title=item.title,
        unit=item.unit,
        governed_by=DATES[item.keyed_by],
        clause=item.clause,
        supplied=item.supplied,
        values=tuple(
            ValueTold(since=dated.since, value=shown_value(dated.value, item.unit, item.currency), source=dated.source)
            for dated in item.values
        ),
    )


def judge_told(rule: JudgeRule, names: dict[str, str]) -> RuleTold:
    """A rule that judges."""
    return RuleTold(
        rule=rule.rule,
        says=rule.says,
        does=effect_in_words(rule),
        applies=rule.applies.text if rule.applies is not None else "",
        text=rule.when.text,
        words=judge_in_words(rule, names),
        clause=rule.clause,
        source=rule.source,
    )


def pay_told(rule: PayRule, names: dict[str, str]) -> RuleTold:
    """A rule that pays."""
    return RuleTold(
        rule=rule.rule,
        says=f"{rule.title} ({rule.name})",
        does=payee_in_words(rule),
        applies=rule.applies.text if rule.applies is not None else "",
        text=rule.formula.text,
        words=pay_in_words(rule, names),
        clause=rule.clause,
        source=rule.source,
    )


def confidences(book: Rulebook) -> Confidences:
    """How sure anybody is of this rulebook, counted."""
    rules = [rule.source.confidence for rule in book.judges] + [rule.source.confidence for rule in book.pays]
    values = [dated.source.confidence for item in book.parameters for dated in item.values]
    return Confidences(
        rules=_counted(rules),
        values=_counted(values),
        asks=sum(rule.asks is not None for rule in book.judges),
        cases=len(book.cases),
    )


def _counted(levels: list[Confidence]) -> tuple[int, int, int, int]:
    high, medium, low, unseen = (levels.count(level) for level in Confidence)
    return high, medium, low, unseen
