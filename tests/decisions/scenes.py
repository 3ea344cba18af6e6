"""Many performers, each with a consent, and random requests under all rulebooks that decide together.

Everything is a function of a seed.  Days are fixed, so that the rules in force can be written as policies once; what
varies is who asks for what, how much, where, showing what, and how things stand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import cedarpy

from core import builders as make
from core.given import READ_ON, RULEBOOKS
from decisions import cedar
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base import ids
from stagedoor.core.facts.consent import Audience, Consent, Content, ControlTerm, Purpose, Quality, StrikeTerm, Use
from stagedoor.core.facts.decision import Answer
from stagedoor.core.facts.request import Circumstance, Request, Standing
from stagedoor.core.rules.agreement import read_parameters
from stagedoor.core.rules.declared import DECLARED
from stagedoor.core.rules.engine import Engine, Verdict
from stagedoor.core.rules.live import Live
from stagedoor.core.rules.ready import Ready
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.rules.text import FLAG, Value
from stagedoor.core.rules.vocabulary import days_of, values_of

ODDITIES = (
    "arc", "audience", "content", "declared", "holds", "medium", "notice", "places", "purpose", "quality", "shot",
    "signed", "together", "unit", "use", "used",
)  # fmt: skip
FLAGS = tuple(sorted(name for name, (kind, _) in DECLARED.items() if kind == FLAG))


@cache
def deciding() -> tuple[Rulebook, ...]:
    """All rulebooks that decide a theatrical picture under the 2026 agreement."""
    return FolderRulebooks(RULEBOOKS, read_on=READ_ON).deciding(make.AGREEMENT)


@cache
def parameters() -> dict[str, Value | None]:
    """Every rulebook's values on the one day of these scenes."""
    asked, stands = make.request(None), make.standing(make.request(None), None, ())
    return read_parameters(deciding(), "USD", days_of(asked, stands, None))[0]


@cache
def words() -> frozenset[str]:
    """What the policies of these rulebooks read."""
    return cedar.words_of(deciding())


def ident(noun: str, number: int) -> str:
    """An id of the `number`-th performer's."""
    return ids.make(noun, ms=make.AT.ms + 1000 + number, chance=make.chance(f"scene/{noun}/{number}"))


def consent_of(number: int) -> Consent:
    """The `number`-th performer's consent: a permission to create, one to render, and odd terms here and there."""
    chance = random.Random(number)
    render = make.permission(
        approve_shots=(make.SHOT,) if chance.random() < 0.1 else (),
        contents=(Content.ORDINARY, *((Content.VIOLENCE,) if chance.random() < 0.5 else ())),
        audiences=(Audience.GENERAL, *((Audience.CHILDREN,) if chance.random() < 0.3 else ())),
        quality_max=chance.choice([Quality.CINEMA, Quality.CINEMA, Quality.PREVIEW]),
        standing=chance.random() < 0.3,
        units_max=chance.choice([24, 240]),
    )
    return make.consent(
        consent=ident("consent", number),
        performer=ident("party", number),
        production=ident("production", number),
        capture=ident("asset", number),
        grants=(make.creation(), render, replace(render, use=Use.PUBLISH, unit="frame")),
        on_strike=chance.choice(list(StrikeTerm)),
        on_control=chance.choice(list(ControlTerm)),
    )


def question(chance: random.Random, made: Ready) -> tuple[Request, Standing]:
    """A request to one performer, and how things stand: in order, but for up to three odd things."""
    odd = set(chance.sample(ODDITIES, chance.choice([0, 0, 1, 1, 2, 3])))

    def pick(name: str, usual: Any, *others: Any) -> Any:
        return chance.choice(others) if name in odd else usual

    use = pick("use", Use.RENDER, Use.CREATE, Use.ALTER, Use.TRAIN, Use.PUBLISH)
    create = use is Use.CREATE
    arc = 0 if create else pick("arc", 40, 0, 61, 120)
    declared = chance.sample(FLAGS, pick("declared", 0, 1, 3))
    plain_request, plain_standing = plain(made)
    asked = replace(
        plain_request,
        use=use,
        purpose=pick("purpose", Purpose.PICTURE, *Purpose),
        medium=pick("medium", "theatrical", "television", "commercial"),
        territory=chance.choice(["US", "DE"]),
        shot="" if create else pick("shot", make.SHOT, "sc12_sh050", "sc13_sh010", ""),
        unit="fit" if create else pick("unit", "frame", "second"),
        units=1 if create else chance.choice([1, 8, 20]),
        arc_from_deg=0,
        arc_to_deg=arc,
        content=pick("content", Content.ORDINARY, Content.VIOLENCE, Content.NUDITY),
        audience=pick("audience", Audience.GENERAL, Audience.CHILDREN),
        quality=pick("quality", Quality.PREVIEW, Quality.CINEMA),
        places=pick("places", (), ("US-CA",), ("US-NY",), ("EU",), ("US-IL", "US-TN"), ("GB",)),
        circumstances=tuple(Circumstance(name=name, value=chance.random() < 0.5) for name in sorted(declared)),
    )
    stands = replace(
        plain_standing,
        consent_signed=pick("signed", True, False),
        holds=pick("holds", (), ("strike",), ("dispute",), ("change_of_control",)),
        units_used=pick("used", 0, 20, 230),
        arc_together_deg=pick("together", arc, 95),
        notice_hours=pick("notice", 72, 47, None),
    )
    return asked, stands


def plain(made: Ready) -> tuple[Request, Standing]:
    """A request to this performer that is in order; kept, because digests of consents cost more than a decision."""
    consent = made.consent
    if consent.consent not in _PLAIN:
        digest = consent.digest()
        asked = make.request(None, consent=digest, performer=consent.performer, production=consent.production)
        stands = make.standing(
            asked,
            None,
            deciding(),
            consent=digest,
            capture=consent.capture,
            asset_performer=consent.performer,
            asset_production=consent.production,
            signed_on=date(2026, 10, 11),
        )
        _PLAIN[consent.consent] = (asked, stands)
    return _PLAIN[consent.consent]


_PLAIN: dict[str, tuple[Request, Standing]] = {}


@dataclass(frozen=True, slots=True)
class Stage:
    """Consents made ready for both engines."""

    engine: Engine
    live: Live
    ready: tuple[Ready, ...]
    policies: cedarpy.PolicySet
    entities: cedarpy.Entities
    count: int


def stage(count: int) -> Stage:
    """`count` live consents, and the same as Cedar policies beside those of the rules in force."""
    live = Live()
    made = tuple(live.add(consent_of(number)) for number in range(count))
    asked, stands = question(random.Random(0), made[0])
    policies = cedar.book_policies(deciding(), days_of(asked, stands, made[0].consent))
    for each in made:
        policies += cedar.consent_policies(each.consent)
    return Stage(
        engine=Engine(deciding()),
        live=live,
        ready=made,
        policies=cedarpy.PolicySet.from_str("\n".join(policies)),
        entities=cedarpy.Entities.from_json_str("[]"),
        count=len(policies),
    )


def asked_of(stage: Stage, *, seed: int, count: int) -> Iterator[tuple[Ready, Request, Standing]]:
    """`count` random questions."""
    chance = random.Random(seed)
    for _ in range(count):
        made = chance.choice(stage.ready)
        request, standing = question(chance, made)
        yield made, request, standing


def for_cedar(verdict: Verdict, made: Ready, request: Request, standing: Standing) -> dict[str, object]:
    """The same question for Cedar; that the use has a price that needs no question is handed to it."""
    values = values_of(request, standing, made.consent) | parameters()
    return cedar.request_of(request, standing, values, words(), priced=verdict.priced)


def cedar_allows(stage: Stage, question: dict[str, object]) -> bool:
    """Cedar's answer; an error in a policy would let a prohibition be skipped, so there must be none."""
    answer = cedarpy.is_authorized(question, stage.policies, stage.entities)
    assert not answer.diagnostics.errors, answer.diagnostics.errors
    return bool(answer.allowed)


def ours_permits(verdict: Verdict) -> bool:
    """Our yes: neither a no nor a question."""
    return verdict.answer is Answer.PERMIT
