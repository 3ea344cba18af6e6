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


def _permitted() -> Vectors:
    """Nothing forbids, nothing asks."""
    return {
        "permitted-render": decision("Everything in order: eight frames of the shot.", YES, None),
        "permitted-create": decision(
            "To fit the double from the capture.", YES, None, request=CREATE, standing=CAPTURED
        ),
        "permitted-last-day": decision(
            "The last day of the permission belongs to it.", YES, None, consent={"grants": (only(last_day=make.DAY),)}
        ),
        "permitted-last-unit": decision(
            "232 of 240 frames are used; eight more are the last.", YES, None, standing={"units_used": 232}
        ),
        "permitted-widest-arc": decision(
            "A camera move of as many degrees as are allowed.", YES, None, request={"arc_to_deg": 40},
            standing={"arc_together_deg": 90},
        ),
        "permitted-retake": decision(
            "All estimated days were charged before: permitted, at no cost.", YES, None, standing={"days_charged": 3}
        ),
        "permitted-approved": decision(
            "The performer approved the shot.", YES, None,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing=answer_to("consent:approval", yes=True),
        ),
        "permitted-minimum-confirmed": decision(
            "An unverified minimum decides the amount, and an officer of the union confirmed it.", YES, None,
            consent=deal_of("1000.000000 USD"), standing=answer_to("TV-P2:day_minimum", yes=True),
        ),
        "permitted-minimum-equalled": decision(
            "A deal of exactly the unverified minimum: the deal decides, nobody is asked.", YES, None,
            consent=deal_of("1283.000000 USD"),
        ),
        "permitted-notice-48": decision(
            "Told 48 hours before the scan.", YES, None, request=CREATE, standing=CAPTURED | {"notice_hours": 48}
        ),
    }  # fmt: skip


def _asked() -> Vectors:
    """A person is asked."""
    return {
        "ask-shot-approval": decision(
            "The performer wants to see this shot first.", ASK, Code.NEEDS_A_PERSON,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)},
        ),
        "ask-coverage": decision(
            "Together the outputs would show one degree more than the performer lets pass unasked.", ASK,
            Code.NEEDS_A_PERSON, standing={"arc_together_deg": 91},
        ),
        "ask-orbit": decision(
            "The house asks of half a turn and more, though the performer's own term is wider.", ASK,
            Code.NEEDS_A_PERSON, consent={"grants": (only(ask_above_arc_deg=360),)}, standing={"arc_together_deg": 180},
        ),
        "ask-minor": decision(
            "A guardian signed, and nobody has read the clause on minors.", ASK, Code.NEEDS_A_PERSON,
            consent={"capacity": Capacity.GUARDIAN},
        ),
        "ask-schedule-f": decision(
            "A flat Schedule F deal has terms that nobody has read.", ASK, Code.NEEDS_A_PERSON,
            consent=deal_of("2500.000000 USD", schedule_f=True),
        ),
        "ask-icdr": decision(
            "An independently created replica has a formula that nobody has read.", ASK, Code.NEEDS_A_PERSON,
            consent={"replica_kind": ReplicaKind.ICDR}, standing={"replica_kind": ReplicaKind.ICDR},
        ),
        "ask-estimate-without-basis": decision(
            "The estimate gives no basis.", ASK, Code.NEEDS_A_PERSON, standing={"estimate_basis": " "}
        ),
        "ask-description-empty": decision(
            "The consent does not say in words what it is for.", ASK, Code.NEEDS_A_PERSON, consent={"description": " "}
        ),
        "ask-minimum-unverified": decision(
            "A deal under the minimum, whose sheet nobody found: the minimum would decide.", ASK, Code.NEEDS_A_PERSON,
            consent=deal_of("1282.990000 USD"),
        ),
    }  # fmt: skip


def _not_consented() -> Vectors:
    """Refused by the consent as a whole."""
    return {
        "refuse-no-consent": decision("There is no consent.", NO, Code.NO_CONSENT, without_consent=True),
        "refuse-unsigned": decision(
            "The performer did not sign.", NO, Code.NO_CONSENT, standing={"consent_signed": False}
        ),
        "refuse-not-countersigned": decision(
            "The production did not countersign.", NO, Code.NO_CONSENT, standing={"consent_countersigned": False}
        ),
        "refuse-withdrawn": decision(
            "Withdrawn: the nearer word answers before the agreement's own rule (TV-C1, no_consent).", NO,
            Code.CONSENT_WITHDRAWN, standing={"consent_withdrawn": True},
        ),
        "refuse-withdrawn-without-agreement": decision(
            "Withdrawn, under the house alone.", NO, Code.CONSENT_WITHDRAWN, standing={"consent_withdrawn": True},
            consent={"agreement": make.HOUSE}, books=[make.HOUSE],
        ),
        "refuse-other-performer": decision(
            "The request names another performer than the consent.", NO, Code.NO_CONSENT,
            request={"performer": OTHER_PARTY},
        ),
        "refuse-other-performers-asset": decision(
            "The replica shows somebody else.", NO, Code.NO_CONSENT, standing={"asset_performer": OTHER_PARTY}
        ),
        "refuse-other-production": decision(
            "Another production asks.", NO, Code.OTHER_PRODUCTION, request={"production": OTHER_PRODUCTION}
        ),
        "refuse-asset-of-other-production": decision(
            "The replica was made for another production.", NO, Code.OTHER_PRODUCTION,
            standing={"asset_production": OTHER_PRODUCTION},
        ),
        "refuse-other-agreement": decision(
            "The consent was given under an agreement that does not decide here.", NO, Code.OUTSIDE_CONSENT,
            consent={"agreement": "another_agreement"},
        ),
        "refuse-other-capture": decision(
            "The replica was made from another capture than the consent names.", NO, Code.NO_CONSENT,
            standing={"capture": make.ident("asset", 9)},
        ),
        "refuse-other-replica-kind": decision(
            "The replica is of another kind than the consent names.", NO, Code.OUTSIDE_CONSENT,
            standing={"replica_kind": ReplicaKind.BADR},
        ),
        "refuse-commission": decision(
            "The mandate takes more than there is.", NO, Code.MALFORMED, standing={"commission_bp": 10_001}
        ),
        "refuse-silence": decision(
            "The consent has no permission to generate.", NO, Code.NO_CONSENT, request={"use": Use.GENERATE}
        ),
        "refuse-empty-consent": decision(
            "A consent that permits nothing.", NO, Code.NO_CONSENT, consent={"grants": ()}
        ),
    }  # fmt: skip


def _beyond_consent() -> Vectors:
    """Refused by its refusals and by the bounds of its permissions."""
    full = {"grants": (only(purposes=(Purpose.PICTURE, Purpose.TRAINING), use=Use.RENDER),), "forbids": ()}
    return {
        "refuse-day-after": decision(
            "One day after the last.", NO, Code.CONSENT_EXPIRED, consent={"grants": (only(last_day=date(2026,
            10, 13)),)}
        ),
        "refuse-day-before": decision(
            "One day before the first.", NO, Code.CONSENT_EXPIRED,
            consent={"grants": (only(first_day=date(2026, 10, 15)),)},
        ),
        "refuse-purpose-forbidden": decision(
            "Advertising is refused in the consent, though a permission names it.", NO, Code.PURPOSE_FORBIDDEN,
            request={"purpose": Purpose.ADVERTISING},
            consent={"grants": (only(purposes=(Purpose.PICTURE, Purpose.ADVERTISING)),)},
        ),
        "refuse-use-forbidden": decision(
            "To render is refused, whatever is granted.", NO, Code.PURPOSE_FORBIDDEN,
            consent={"forbids": (Forbid(use=Use.RENDER, purpose=None),)},
        ),
        "refuse-training-silence": decision(
            "Nothing is said of training; permission to render implies none.", NO, Code.TRAINING_FORBIDDEN,
            request={"use": Use.TRAIN}, consent={"forbids": ()},
        ),
        "refuse-training-granted": decision(
            "Training is granted, and this house refuses it.", NO, Code.TRAINING_FORBIDDEN,
            request={"use": Use.TRAIN, "purpose": Purpose.TRAINING},
            consent={"grants": (only(use=Use.TRAIN, purposes=(Purpose.TRAINING,)),), "forbids": ()},
        ),
        "refuse-render-for-training": decision(
            "To render is permitted, for training too; this house refuses that purpose.", NO, Code.TRAINING_FORBIDDEN,
            request={"purpose": Purpose.TRAINING}, consent=full,
        ),
        "refuse-render-under-training-consent": decision(
            "Consent to be trained on is no consent to be rendered.", NO, Code.NO_CONSENT,
            consent={"grants": (only(use=Use.TRAIN, purposes=tuple(Purpose)),), "forbids": ()},
        ),
        "refuse-medium": decision("For television.", NO, Code.OUTSIDE_CONSENT, request={"medium": "tv"}),
        "refuse-territory": decision(
            "Where it may not be shown.", NO, Code.OUTSIDE_CONSENT, consent={"grants": (only(territories=("DE",)),)}
        ),
        "refuse-shot": decision("Another shot.", NO, Code.OUTSIDE_CONSENT, request={"shot": "sc12_sh050"}),
        "refuse-unit": decision(
            "Seconds, where frames are granted.", NO, Code.OUTSIDE_CONSENT, request={"unit": "second"}
        ),
        "refuse-purpose": decision(
            "For another purpose than the picture.", NO, Code.OUTSIDE_CONSENT, request={"purpose": Purpose.OTHER}
        ),
        "refuse-arc": decision(
            "A camera move of 61 degrees, where 60 are allowed.", NO, Code.OUTSIDE_CONSENT,
            request={"arc_from_deg": -20, "arc_to_deg": 41},
        ),
        "refuse-quantity": decision(
            "233 of 240 frames are used; eight more are one too many.", NO, Code.QUANTITY_EXHAUSTED,
            standing={"units_used": 233},
        ),
    }  # fmt: skip


def _ruled_out() -> Vectors:
    """Refused by holds, rules and people."""
    return {
        "refuse-hold": decision("A dispute.", NO, Code.HELD, standing={"holds": ("dispute",)}),
        "refuse-strike": decision(
            "A strike: the hold itself and the agreement's rule both speak.", NO, Code.HELD,
            standing={"holds": ("strike",)}
        ),
        "refuse-notice-47": decision(
            "Told 47 hours before the scan.", NO, Code.NO_NOTICE, request=CREATE,
            standing=CAPTURED | {"notice_hours": 47}
        ),
        "refuse-notice-unknown": decision(
            "Nobody knows when the performer was told: doubt refuses.", NO, Code.DOUBT, request=CREATE,
            standing=CAPTURED | {"notice_hours": None},
        ),
        "refuse-no-reason": decision(
            "The notice gives no reason.", NO, Code.NO_REASON, request=CREATE,
            standing=CAPTURED | {"reason_stated": False}
        ),
        "refuse-no-release": decision(
            "No release.", NO, Code.NO_RELEASE, request=CREATE, standing=CAPTURED | {"released": False}
        ),
        "refuse-replica-kind-unknown": decision(
            "Nobody knows of which kind the replica is: doubt refuses.", NO, Code.DOUBT, standing={"replica_kind": None}
        ),
        "refuse-agreement-not-in-force": decision(
            "The agreement ended in June 2030; what governs a day in July is not known.", NO, Code.DOUBT,
            request={"day": date(2030, 7, 1)}, consent={"grants": (only(last_day=date(2030, 12, 31)),)},
        ),
        "refuse-rule": decision(
            "A rule of a house forbids it by the plainest code.", NO, Code.RULE_FORBIDS, request={"units": 101},
            books=[*ALL, "vector_house"],
        ),
        "refuse-two-books-one-name": decision(
            "The house's book is read twice: each of its names stands in two books, and nobody can say which counts.",
            NO, Code.DOUBT, books=[*ALL, make.HOUSE],
        ),
        "refuse-approval-denied": decision(
            "The performer was asked and said no.", NO, Code.APPROVAL_DENIED,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing=answer_to("consent:approval", yes=False),
        ),
        "refuse-minimum-not-confirmed": decision(
            "The officer was asked whether the minimum is right and said no.", NO, Code.APPROVAL_DENIED,
            consent=deal_of("1000.000000 USD"), standing=answer_to("TV-P2:day_minimum", yes=False),
        ),
    }  # fmt: skip


def _unpriced() -> Vectors:
    """Refused for want of a price."""
    return {
        "refuse-no-days": decision("No day was estimated.", NO, Code.UNPRICED, standing={"estimate_days": 0}),
        "refuse-no-pay-rule": decision(
            "No rulebook says what is paid.", NO, Code.UNPRICED, consent={"agreement": make.HOUSE}, books=[make.HOUSE]
        ),
        "refuse-no-rate-yet": decision(
            "Photography began before the oldest contribution rate.", NO, Code.UNPRICED,
            standing={"photography_began": date(2017, 6, 30)},
        ),
        "refuse-other-currency": decision(
            "The deal is in euros, the production in dollars.", NO, Code.MALFORMED, consent=deal_of("2500.000000 EUR")
        ),
    }  # fmt: skip


def _lattice() -> Vectors:
    """Several findings, one answer."""
    return {
        "lattice-forbid-beats-ask": decision(
            "A shot to approve, and a dispute.", NO, Code.HELD,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing={"holds": ("dispute",)},
        ),
        "lattice-first-code": decision(
            "Four prohibitions; the first in precedence is the code.", NO, Code.OTHER_PRODUCTION,
            request={"medium": "tv"},
            standing={"asset_production": OTHER_PRODUCTION, "holds": ("dispute",), "estimate_days": 0},
        ),
        "lattice-every-permission-asks": decision(
            "Of two permissions for one use one covers, and the other, which does not, wants the shot shown first.",
            ASK, Code.NEEDS_A_PERSON,
            consent={"grants": (only(), only(approve_shots=(make.SHOT,), units_max=0))},
        ),
        "lattice-no-after-yes": decision(
            "The performer said yes, then no.", NO, Code.APPROVAL_DENIED,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)},
            standing=both_answers("consent:approval", yes_first=True),
        ),
        "lattice-yes-after-no": decision(
            "The performer said no, then yes: of two answers to one question the no counts.", NO, Code.APPROVAL_DENIED,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)},
            standing=both_answers("consent:approval", yes_first=False),
        ),
        "lattice-answer-to-another-question": decision(
            "A yes to another question changes nothing.", ASK, Code.NEEDS_A_PERSON,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)}, standing=answer_to("consent:coverage", yes=True),
        ),
    }  # fmt: skip


def decisions() -> Vectors:
    """Point by point; the name says what is different from `permitted-render`."""
    return _permitted() | _asked() | _not_consented() | _beyond_consent() | _ruled_out() | _unpriced() | _lattice()
