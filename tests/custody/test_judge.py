"""One good set of papers is cleared; each defect, alone, is refused with its own code (invariants 1, 4, 5)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.defects import DEFECTS
from custody.kit import (
    CAPTURE,
    PERFORMER_KEY,
    REPLICA,
    STRANGER_KEY,
    STUDIO,
    TRUST,
    WORKER,
    Story,
    consent,
    ident,
    permission,
    pinned,
    request,
)
from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.party import Signature
from stagedoor.core.facts.posting import Entry
from stagedoor.custodian.judge import judge
from stagedoor.custodian.papers import Cleared, Papers, Pinned, Trust
from stagedoor.wire.decode import decode

GOOD = Story()


def test_good_papers_are_cleared() -> None:
    papers = GOOD.papers()
    cleared = judge(papers, TRUST, pinned())
    assert cleared == Cleared(
        grant=papers.asked,
        permit=GOOD.permit().digest(),
        asset=REPLICA,
        epoch=1,
        one_time_key=GOOD.one_time_key,
    )


def test_a_capture_is_cleared_for_its_own_consent() -> None:
    asked = request(asset=CAPTURE, use=Use.CREATE, shot="", unit="replica", units=1, arc_from_deg=0, arc_to_deg=0)
    assert isinstance(judge(Story(request=asked).papers(units_left=1), TRUST, pinned(asset=CAPTURE)), Cleared)


def test_a_capture_is_opened_for_photographs_and_for_no_frames() -> None:
    """A consent to render so many frames is one to a double: the captured pictures want their own word."""
    for unit, opened in (("frame", False), ("photograph", True)):
        story = Story(request=request(asset=CAPTURE, unit=unit), consent=consent(grants=(permission(unit=unit),)))
        answer = judge(story.papers(), TRUST, pinned(asset=CAPTURE))
        assert isinstance(answer, Cleared) is opened, answer
        assert opened or (isinstance(answer, Refused) and answer.code is Code.OUTSIDE_CONSENT)


def test_a_retake_that_costs_nothing_needs_no_reservation() -> None:
    assert isinstance(judge(Story(cost=Money.zero("USD")).papers(), TRUST, pinned()), Cleared)


def test_a_posted_permit_still_meters() -> None:
    assert isinstance(judge(GOOD.papers(permit_status="posted"), TRUST, pinned()), Cleared)


def test_a_permit_may_be_narrower_than_what_was_asked() -> None:
    story = Story(over_permit={"units": 4, "arc_from_deg": 0, "arc_to_deg": 10})
    assert isinstance(judge(story.papers(), TRUST, pinned()), Cleared)


@pytest.mark.parametrize("name", DEFECTS)
def test_every_single_defect_is_refused(name: str) -> None:
    make, code = DEFECTS[name]
    refused = judge(make(), TRUST, pinned())
    assert isinstance(refused, Refused), name
    assert refused.code is code, refused
    assert refused.why


@pytest.mark.parametrize(
    "state",
    ["asset_epoch", "asset_withdrawn", "asset_holds", "permit_status", "permit_live", "lease_live", "units_left"],
)
def test_a_state_that_nobody_knows_refuses(state: str) -> None:
    refused = judge(GOOD.papers(**{state: None}), TRUST, pinned())
    assert isinstance(refused, Refused)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (pinned(performer=STUDIO), Code.SIGNATURE_INVALID),
        (pinned(performer_key=STRANGER_KEY.public_hex), Code.SIGNATURE_INVALID),
        (pinned(performer_key=""), Code.SIGNATURE_INVALID),
        (pinned(capture=ident("asset", 3)), Code.NO_CONSENT),
        (pinned(asset=CAPTURE), Code.UNKNOWN_ASSET),
        (None, Code.KEY_DESTROYED),
    ],
)
def test_what_was_pinned_at_deposit_decides(wrong: Pinned | None, code: Code) -> None:
    refused = judge(GOOD.papers(), TRUST, wrong)
    assert isinstance(refused, Refused)
    assert refused.code is code


@pytest.mark.parametrize(
    ("trust", "code"),
    [
        (replace(TRUST, gate_key=STRANGER_KEY.public_hex), Code.SIGNATURE_INVALID),
        (replace(TRUST, gate_key="01" + "00" * 31), Code.SIGNATURE_INVALID),  # a key of small order fits every message
        (replace(TRUST, workers={}), Code.UNKNOWN_PARTY),
        (replace(TRUST, workers={WORKER: STRANGER_KEY.public_hex}), Code.SIGNATURE_INVALID),
    ],
)
def test_only_pinned_keys_count(trust: Trust, code: Code) -> None:
    refused = judge(GOOD.papers(), trust, pinned())
    assert isinstance(refused, Refused)
    assert refused.code is code


def test_the_first_refusal_in_precedence_answers() -> None:
    papers = GOOD.papers(lease_live=False, asset_holds=("strike",), permit_live=False, reserve=None)
    refused = judge(papers, TRUST, pinned())
    assert isinstance(refused, Refused)
    assert refused.code is Code.HELD


PAPERS = GOOD.papers()
BOUND = ("grant", "permit", "decision", "request", "consent")
LOOSE: dict[str, tuple[type[Fact], frozenset[str]]] = {
    "reserve": (Entry, frozenset({"entry", "at"})),
    "permit_signatures": (Signature, frozenset({"signer", "at"})),
    "consent_signatures": (Signature, frozenset({"at"})),
}
"""Nothing points at these by digest; a change in a field named here, or in an entry's sentences, decides nothing."""


def spoil(body: bytes, data: st.DataObject) -> bytes:
    """One byte changed."""
    at = data.draw(st.integers(0, len(body) - 1))
    return body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(BOUND), data=st.data())
def test_one_changed_byte_of_a_bound_body_never_releases(name: str, data: st.DataObject) -> None:
    spoilt = spoil(getattr(PAPERS, name), data)
    assert isinstance(judge(replace(PAPERS, **{name: spoilt}), TRUST, pinned()), Refused)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(LOOSE)), data=st.data())
def test_one_changed_byte_of_the_others_changes_nothing_that_is_decided_on(name: str, data: st.DataObject) -> None:
    held = getattr(PAPERS, name)
    several = isinstance(held, tuple)
    before = held[-1] if several else held
    after = spoil(before, data)
    verdict = judge(replace(PAPERS, **{name: (*held[:-1], after) if several else after}), TRUST, pinned())
    if isinstance(verdict, Cleared):
        kind, loose = LOOSE[name]
        assert decided(decode(kind, before), loose) == decided(decode(kind, after), loose)
        assert verdict == judge(PAPERS, TRUST, pinned())


def decided(fact: Fact, loose: frozenset[str]) -> dict[str, object]:
    """A fact without the fields that nothing is decided on."""
    plain = {name: value for name, value in fact.plain().items() if name not in loose}
    if isinstance(fact, Entry):
        plain["postings"] = [(line.account, line.amount) for line in fact.postings]
    return plain


def test_every_field_of_the_papers_is_looked_at() -> None:
    """Each field of Papers, replaced by something else of its type, changes the verdict: none is forgotten."""
    for item in fields(Papers):
        value = getattr(PAPERS, item.name)
        other: Any = None if item.name in {"reserve"} else _other(value)
        verdict = judge(replace(PAPERS, **{item.name: other}), TRUST, pinned())
        assert isinstance(verdict, Refused), item.name


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return -value
    if isinstance(value, bytes):
        return b"{}"
    if isinstance(value, tuple):
        return ("strike",) if not value else ()
    return "x"


def test_the_refusal_says_nothing_of_keys() -> None:
    for name, (make, _) in DEFECTS.items():
        refused = judge(make(), TRUST, pinned())
        assert isinstance(refused, Refused)
        for key in (TRUST.gate_key, PERFORMER_KEY.public_hex, GOOD.one_time_key):
            assert key not in refused.why, name
