"""Letters between gate, worker and custodians, inside the very transaction that answers them.

A letter is row-locked until its answer commits, so two gates never answer one twice, and a gate that dies in between
leaves it unanswered for the next.
"""

from __future__ import annotations

from stagedoor.adapters.postgres.connection import Connection
from stagedoor.adapters.postgres.faults import translated
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.permit import KeyGrant, WorkOrder
from stagedoor.ports.store import Delivered, KeyAsked
from stagedoor.wire.decode import decode

_TAKE_KEY_REQUEST = """
    SELECT q.body, k.worker, k.one_time_key, k.worker_signature
      FROM work.key_request k JOIN work.queue q ON q.order_id = k.order_id
     WHERE k.status = 'pending' ORDER BY k.asked_at LIMIT 1 FOR UPDATE OF k SKIP LOCKED
"""
_ANSWER_KEY = """
    UPDATE work.key_request SET status = %s, code = %s, why = %s, grant_digest = %s
     WHERE order_id = work.order_of(%s) AND status IN ('pending', 'granted')
"""
_TAKE_DELIVERY = """
    SELECT q.body, d.receipt_body, d.signature_body, d.shares
      FROM work.delivery d JOIN work.queue q ON q.order_id = d.order_id
     WHERE d.status = 'pending' ORDER BY d.delivered_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""
# The envelopes went on to custody.deposit (or were refused): the letter need not keep them.
_ANSWER_DELIVERY = """
    UPDATE work.delivery SET status = %s, code = %s, why = %s, shares = '{}'::jsonb
     WHERE order_id = work.order_of(%s) AND status = 'pending'
"""
_DEPOSIT = """
    INSERT INTO custody.deposit (asset, custodian, envelope, performer, performer_key)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_TAKEN = "SELECT custodian FROM custody.deposit WHERE asset = %s AND taken_at IS NOT NULL ORDER BY custodian"
_DESTROY = """
    INSERT INTO custody.destruction (asset, custodian, because) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_WAKE = "SELECT pg_notify(%s, '')"


class LetterUnit:
    """The part of a unit that reads and answers letters."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_key_request(self) -> KeyAsked | None:
        """The oldest unanswered key request, locked until the unit ends."""
        with translated():
            row = self._connection.execute(_TAKE_KEY_REQUEST).fetchone()
        if row is None:
            return None
        order = decode(WorkOrder, row[0].encode())
        return KeyAsked(order=order, worker=row[1], one_time_key=row[2], worker_signature=row[3])

    def answer_key_request(self, order: str, *, grant: KeyGrant | None, refused: Refused | None) -> None:
        """Tell the worker: granted, or why not."""
        status, code, why, digest = "granted", "", "", grant.digest() if grant else None
        if refused is not None:
            status, code, why = "refused", refused.code.value, refused.why
        with translated():
            self._connection.execute(_ANSWER_KEY, (status, code, why, digest, order))
            self._connection.execute(_WAKE, ("stagedoor_work",))

    def take_delivery(self) -> Delivered | None:
        """The oldest unanswered delivery, locked until the unit ends."""
        with translated():
            row = self._connection.execute(_TAKE_DELIVERY).fetchone()
        if row is None:
            return None
        shares = {str(name): bytes.fromhex(value) for name, value in row[3].items()}
        order = decode(WorkOrder, row[0].encode())
        return Delivered(order=order, receipt=row[1].encode(), signature=row[2].encode(), shares=shares)

    def answer_delivery(self, order: str, *, refused: Refused | None) -> None:
        """Tell the worker: recorded, or why not."""
        values = ("posted", "", "", order) if refused is None else ("refused", refused.code.value, refused.why, order)
        with translated():
            self._connection.execute(_ANSWER_DELIVERY, values)
            self._connection.execute(_WAKE, ("stagedoor_work",))

    def deposit_share(self, asset: str, custodian: str, envelope: bytes, *, performer: str, performer_key: str) -> None:
        """Hand a custodian its share, sealed to it; a repeat changes nothing."""
        with translated():
            self._connection.execute(_DEPOSIT, (asset, custodian, envelope, performer, performer_key))
            self._connection.execute(_WAKE, ("stagedoor_custody",))

    def shares_taken(self, asset: str) -> tuple[str, ...]:
        """Custodians that have taken their share of an asset's key into keeping."""
        with translated():
            return tuple(row[0] for row in self._connection.execute(_TAKEN, (asset,)).fetchall())

    def ask_destruction(self, asset: str, custodian: str, *, because: str) -> None:
        """Ask a custodian to destroy its share."""
        with translated():
            self._connection.execute(_DESTROY, (asset, custodian, because))
            self._connection.execute(_WAKE, ("stagedoor_custody",))
