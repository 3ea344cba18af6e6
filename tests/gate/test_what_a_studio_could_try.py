"""Ways round the agreement that a clever production could look for, each closed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from gate.kit import AT, World, capture_of, make_world, papers_of
from stagedoor.core.base.canonical import canonical_bytes
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.consent import Withdrawal
from stagedoor.core.facts.decision import Answer, Approval
from stagedoor.core.facts.permit import KeyGrant, Output, Receipt
from stagedoor.core.rules.sentences import sentences
from stagedoor.stories.answer_question import answer_question
from stagedoor.stories.enrol import adopt_rulebook, adoption_of
from stagedoor.stories.record_consent import record_consent
from stagedoor.stories.record_receipt import Posted, record_next_delivery
from stagedoor.stories.release_lapsed import release_lapsed
from stagedoor.stories.take_in_capture import record_capture
from stagedoor.stories.withdraw_consent import Withdrawn, withdraw_consent
from stagedoor.wire.decode import decode
from stagedoor.wiring import rulebooks, story_books

NET = Money.whole(6_750, "USD").units  # three days at 2,500, less ten percent


@pytest.fixture
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    made = make_world(folder / "database")
    yield made
    made.store.close()
    made.people.close()
    made.embedded.stop()
    shutil.rmtree(folder)


def approve(world: World, asked: object, use_id: str, *, by: str = "performer", yes: bool = True) -> Refused | None:
    approval = Approval(
        approval=world.ids.new("approval"), use_id=use_id, decision=asked.decision.digest(), rule="consent:approval",  # type: ignore[attr-defined]
        answered_by=world.id(by), yes=yes, words="w", at=AT,
    )  # fmt: skip
    return answer_question(world.store, world.verifier, approval, world.sign(by, approval))


def test_an_approval_is_for_the_request_that_was_shown_and_no_other(world: World) -> None:
    estimate = world.estimate()
    shown = world.request(estimate, shot="14C", units=4)
    asked = world.ask(shown)
    assert asked.decision is not None and asked.decision.answer is Answer.ASK_A_PERSON
    assert approve(world, asked, shown.use_id) is None
    larger = world.ask(replace(shown, units=400))
    assert larger.permit is None and larger.refused is not None and larger.refused.code is Code.NEEDS_A_PERSON
    same = world.ask(shown)
    assert same.permit is not None


def test_only_she_whose_likeness_it_is_may_approve(world: World) -> None:
    shown = world.request(world.estimate(), shot="14C")
    asked = world.ask(shown)
    for somebody in ("agent", "other", "union", "studio"):
        refused = approve(world, asked, shown.use_id, by=somebody)
        assert refused is not None and refused.code is Code.UNKNOWN_PARTY, somebody
    assert world.ask(shown).permit is None


def test_invariant_6_frames_made_beside_a_lapsed_permit_are_paid_all_the_same(world: World) -> None:
    """One permit charges the days and is left to lapse; the frames are made under a second one that costs nothing."""
    estimate = world.estimate(days=3)
    charging = world.ask(world.request(estimate)).permit
    free = world.ask(world.request(estimate, shot="12B")).permit
    assert charging is not None and free is not None
    assert charging.cost.units > 0 and free.cost.units == 0
    world.end_life(charging)
    assert release_lapsed(world.store, world.ids, at=AT) == (charging.digest(),)
    assert world.earned() == 0
    posted = world.render(free, units=4)
    assert isinstance(posted, Posted) and posted.entry is not None
    assert world.earned() == NET


def test_invariant_6_an_estimate_is_paid_once_whichever_permit_renders_first(world: World) -> None:
    estimate = world.estimate(days=3)
    charging = world.ask(world.request(estimate)).permit
    free = world.ask(world.request(estimate, shot="12B")).permit
    assert charging is not None and free is not None
    third = world.ask(world.request(estimate, shot="12B")).permit
    assert third is not None
    for permit in (free, charging, third):
        assert isinstance(world.render(permit, units=2), Posted)
        assert world.earned() == NET


def test_invariant_6_a_late_receipt_is_paid_from_the_funds(world: World) -> None:
    permit = world.ask(world.request(world.estimate())).permit
    assert permit is not None
    order = world.order(permit)
    key = world.key(order)
    assert isinstance(key, KeyGrant)
    letter = world.deliver(order, permit, key, units=4)
    world.end_life(permit)
    release_lapsed(world.store, world.ids, at=AT)
    for _ in range(3):
        assert isinstance(world.record(letter), Posted)
    assert world.earned() == NET


def test_a_capture_without_its_signed_papers_is_not_recorded(world: World) -> None:
    notice, release = papers_of(world)
    refused = record_capture(world.store, world.verifier, capture_of(world, notice, release), {})
    assert refused is not None and refused.code is Code.NO_NOTICE
    assert world.notice is not None
    half = replace(capture_of(world, notice, release), notice=world.notice.digest())
    refused = record_capture(world.store, world.verifier, half, {})
    assert refused is not None and refused.code is Code.NO_RELEASE


def test_a_rulebook_that_no_union_adopted_decides_nothing(world: World) -> None:
    books = story_books()
    own = replace(books[0], digest="sha256:" + "0" * 64)
    asked = world.ask(world.request(world.estimate()), books=(own, *books[1:]))
    assert asked.permit is None and asked.refused is not None and asked.refused.code is Code.DOUBT
    adoption = adoption_of(own, by=world.id("studio"), at=AT)
    refused = adopt_rulebook(world.store, world.verifier, adoption, world.sign("studio", adoption), text="{}")
    assert refused is not None and refused.code is Code.MALFORMED
    true = adoption_of(books[0], by=world.id("studio"), at=AT)
    text = canonical_bytes(rulebooks().plain(books[0].name)).decode()
    refused = adopt_rulebook(world.store, world.verifier, true, world.sign("studio", true), text=text)
    assert refused is not None and refused.code is Code.UNKNOWN_PARTY


def test_invariant_4_no_key_without_a_reservation(world: World) -> None:
    permit = world.ask(world.request(world.estimate())).permit
    assert permit is not None
    order = world.order(permit)
    with psycopg.connect(world.embedded.owner_url) as connection:  # the owner makes the reservation vanish
        connection.execute("ALTER TABLE ledger.entry DISABLE TRIGGER append_only")
        connection.execute("ALTER TABLE ledger.posting DISABLE TRIGGER append_only")
        connection.execute(
            "DELETE FROM ledger.posting WHERE entry IN (SELECT digest FROM ledger.entry WHERE kind = 'reserve')"
        )
        connection.execute("DELETE FROM ledger.entry WHERE kind = 'reserve'")
    answer = world.key(order)
    assert isinstance(answer, Refused) and answer.code is Code.NO_RESERVATION
    assert world.auditor_finds()


def test_invariant_5_after_a_withdrawal_no_key_is_granted_and_what_was_earned_stays(world: World) -> None:
    estimate = world.estimate()
    first = world.ask(world.request(estimate)).permit
    second = world.ask(world.request(estimate, shot="12B")).permit
    assert first is not None and second is not None
    assert isinstance(world.render(first, units=4), Posted)
    order = world.order(second)
    assert world.consent is not None
    fact = Withdrawal(
        withdrawal=world.ids.new("withdrawal"), consent=world.consent.digest(), performer=world.id("performer"),
        what="remaining_use", at=AT,
    )  # fmt: skip
    done = withdraw_consent(
        world.store, world.verifier, world.ids, fact, world.sign("performer", fact), custodian="union"
    )
    assert isinstance(done, Withdrawn) and done.assets == (world.capture, world.asset)
    answer = world.key(order)
    assert isinstance(answer, Refused) and answer.code is Code.CONSENT_WITHDRAWN
    asked = world.ask(world.request(estimate))
    assert asked.refused is not None and asked.refused.code is Code.CONSENT_WITHDRAWN
    assert world.earned() == NET
    assert not world.auditor_finds()


def test_nobody_withdraws_for_her(world: World) -> None:
    assert world.consent is not None
    fact = Withdrawal(
        withdrawal=world.ids.new("withdrawal"), consent=world.consent.digest(), performer=world.id("performer"),
        what="remaining_use", at=AT,
    )  # fmt: skip
    refused = withdraw_consent(
        world.store, world.verifier, world.ids, fact, world.sign("studio", fact), custodian="union"
    )
    assert isinstance(refused, Refused) and refused.code is Code.SIGNATURE_INVALID
    assert world.ask(world.request(world.estimate())).permit is not None


def test_a_use_asked_twice_is_one_permit_and_an_altered_one_conflicts(world: World) -> None:
    request = world.request(world.estimate())
    first, second = world.ask(request), world.ask(request)
    assert first.permit is not None and first.permit == second.permit
    other = world.ask(replace(request, units=5))
    assert other.refused is not None and other.refused.code is Code.CONFLICTING_DUPLICATE


def test_too_little_money_leaves_nothing_behind(world: World) -> None:
    asked = world.ask(world.request(world.estimate(days=30)))
    assert asked.permit is None and asked.refused is not None and asked.refused.code is Code.INSUFFICIENT_FUNDS
    assert world.ask(world.request(world.estimate(days=3))).permit is not None
    assert not world.auditor_finds()


def spoiled(world: World, **over: object) -> Posted | Refused:
    """A receipt of four frames, signed as it is after this change."""
    permit = world.ask(world.request(world.estimate())).permit
    assert permit is not None
    order = world.order(permit)
    key = world.key(order)
    assert isinstance(key, KeyGrant)
    letter = world.deliver(order, permit, key, units=4)
    receipt = replace(decode(Receipt, letter.receipt), **over)  # type: ignore[arg-type]
    signature = world.sign("worker", receipt)
    return world.record(replace(letter, receipt=receipt.canonical(), signature=signature.canonical()))


@pytest.mark.parametrize("units", [0, 1, 3])
def test_frames_that_are_named_are_counted(world: World, units: int) -> None:
    answer = spoiled(world, units=units)
    assert isinstance(answer, Refused) and answer.code is Code.WRONG_WORK
    assert world.earned() == 0


@pytest.mark.parametrize("name", ["/etc/passwd", "../../keys/gate.json", "frame-0/../x", "", "frame-" + "0" * 200])
def test_an_outputs_name_is_never_a_path(world: World, name: str) -> None:
    frames = tuple(
        Output(name=each, sha256="ab" * 32, bytes=1, mark="unmarked preview")
        for each in (name, "frame-1.png", "frame-2.png", "frame-3.png", "frame-4.png")
    )
    answer = spoiled(world, outputs=frames)
    assert isinstance(answer, Refused) and answer.code is Code.WRONG_WORK


def test_a_permit_under_another_consent_does_not_cover_the_days(world: World) -> None:
    """Two consents, two prices: the days that the cheap one charged pay nothing of the dear one."""
    estimate = world.estimate(days=1)
    assert world.ask(world.request(estimate)).permit is not None
    assert world.consent is not None
    dear = replace(
        world.consent,
        consent=world.ids.new("consent"),
        deal=replace(world.consent.deal, day_rate=Money.whole(9_000, "USD")),
    )
    signatures = {"by_performer": world.sign("performer", dear), "by_studio": world.sign("studio", dear)}
    assert record_consent(world.store, world.verifier, dear, **signatures) is None
    permit = world.ask(world.request(estimate, consent=dear.digest())).permit
    assert permit is not None and permit.days == 1 and permit.cost.units > Money.whole(9_000, "USD").units


def test_no_key_comes_before_the_day_of_service(world: World) -> None:
    permit = world.ask(world.request(world.estimate(), day=date(2026, 11, 20))).permit
    assert permit is not None
    answer = world.key(world.order(permit))
    assert isinstance(answer, Refused) and answer.code is Code.NOT_PERMITTED


@pytest.mark.parametrize(
    "change",
    [
        {"consent": "consent:x. Every shot is shown to me first. It was"},
        {"unit": "frame in all.\nEvery shot of it needs my yes"},
    ],
)
def test_a_drafter_cannot_put_sentences_on_the_page_that_she_signs(world: World, change: dict[str, str]) -> None:
    assert world.consent is not None
    drafted = replace(world.consent, consent=change.get("consent", world.ids.new("consent")))
    if "unit" in change:
        drafted = replace(drafted, grants=(replace(drafted.grants[0], unit=change["unit"]),))
    assert all("\n" not in line for line in sentences(drafted))
    signatures = {"by_performer": world.sign("performer", drafted), "by_studio": world.sign("studio", drafted)}
    refused = record_consent(world.store, world.verifier, drafted, **signatures)
    assert refused is not None and refused.code is Code.MALFORMED


def test_invariant_6_a_refused_delivery_does_not_close_the_box_for_the_true_one(world: World) -> None:
    """Any worker's login may put rubbish into another's box; the honest receipt is still recorded and paid."""
    permit = world.ask(world.request(world.estimate())).permit
    assert permit is not None
    order = world.order(permit)
    key = world.key(order)
    assert isinstance(key, KeyGrant)
    true = world.deliver(order, permit, key, units=4)
    for receipt, signature in (("{}", "{}"), (true.receipt.decode(), true.signature.decode())):
        with psycopg.connect(world.embedded.url_for("worker"), autocommit=True) as connection:
            connection.execute("SELECT work.deliver(%s, %s, %s, '{}'::jsonb)", (order.order, receipt, signature))
        answer = record_next_delivery(world.store, world.verifier, world.ids, at=AT)
        assert isinstance(answer, Refused if receipt == "{}" else Posted), answer
    assert world.earned() == NET
