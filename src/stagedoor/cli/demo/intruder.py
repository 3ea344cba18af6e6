"""A worker's half of the protocol by hand, for attacks: a real key, and a wish for what is not theirs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg

from stagedoor.core.base.canonical import canonical_bytes, digest_of
from stagedoor.core.facts.permit import WorkOrder
from stagedoor.seal import OneTimeKey, SigningKey, StreamError, join, open_stream, read_keyfile, wipe
from stagedoor.wire import blobs
from stagedoor.wire.envelopes import KEY_REQUEST, RELEASE, key_request, release_binding

_ASK = "SELECT work.ask_key(%s, %s, %s, %s)"
_ANSWER = "SELECT status, code, why, grant_body::jsonb, envelopes, refusals FROM work.key_answer(%s)"
_TAKE = "SELECT order_body FROM work.next_order(%s)"
_FAIL = "SELECT work.fail(%s, %s)"
_END = "SELECT work.end_lease(%s)"


class Intruder:
    """Somebody with the worker's database role, and a signing key that may be the worker's or their own."""

    def __init__(self, url: str, *, worker: str, signing: SigningKey) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._worker = worker
        self._signing = signing
        self._one_time = OneTimeKey.generate(opens=2)
        self._grant: dict[str, Any] = {}

    def ask(self, order: WorkOrder) -> None:
        """Take the order and ask for its key."""
        self._connection.execute(_TAKE, (self._worker,))
        message = key_request(order=order.digest(), one_time_key=self._one_time.public_hex, worker=self._worker)
        signature = self._signing.sign(KEY_REQUEST, message)
        self._connection.execute(_ASK, (order.order, self._worker, self._one_time.public_hex, signature))

    def answer(
        self, order: WorkOrder, *, envelopes: int, seconds: float = 10, poll: float = 0.05
    ) -> tuple[str, str, str, dict[str, bytes]]:
        """Status, code, why, and the envelopes that custodians gave, once there are so many or the answer is no."""
        until = time.monotonic() + seconds
        while True:
            row = self._connection.execute(_ANSWER, (order.order,)).fetchone()
            if row is not None:
                self._grant = row[3] or {}
                given = {name: bytes.fromhex(value) for name, value in row[4].items()}
                refusals = [(item["code"], item["why"]) for item in row[5].values()]
                if row[0] == "refused":
                    return "refused", row[1], row[2], given
                if refusals:
                    return "refused", refusals[0][0], refusals[0][1], given
                if row[0] == "granted" and len(given) >= envelopes:
                    return "granted", "", "", given
            if time.monotonic() > until:
                return "pending", "", "no answer came", {}
            time.sleep(poll)

    def try_with_one_share(self, given: dict[str, bytes], blob_folder: Path, sealed_sha256: str, size: int) -> str:
        """Open the one share that came and try it against the sealed asset; what the sealed stream says."""
        ((custodian, envelope),) = given.items()
        grant = self._grant
        share = self._one_time.open(
            envelope,
            purpose=RELEASE,
            bound_to=release_binding(
                grant=_digest(grant), permit=str(grant["permit"]), asset=str(grant["asset"]),
                epoch=int(grant["epoch"]), custodian=custodian,
            ),
        )  # fmt: skip
        source = blobs.pieces(blob_folder, sealed_sha256, size=size)
        try:
            for _ in open_stream(source, key=join(share, bytearray(32)), context=str(grant["asset"]).encode()):
                return "it opened"
        except StreamError as fault:
            return f"{type(fault).__name__}: {fault}"
        return "it opened"

    def give_up(self, order: WorkOrder) -> None:
        """Leave the order and the lease."""
        if self._grant:
            self._connection.execute(_END, (_digest(self._grant),))
        self._connection.execute(_FAIL, (order.order, "an attack in the demonstration"))

    def close(self) -> None:
        """Forget the key."""
        self._one_time.wipe()
        self._connection.close()


def own_key() -> SigningKey:
    """A key of the intruder's own."""
    return SigningKey.generate()


def stolen_key(folder: Path, passphrase: str) -> SigningKey:
    """The worker's own signing key, for who has its folder and its passphrase."""
    secrets = read_keyfile(folder / "keys.json", passphrase)
    try:
        return SigningKey.from_private_bytes(secrets["sign"])
    finally:
        wipe(*secrets.values())


def _digest(grant: dict[str, object]) -> str:
    return digest_of("key_grant", canonical_bytes(grant))
