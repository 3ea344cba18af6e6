"""A consent from the Agreement that `export.py` wrote: the very same consent, or a refusal that says where it differs.

The document is read field by field, and then the consent is exported again: whatever was added, left out or spelled
otherwise makes the two differ.  So what a stranger's ODRL reader sees and what we decide on can never part.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from stagedoor.core.base.canonical import CanonicalError
from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    AfterDeath,
    Audience,
    Capacity,
    Consent,
    Content,
    ControlTerm,
    Deal,
    Forbid,
    Grant,
    Purpose,
    Quality,
    StrikeTerm,
    Use,
    WithdrawalMode,
    WithdrawalTerm,
)
from stagedoor.core.rules.exchange.export import ALL_USES, DAY_BEGINS, DAY_ENDS, deletion, nothing, to_odrl, transfer
from stagedoor.core.rules.exchange.node import Node
from stagedoor.core.rules.exchange.terms import PROFILE, ExchangeError, camel, member, text_of_iri

T = TypeVar("T")


def from_odrl(document: object) -> Consent:
    """The consent, whose export is this document; or an ExchangeError."""
    policy = Node(document, "policy")
    if policy.text("profile") != PROFILE:
        raise ExchangeError(f"policy: its profile is not {PROFILE}. Of any other policy only what narrows is taken.")
    try:
        consent = _consent(policy)
        again = to_odrl(consent)
    except (MoneyError, CanonicalError, OverflowError) as fault:
        raise ExchangeError(f"policy: {fault}. Export the consent again.") from None
    _same(again, document, "policy")
    return consent


def _same(ours: object, theirs: object, where: str) -> None:
    """Refuse at the first place where the document differs from the consent's own export."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in (*ours, *(key for key in theirs if key not in ours)):
            if (key in ours) != (key in theirs):
                raise ExchangeError(f"{where}: '{key}' is {'missing' if key in ours else 'none of the profile'}.")
            _same(ours[key], theirs[key], f"{where}, {key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            _same(our, their, f"{where}, item {index + 1}")
    elif json.dumps(ours) != json.dumps(theirs):
        raise ExchangeError(f"{where}: it does not say what the consent's own export says there.")


def _consent(policy: Node) -> Consent:
    prohibitions = policy.nodes("prohibition")
    kept = bool(prohibitions) and prohibitions[-1].value == transfer()
    return Consent(
        consent=policy.text("sd:consent"),
        performer=text_of_iri(policy.text("assigner"), "policy, assigner"),
        capacity=policy.word(Capacity, "sd:capacity"),
        production=text_of_iri(policy.text("assignee"), "policy, assignee"),
        agreement=policy.text("sd:agreement"),
        capture=text_of_iri(policy.node("target").text("uid"), "policy, target"),
        replica_kind=policy.word(ReplicaKind, "sd:replicaKind"),
        description=policy.text("sd:description"),
        grants=tuple(_grant(item) for item in policy.nodes("permission")),
        forbids=tuple(_forbid(item) for item in (prohibitions[:-1] if kept else prohibitions)),
        deal=_deal(policy.node("sd:deal")),
        after_death=policy.word(AfterDeath, "sd:afterDeath"),
        withdrawal=_withdrawal(policy.node("sd:withdrawal")),
        at=policy.read("sd:at", Instant.parse),
        signer=policy.text("sd:signer"),
        version=policy.number("sd:version"),
        supersedes=policy.text("sd:supersedes"),
        rider_to=policy.text("sd:riderTo"),
        majority_on=policy.read("sd:majorityOn", date.fromisoformat) if policy.has("sd:majorityOn") else None,
        on_strike=policy.word(StrikeTerm, "sd:onStrike"),
        on_control=policy.word(ControlTerm, "sd:onControl"),
        law=policy.text("sd:law"),
        assignable=not kept,
        delete_at_end=[item.value for item in policy.nodes("obligation")] == [deletion()],
        signed_apart=policy.flag("sd:signedApart"),
        template=policy.text("sd:template"),
        text=policy.text("sd:text"),
    )


def _grant(permission: Node) -> Grant:
    actions = permission.nodes("action")
    if len(actions) != 1:
        raise ExchangeError(f"{permission.where}: it has {len(actions)} actions; a permission of the profile has one.")
    action = actions[0]
    constraints = permission.nodes("constraint")
    refinements = action.nodes("refinement")
    unit = text_of_iri(_operand(constraints, "unitOfCount", "eq").node("rightOperand").text("@id"), permission.where)
    tier = _number(refinements, "sd:qualityTier")
    if tier not in (quality.tier for quality in Quality):
        raise ExchangeError(f"{permission.where}: there is no quality tier {tier}; there are 0, 1 and 2.")
    return Grant(
        use=member(Use, action.node("rdf:value").text("@id"), permission.where),
        purposes=_members(Purpose, constraints, "purpose"),
        media=_media(_operand(constraints, "media", "isAnyOf")),
        territories=permission.texts("sd:territories"),
        shots=permission.texts("sd:shots"),
        approve_shots=permission.texts("sd:approveShots"),
        unit=unit.removeprefix("unit:"),
        units_max=_number(refinements, "count"),
        first_day=_operand(constraints, "dateTime", "gteq").node("rightOperand").read("@value", _day),
        last_day=_operand(constraints, "dateTime", "lteq").node("rightOperand").read("@value", _day),
        arc_max_deg=_number(refinements, "sd:arcDegrees"),
        ask_above_arc_deg=permission.number(camel("ask_above_arc_deg")),
        standing=permission.flag("sd:standing"),
        audiences=_members(Audience, constraints, "sd:audience"),
        contents=_members(Content, constraints, "sd:content"),
        quality_max=next(quality for quality in Quality if quality.tier == tier),
    )


def _operand(limits: tuple[Node, ...], operand: str, operator: str) -> Node:
    for limit in limits:
        if limit.value_of("leftOperand") == operand and limit.value_of("operator") == operator:
            return limit
    where = limits[0].where if limits else "permission"
    raise ExchangeError(f"{where}: nothing limits {operand} by {operator}, as the profile's permissions do.")


def _number(limits: tuple[Node, ...], operand: str) -> int:
    return _operand(limits, operand, "lteq").node("rightOperand").read("@value", _whole)


def _day(text: str) -> date:
    return date.fromisoformat(text.removesuffix(DAY_BEGINS).removesuffix(DAY_ENDS))


def _whole(text: str) -> int:
    if len(text) > 17:  # 2^53 - 1 has sixteen digits and may have a sign
        raise ValueError("it is longer than any number of ours")
    return int(text)


def _media(limit: Node) -> tuple[str, ...]:
    return () if limit.value_of("rightOperand") == nothing() else limit.texts("rightOperand")


_Word = TypeVar("_Word", Purpose, Audience, Content)


def _members(kind: type[_Word], limits: tuple[Node, ...], operand: str) -> tuple[_Word, ...]:
    found = _operand(limits, operand, "isAnyOf")
    if found.value_of("rightOperand") == nothing():
        return ()
    return tuple(member(kind, item.text("@id"), item.where) for item in found.nodes("rightOperand"))


def _forbid(prohibition: Node) -> Forbid:
    actions = prohibition.texts("action")
    purpose: Purpose | None = None
    content: Content | None = None
    for limit in prohibition.nodes("constraint") if prohibition.has("constraint") else ():
        value = limit.node("rightOperand").text("@id")
        if limit.text("leftOperand") == "purpose":
            purpose = member(Purpose, value, limit.where)
        else:
            content = member(Content, value, limit.where)
    if actions == ALL_USES:
        return Forbid(use=None, purpose=purpose, content=content)
    if len(actions) != 1:
        raise ExchangeError(f"{prohibition.where}: a refusal of the profile is of one use, or of all {len(ALL_USES)}.")
    return Forbid(use=member(Use, actions[0], prohibition.where), purpose=purpose, content=content)


def _deal(deal: Node) -> Deal:
    return Deal(
        day_rate=deal.read("sd:dayRate", Money.parse),
        schedule_f=deal.flag("sd:scheduleF"),
        unit_rate=_if_there(deal, "sd:unitRate", Money.parse),
        flat_fee=_if_there(deal, "sd:flatFee", Money.parse),
        residual_bp=deal.number("sd:residualBp") if deal.has("sd:residualBp") else None,
    )


def _if_there(node: Node, key: str, reader: Callable[[str], T]) -> T | None:
    return node.read(key, reader) if node.has(key) else None


def _withdrawal(term: Node) -> WithdrawalTerm:
    return WithdrawalTerm(
        may_withdraw=term.texts("sd:mayWithdraw"),
        notice_days=term.number("sd:noticeDays"),
        mode=term.word(WithdrawalMode, "sd:mode"),
    )
