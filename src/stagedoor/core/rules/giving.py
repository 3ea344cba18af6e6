"""What a consent must be before anybody's signature under it is recorded; and what a later version of one must be.

All of it is read from the papers alone.  Who signed, and whether a union vouched for them, the stories look up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import GRANTS_MAX, SHOTS_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Capacity, Consent
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED
from stagedoor.core.rules.sentences import text_of
from stagedoor.core.rules.templates import TEMPLATES

UNITS: Final = ("frame", "replica", "second", "call", "token", "line", PHOTOGRAPH, WATCHED)
"""What a grant may count (DESIGN section 10); a word of one's own could say anything on the page that she signs."""

VERSIONS_MAX: Final = 1_000
"""Versions of one consent: beyond this somebody made a knot."""


def can_be_signed(consent: Consent) -> Refused | None:
    """Why nobody's signature under these terms is recorded, or None."""
    shots = max((len(grant.shots) for grant in consent.grants), default=0)
    if len(consent.grants) > GRANTS_MAX or len(consent.forbids) > GRANTS_MAX or shots > SHOTS_MAX:
        why = f"A consent holds at most {GRANTS_MAX} permissions and refusals and {SHOTS_MAX} shots: what can be read."
        return Refused(code=Code.MALFORMED, why=why)
    if not has_shape("consent", consent.consent) or not all(grant.unit in UNITS for grant in consent.grants):
        why = f"A consent's id is consent:<uuid7>, and it counts in {', '.join(UNITS)}."
        return Refused(code=Code.MALFORMED, why=why)
    if consent.template and consent.template not in TEMPLATES:
        why = f"The consent names a template that is not known here. There are: {', '.join(TEMPLATES)}."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, template")
    if consent.text and consent.text != text_of(consent):
        why = "What was read is not what these terms say. Show the sentences of this very consent, and sign again."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, text")
    return _capacity(consent)


def _capacity(consent: Consent) -> Refused | None:
    """Whether the paper's own words on who signs agree with one another."""
    own = consent.giver == consent.performer
    if own != (consent.capacity is Capacity.ADULT):
        why = "An adult signs for themselves; no other signer may be named."
        if consent.capacity is not Capacity.ADULT:
            why = f"As {consent.capacity.value} somebody else signs than the performer. Name the signer."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, capacity")
    if consent.majority_on is not None and consent.capacity is not Capacity.GUARDIAN:
        why = "Only a guardian's consent names the day on which the performer comes of age."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, capacity")
    if consent.majority_on is not None and consent.at.day >= consent.majority_on:
        why = f"The performer came of age on {consent.majority_on} and signs for themselves since."
        return Refused(code=Code.NO_CONSENT, why=why, clause="consent, capacity")
    return None


def is_first(consent: Consent) -> Refused | None:
    """Why a consent that is said to be the first of its line is not."""
    if consent.version != 1 or consent.supersedes or consent.rider_to:
        why = "This is a later version or a rider. Record it as a revision, beside the consent that it names."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, version")
    return None


def follows(consent: Consent, named: Consent) -> Refused | None:
    """Why `consent` is no amendment of, or rider to, the consent that it names; or None."""
    same = (
        (consent.performer, named.performer, "performer"),
        (consent.production, named.production, "production"),
        (consent.capture, named.capture, "capture"),
    )
    for mine, theirs, what in same:
        if mine != theirs:
            why = f"It names another {what} than the consent that it goes with. Draw up a consent of its own."
            return Refused(code=Code.NO_CONSENT, why=why, clause="consent, version")
    if consent.at < named.at:
        why = "It is dated before the consent that it goes with."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, version")
    if consent.supersedes:
        return _amends(consent, named)
    if consent.version != 1 or named.rider_to:
        why = "A rider is version 1 and goes with a consent, not with another rider."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, version")
    return None


def _amends(consent: Consent, named: Consent) -> Refused | None:
    if consent.version != named.version + 1 or consent.version > VERSIONS_MAX:
        why = f"It replaces version {named.version}, so it is version {named.version + 1} and not {consent.version}."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, version")
    if consent.rider_to != named.rider_to:
        why = "An amendment stays what it amends: a rider to the same consent, or none."
        return Refused(code=Code.MALFORMED, why=why, clause="consent, version")
    return None


def line_of(consent: Consent, known: Iterable[Consent]) -> tuple[Consent, ...]:
    """The consent and every earlier version of it, the latest first; of `known`, which are signed by both sides."""
    by_digest = {each.digest(): each for each in known}
    found = [consent]
    while len(found) <= VERSIONS_MAX:
        before = by_digest.get(found[-1].supersedes) if found[-1].supersedes else None
        if before is None:
            break
        found.append(before)
    return tuple(found)


def riders_of(consent: Consent, known: Iterable[Consent]) -> tuple[Consent, ...]:
    """The riders that still stand beside a consent: to any version of it, and not replaced by a later one.

    An amendment takes no rider away: whoever signed the rider did not sign that.
    """
    every = tuple(known)
    line = {each.digest() for each in line_of(consent, every)}
    replaced = {each.supersedes for each in every if each.supersedes}
    return tuple(each for each in every if each.rider_to in line and each.digest() not in replaced)
