"""The export, evaluated by the generic ODRL evaluator, never grants what the consent refuses: two readers, one answer.

The evaluator knows nothing of consents; it reads the exported document through the ordinary reader of ODRL.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core import builders as make
from stagedoor.adapters.exchange import write_json
from stagedoor.adapters.odrl import read_policies, request_of, world_of
from stagedoor.core.facts.consent import Audience, Consent, Content, Forbid, Grant, Purpose, Quality, Use
from stagedoor.core.facts.decision import Effect
from stagedoor.core.facts.request import Request
from stagedoor.core.rules.exchange import to_odrl
from stagedoor.core.rules.exchange.terms import iri, term
from stagedoor.core.rules.odrl import evaluate
from stagedoor.core.rules.odrl.model import Policy
from stagedoor.core.rules.odrl.report import Answer
from stagedoor.core.rules.rights import judge_consent

WORLDS = 250
CONSENT = make.consent()
REQUEST = make.request(None)
STANDING = make.standing(REQUEST, CONSENT, (), consent="")


def exported(consent: Consent) -> tuple[Policy, ...]:
    """The consent as any reader of ODRL sees it."""
    return read_policies(write_json(to_odrl(consent)))


def in_odrl(asked: Request, *, used: int, together: int) -> Any:
    """The same request in ODRL's words.  What the profile counts is counted with what was used before."""
    return request_of(
        {
            "action": term(asked.use),
            "target": iri(make.CAPTURE),
            "assignee": iri(asked.production),
            "values": {
                "purpose": {"@id": term(asked.purpose)},
                "media": asked.medium,
                "spatial": asked.territory,
                "count": used + asked.units,
                "unitOfCount": {"@id": iri("unit:" + asked.unit)},
                "sd:content": {"@id": term(asked.content)},
                "sd:audience": {"@id": term(asked.audience)},
                "sd:shot": asked.shot,
                "sd:arcDegrees": asked.arc_to_deg - asked.arc_from_deg,
                "sd:qualityTier": asked.quality.tier,
                "sd:arcTogether": together,
            },
        }
    )


def granted(policies: tuple[Policy, ...], asked: Request, *, used: int = 0, together: int = 0) -> bool:
    """Whether ODRL grants it on that day, with every duty still open: the most that a reader could take from it."""
    world = world_of({"at": f"{asked.day.isoformat()}T12:00:00Z"})
    report = evaluate(policies, in_odrl(asked, used=used, together=together), world, pending_grants=True)
    return report.answer is Answer.GRANTED


def judged(consent: Consent, asked: Request, *, used: int = 0, together: int = 0) -> bool:
    """Whether the consent permits it, questions aside: those are duties in ODRL."""
    standing = replace(STANDING, units_used=used, arc_together_deg=together)
    found = judge_consent(asked, standing, consent)
    permits = any(finding.effect is Effect.PERMIT for finding in found)
    return permits and not any(finding.effect is Effect.FORBID for finding in found)


def some_grant(chance: random.Random) -> Grant:
    """A permission out of a small world; now and then it lists nothing somewhere."""

    def listed(*options: tuple[Any, ...]) -> Any:
        return () if chance.random() < 0.03 else chance.choice(options)

    return make.permission(
        use=chance.choice([Use.RENDER, Use.RENDER, Use.GENERATE, Use.TRAIN]),
        purposes=listed((Purpose.PICTURE,), (Purpose.PICTURE, Purpose.TRAINING)),
        media=listed(("theatrical",), ("theatrical", "tv")),
        territories=listed(("US",), ("world",), ("US", "DE")),
        shots=listed((make.SHOT,), (make.SHOT, "")),
        approve_shots=chance.choice([(), (make.SHOT,)]),
        unit=chance.choice(["frame", "frame", "second"]),
        units_max=chance.choice([8, 20]),
        first_day=date(2026, 10, chance.choice([1, 14])),
        last_day=date(2026, 10, chance.choice([14, 31])),
        arc_max_deg=chance.choice([0, 40]),
        ask_above_arc_deg=chance.choice([0, 90]),
        standing=chance.random() < 0.3,
        audiences=listed((Audience.GENERAL,), (Audience.GENERAL, Audience.ADULT)),
        contents=chance.choice([(Content.ORDINARY,), (Content.ORDINARY, Content.VIOLENCE)]),
        quality_max=chance.choice([*Quality]),
    )


def some_forbid(chance: random.Random) -> Forbid:
    """A refusal, often of nothing that is asked for."""
    return Forbid(
        use=chance.choice([None, *Use]),
        purpose=chance.choice([None, Purpose.ADVERTISING, Purpose.TRAINING]),
        content=chance.choice([None, Content.VIOLENCE, Content.NUDITY]),
    )


def some_request(chance: random.Random, use: Use) -> Request:
    """A request near to what is granted."""

    def mostly(usual: Any, *others: Any) -> Any:
        return usual if chance.random() < 0.85 else chance.choice(others)

    return replace(
        REQUEST,
        use=mostly(use, *Use),
        purpose=mostly(Purpose.PICTURE, Purpose.TRAINING, Purpose.ADVERTISING),
        medium=mostly("theatrical", "tv"),
        territory=mostly("US", "DE"),
        shot=mostly(make.SHOT, "", "sc99"),
        unit=mostly("frame", "second"),
        units=mostly(1, 8),
        arc_from_deg=0,
        arc_to_deg=mostly(0, 40),
        day=date(2026, 10, mostly(14, 1, 31)),
        content=mostly(Content.ORDINARY, Content.VIOLENCE),
        audience=mostly(Audience.GENERAL, Audience.ADULT),
        quality=mostly(Quality.PREVIEW, *Quality),
    )


def test_odrl_never_grants_what_the_consent_refuses() -> None:
    """Random consents and requests near to them; and often enough both say yes, so that the yes is worth something."""
    chance = random.Random(22)
    yes = near = 0
    for _ in range(WORLDS):
        grants = tuple(some_grant(chance) for _ in range(chance.choice([1, 2, 3])))
        forbids = tuple(some_forbid(chance) for _ in range(chance.choice([0, 0, 1])))
        consent = replace(CONSENT, grants=grants, forbids=forbids)
        policies = exported(consent)
        for _ in range(4):
            asked = some_request(chance, chance.choice(grants).use)
            state = {"used": chance.choice([0, 0, 12]), "together": chance.choice([0, 180])}
            allows = judged(consent, asked, **state)
            near += allows
            if granted(policies, asked, **state):
                yes += 1
                assert allows, (consent, asked, state)
    assert yes > WORLDS // 2
    assert yes == near, "and nothing that the consent permits is lost on the way"


COVERED = replace(CONSENT, grants=(make.permission(),))


def test_what_is_covered_is_granted() -> None:
    """The story's own request."""
    assert granted(exported(COVERED), REQUEST, together=40)


@pytest.mark.parametrize(
    "over",
    [
        {"use": Use.TRAIN},
        {"use": Use.ALTER},
        {"purpose": Purpose.ADVERTISING},
        {"medium": "tv"},
        {"shot": "sc99"},
        {"unit": "second"},
        {"units": 241},
        {"day": date(2026, 9, 30)},
        {"day": date(2027, 1, 1)},
        {"arc_to_deg": 41},
        {"content": Content.NUDITY},
        {"audience": Audience.CHILDREN},
        {"production": make.STUDIO},
    ],
    ids=str,
)
def test_each_limit_holds_by_itself(over: dict[str, Any]) -> None:
    """One thing beyond the consent, and ODRL refuses as the consent does."""
    asked = replace(REQUEST, **over)
    assert not judged(COVERED, asked)
    assert not granted(exported(COVERED), asked)


def test_what_is_used_up_is_used_up() -> None:
    """The count is over the permission's whole life."""
    assert granted(exported(COVERED), REQUEST, used=232)
    assert not granted(exported(COVERED), REQUEST, used=233)


def test_the_consent_is_not_handed_on() -> None:
    """Neither by a transfer nor by granting use."""
    for action in ("transfer", "grantUse", "sell"):
        asked = request_of({"action": action, "target": iri(make.CAPTURE), "assignee": iri(make.PRODUCTION)})
        report = evaluate(exported(COVERED), asked, world_of({"at": "2026-10-14T12:00:00Z"}), pending_grants=True)
        assert report.answer is not Answer.GRANTED
