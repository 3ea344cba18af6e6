"""A refusal is a value with a code; the codes are one closed list, in order of precedence.

If several apply, the first in this list is the answer (habit 6 of the style page, after TigerBeetle's
`create_transfers`).  A retired code keeps its number.  `docs/reference/refusals.md` is written from
this list, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter


class Code(Enum):
    """Every way to say no: written name, lasting number (lower takes precedence), sentence that a person reads."""

    MALFORMED = ("malformed", 1, "The request cannot be read: a field is missing, unknown or out of bounds.")
    UNKNOWN_PARTY = ("unknown_party", 2, "Somebody named here is not enrolled, or not in that role.")
    UNKNOWN_ASSET = ("unknown_asset", 3, "There is no such capture or replica.")
    SIGNATURE_INVALID = ("signature_invalid", 4, "A signature does not verify over the bytes that it is said to sign.")
    CONFLICTING_DUPLICATE = ("conflicting_duplicate", 5, "The same id was used before for something else.")
    NO_NOTICE = ("no_notice", 10, "The performer was not told in time, or not told why.")
    NO_RELEASE = ("no_release", 11, "The performer has not signed a release for this capture.")
    NO_REASON = ("no_reason", 12, "The reason for the scan is not stated.")
    CONSENT_WITHDRAWN = ("consent_withdrawn", 21, "The performer has withdrawn this use.")
    CONSENT_EXPIRED = ("consent_expired", 22, "The use falls outside the dates consented to.")
    OTHER_PRODUCTION = ("other_production", 23, "The consent names another production.")
    PURPOSE_FORBIDDEN = ("purpose_forbidden", 24, "The performer forbade this purpose.")
    TRAINING_FORBIDDEN = ("training_forbidden", 25, "The performer forbade machine learning on their data.")
    OUTSIDE_CONSENT = ("outside_consent", 26, "The use goes beyond what was consented to.")
    QUANTITY_EXHAUSTED = ("quantity_exhausted", 27, "The quantity consented to is used up.")
    NO_CONSENT = ("no_consent", 28, "The performer has given no consent that covers this.")
    LAW_FORBIDS = ("law_forbids", 29, "A law of the place forbids it.")
    RULE_FORBIDS = ("rule_forbids", 30, "A rule of the agreement or of the house forbids it.")
    HELD = ("held", 31, "The asset is on hold.")
    DOUBT = ("doubt", 32, "A rule could not be evaluated: a fact is missing. Doubt refuses.")
    APPROVAL_DENIED = ("approval_denied", 33, "A person who was asked said no.")
    NEEDS_A_PERSON = ("needs_a_person", 35, "A person must decide this first.")
    UNPRICED = ("unpriced", 40, "No verified rule gives the amount to pay.")
    INSUFFICIENT_FUNDS = ("insufficient_funds", 42, "The production's funded account does not cover the full cost.")
    NOT_PERMITTED = ("not_permitted", 50, "There is no permit for this.")
    PERMIT_EXPIRED = ("permit_expired", 51, "The permit has ended.")
    PERMIT_OTHER_WORKER = ("permit_other_worker", 52, "The permit names another worker.")
    PERMIT_SPENT = ("permit_spent", 53, "The permit's units are used up.")
    NO_RESERVATION = ("no_reservation", 54, "No funds are reserved under this permit.")
    EPOCH_PASSED = (
        "epoch_passed",
        55,
        "The asset's keys moved on (a withdrawal or a hold) after this permit was made.",
    )
    LEASE_LAPSED = ("lease_lapsed", 56, "The worker's lease has ended.")
    KEY_DESTROYED = ("key_destroyed", 57, "A custodian's share of the key was destroyed.")
    WRONG_WORK = ("wrong_work", 60, "What was made is not what was ordered.")
    UNMARKED = ("unmarked", 61, "An output carries neither a mark nor the words 'unmarked preview'.")

    UNLABELLED = ("unlabelled", 62, "An output lacks the label or mark that the law of a place demands.")

    number: int
    sentence: str

    def __new__(cls, text: str, number: int, sentence: str) -> Code:
        """A member whose value is its written name; `number` orders, `sentence` is what a person reads."""
        member = object.__new__(cls)
        member._value_ = text
        member.number = number
        member.sentence = sentence
        return member


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An answer of no.  `why` names what was wrong, where, and what to do; it holds nothing secret.

    `clause` is the agreement's clause, the consent's term or the document's section that says so.
    """

    code: Code
    why: str
    clause: str = ""


_BY_NUMBER = attrgetter("number")


def first_in_precedence(codes: Sequence[Code]) -> Code:
    """The one code that answers for all of `codes` (at least one)."""
    assert codes
    return codes[0] if len(codes) == 1 else min(codes, key=_BY_NUMBER)
