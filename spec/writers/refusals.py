"""One refusal for each code, holding every later defect too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from core import builders as make
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Forbid, Purpose, Use
from stagedoor.core.facts.permit import (
    KeyGrant,
    Permit,
    Receipt,
    WorkOrder,
)
from stagedoor.core.facts.request import Circumstance
from writers.common import ALL, Vectors, ref
from writers.deciding import CAPTURED, CREATE, OTHER_PRODUCTION, answer_to, deal_of, decision
from writers.facts import example_facts

Defect = tuple[Code, dict[str, dict[str, Any]], str]

ON_DECIDE: tuple[Defect, ...] = (
    (Code.NO_NOTICE, {"standing": {"notice_hours": 47}}, "The performer was told 47 hours before the scan."),
    (Code.NO_RELEASE, {"standing": {"released": False}}, "The performer signed no release."),
    (Code.NO_REASON, {"standing": {"reason_stated": False}}, "The notice states no reason."),
    (Code.CONSENT_EXPIRED, {"grant": {"last_day": date(2026, 10, 13)}}, "The permission ended the day before."),
    (Code.OTHER_PRODUCTION, {"standing": {"asset_production": OTHER_PRODUCTION}}, "The scan was made for another."),
    (Code.PURPOSE_FORBIDDEN, {"consent": {"forbids": (Forbid(use=None, purpose=Purpose.PICTURE),)}},
     "The performer refuses every use for the picture."),
    (Code.OUTSIDE_CONSENT, {"request": {"medium": "tv"}}, "The permission is for theatrical pictures."),
    (Code.QUANTITY_EXHAUSTED, {"standing": {"units_used": 1}}, "The one fit consented to was made."),
    (Code.NO_CONSENT, {"standing": {"consent_countersigned": False}}, "The production did not countersign."),
    (Code.LAW_FORBIDS, {"request": {"places": ("DE",)}}, "A law that the vectors made up forbids it in one place."),
    (Code.RULE_FORBIDS, {"request": {"units": 101}}, "The house of the vectors makes a hundred units at most."),
    (Code.HELD, {"standing": {"holds": ("dispute",)}}, "The asset is in dispute."),
    (Code.DOUBT, {"request": {"territory": "DE"}}, "Nobody declared whether it is a parody, and a rule asks for it."),
    (Code.APPROVAL_DENIED, {"standing": {"estimate_basis": "", **answer_to("TV-P3", yes=False)}},
     "The union was asked about an estimate without a basis and said no."),
    (Code.UNPRICED, {"standing": {"estimate_days": 0}}, "No day was estimated."),
)  # fmt: skip
"""Each with the smallest change that brings it about.  A vector holds its own defect and every later one."""


def refusals() -> Vectors:
    """File names begin with the code's number, so that a folder's listing is the order of precedence."""
    found: dict[Code, dict[str, Any]] = {Code.MALFORMED: _malformed()}
    for index, (code, _, about) in enumerate(ON_DECIDE):
        # Whoever asks for a hundred and one units needs a permission that is wide enough, or the quantity answers.
        wide = {} if code.number <= Code.QUANTITY_EXHAUSTED.number else {"units_max": 1000}
        found[code] = _decided(code, about, ON_DECIDE[index:], **wide)
    training = decision(
        "Machine learning is another family of consent.", "refuse", Code.TRAINING_FORBIDDEN,
        request={"use": Use.TRAIN}, standing={"holds": ("dispute",), "estimate_days": 0},
    )  # fmt: skip
    found[Code.TRAINING_FORBIDDEN] = _wrap(Code.TRAINING_FORBIDDEN, training)
    asks = decision(
        "A question is the answer only where nothing refuses.", "ask-a-person", Code.NEEDS_A_PERSON,
        consent=deal_of("2500.000000 USD", schedule_f=True),
    )  # fmt: skip
    found[Code.NEEDS_A_PERSON] = _wrap(Code.NEEDS_A_PERSON, asks)
    unlabelled = decision(
        "A law that the vectors made up demands a label.", "refuse", Code.UNLABELLED,
        request={"places": ("FR",), "circumstances": (Circumstance(name="label", value="none"),)},
        books=[*ALL, "vector_house"],
    )  # fmt: skip
    found[Code.UNLABELLED] = _wrap(Code.UNLABELLED, unlabelled)
    found |= _unlocks() | _attests()
    return {f"{code.number:02d}-{code.value.replace('_', '-')}": found[code] for code in Code if code in found}


def _head(code: Code, verb: str, about: str, also: list[str]) -> dict[str, Any]:
    head: dict[str, Any] = {"about": about, "code": code.value, "number": code.number, "sentence": code.sentence}
    return head | {"verb": verb, "also": also}


def _wrap(code: Code, vector: dict[str, Any]) -> dict[str, Any]:
    spoke = {item["code"] for item in vector["expect"]["spoke"] if item["effect"] == "forbid"}
    also = [item.value for item in Code if item.value in spoke and item is not code]
    given = {name: vector[name] for name in ("rulebooks", "request", "standing", "consent", "at")}
    return _head(code, "decide", vector["about"], also) | {"given": given}


def _decided(code: Code, about: str, defects: tuple[Defect, ...], **grant: Any) -> dict[str, Any]:
    request, standing, consent, permission = dict(CREATE), dict(CAPTURED), {"forbids": ()}, dict(grant)
    parts = {"request": request, "standing": standing, "consent": consent, "grant": permission}
    for _, changes, _ in defects:
        for part, change in changes.items():
            parts[part] |= change
    books = [*ALL, "vector_house"]
    granted = {"grants": (make.creation(**permission),)}
    vector = decision(about, "refuse", code, request=request, standing=standing, consent=consent | granted, books=books)
    wrapped = _wrap(code, vector)
    missing = {item.value for item, _, _ in defects} - {*wrapped["also"], code.value}
    assert not missing, (code, missing)
    return wrapped


def _malformed() -> dict[str, Any]:
    draft = make.request(make.consent(), units=0, medium="tv")
    return _head(Code.MALFORMED, "ask", "No units are asked for.", []) | {
        "given": {"draft": draft.plain(), "at": str(make.AT)}
    }


def _held_permit() -> tuple[Permit, WorkOrder, KeyGrant, Receipt]:
    permit = example_facts()["permit"]
    assert isinstance(permit, Permit)
    order = make.order_of(permit)
    key = make.key_grant(permit, order)
    return permit, order, key, make.receipt(permit, order, key)


def _unlocks() -> dict[Code, dict[str, Any]]:
    permit, order, _, _ = _held_permit()
    steps: tuple[tuple[Code, dict[str, Any], str], ...] = (
        (Code.CONSENT_WITHDRAWN, {"withdrawn": True}, "Withdrawn since the permit was made."),
        (Code.PERMIT_EXPIRED, {"permit_live": False}, "The permit's time is over."),
        (Code.PERMIT_OTHER_WORKER, {"worker": make.ident("worker", 9)}, "Another worker asks for the key."),
        (Code.PERMIT_SPENT, {"units_left": 0}, "All units were made."),
        (Code.NO_RESERVATION, {"reserved": False}, "The reservation went back."),
        (Code.EPOCH_PASSED, {"epoch": 2}, "The asset's keys moved on."),
    )
    found: dict[Code, dict[str, Any]] = {}
    for index, (code, _, about) in enumerate(steps):
        now: dict[str, Any] = {"epoch": 1, "withdrawn": False, "holds": [], "permit_live": True, "permit_void": False,
                               "reserved": True, "units_left": 8, "worker": make.WORKER}  # fmt: skip
        for _, change, _ in steps[index:]:
            now |= change
        worker = now.pop("worker")
        found[code] = _head(code, "unlock", about, [item.value for item, _, _ in steps[index + 1 :]]) | {
            "given": {"permit": permit.plain(), "order": order.plain(), "now": now, "worker": worker}
        }
    return found


def _attests() -> dict[Code, dict[str, Any]]:
    permit, order, key, receipt = _held_permit()
    unmarked = tuple(replace(item, mark="") for item in receipt.outputs)
    cases: dict[Code, tuple[str, list[str], Receipt]] = {
        Code.NOT_PERMITTED: (
            "The receipt names a key grant that was never made for this permit.",
            ["wrong_work", "unmarked"],
            replace(receipt, grant=ref("another grant"), unit="second", outputs=unmarked),
        ),
        Code.WRONG_WORK: (
            "The permit counts frames, the receipt counts seconds.",
            ["unmarked"],
            replace(receipt, unit="second", outputs=unmarked),
        ),
        Code.UNMARKED: ("An output says nothing of what it is.", [], replace(receipt, outputs=unmarked)),
    }
    papers = {"order": order.plain(), "permit": permit.plain(), "grant": key.plain(), "units_left": 8}
    return {
        code: _head(code, "attest", about, also) | {"given": {"receipt": told.plain()} | papers}
        for code, (about, also, told) in cases.items()
    }
