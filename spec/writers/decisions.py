"""Requests to answers: the answer and the code of each are stated here by hand."""

from __future__ import annotations

from datetime import date

from core import builders as make
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    Capacity,
    ControlTerm,
    Quality,
)
from writers.common import Vectors
from writers.deciding import (
    ASK,
    CAPTURED,
    CREATE,
    NO,
    OTHER_PRODUCTION,
    YES,
    answer_to,
    both_answers,
    deal_of,
    decision,
    declared,
    only,
)
from writers.decisions_refused import refused


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
        "permitted-standing": decision(
            "A shot that no list names, under a standing permission.", YES, None, request={"shot": "sc99_sh010"},
            consent={"grants": (only(standing=True, shots=()),)},
        ),
        "permitted-lower-quality": decision(
            "A preview, where broadcast is the most that is granted.", YES, None,
            request={"quality": Quality.PREVIEW}, consent={"grants": (only(quality_max=Quality.BROADCAST),)},
        ),
        "permitted-changed-hands": decision(
            "The production's company changed hands, and the consent goes on.", YES, None,
            consent={"on_control": ControlTerm.CONTINUES}, standing={"holds": ("change_of_control",)},
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
            consent={"capacity": Capacity.GUARDIAN, "majority_on": date(2030, 1, 1)},
        ),
        "ask-outgrown": decision(
            "A guardian signed, and the performer has come of age since.", ASK, Code.NEEDS_A_PERSON,
            consent={"capacity": Capacity.GUARDIAN, "majority_on": date(2026, 10, 1)},
        ),
        "ask-control": decision(
            "The production's company changed hands, and the performer wants to be asked.", ASK, Code.NEEDS_A_PERSON,
            standing={"holds": ("change_of_control",)},
        ),
        "ask-schedule-f": decision(
            "A flat Schedule F deal has terms that nobody has read.", ASK, Code.NEEDS_A_PERSON,
            consent=deal_of("2500.000000 USD", schedule_f=True),
        ),
        "ask-icdr": decision(
            "An independently created replica has a formula that nobody has read.", ASK, Code.NEEDS_A_PERSON,
            consent={"replica_kind": ReplicaKind.ICDR, "deal": make.deal(flat_fee=Money.whole(9000, "USD"))},
            standing={"replica_kind": ReplicaKind.ICDR},
            request={"circumstances": declared(participated=False, engaged_on_picture=False, recognisable=True)},
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
    return _permitted() | _asked() | refused() | _lattice()
