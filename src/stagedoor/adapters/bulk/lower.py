"""Rulebooks as the bulk evaluation takes them: the very same rule texts, parameters, windows and running totals.

Nothing is written anew: a pay rule, a judge and a dated value go over as they stand.  Which values are of low
confidence changes with their day, so a low value that decided an amount is found after rating (`asks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from stagedoor.adapters.bulk.book import BulkBook, Dated, Span, Total
from stagedoor.core.facts.decision import Effect
from stagedoor.core.rules.compiled import JudgeText, PayText, in_span, weak_bits
from stagedoor.core.rules.price import in_order_of_reading
from stagedoor.core.rules.rulebook import JudgeRule, Parameter, PayRule, Rulebook, Window
from stagedoor.core.rules.text import RuleText, Value

WEAK = ("low", "unseen")


@dataclass(frozen=True, slots=True)
class Lowered:
    """A set of rulebooks for bulk, and which rule each number of the result stands for."""

    book: BulkBook
    pays: tuple[PayRule, ...]
    judges: tuple[JudgeRule, ...]
    parameters: Mapping[str, Parameter]

    def asks(self) -> pl.Expr:
        """Whether a value of low confidence decided an amount on the day that governs it: a person would be asked."""
        found = pl.lit(False)
        for bit, (_, name) in enumerate(weak_bits(self.book.pays)):
            parameter = self.parameters[name]
            decided = (pl.col("weak").fill_null(0) // (1 << bit)) % 2 == 1
            found = found | (decided & _weak_on(parameter))
        return found

    def forbids(self) -> pl.Expr:
        """Whether a rule forbids, or is in doubt."""
        found = pl.lit(False)
        for key, rule in enumerate(self.judges):
            spoke = pl.col(f"judge_{key}")
            found = found | (spoke.fill_null(True) if rule.effect is Effect.FORBID else spoke.is_null())
        return found

    def questions(self) -> pl.Expr:
        """Whether a rule asks a person."""
        found = pl.lit(False)
        for key, rule in enumerate(self.judges):
            if rule.effect is Effect.ASK:
                found = found | pl.col(f"judge_{key}").fill_null(False)
        return found

    def total(self, *, payee: str = "", on_top: bool | None = None) -> pl.Expr:
        """The sum of the amounts of one payee, or on top of the gross, in millionths."""
        chosen = [
            pl.col(f"amount_{place}").fill_null(0)
            for place, rule in enumerate(self.pays)
            if rule.payee and (not payee or rule.payee == payee) and on_top in (None, rule.on_top)
        ]
        return pl.sum_horizontal(chosen) if chosen else pl.lit(0)


def lower(
    books: tuple[Rulebook, ...], *, constants: Mapping[str, Value | None], partition: tuple[str, ...] = ()
) -> Lowered:
    """The rulebooks that decide together, lowered.  `constants` hold for all uses, a currency among them."""
    deciding = tuple(book for book in books if book.decides)
    spans: dict[Window, Span] = {}
    rules = tuple(rule for book in deciding for rule in book.judges)
    judges = [
        JudgeText(key=key, applies=_guard(rule.applies, rule.window, spans), when=rule.when)
        for key, rule in enumerate(rules)
    ]
    parameters = {item.name: item for book in deciding for item in book.parameters}
    weak = {
        name for name, item in parameters.items() if any(_is_weak(item, place) for place in range(len(item.values)))
    }
    pays = tuple(rule for _, rule in in_order_of_reading(deciding))
    texts = [
        PayText(
            key=key,
            name=rule.name,
            applies=_guard(rule.applies, rule.window, spans),
            formula=rule.formula,
            weak=tuple(name for name in rule.reads if name in weak),
        )
        for key, rule in enumerate(pays)
    ]
    return Lowered(
        book=BulkBook(
            pays=tuple(texts),
            judges=tuple(judges),
            parameters=tuple(
                Dated(name=item.name, keyed_by=item.keyed_by, values=tuple((at.since, at.value) for at in item.values))
                for item in parameters.values()
                if item.values
            ),
            spans=tuple(spans.values()),
            totals=tuple(
                Total(name=total.name, sums=total.sums, by=total.by) for book in deciding for total in book.running
            )[:1],
            constants=dict(constants),
            partition=partition,
        ),
        pays=pays,
        judges=rules,
        parameters=parameters,
    )


def _guard(applies: RuleText | None, window: Window, spans: dict[Window, Span]) -> RuleText | None:
    if window.first is None and window.last is None:
        return applies
    span = spans.setdefault(
        window, Span(name=f"span_{len(spans)}", keyed_by=window.keyed_by, first=window.first, last=window.last)
    )
    return in_span(applies, span.name)


def _is_weak(parameter: Parameter, place: int) -> bool:
    return parameter.values[place].source.confidence.value in WEAK


def _weak_on(parameter: Parameter) -> pl.Expr:
    """Whether the value that holds on the governing day is weak."""
    day = pl.col(parameter.keyed_by)
    found = pl.lit(False)
    for place, dated in enumerate(parameter.values):
        if not _is_weak(parameter, place):
            continue
        holds = day >= dated.since
        if place + 1 < len(parameter.values):
            holds = holds & (day < parameter.values[place + 1].since)
        found = found | holds
    return found
