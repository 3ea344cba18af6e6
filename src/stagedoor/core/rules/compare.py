"""Two consents side by side, in plain sentences: what was, what is, and whether that widens or narrows what is allowed.

`narrows_only` is a promise that a property test holds: where it says yes, the new consent allows nothing that the old
one refused, and asks every question that the old one asked.  Where no machine can tell, it says so and promises none.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

from stagedoor.core.base.fact import plain_value
from stagedoor.core.base.limits import GRANTS_MAX
from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import (
    AfterDeath,
    Consent,
    ControlTerm,
    Deal,
    Forbid,
    Grant,
    StrikeTerm,
    Use,
    WithdrawalMode,
    WithdrawalTerm,
)
from stagedoor.core.rules.sentences import listed, quoted


class Bearing(Enum):
    """What a change does to what is allowed, or to how easily it is taken back."""

    NARROWS = "narrows"
    WIDENS = "widens"
    EITHER = "either"
    NEITHER = "neither"


_SAYS: Final = {
    Bearing.NARROWS: "This narrows what is allowed.",
    Bearing.WIDENS: "This widens what is allowed.",
    Bearing.EITHER: "This may widen or narrow what is allowed: a person must read it.",
    Bearing.NEITHER: "This neither widens nor narrows what is allowed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: where, what was, what is, and its bearing."""

    where: str
    was: str
    became: str
    bearing: Bearing

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.where}: it was {self.was}; it is {self.became}. {_SAYS[self.bearing]}"


def compare(old: Consent, new: Consent) -> tuple[Change, ...]:
    """Every difference, in the order of the consent's fields."""
    changes: list[Change] = []
    for field in fields(Consent):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if field.name == "grants":
            changes += _grants(old, new)
        elif field.name == "forbids":
            changes += _forbids(old.forbids, new.forbids)
        elif field.name == "deal":
            changes += _deals(was, now)
        elif field.name == "withdrawal":
            changes += _withdrawals(was, now)
        elif was != now:
            changes.append(_change(_words(field.name), was, now, _plain_bearing(field.name, was, now)))
    return tuple(changes)


def narrows_only(changes: tuple[Change, ...]) -> bool:
    """Whether nothing here widens, or might widen, what is allowed."""
    return all(change.bearing in (Bearing.NARROWS, Bearing.NEITHER) for change in changes)


_PAPER: Final = frozenset({"consent", "version", "supersedes", "at", "template", "text"})
"""Fields of the paper itself: no request is decided by them."""

_ORDER: Final[dict[str, tuple[object, ...]]] = {
    # from the narrowest to the widest; a change towards the end widens
    "after_death": (AfterDeath.ENDS, AfterDeath.ESTATE, AfterDeath.CONTINUES),
    "on_control": (ControlTerm.ENDS, ControlTerm.ASK, ControlTerm.CONTINUES),
    "assignable": (False, True),
    "delete_at_end": (True, False),
    "mode": (WithdrawalMode.AT_WILL, WithdrawalMode.WITH_NOTICE, WithdrawalMode.UNTIL_DELIVERY, WithdrawalMode.NEVER),
}


def _plain_bearing(name: str, was: object, now: object) -> Bearing:
    if name in _PAPER:
        return Bearing.NEITHER
    if name == "on_strike":
        # With `agreement` an agreement that is silent on strikes refuses everything, so only a full stop is narrower.
        if StrikeTerm.STOP_ALL in (was, now):
            return Bearing.NARROWS if now is StrikeTerm.STOP_ALL else Bearing.WIDENS
        return Bearing.EITHER
    if name in _ORDER:
        order = _ORDER[name]
        return _by_size(order.index(was), order.index(now))
    return Bearing.EITHER


def _by_size(was: int, now: int) -> Bearing:
    """More is wider."""
    if was == now:
        return Bearing.NEITHER
    return Bearing.WIDENS if now > was else Bearing.NARROWS


def _by_set(was: tuple[object, ...], now: tuple[object, ...]) -> Bearing:
    """More members are wider."""
    before, after = set(was), set(now)
    if before == after:
        return Bearing.NEITHER
    if after < before:
        return Bearing.NARROWS
    return Bearing.WIDENS if before < after else Bearing.EITHER


def _turned(bearing: Bearing) -> Bearing:
    """For what protects: more is narrower."""
    return {Bearing.NARROWS: Bearing.WIDENS, Bearing.WIDENS: Bearing.NARROWS}.get(bearing, bearing)


# --- permissions --------------------------------------------------------------------------------------------------


def _grants(old: Consent, new: Consent) -> list[Change]:
    """The first permission to render is compared with the first to render, and so on: their places decide nothing."""
    changes: list[Change] = []
    for use in Use:
        before = _numbered(old.grants, use)
        after = _numbered(new.grants, use)
        for (number, was), (_, now) in zip(before, after, strict=False):
            changes += _one_grant(f"permission {number}, to {use.value}", was, now)
        for number, grant in before[len(after) :]:
            shown = _shown_grant(grant)
            changes.append(_said(f"permission {number}, to {use.value}", shown, "gone", Bearing.NARROWS))
        for number, grant in after[len(before) :]:
            shown = _shown_grant(grant)
            changes.append(_said(f"permission {number}, to {use.value}", "not there", shown, Bearing.WIDENS))
        changes += _questions_gone(use, before, after)
    if old.grants != new.grants and not changes:
        changes.append(_said("permissions", "in another order", "in this order", Bearing.NEITHER))
    if len(old.grants) > GRANTS_MAX or len(old.forbids) > GRANTS_MAX:
        changes.append(_said("the whole", f"more than {GRANTS_MAX} terms, which refuses all", "this", Bearing.WIDENS))
    return changes


def _numbered(grants: tuple[Grant, ...], use: Use) -> list[tuple[int, Grant]]:
    return [(index + 1, grant) for index, grant in enumerate(grants) if grant.use is use]


def _questions_gone(use: Use, before: list[tuple[int, Grant]], after: list[tuple[int, Grant]]) -> list[Change]:
    """Every permission for a use asks its questions, so a permission that goes can take a question with it."""
    kept = [grant for _, grant in after]
    if not kept or len(after) >= len(before):
        return []
    asked = {shot for _, grant in before for shot in grant.approve_shots}
    asks = {shot for grant in kept for shot in grant.approve_shots}
    changes = []
    if asked - asks:
        gone = listed(tuple(sorted(asked - asks)))
        changes.append(_said(f"approval before a {use.value}", f"asked for {gone}", "not asked", Bearing.WIDENS))
    was, now = (min(grant.ask_above_arc_deg for grant in grants) for grants in ([g for _, g in before], kept))
    if now > was:
        changes.append(
            _said(f"coverage of a {use.value}", f"asked above {was} degrees", f"above {now}", Bearing.WIDENS)
        )
    return changes


def _one_grant(where: str, was: Grant, now: Grant) -> list[Change]:
    return [
        _change(f"{where}, {_words(field.name)}", getattr(was, field.name), getattr(now, field.name), bearing)
        for field in fields(Grant)
        if getattr(was, field.name) != getattr(now, field.name)
        for bearing in (_grant_bearing(field.name, was, now),)
    ]


_MORE_IS_WIDER: Final = frozenset({"units_max", "arc_max_deg", "ask_above_arc_deg"})


def _grant_bearing(name: str, was: Grant, now: Grant) -> Bearing:
    before, after = getattr(was, name), getattr(now, name)
    if name in _MORE_IS_WIDER:
        return _by_size(before, after)
    if name == "first_day":
        return Bearing.WIDENS if after < before else Bearing.NARROWS
    if name == "last_day":
        return Bearing.WIDENS if after > before else Bearing.NARROWS
    if name == "standing":
        return Bearing.WIDENS if after else Bearing.NARROWS
    if name == "quality_max":
        return _by_size(before.tier, after.tier)
    if name == "approve_shots":
        return _turned(_by_set(before, after))
    if name == "territories" and "world" in before:
        return Bearing.NEITHER if "world" in after else Bearing.NARROWS
    if name == "territories" and "world" in after:
        return Bearing.WIDENS
    if name == "unit":
        return Bearing.EITHER
    return _by_set(before, after)


def _shown_grant(grant: Grant) -> str:
    return (
        f"at most {grant.units_max} of {quoted(grant.unit)} for {', '.join(item.value for item in grant.purposes)} "
        f"in the shots {listed(grant.shots)} from {grant.first_day} to {grant.last_day}"
    )


# --- refusals, price, withdrawal ------------------------------------------------------------------------------------


def _forbids(was: tuple[Forbid, ...], now: tuple[Forbid, ...]) -> list[Change]:
    gone = [_said("a refusal", _shown_forbid(item), "gone", Bearing.WIDENS) for item in was if item not in now]
    come = [_said("a refusal", "not there", _shown_forbid(item), Bearing.NARROWS) for item in now if item not in was]
    if was != now and not gone and not come:
        return [_said("refusals", "in another order or said twice", "as they are now", Bearing.NEITHER)]
    return gone + come


def _shown_forbid(item: Forbid) -> str:
    parts = (item.use, item.purpose, item.content)
    return "; ".join(
        f"{name} {part.value.replace('_', ' ') if part else 'any'}"
        for name, part in zip(("use", "purpose", "content"), parts, strict=True)
    )


def _deals(was: Deal, now: Deal) -> list[Change]:
    """A price is no permission; but two currencies in one deal refuse everything, so a new currency is read."""
    same = _currencies(was) == _currencies(now)
    return [
        _change(f"price, {_words(field.name)}", getattr(was, field.name), getattr(now, field.name), bearing)
        for field in fields(Deal)
        if getattr(was, field.name) != getattr(now, field.name)
        for bearing in (Bearing.NEITHER if same else Bearing.EITHER,)
    ]


def _currencies(deal: Deal) -> set[str]:
    return {amount.currency for amount in (deal.day_rate, deal.unit_rate, deal.flat_fee) if amount is not None}


def _withdrawals(was: WithdrawalTerm, now: WithdrawalTerm) -> list[Change]:
    """What is harder to take back is wider."""
    bearings = {
        "may_withdraw": _turned(_by_set(was.may_withdraw, now.may_withdraw)),
        "notice_days": _by_size(was.notice_days, now.notice_days),
        "mode": _plain_bearing("mode", was.mode, now.mode),
    }
    return [
        _change(f"withdrawal, {_words(name)}", getattr(was, name), getattr(now, name), bearing)
        for name, bearing in bearings.items()
        if getattr(was, name) != getattr(now, name)
    ]


# --- words ----------------------------------------------------------------------------------------------------------


def _change(where: str, was: object, now: object, bearing: Bearing) -> Change:
    return Change(where=where, was=_shown(was), became=_shown(now), bearing=bearing)


def _said(where: str, was: str, now: str, bearing: Bearing) -> Change:
    return Change(where=where, was=was, became=now, bearing=bearing)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: object) -> str:
    if isinstance(value, Money):
        return value.shown()
    if value is None or value == "":
        return "not said"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return listed(tuple(str(plain_value(item)) for item in value))
    return quoted(value) if isinstance(value, str) else str(plain_value(value))
