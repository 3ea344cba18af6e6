"""Write docs/reference/refusals.md from the closed list of refusals: `python docs/make_refusals.py`.

Numbers, codes and sentences are the program's own; where each arises and what to do about it stands here, in one place.
tests/conformance/test_docs_refusals.py compares the page with what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from stagedoor.core.base.outcome import Code

PAGE: Final = Path(__file__).parent / "reference" / "refusals.md"

HEAD: Final = """# Refusals

Every way in which Stagedoor says no. Written by `docs/make_refusals.py` from the program's own list; do not edit. The
list is closed and stands in order of precedence: if several apply, the one with the lowest number answers, and the
decision still lists every other rule that spoke. A retired code keeps its number. The sentences below are the ones that
people read; [spec/refusals](../../spec/refusals/README.md) has an example of each.

A refusal is a value, not a fault: exit status 1 and a recorded decision. A fault of the world (the database is gone) is
exit status 3, input that cannot be read is 2.

| number | code | sentence | where it arises | what to do |
|---|---|---|---|---|
"""

TAIL: Final = """
The groups: 1 to 9 what cannot be read or trusted; 10 to 19 before a scan; 20 to 29 the performer's own word and the
law; 30 to 39 rules, holds and people; 40 to 49 money; 50 to 59 permits and keys; 60 to 69 what was made.

Where a rule of a rulebook forbids, the rule itself names the code, so any of these may also come from a rulebook:
[rulebooks](../rulebooks/README.md) says which.
"""

ABOUT: Final[dict[Code, tuple[str, str]]] = {
    # code: (where it arises, what to do)
    Code.MALFORMED: (
        "ask; a deal in another currency than the production, a commission beyond the whole, a consent too "
        "long to read (decide); stories and custodians, for papers that cannot be read",
        "Mend the field that the message names and ask again.",
    ),
    Code.UNKNOWN_PARTY: (
        "stories, for who is not enrolled in that role; a custodian, for a worker whose key it has not pinned",
        "Enrol the party, or name the right one.",
    ),
    Code.UNKNOWN_ASSET: (
        "stories; a custodian, where papers name several assets",
        "Check the asset's id; take the capture in first.",
    ),
    Code.SIGNATURE_INVALID: (
        "stories, for every signed fact; a custodian, for permit, consent and one-time key",
        "Sign the very bytes again, with the enrolled key. If nobody altered them, somebody did: look.",
    ),
    Code.CONFLICTING_DUPLICATE: (
        "the store: an id is used once, for ever",
        "Use a new id; a repeat of the same fact needs none.",
    ),
    Code.NO_NOTICE: (
        "take_in; rule TV-N1 (decide)",
        "Give notice and wait 48 hours, or move the scan.",
    ),
    Code.NO_RELEASE: (
        "take_in; rule house-release (decide)",
        "Have the performer sign the release for this notice and purpose.",
    ),
    Code.NO_REASON: (
        "take_in; rule 26-5 (decide)",
        "State a reason and a purpose in a new notice.",
    ),
    Code.CONSENT_WITHDRAWN: (
        "decide; unlock; a custodian",
        "Stop. Only a new consent permits more.",
    ),
    Code.CONSENT_EXPIRED: (
        "decide: the day of service lies outside the permission's days",
        "Ask for other dates, in a new consent.",
    ),
    Code.OTHER_PRODUCTION: (
        "decide; a custodian",
        "A consent is for one production; ask the performer for another.",
    ),
    Code.PURPOSE_FORBIDDEN: (
        "decide: a refusal in the consent; a custodian",
        "No permission overrides a refusal. Leave it, or ask the performer for a new consent.",
    ),
    Code.TRAINING_FORBIDDEN: (
        "decide: by refusal, by silence, or by rule house-train; a custodian",
        "Do not train. Training is another family of consent.",
    ),
    Code.OUTSIDE_CONSENT: (
        "decide: purpose, medium, territory, shot, unit, camera move, kind of replica, or another agreement "
        "than the consent names; a custodian",
        "Ask for less, or for a wider consent.",
    ),
    Code.QUANTITY_EXHAUSTED: (
        "decide: what was used and what is asked for exceed the permission",
        "Ask for fewer units, or for a new consent.",
    ),
    Code.NO_CONSENT: (
        "decide: no consent, unsigned, not countersigned, somebody else's, of another capture, or silent on "
        "this use; rule TV-C1; withdraw; a custodian",
        "Draw up a consent that names this use, and have both sides sign it.",
    ),
    Code.LAW_FORBIDS: (
        "decide: a rule of a law that is in force in one of the places that the request names",
        "Read the law in the finding. What it forbids, no consent and no agreement permits there.",
    ),
    Code.RULE_FORBIDS: (
        "decide: a rule of a rulebook that names no nearer code",
        "Read the clause in the finding.",
    ),
    Code.HELD: (
        "decide: a hold on the asset; rule 26-4; unlock; a custodian",
        "Wait until who placed the hold lifts it.",
    ),
    Code.DOUBT: (
        "decide: a rule reads a value or a date that nobody knows, a rulebook is not in force, or two "
        "rulebooks have a name in common; a custodian, if the store is silent",
        "Find the fact that the finding names and record it.",
    ),
    Code.APPROVAL_DENIED: (
        "decide: a person who was asked said no, even if somebody else said yes",
        "It stands for this use. Another use is another question.",
    ),
    Code.NEEDS_A_PERSON: (
        "decide, grant; withdraw, where the terms do not give it",
        "Ask whoever the finding names; their signed answer settles it.",
    ),
    Code.UNPRICED: (
        "decide: no pay rule, two that both say what one amount is, no rate for that date or currency, no "
        "estimated day, a value that nobody has read, or an amount that is not plausible",
        "Load a rulebook that has the rate, or record the estimate.",
    ),
    Code.INSUFFICIENT_FUNDS: (
        "the store: an entry would take more from an account than is in it",
        "Pay in, then ask again.",
    ),
    Code.NOT_PERMITTED: (
        "attest: a key grant of another permit; stories and a custodian, where papers do not belong together",
        "Use the papers of this permit; there is no other way in.",
    ),
    Code.PERMIT_EXPIRED: (
        "unlock; a custodian",
        "Ask again; the reservation went back.",
    ),
    Code.PERMIT_OTHER_WORKER: (
        "unlock; attest; a custodian; a worker",
        "Run it on the worker that the permit names, or ask for a permit for the other.",
    ),
    Code.PERMIT_SPENT: (
        "unlock; attest; a custodian",
        "Ask for more units.",
    ),
    Code.NO_RESERVATION: (
        "unlock; a custodian",
        "Ask again: the new permit reserves its cost.",
    ),
    Code.EPOCH_PASSED: (
        "unlock; a custodian",
        "Ask again, if it is still allowed: the old permit never opens anything more.",
    ),
    Code.LEASE_LAPSED: (
        "a custodian; a worker, when its lease ended while it worked",
        "Ask for a new key grant under the permit.",
    ),
    Code.KEY_DESTROYED: (
        "a custodian that destroyed its share",
        "None: we cannot open this asset again.",
    ),
    Code.WRONG_WORK: (
        "dispatch: recipe, settings, frames or arc; attest: another order, unit or result, or units without "
        "anything made; a worker",
        "Order what the permit allows; deliver what was ordered.",
    ),
    Code.UNMARKED: (
        "attest; a worker",
        "Write the order's stamp into every output.",
    ),
    Code.UNLABELLED: (
        "decide: a rule of a law on the labelling of outputs",
        "Put the label or the mark on the output, declare it, and ask again.",
    ),
}
"""Every code has both; a test sees to it."""


def page() -> str:
    """The whole page."""
    rows = [
        f"| {code.number} | `{code.value}` | {code.sentence} | {where} | {todo} |"
        for code in Code
        for where, todo in (ABOUT[code],)
    ]
    return HEAD + "\n".join(rows) + "\n" + TAIL


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
