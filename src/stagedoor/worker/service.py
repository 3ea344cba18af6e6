"""The worker at work: take an order, get its key, make what it says, hand in a signed receipt, forget everything.

Plaintext exists only between `open_asset` and the end of the lease, and only in this process's memory (invariant 12).
What was finished before a lease lapsed is attested; nothing else is.  A receipt lives in memory until the store has
confirmed it, and is handed in under one id however often that takes, so that it is paid once (invariant 6).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from stagedoor.core.base.ids import make
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.party import Signature
from stagedoor.core.facts.permit import KeyGrant, Receipt
from stagedoor.seal import OneTimeKey, wipe
from stagedoor.wire.envelopes import KEY_REQUEST, key_request
from stagedoor.worker.double.names import CPU
from stagedoor.worker.hatch import Away, Hatch, KeyAnswer, StoreRefused
from stagedoor.worker.identity import CUSTODIANS, Identity
from stagedoor.worker.job import Job, Made, Plan, WorkError
from stagedoor.worker.lease import Lease
from stagedoor.worker.makers import MAKERS
from stagedoor.worker.opening import open_asset, open_key, read_grant
from stagedoor.worker.recipes import RECIPES, plan
from stagedoor.worker.resume import Resume, key_for

T = TypeVar("T")

CONFLICT: Final = "SD005"
"""The store's own SQLSTATE for another content under the same id."""

POLL_SECONDS: Final = 0.5
"""How long a lost notification can delay an order."""

KEY_WAIT_SECONDS: Final = 60.0
"""How long gate and both custodians may take to answer; they take milliseconds when they run."""

ANSWER_WAIT_SECONDS: Final = 60.0
"""How long the worker stays to hear what the gate says of its receipt.  It is safe in the store by then."""

PROGRESS_SECONDS: Final = 0.25
"""A line of progress at most so often: for a bar on a screen."""

STOP_WAIT_SECONDS: Final = 30.0
"""How long a worker that was told to stop goes on trying to hand in a receipt."""

Log = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Sealed blobs in, released pictures out."""

    blobs: Path
    out: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is handed in, as bytes that stay the same at every try."""

    receipt: Receipt
    signature: Signature
    shares: dict[str, bytes]


class Service:
    """One worker with one order at a time."""

    def __init__(
        self,
        *,
        identity: Identity,
        places: Places,
        hatch: Hatch,
        heart: Hatch,
        stop: threading.Event,
        backend: str = CPU,
        log: Log | None = None,
    ) -> None:
        """`heart` is a second connection: a lease must beat while the first waits.  `backend` draws and fits splats."""
        self._identity = identity
        self._places = places
        self._hatch = hatch
        self._heart = heart
        self._stop = stop
        self._backend = backend
        self._log = log or log_line

    def run(self, *, once: bool) -> None:
        """Orders until told to stop; outlives the database.  `once`: one order, and the end."""
        self._say("ready")
        away = False
        while not self._stop.is_set():
            try:
                done = self._one()
                if done and once:
                    break
                if not done:
                    self._hatch.wait(POLL_SECONDS)
                if away:
                    self._say("database_back")
                away = False
            except Away:
                if not away:
                    self._say("database_away")
                away = True
                self._stop.wait(POLL_SECONDS)
        self._hatch.close()
        self._heart.close()
        self._say("stopped")

    def _one(self) -> bool:
        """One order, if there is one."""
        taken = self._hatch.next_order(self._identity.worker)
        if taken is None:
            return False
        planned = plan(taken, self._identity.worker)
        if isinstance(planned, Refused):
            self._fail(_order_id(taken.order), planned.code, planned.why)
            return True
        try:
            self._work(planned)
        except WorkError as fault:
            self._fail(planned.order.order, fault.code, str(fault))
        except StoreRefused as fault:
            self._fail(planned.order.order, Code.CONFLICTING_DUPLICATE, str(fault))
        return True

    def _work(self, planned: Plan) -> None:
        order = planned.order.order
        with OneTimeKey.generate(opens=CUSTODIANS) as one_time:
            granted = self._ask(planned, one_time)
            if isinstance(granted, Refused):
                self._fail(order, granted.code, granted.why)
                return
            digest = granted.digest()
            lease = Lease(renew=lambda: self._heart.renew(digest), seconds=granted.lease_seconds, stopping=self._stop)
            try:
                with lease:
                    made = self._made(planned, granted, one_time, lease)
                    delivery = None if made is None else self._delivery(planned, digest, made)
                    if delivery is not None:
                        self._hand_in(order, delivery)
            finally:
                self._patiently(lambda: self._hatch.end_lease(digest), seconds=ANSWER_WAIT_SECONDS)
        if delivery is None:
            self._fail(order, Code.LEASE_LAPSED, lease.why)
            return
        self._hear(order)

    def _ask(self, planned: Plan, one_time: OneTimeKey) -> KeyGrant | Refused:
        """A grant for a key that only this process holds."""
        worker, order = self._identity.worker, planned.order
        message = key_request(order=order.digest(), one_time_key=one_time.public_hex, worker=worker)
        signature = self._identity.signing.sign(KEY_REQUEST, message)
        until = time.monotonic() + KEY_WAIT_SECONDS
        while not self._asked(order.order, one_time.public_hex, signature):
            # A worker with our name died with a key of its own; the store forgets that one when it is settled.
            if self._stop.is_set() or time.monotonic() >= until:
                return Refused(code=Code.CONFLICTING_DUPLICATE, why="another key is asked for under this order")
            self._pause()
        while not self._stop.is_set() and time.monotonic() < until:
            answer = self._patiently(lambda: self._hatch.key_answer(order.order), seconds=KEY_WAIT_SECONDS)
            if answer.status == "refused":
                return Refused(code=_code(answer.code), why=answer.why)
            if answer.status == "granted":
                return read_grant(answer.grant, planned, worker=worker, one_time_key=one_time.public_hex)
            self._pause()
        return Refused(code=Code.NOT_PERMITTED, why=f"no key grant came within {KEY_WAIT_SECONDS:.0f} seconds")

    def _asked(self, order: str, one_time_key: str, signature: str) -> bool:
        """Whether the store took the question; False if another one, for another key, still stands."""
        worker = self._identity.worker
        try:
            self._patiently(
                lambda: self._hatch.ask_key(order, worker, one_time_key, signature), seconds=KEY_WAIT_SECONDS
            )
        except StoreRefused as fault:
            if fault.sqlstate != CONFLICT:
                raise
            return False
        return True

    def _made(self, planned: Plan, grant: KeyGrant, one_time: OneTimeKey, lease: Lease) -> Made | None:
        """The work itself; None if the lease ended before anything was finished."""
        if not lease.begin():
            return None
        envelopes = self._envelopes(planned.order.order, lease)
        if envelopes is None:
            return None
        key = lease.guard(open_key(grant, envelopes, custodians=self._identity.custodians, one_time=one_time))
        secrets = [key]
        try:
            plain = open_asset(self._places.blobs, planned.asset, key, lease)
            secrets.append(plain)
            again = lease.guard(key_for(key, planned.order.order))
            secrets.append(again)
            wipe(key)
            self._say("opened", order=planned.order.order, asset=planned.asset.asset)
            job = Job(
                plan=planned,
                plaintext=plain,
                lease=lease,
                out=self._places.out / planned.order.order,
                blobs=self._places.blobs,
                resume=Resume(self._places.blobs, order=planned.order.order, key=again),
                progress=Progress(lambda done, of: self._say("progress", order=planned.order.order, done=done, of=of)),
                backend=self._backend,
            )
            made = MAKERS[planned.order.recipe](job, self._identity)
        except WorkError:
            if lease.live():
                raise
            return None  # the lease's end wipes under the reader's hands: what it then trips over says nothing
        finally:
            wipe(*secrets)
        return made if made.units > 0 or made.outputs else None  # what was shown is told, even if nothing was made

    def _envelopes(self, order: str, lease: Lease) -> dict[str, bytes] | None:
        """Both custodians' envelopes, or what one of them refused; None if the lease ended first."""
        until = time.monotonic() + KEY_WAIT_SECONDS
        while lease.live() and time.monotonic() < until:
            answer = self._patiently(lambda: self._hatch.key_answer(order), seconds=KEY_WAIT_SECONDS)
            _none_refused(answer)
            if set(self._identity.custodians) <= set(answer.envelopes):
                return answer.envelopes
            self._pause()
        if lease.live():
            missing = ", ".join(sorted(set(self._identity.custodians) - set(answer.envelopes)))
            raise WorkError(f"no share came within {KEY_WAIT_SECONDS:.0f} seconds from: {missing}")
        return None

    def _delivery(self, planned: Plan, grant: str, made: Made) -> Delivery:
        """The receipt and its signature.  Its story time is the order's: a worker has no business clock of its own."""
        order, sealed = planned.order, made.sealed
        receipt = Receipt(
            receipt=make("receipt", ms=time.time_ns() // 1_000_000, chance=os.urandom(10)),
            order=order.digest(),
            permit=order.permit,
            grant=grant,
            worker=self._identity.worker,
            unit=RECIPES[order.recipe].unit,
            units=made.units,
            outputs=made.outputs,
            measures=made.measures,
            result_asset=order.result_asset,
            sealed_sha256=sealed.sha256 if sealed else "",
            sealed_bytes=sealed.size if sealed else 0,
            at=order.at,
        )
        signature = Signature(
            signs=receipt.digest(),
            signs_kind=Receipt.KIND,
            signer=self._identity.worker,
            verify_key=self._identity.signing.public_hex,
            signature=self._identity.signing.sign(Receipt.KIND, receipt.canonical()),
            at=order.at,
        )
        return Delivery(receipt=receipt, signature=signature, shares=dict(sealed.envelopes) if sealed else {})

    def _hand_in(self, order: str, delivery: Delivery) -> None:
        """Until the store has it.  Only being told to stop, and half a minute more, ends the trying."""
        receipt, signature = delivery.receipt.canonical(), delivery.signature.canonical()
        self._patiently(lambda: self._hatch.deliver(order, receipt, signature, delivery.shares), seconds=float("inf"))
        self._say(
            "delivered",
            order=order,
            receipt=delivery.receipt.receipt,
            units=delivery.receipt.units,
            unit=delivery.receipt.unit,
        )

    def _hear(self, order: str) -> None:
        until = time.monotonic() + ANSWER_WAIT_SECONDS
        while time.monotonic() < until and not self._stop.is_set():
            status, code, why = self._patiently(lambda: self._hatch.delivery_answer(order), seconds=ANSWER_WAIT_SECONDS)
            if status != "pending":
                self._say("answered", order=order, status=status, code=code, why=why)
                return
            self._pause()
        self._say("answered", order=order, status="pending", code="", why="the gate has not answered yet")

    def _fail(self, order: str, code: Code, why: str) -> None:
        self._say("failed", order=order, code=code.value, why=why)
        if order:
            self._patiently(lambda: self._hatch.fail(order, f"{code.value}: {why}"), seconds=ANSWER_WAIT_SECONDS)

    def _patiently(self, call: Callable[[], T], *, seconds: float) -> T:
        """Call until the store is there, for so long; then Away."""
        until = time.monotonic() + seconds
        told = stopping = False
        while True:
            try:
                return call()
            except Away:
                if self._stop.is_set() and not stopping:
                    until, stopping = min(until, time.monotonic() + STOP_WAIT_SECONDS), True
                if time.monotonic() >= until:
                    raise
                if not told:
                    self._say("database_away")
                told = True
            time.sleep(POLL_SECONDS)

    def _pause(self) -> None:
        """Until something may have happened."""
        try:
            self._hatch.wait(POLL_SECONDS)
        except Away:
            self._stop.wait(POLL_SECONDS)

    def _say(self, act: str, **more: object) -> None:
        self._log({"act": act, "worker": self._identity.worker, **more})


class Progress:
    """Says how far the work is, at most so often; the last word always."""

    def __init__(self, say: Callable[[int, int], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._due = 0.0

    def __call__(self, done: int, of: int) -> None:
        """`done` of `of` pieces are made."""
        if done == of or self._clock() >= self._due:
            self._due = self._clock() + PROGRESS_SECONDS
            self._say(done, of)


def log_line(line: dict[str, object]) -> None:
    """One line of JSON to stderr.  The wall clock is for people; nothing decides on it."""
    stamped = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **line}
    print(json.dumps(stamped, ensure_ascii=False), file=sys.stderr, flush=True)


def _none_refused(answer: KeyAnswer) -> None:
    """Raises WorkError with the first custodian's reason, if one refused."""
    for custodian, told in sorted(answer.refusals.items()):
        code = str(told.get("code", "")) if isinstance(told, dict) else ""
        why = str(told.get("why", "")) if isinstance(told, dict) else ""
        raise WorkError(f"custodian '{custodian}' refused: {why}", _code(code))


def _code(text: str) -> Code:
    """A code by its written name; one that is not known here is still a refusal."""
    return next((code for code in Code if code.value == text), Code.NOT_PERMITTED)


def _order_id(body: bytes) -> str:
    """The id of an order that could not be read strictly, so that it can at least be marked as failed."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = told.get("order") if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""
