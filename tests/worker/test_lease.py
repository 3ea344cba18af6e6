"""A lease ends when the store says so, when the store stays away, when the worker is stopped; then keys are wiped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from stagedoor.worker.hatch import Away, StoreRefused
from stagedoor.worker.lease import Lease


class AnnouncedFakeStore:
    """A fake, and named so: answers renewals from a list, then with its last word."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def renew(self) -> bool:
        """The next answer."""
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for something that another thread does."""
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.005)
    return holds()


def test_a_renewed_lease_lives() -> None:
    store = AnnouncedFakeStore(True)
    with Lease(renew=store.renew, seconds=0.15) as lease:
        assert not lease.live()  # not before it has begun
    with Lease(renew=store.renew, seconds=0.15) as lease:
        assert lease.begin()
        assert until(lambda: store.asked > 6)
        assert lease.live()
    assert not lease.live()


def test_a_refused_renewal_ends_it_and_wipes_the_key_at_once() -> None:
    store = AnnouncedFakeStore(True, True, False)
    key = bytearray(b"k" * 32)
    with Lease(renew=store.renew, seconds=0.3) as lease:
        assert lease.begin()
        lease.guard(key)
        assert until(lambda: key == bytearray(32))
        assert not lease.live()
        assert "refused" in lease.why


def test_a_connection_that_died_idle_is_made_anew_before_anything_is_given_up() -> None:
    store = AnnouncedFakeStore(Away(), Away(), True)
    with Lease(renew=store.renew, seconds=1.5) as lease:
        assert lease.begin()
        assert lease.live()


@pytest.mark.parametrize("first", [False, Away(), StoreRefused("42501")])
def test_a_lease_that_cannot_begin_opens_nothing(first: bool | Exception) -> None:
    lease = Lease(renew=AnnouncedFakeStore(first).renew, seconds=0.5)
    assert not lease.begin()
    assert not lease.live()
    key = lease.guard(bytearray(b"k" * 32))
    assert key == bytearray(32)  # guarded too late: wiped on the spot


def test_a_store_that_comes_back_in_time_is_forgiven() -> None:
    store = AnnouncedFakeStore(True, Away(), True)
    with Lease(renew=store.renew, seconds=0.6) as lease:
        assert lease.begin()
        assert until(lambda: store.asked >= 4)
        assert lease.live()


def test_a_store_that_stays_away_ends_the_lease_no_later_than_its_own_end() -> None:
    store = AnnouncedFakeStore(True, Away())
    key = bytearray(b"k" * 32)
    began = time.monotonic()
    with Lease(renew=store.renew, seconds=0.3) as lease:
        assert lease.begin()
        lease.guard(key)
        assert until(lambda: not lease.live())
        assert time.monotonic() - began >= 0.3
        assert key == bytearray(32)
        assert "could be reached" in lease.why


def test_a_hanging_store_does_not_hold_the_lease_open() -> None:
    """The heartbeat hangs in a renewal that never answers; the one who asks sees the end by the clock."""
    hang = threading.Event()
    answers = iter([True])

    def renew() -> bool:
        return next(answers, None) or hang.wait(10)

    with Lease(renew=renew, seconds=0.2) as lease:
        assert lease.begin()
        assert until(lambda: not lease.live(), 2.0)
        hang.set()
    assert not lease.live()


def test_time_is_reckoned_from_before_the_question() -> None:
    """The store's lease may have begun the moment it was asked: ours must not end later."""
    now = [100.0]

    def slow() -> bool:
        now[0] += 4.0
        return True

    lease = Lease(renew=slow, seconds=20, clock=lambda: now[0])
    lease._beat()
    now[0] = 119.9
    assert lease.live()
    now[0] = 120.0
    assert not lease.live()


def test_a_worker_that_is_stopped_lets_go() -> None:
    stopping = threading.Event()
    key = bytearray(b"k" * 32)
    with Lease(renew=lambda: True, seconds=5, stopping=stopping) as lease:
        assert lease.begin()
        lease.guard(key)
        stopping.set()
        assert not lease.live()
        assert key == bytearray(32)


def test_an_ended_lease_never_lives_again() -> None:
    lease = Lease(renew=lambda: True, seconds=5)
    lease.end("over")
    lease._beat()
    assert not lease.live()
    assert lease.why == "over"
