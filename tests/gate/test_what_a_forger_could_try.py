"""Evidence that a worker's key, or no key at all, could make: `verify_bundle` must find each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.kit import World, make_world
from stagedoor.core.base.fact import Fact
from stagedoor.core.facts.permit import KeyGrant, Receipt, WorkOrder
from stagedoor.core.facts.posting import Entry, EntryKind
from stagedoor.stories.record_receipt import Posted
from stagedoor.stories.verify_bundle import output_name, verify_bundle
from stagedoor.stories.write_bundle import Gathered, gather
from stagedoor.wiring import story_books


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="stagedoor-test-"))
    made = make_world(folder / "database")
    permit = made.ask(made.request(made.estimate())).permit
    assert permit is not None and isinstance(made.render(permit, units=4), Posted)
    yield made
    made.store.close()
    made.people.close()
    made.embedded.stop()
    shutil.rmtree(folder)


@pytest.fixture
def true(world: World) -> tuple[Fact, ...]:
    found = gather(world.store, world.production)
    assert isinstance(found, Gathered)
    return found.facts


def failed(world: World, facts: tuple[Fact, ...]) -> list[str]:
    books = {book.digest: book for book in story_books()}
    receipts = [fact for fact in facts if isinstance(fact, Receipt)]
    files = {output_name(each, output.name): output.sha256 for each in receipts for output in each.outputs}
    pins = {role: world.who[role].verify_key for role in ("gate", "union", "studio", "worker")}
    checks = verify_bundle(facts, books, files, world.verifier, pins=pins)
    return [check.what for check in checks if not check.holds]


def only(facts: tuple[Fact, ...], kind: type[Any]) -> Any:
    (found,) = [fact for fact in facts if isinstance(fact, kind)]
    return found


def posts(facts: tuple[Fact, ...]) -> list[Entry]:
    return [fact for fact in facts if isinstance(fact, Entry) and fact.kind is EntryKind.POST]


def test_what_is_true_holds(world: World, true: tuple[Fact, ...]) -> None:
    assert failed(world, true) == []


def test_more_receipts_than_the_permit_has_units_are_found(world: World, true: tuple[Fact, ...]) -> None:
    again = replace(only(true, Receipt), receipt=world.ids.new("receipt"))
    assert any(
        "together stay within its units" in what for what in failed(world, (*true, again, world.sign("worker", again)))
    )


@pytest.mark.parametrize("change", ["stamp", "frames", "arc"])
def test_an_order_beyond_its_permit_is_found(world: World, true: tuple[Fact, ...], change: str) -> None:
    order, key, receipt = only(true, WorkOrder), only(true, KeyGrant), only(true, Receipt)
    wide = {"frames": ("frames", 400), "arc": ("arc_to_deg", 360)}.get(change)
    settings = tuple(replace(each, value=wide[1]) if wide and each.name == wide[0] else each for each in order.settings)
    order_ = replace(order, settings=settings, stamp="released master" if change == "stamp" else order.stamp)
    key_ = replace(key, order=order_.digest())
    receipt_ = replace(receipt, order=order_.digest(), grant=key_.digest())
    if change == "stamp":
        receipt_ = replace(receipt_, outputs=tuple(replace(each, mark="released master") for each in receipt_.outputs))
    rest = tuple(fact for fact in true if fact not in (order, key, receipt))
    forged = (*rest, order_, key_, receipt_, world.sign("worker", receipt_))
    assert "receipt, order, grant and permit fit one another" in failed(world, forged)


def test_a_receipt_that_counts_less_than_it_names_is_found(world: World, true: tuple[Fact, ...]) -> None:
    receipt = only(true, Receipt)
    less = replace(receipt, units=1)
    forged = (*(fact for fact in true if fact is not receipt), less, world.sign("worker", less))
    assert "receipt, order, grant and permit fit one another" in failed(world, forged)


def test_pay_left_out_is_found(world: World, true: tuple[Fact, ...]) -> None:
    left = tuple(fact for fact in true if fact not in posts(true))
    assert "everything that was made is paid, and paid once" in failed(world, left)


def test_pay_told_twice_is_found(world: World, true: tuple[Fact, ...]) -> None:
    again = replace(posts(true)[0], entry=world.ids.new("entry"))
    assert "everything that was made is paid, and paid once" in failed(world, (*true, again))


def test_a_correction_that_nobody_signed_is_found(world: World, true: tuple[Fact, ...]) -> None:
    post = posts(true)[0]
    lines = tuple(replace(line, amount=-line.amount) for line in post.postings)
    back = replace(post, entry=world.ids.new("entry"), kind=EntryKind.CORRECT, postings=lines)
    assert any("signed fact behind it" in what for what in failed(world, (*true, back)))
