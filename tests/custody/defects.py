"""The table of `test_judge`: a name, papers with one thing wrong, and the code that answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from custody.kit import (
    CAPTURE,
    COST,
    PERFORMER_KEY,
    STRANGER_KEY,
    STUDIO,
    WORKER,
    Story,
    consent,
    creation,
    ident,
    permission,
    postings,
    request,
    signature,
)
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.consent import Forbid, Purpose, Use
from stagedoor.core.facts.decision import Answer
from stagedoor.core.facts.posting import EntryKind
from stagedoor.custodian.papers import Papers

NOTHING = Money.zero("USD")
GOOD = Story()


def asks(**over: Any) -> Papers:
    """Papers for another request, everything else following it."""
    return Story(request=request(**over)).papers()


def grants(**over: Any) -> Papers:
    """Papers under a consent whose one permission to render is another."""
    return Story(consent=consent(grants=(creation(), permission(**over)))).papers()


def entry(**over: Any) -> Papers:
    """Papers with another reservation."""
    return Story(over_entry=over).papers()


DIGEST = "sha256:" + "00" * 32

DEFECTS: dict[str, tuple[Callable[[], Papers], Code]] = {
    # the papers themselves
    "grant is not canonical": (lambda: GOOD.papers(grant=GOOD.grant().canonical() + b" "), Code.MALFORMED),
    "permit is missing": (lambda: GOOD.papers(permit=b""), Code.MALFORMED),
    "decision is of another kind": (lambda: GOOD.papers(decision=GOOD.request.canonical()), Code.MALFORMED),
    "signature is no fact": (lambda: GOOD.papers(permit_signatures=(b"{}",)), Code.MALFORMED),
    "lease runs an hour": (lambda: Story(lease_seconds=3600).papers(), Code.MALFORMED),
    "lease runs no time": (lambda: Story(lease_seconds=0).papers(), Code.MALFORMED),
    # links
    "another grant was asked about": (lambda: GOOD.papers(asked=DIGEST), Code.NOT_PERMITTED),
    "grant points elsewhere": (lambda: Story(over_grant={"permit": DIGEST}).papers(), Code.NOT_PERMITTED),
    "decision is another": (
        lambda: GOOD.papers(decision=Story(over_decision={"standing": DIGEST}).decision().canonical()),
        Code.NOT_PERMITTED,
    ),
    "request is another": (
        lambda: GOOD.papers(request=request(asker=ident("party", 7)).canonical()),
        Code.NOT_PERMITTED,
    ),
    "decision answers another request": (
        lambda: Story(over_decision={"request": DIGEST}).papers(),
        Code.NOT_PERMITTED,
    ),
    "consent is another": (lambda: Story(over_permit={"consent": DIGEST}).papers(), Code.NO_CONSENT),
    "decision asks a person": (
        lambda: Story(over_decision={"answer": Answer.ASK_A_PERSON}).papers(),
        Code.NOT_PERMITTED,
    ),
    "decision refuses": (lambda: Story(over_decision={"answer": Answer.REFUSE}).papers(), Code.NOT_PERMITTED),
    # signatures
    "permit is signed by nobody": (lambda: GOOD.papers(permit_signatures=()), Code.SIGNATURE_INVALID),
    "permit is signed by a stranger": (lambda: Story(gate_key=STRANGER_KEY).papers(), Code.SIGNATURE_INVALID),
    "permit's signature is of another permit": (
        lambda: GOOD.papers(permit_signatures=Story(over_permit={"units": 7}).papers().permit_signatures),
        Code.SIGNATURE_INVALID,
    ),
    "consent is signed by nobody": (lambda: GOOD.papers(consent_signatures=()), Code.SIGNATURE_INVALID),
    "consent is signed with a new key of the performer": (
        lambda: Story(performer_key=STRANGER_KEY).papers(),
        Code.SIGNATURE_INVALID,
    ),
    "consent is signed by the performer's key in another's name": (
        lambda: GOOD.papers(consent_signatures=(signature(GOOD.consent, PERFORMER_KEY, STUDIO).canonical(),)),
        Code.SIGNATURE_INVALID,
    ),
    "consent's signature is of another domain": (
        lambda: GOOD.papers(
            consent_signatures=(
                signature(
                    GOOD.consent,
                    PERFORMER_KEY,
                    GOOD.consent.performer,
                    signature=PERFORMER_KEY.sign("release", GOOD.consent.canonical()),
                ).canonical(),
            )
        ),
        Code.SIGNATURE_INVALID,
    ),
    "one-time key is signed by a stranger": (lambda: Story(worker_key=STRANGER_KEY).papers(), Code.SIGNATURE_INVALID),
    "one-time key was changed": (
        lambda: Story(over_grant={"one_time_key": "22" * 32}).papers(),
        Code.SIGNATURE_INVALID,
    ),
    "order was changed": (lambda: Story(over_grant={"order": DIGEST}).papers(), Code.SIGNATURE_INVALID),
    "worker's signature is missing": (
        lambda: Story(over_grant={"worker_signature": ""}).papers(),
        Code.SIGNATURE_INVALID,
    ),
    # who
    "worker is not pinned": (lambda: asks(worker=ident("worker", 2)), Code.UNKNOWN_PARTY),
    "permit names another worker": (
        lambda: Story(over_permit={"worker": ident("worker", 2)}, over_grant={"worker": WORKER}).papers(),
        Code.SIGNATURE_INVALID,  # signed for the other; the plain mismatch is told by the next case
    ),
    "request names another worker": (
        lambda: Story(request=request(worker=ident("worker", 2)), over_permit={"worker": WORKER}).papers(),
        Code.PERMIT_OTHER_WORKER,
    ),
    "worker is of another grade": (
        lambda: Story(over_permit={"worker_grade": "hosted"}).papers(),
        Code.PERMIT_OTHER_WORKER,
    ),
    "grant names another asset": (lambda: Story(over_grant={"asset": CAPTURE}).papers(), Code.UNKNOWN_ASSET),
    "request is for another asset": (lambda: asks(asset=CAPTURE), Code.UNKNOWN_ASSET),
    "permit names another performer": (
        lambda: Story(over_permit={"performer": STUDIO}).papers(),
        Code.NO_CONSENT,
    ),
    "consent is another performer's": (
        lambda: Story(consent=consent(performer=STUDIO)).papers(),
        Code.SIGNATURE_INVALID,  # nobody can sign in the performer's name for another
    ),
    # terms
    "consent is for another production": (
        lambda: Story(consent=consent(production=ident("production", 2))).papers(),
        Code.OTHER_PRODUCTION,
    ),
    "permit is for another production": (
        lambda: Story(over_permit={"production": ident("production", 2)}).papers(),
        Code.OTHER_PRODUCTION,
    ),
    "consent is to another capture": (
        lambda: Story(consent=consent(capture=ident("asset", 3))).papers(),
        Code.NO_CONSENT,
    ),
    "the use is not in the consent": (lambda: asks(use=Use.GENERATE), Code.OUTSIDE_CONSENT),
    "the use was forbidden": (
        lambda: Story(consent=consent(forbids=(Forbid(use=Use.RENDER, purpose=None),))).papers(),
        Code.PURPOSE_FORBIDDEN,
    ),
    "the purpose was forbidden": (lambda: asks(purpose=Purpose.ADVERTISING), Code.PURPOSE_FORBIDDEN),
    "training was forbidden": (lambda: asks(use=Use.TRAIN), Code.TRAINING_FORBIDDEN),
    "everything was forbidden": (
        lambda: Story(consent=consent(forbids=(Forbid(use=None, purpose=None),))).papers(),
        Code.PURPOSE_FORBIDDEN,
    ),
    "the shot is not listed": (lambda: asks(shot="sc99"), Code.OUTSIDE_CONSENT),
    "a double would be opened for photographs": (
        lambda: Story(
            request=request(unit="photograph"), consent=consent(grants=(permission(unit="photograph"),))
        ).papers(),
        Code.OUTSIDE_CONSENT,
    ),
    "no shot is named": (lambda: asks(shot=""), Code.OUTSIDE_CONSENT),
    "the grant lists no shot": (lambda: grants(shots=()), Code.OUTSIDE_CONSENT),
    "the purpose is not listed": (lambda: asks(purpose=Purpose.OTHER), Code.OUTSIDE_CONSENT),
    "the medium is not listed": (lambda: asks(medium="game"), Code.OUTSIDE_CONSENT),
    "the territory is not listed": (lambda: asks(territory="GB"), Code.OUTSIDE_CONSENT),
    "the unit is another": (lambda: grants(unit="second"), Code.OUTSIDE_CONSENT),
    "more units than the consent has": (lambda: grants(units_max=7), Code.OUTSIDE_CONSENT),
    "a wider arc than the consent has": (lambda: grants(arc_max_deg=39), Code.OUTSIDE_CONSENT),
    "before the consent's first day": (lambda: asks(day=date(2026, 9, 30)), Code.OUTSIDE_CONSENT),
    "after the consent's last day": (lambda: asks(day=date(2027, 1, 1)), Code.OUTSIDE_CONSENT),
    "permit is for more units than asked": (lambda: Story(over_permit={"units": 9}).papers(), Code.NOT_PERMITTED),
    "permit is for no units": (lambda: Story(over_permit={"units": 0}).papers(), Code.NOT_PERMITTED),
    "permit's arc begins before the asked one": (
        lambda: Story(over_permit={"arc_from_deg": -21}).papers(),
        Code.NOT_PERMITTED,
    ),
    "permit's arc ends after the asked one": (
        lambda: Story(over_permit={"arc_to_deg": 21}).papers(),
        Code.NOT_PERMITTED,
    ),
    "permit is for another performance than asked": (
        lambda: Story(over_permit={"performance": "sha256:" + "0" * 64}).papers(),
        Code.NOT_PERMITTED,
    ),
    "permit's cameras go lower than asked": (
        lambda: Story(over_permit={"elevation_from_deg": -31}).papers(),
        Code.NOT_PERMITTED,
    ),
    "permit's cameras go higher than asked": (
        lambda: Story(over_permit={"elevation_to_deg": 31}).papers(),
        Code.NOT_PERMITTED,
    ),
    "permit is for another shot than asked": (
        lambda: Story(over_permit={"shot": "sc1"}).papers(),
        Code.OUTSIDE_CONSENT,
    ),
    "permit is for another use than asked": (
        lambda: Story(over_permit={"use": Use.CREATE}).papers(),
        Code.OUTSIDE_CONSENT,
    ),
    "permit is for another use id": (
        lambda: Story(over_permit={"use_id": ident("use", 2)}).papers(),
        Code.NOT_PERMITTED,
    ),
    # money
    "nothing is reserved": (lambda: GOOD.papers(reserve=None), Code.NO_RESERVATION),
    "less is reserved": (
        lambda: entry(postings=postings(GOOD.permit(), Money.whole(1449, "USD"))),
        Code.NO_RESERVATION,
    ),
    "another currency is reserved": (
        lambda: entry(postings=postings(GOOD.permit(), Money.whole(1450, "GBP"))),
        Code.NO_RESERVATION,
    ),
    "reserved for another permit's account": (
        lambda: entry(postings=postings(GOOD.permit(), COST, target="reserved/permit:other")),
        Code.NO_RESERVATION,
    ),
    "reserved out of another production": (
        lambda: entry(postings=postings(GOOD.permit(), COST, source="funds/other")),
        Code.NO_RESERVATION,
    ),
    "the entry does not balance": (lambda: entry(postings=postings(GOOD.permit(), COST)[1:]), Code.NO_RESERVATION),
    "the entry is of another kind": (lambda: entry(kind=EntryKind.RELEASE), Code.NO_RESERVATION),
    "the entry is for another permit": (lambda: entry(permit=DIGEST), Code.NO_RESERVATION),
    "the entry has another cause": (lambda: entry(cause=DIGEST), Code.NO_RESERVATION),
    "the entry is another production's": (lambda: entry(production="other"), Code.NO_RESERVATION),
    "the entry is another performer's": (lambda: entry(performer=STUDIO), Code.NO_RESERVATION),
    "the permit costs less than was decided": (
        lambda: Story(over_permit={"cost": Money.whole(1, "USD")}).papers(),
        Code.NO_RESERVATION,
    ),
    "a permit for nothing where the decision has a price": (
        lambda: Story(over_permit={"cost": NOTHING}).papers(reserve=None),
        Code.NO_RESERVATION,
    ),
    "a cost below nothing": (lambda: Story(cost=Money.whole(-5, "USD")).papers(), Code.NO_RESERVATION),
    "the decision has no quote": (lambda: Story(over_decision={"quote": None}).papers(), Code.NO_RESERVATION),
    "the permit has other days than the quote": (lambda: Story(over_permit={"days": 2}).papers(), Code.NO_RESERVATION),
    # states
    "the asset moved on": (lambda: GOOD.papers(asset_epoch=2), Code.EPOCH_PASSED),
    "the grant is of another epoch": (lambda: Story(over_grant={"epoch": 2}).papers(), Code.EPOCH_PASSED),
    "the permit is of another epoch": (
        lambda: Story(over_permit={"epoch": 2}, over_grant={"epoch": 1}).papers(),
        Code.EPOCH_PASSED,
    ),
    "the asset is withdrawn": (lambda: GOOD.papers(asset_withdrawn=True), Code.CONSENT_WITHDRAWN),
    "the asset is held": (lambda: GOOD.papers(asset_holds=("strike",)), Code.HELD),
    "the permit is void": (lambda: GOOD.papers(permit_status="void"), Code.NOT_PERMITTED),
    "the permit has an unknown status": (lambda: GOOD.papers(permit_status="paused"), Code.NOT_PERMITTED),
    "the permit's life has ended": (lambda: GOOD.papers(permit_live=False), Code.PERMIT_EXPIRED),
    "the lease has ended": (lambda: GOOD.papers(lease_live=False), Code.LEASE_LAPSED),
    "no units are left": (lambda: GOOD.papers(units_left=0), Code.PERMIT_SPENT),
    "fewer than no units are left": (lambda: GOOD.papers(units_left=-1), Code.PERMIT_SPENT),
}
