"""How a vector of a decision is made: the arguments of `decide` and what must come out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core import builders as make
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import AssetKind
from stagedoor.core.facts.consent import (
    Use,
)
from stagedoor.core.facts.request import Answered, Circumstance, Narrowing
from writers.common import ALL

CREATE: dict[str, Any] = {
    "use": Use.CREATE,
    "shot": "",
    "unit": "fit",
    "units": 1,
    "arc_from_deg": 0,
    "arc_to_deg": 0,
    "asset": make.CAPTURE,
}
CAPTURED: dict[str, Any] = {"asset_kind": AssetKind.CAPTURE, "arc_together_deg": 0}
OUTSIDE = Narrowing(effect="forbid", says="No use of any kind.", term="prohibition 1", policy="sha256:" + "7" * 64)
OTHER_PARTY, OTHER_PRODUCTION = make.ident("party", 9), make.ident("production", 9)


YES, ASK, NO = "permit", "ask-a-person", "refuse"
only = make.permission


def answer_to(rule: str, *, yes: bool) -> dict[str, Any]:
    """A standing in which that question was answered."""
    return {"answers": (Answered(rule=rule, yes=yes, approval=make.ident("approval")),)}


def both_answers(rule: str, *, yes_first: bool) -> dict[str, Any]:
    """A standing in which that question was answered twice, otherwise each time."""
    return {
        "answers": tuple(
            Answered(rule=rule, yes=yes, approval=make.ident("approval", number + 1))
            for number, yes in enumerate((yes_first, not yes_first))
        )
    }


def declared(**words: bool | int | str) -> tuple[Circumstance, ...]:
    """What the production declares of the use."""
    return tuple(Circumstance(name=name, value=value) for name, value in sorted(words.items()))


def deal_of(rate: str, **over: Any) -> dict[str, Any]:
    """A consent with another day rate."""
    return {"deal": make.deal(day_rate=Money.parse(rate), **over)}


def decision(
    about: str,
    answer: str,
    code: Code | None,
    *,
    request: dict[str, Any] | None = None,
    standing: dict[str, Any] | None = None,
    consent: dict[str, Any] | None = None,
    books: list[str] | None = None,
    without_consent: bool = False,
) -> dict[str, Any]:
    """One point: the arguments of `decide` and what must come out."""
    names = ALL if books is None else books
    world = make.world(
        consent=make.consent(**(consent or {})), request=request, standing=standing, rulebooks=make.books(*names)
    )
    if without_consent:
        asked = replace(world.request, consent="")
        stands = replace(world.standing, consent="", request=asked.digest())
        world = make.World(request=asked, standing=stands, consent=None, books=world.books)
    result = world.decide()
    assert result.answer.value == answer, (about, result.answer, result.code)
    assert result.code is code, (about, result.code)
    stands = world.standing.plain()
    del stands["rulebooks"]
    return {
        "about": about,
        "rulebooks": names,
        "request": world.request.plain(),
        "standing": stands,
        "consent": world.consent.plain() if world.consent else None,
        "at": str(make.AT),
        "expect": {
            "answer": answer,
            "code": code.value if code else None,
            "spoke": [
                {"rule": item.rule, "effect": item.effect.value, "code": item.code.value if item.code else None}
                for item in result.findings
            ],
            "cost": str(result.quote.cost) if result.quote else None,
        },
    }
