"""Requests to answers: the answer and the code of each are stated here by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from core import builders as make
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import AssetKind, ReplicaKind
from stagedoor.core.facts.consent import Capacity, Forbid, Purpose, Use
from stagedoor.core.facts.request import Answered
from writers.common import ALL, Vectors

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
OTHER_PARTY, OTHER_PRODUCTION = make.ident("party", 9), make.ident("production", 9)


def answer_to(rule: str, *, yes: bool) -> dict[str, Any]:
    """A standing in which that question was answered."""
    return {"answers": (Answered(rule=rule, yes=yes, approval=make.ident("approval")),)}


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


def decisions() -> Vectors:
    """Point by point; the name says what is different from `permitted-render`."""
    yes, ask, no = "permit", "ask-a-person", "refuse"
    day = make.DAY
    only = make.permission
    full = {"grants": (only(purposes=(Purpose.PICTURE, Purpose.TRAINING), use=Use.RENDER),), "forbids": ()}
    return {
        "permitted-render": decision("Everything in order: eight frames of the shot.", yes, None),
        "permitted-create": decision(
            "To fit the double from the capture.", yes, None, request=CREATE, standing=CAPTURED
        ),
        "permitted-last-day": decision(
            "The last day of the permission belongs to it.", yes, None, consent={"grants": (only(last_day=day),)}
        ),
        "permitted-last-unit": decision(
            "232 of 240 frames are used; eight more are the last.", yes, None, standing={"units_used": 232}
        ),
        "permitted-widest-arc": decision(
            "A camera move of as many degrees as are allowed.", yes, None, request={"arc_to_deg": 40},
            standing={"arc_together_deg": 90},
        ),
        "permitted-retake": decision(
            "All estimated days were charged before: permitted, at no cost.", yes, None, standing={"days_charged": 3}
        ),
        "permitted-approved": decision(
            "The performer approved the shot.", yes, None,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing=answer_to("consent:approval", yes=True),
        ),
        "permitted-minimum-confirmed": decision(
            "An unverified minimum decides the amount, and an officer of the union confirmed it.", yes, None,
            consent=deal_of("1000.000000 USD"), standing=answer_to("TV-P2:day_minimum", yes=True),
        ),
        "permitted-minimum-equalled": decision(
            "A deal of exactly the unverified minimum: the deal decides, nobody is asked.", yes, None,
            consent=deal_of("1283.000000 USD"),
        ),
        "permitted-notice-48": decision(
            "Told 48 hours before the scan.", yes, None, request=CREATE, standing=CAPTURED | {"notice_hours": 48}
        ),
        "ask-shot-approval": decision(
            "The performer wants to see this shot first.", ask, Code.NEEDS_A_PERSON,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)},
        ),
        "ask-coverage": decision(
            "Together the outputs would show one degree more than the performer lets pass unasked.", ask,
            Code.NEEDS_A_PERSON, standing={"arc_together_deg": 91},
        ),
        "ask-orbit": decision(
            "The house asks of half a turn and more, though the performer's own term is wider.", ask,
            Code.NEEDS_A_PERSON, consent={"grants": (only(ask_above_arc_deg=360),)}, standing={"arc_together_deg": 180},
        ),
        "ask-minor": decision(
            "A guardian signed, and nobody has read the clause on minors.", ask, Code.NEEDS_A_PERSON,
            consent={"capacity": Capacity.GUARDIAN},
        ),
        "ask-schedule-f": decision(
            "A flat Schedule F deal has terms that nobody has read.", ask, Code.NEEDS_A_PERSON,
            consent=deal_of("2500.000000 USD", schedule_f=True),
        ),
        "ask-icdr": decision(
            "An independently created replica has a formula that nobody has read.", ask, Code.NEEDS_A_PERSON,
            consent={"replica_kind": ReplicaKind.ICDR}, standing={"replica_kind": ReplicaKind.ICDR},
        ),
        "ask-estimate-without-basis": decision(
            "The estimate gives no basis.", ask, Code.NEEDS_A_PERSON, standing={"estimate_basis": " "}
        ),
        "ask-description-empty": decision(
            "The consent does not say in words what it is for.", ask, Code.NEEDS_A_PERSON, consent={"description": " "}
        ),
        "ask-minimum-unverified": decision(
            "A deal under the minimum, whose sheet nobody found: the minimum would decide.", ask, Code.NEEDS_A_PERSON,
            consent=deal_of("1282.990000 USD"),
        ),
        "refuse-no-consent": decision("There is no consent.", no, Code.NO_CONSENT, without_consent=True),
        "refuse-unsigned": decision(
            "The performer did not sign.", no, Code.NO_CONSENT, standing={"consent_signed": False}
        ),
        "refuse-not-countersigned": decision(
            "The production did not countersign.", no, Code.NO_CONSENT, standing={"consent_countersigned": False}
        ),
        "refuse-withdrawn": decision(
            "Withdrawn: the nearer word answers before the agreement's own rule (TV-C1, no_consent).", no,
            Code.CONSENT_WITHDRAWN, standing={"consent_withdrawn": True},
        ),
        "refuse-withdrawn-without-agreement": decision(
            "Withdrawn, under the house alone.", no, Code.CONSENT_WITHDRAWN, standing={"consent_withdrawn": True},
            books=[make.HOUSE],
        ),
        "refuse-other-performer": decision(
            "The request names another performer than the consent.", no, Code.NO_CONSENT,
            request={"performer": OTHER_PARTY},
        ),
        "refuse-other-performers-asset": decision(
            "The replica shows somebody else.", no, Code.NO_CONSENT, standing={"asset_performer": OTHER_PARTY}
        ),
        "refuse-other-production": decision(
            "Another production asks.", no, Code.OTHER_PRODUCTION, request={"production": OTHER_PRODUCTION}
        ),
        "refuse-asset-of-other-production": decision(
            "The replica was made for another production.", no, Code.OTHER_PRODUCTION,
            standing={"asset_production": OTHER_PRODUCTION},
        ),
        "refuse-silence": decision(
            "The consent has no permission to generate.", no, Code.NO_CONSENT, request={"use": Use.GENERATE}
        ),
        "refuse-empty-consent": decision(
            "A consent that permits nothing.", no, Code.NO_CONSENT, consent={"grants": ()}
        ),
        "refuse-day-after": decision(
            "One day after the last.", no, Code.CONSENT_EXPIRED, consent={"grants": (only(last_day=date(2026,
            10, 13)),)}
        ),
        "refuse-day-before": decision(
            "One day before the first.", no, Code.CONSENT_EXPIRED,
            consent={"grants": (only(first_day=date(2026, 10, 15)),)},
        ),
        "refuse-purpose-forbidden": decision(
            "Advertising is refused in the consent, though a permission names it.", no, Code.PURPOSE_FORBIDDEN,
            request={"purpose": Purpose.ADVERTISING},
            consent={"grants": (only(purposes=(Purpose.PICTURE, Purpose.ADVERTISING)),)},
        ),
        "refuse-use-forbidden": decision(
            "To render is refused, whatever is granted.", no, Code.PURPOSE_FORBIDDEN,
            consent={"forbids": (Forbid(use=Use.RENDER, purpose=None),)},
        ),
        "refuse-training-silence": decision(
            "Nothing is said of training; permission to render implies none.", no, Code.TRAINING_FORBIDDEN,
            request={"use": Use.TRAIN}, consent={"forbids": ()},
        ),
        "refuse-training-granted": decision(
            "Training is granted, and this house refuses it.", no, Code.TRAINING_FORBIDDEN,
            request={"use": Use.TRAIN, "purpose": Purpose.TRAINING},
            consent={"grants": (only(use=Use.TRAIN, purposes=(Purpose.TRAINING,)),), "forbids": ()},
        ),
        "refuse-render-for-training": decision(
            "To render is permitted, for training too; this house refuses that purpose.", no, Code.TRAINING_FORBIDDEN,
            request={"purpose": Purpose.TRAINING}, consent=full,
        ),
        "refuse-render-under-training-consent": decision(
            "Consent to be trained on is no consent to be rendered.", no, Code.NO_CONSENT,
            consent={"grants": (only(use=Use.TRAIN, purposes=tuple(Purpose)),), "forbids": ()},
        ),
        "refuse-medium": decision("For television.", no, Code.OUTSIDE_CONSENT, request={"medium": "tv"}),
        "refuse-territory": decision(
            "Where it may not be shown.", no, Code.OUTSIDE_CONSENT, consent={"grants": (only(territories=("DE",)),)}
        ),
        "refuse-shot": decision("Another shot.", no, Code.OUTSIDE_CONSENT, request={"shot": "sc12_sh050"}),
        "refuse-unit": decision(
            "Seconds, where frames are granted.", no, Code.OUTSIDE_CONSENT, request={"unit": "second"}
        ),
        "refuse-purpose": decision(
            "For another purpose than the picture.", no, Code.OUTSIDE_CONSENT, request={"purpose": Purpose.OTHER}
        ),
        "refuse-arc": decision(
            "A camera move of 61 degrees, where 60 are allowed.", no, Code.OUTSIDE_CONSENT,
            request={"arc_from_deg": -20, "arc_to_deg": 41},
        ),
        "refuse-quantity": decision(
            "233 of 240 frames are used; eight more are one too many.", no, Code.QUANTITY_EXHAUSTED,
            standing={"units_used": 233},
        ),
        "refuse-hold": decision("A dispute.", no, Code.HELD, standing={"holds": ("dispute",)}),
        "refuse-strike": decision(
            "A strike: the hold itself and the agreement's rule both speak.", no, Code.HELD,
            standing={"holds": ("strike",)}
        ),
        "refuse-notice-47": decision(
            "Told 47 hours before the scan.", no, Code.NO_NOTICE, request=CREATE,
            standing=CAPTURED | {"notice_hours": 47}
        ),
        "refuse-notice-unknown": decision(
            "Nobody knows when the performer was told: doubt refuses.", no, Code.DOUBT, request=CREATE,
            standing=CAPTURED | {"notice_hours": None},
        ),
        "refuse-no-reason": decision(
            "The notice gives no reason.", no, Code.NO_REASON, request=CREATE,
            standing=CAPTURED | {"reason_stated": False}
        ),
        "refuse-no-release": decision(
            "No release.", no, Code.NO_RELEASE, request=CREATE, standing=CAPTURED | {"released": False}
        ),
        "refuse-replica-kind-unknown": decision(
            "Nobody knows of which kind the replica is: doubt refuses.", no, Code.DOUBT, standing={"replica_kind": None}
        ),
        "refuse-agreement-not-in-force": decision(
            "The agreement ended in June 2030; what governs a day in July is not known.", no, Code.DOUBT,
            request={"day": date(2030, 7, 1)}, consent={"grants": (only(last_day=date(2030, 12, 31)),)},
        ),
        "refuse-rule": decision(
            "A rule of a house forbids it by the plainest code.", no, Code.RULE_FORBIDS, request={"units": 101},
            books=[*ALL, "vector_house"],
        ),
        "refuse-approval-denied": decision(
            "The performer was asked and said no.", no, Code.APPROVAL_DENIED,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing=answer_to("consent:approval", yes=False),
        ),
        "refuse-minimum-not-confirmed": decision(
            "The officer was asked whether the minimum is right and said no.", no, Code.APPROVAL_DENIED,
            consent=deal_of("1000.000000 USD"), standing=answer_to("TV-P2:day_minimum", yes=False),
        ),
        "refuse-no-days": decision("No day was estimated.", no, Code.UNPRICED, standing={"estimate_days": 0}),
        "refuse-no-pay-rule": decision(
            "No rulebook says what is paid.", no, Code.UNPRICED, books=[make.HOUSE]
        ),
        "refuse-no-rate-yet": decision(
            "Photography began before the oldest contribution rate.", no, Code.UNPRICED,
            standing={"photography_began": date(2017, 6, 30)},
        ),
        "refuse-other-currency": decision(
            "The deal is in euros, the production in dollars.", no, Code.MALFORMED, consent=deal_of("2500.000000 EUR")
        ),
        "lattice-forbid-beats-ask": decision(
            "A shot to approve, and a dispute.", no, Code.HELD,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing={"holds": ("dispute",)},
        ),
        "lattice-first-code": decision(
            "Four prohibitions; the first in precedence is the code.", no, Code.OTHER_PRODUCTION,
            request={"medium": "tv"},
            standing={"asset_production": OTHER_PRODUCTION, "holds": ("dispute",), "estimate_days": 0},
        ),
        "lattice-answer-to-another-question": decision(
            "A yes to another question changes nothing.", ask, Code.NEEDS_A_PERSON,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing=answer_to("consent:coverage", yes=True),
        ),
    }  # fmt: skip
