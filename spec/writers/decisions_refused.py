"""Requests that are refused, each for one reason; the answer and the code are stated here by hand."""

from __future__ import annotations

from datetime import date

from core import builders as make
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    Audience,
    Capacity,
    Content,
    ControlTerm,
    Forbid,
    Purpose,
    Quality,
    StrikeTerm,
    Use,
)
from stagedoor.core.facts.request import Answered
from writers.common import ALL, Vectors
from writers.deciding import (
    CAPTURED,
    CREATE,
    NO,
    OTHER_PARTY,
    OTHER_PRODUCTION,
    OUTSIDE,
    answer_to,
    deal_of,
    decision,
    declared,
    only,
)


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
        "refuse-nobody-vouched": decision(
            "A guardian signed whom no union vouched for.", NO, Code.NO_CONSENT,
            consent={"capacity": Capacity.GUARDIAN, "majority_on": date(2030, 1, 1)}, standing={"authority": False},
        ),
        "refuse-superseded": decision(
            "A later version has taken its place.", NO, Code.NO_CONSENT, standing={"superseded": True}
        ),
        "refuse-other-text": decision(
            "The sentences that were read are not these terms.", NO, Code.NO_CONSENT, standing={"text_matches": False}
        ),
        "refuse-after-death": decision(
            "The performer died, and with that the consent ended.", NO, Code.CONSENT_EXPIRED,
            standing={"died_on": date(2026, 10, 13)}, request={"circumstances": declared(displaces_unit_work=False)},
        ),
        "refuse-prompt-names-another": decision(
            "The prompt names another performer.", NO, Code.NO_CONSENT,
            request={"prompt": "sha256:" + "5" * 64, "circumstances": declared(facial_feature=False)},
            standing={"prompt_names": (OTHER_PARTY,)},
        ),
    }  # fmt: skip


def _of_somebody_else() -> Vectors:
    """Refused because the consent is somebody else's, or of something else."""
    return {
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
    }  # fmt: skip


def _out_of_bounds() -> Vectors:
    """Refused by the bounds of the permissions."""
    return {
        "refuse-medium": decision("For television.", NO, Code.OUTSIDE_CONSENT, request={"medium": "tv"}),
        "refuse-territory": decision(
            "Where it may not be shown.", NO, Code.OUTSIDE_CONSENT, consent={"grants": (only(territories=("DE",)),)}
        ),
        "refuse-shot": decision("Another shot.", NO, Code.OUTSIDE_CONSENT, request={"shot": "sc12_sh050"}),
        "refuse-unit": decision(
            "Seconds, where frames are granted.", NO, Code.OUTSIDE_CONSENT, request={"unit": "second"}
        ),
        "refuse-content": decision(
            "Violence, where ordinary scenes are granted.", NO, Code.OUTSIDE_CONSENT,
            request={"content": Content.VIOLENCE},
        ),
        "refuse-content-forbidden": decision(
            "Nudity is refused in the consent, though a permission names it.", NO, Code.PURPOSE_FORBIDDEN,
            request={"content": Content.NUDITY},
            consent={
                "grants": (only(contents=(Content.ORDINARY, Content.NUDITY)),),
                "forbids": (Forbid(use=None, purpose=None, content=Content.NUDITY),),
            },
        ),
        "refuse-audience": decision(
            "For children, where a general audience is granted.", NO, Code.OUTSIDE_CONSENT,
            request={"audience": Audience.CHILDREN},
        ),
        "refuse-quality": decision(
            "In cinema quality, where broadcast is the most that is granted.", NO, Code.OUTSIDE_CONSENT,
            consent={"grants": (only(quality_max=Quality.BROADCAST),)},
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
        "refuse-strike-stops-all": decision(
            "A strike, in which the performer lets nothing be made, under a house that says nothing of strikes.", NO,
            Code.HELD, standing={"holds": ("strike",)},
            consent={"agreement": make.HOUSE, "on_strike": StrikeTerm.STOP_ALL}, books=[make.HOUSE],
        ),
        "refuse-strike-unspoken": decision(
            "A strike, left to an agreement that says nothing of strikes: doubt refuses.", NO, Code.HELD,
            standing={"holds": ("strike",)}, consent={"agreement": make.HOUSE}, books=[make.HOUSE],
        ),
        "refuse-changed-hands": decision(
            "The production's company changed hands, and the consent ended with that.", NO, Code.CONSENT_EXPIRED,
            consent={"on_control": ControlTerm.ENDS}, standing={"holds": ("change_of_control",)},
        ),
        "refuse-policy-from-outside": decision(
            "A declaration from outside prohibits it.", NO, Code.OUTSIDE_CONSENT,
            standing={"narrowings": (OUTSIDE,)},
        ),
        "refuse-deadline-passed": decision(
            "The performer was asked and nobody answered in time.", NO, Code.APPROVAL_DENIED,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)},
            standing={"answers": (Answered(rule="consent:approval", yes=False, approval="", late=True),)},
        ),
        "refuse-late-yes": decision(
            "The performer said yes after the deadline.", NO, Code.APPROVAL_DENIED,
            consent={"grants": (only(approve_shots=(make.SHOT,)),)},
            standing={"answers": (Answered(rule="consent:approval", yes=True, approval=OTHER_PARTY, late=True),)},
        ),
    }  # fmt: skip


def _ruled_out_by_books() -> Vectors:
    """Refused by rules."""
    return {
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


def refused() -> Vectors:
    """By the consent as a whole, by its bounds, by rules and people, for want of a price."""
    return (
        _not_consented()
        | _of_somebody_else()
        | _beyond_consent()
        | _out_of_bounds()
        | _ruled_out()
        | _ruled_out_by_books()
        | _unpriced()
    )
