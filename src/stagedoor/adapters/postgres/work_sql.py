"""Orders and leases in a unit of work.  All times are the database's."""

from __future__ import annotations

from stagedoor.adapters.postgres.connection import Connection
from stagedoor.adapters.postgres.faults import translated
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, WorkOrder
from stagedoor.ports.store import StoreFault

_ORDERED = """
    SELECT coalesce(sum(coalesce(
               (SELECT (s ->> 'value')::bigint FROM jsonb_array_elements(q.body::jsonb -> 'settings') s
                 WHERE s ->> 'name' = 'frames'), 1)), 0)::bigint
      FROM work.queue q WHERE q.permit = %s AND q.status IN ('queued', 'taken')
"""
_PUT_ORDER = """
    INSERT INTO work.queue (order_id, order_digest, permit, asset, worker, body)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_WAKE_WORK = "SELECT pg_notify('stagedoor_work', '')"
_WAKE_CUSTODY = "SELECT pg_notify('stagedoor_custody', '')"
_OPEN_LEASE = """
    INSERT INTO work.lease (grant_digest, order_id, permit, asset, epoch, worker, lease_seconds, ends_at)
    SELECT %(grant)s, coalesce(work.order_of(%(order)s), %(order)s), work.permit_of(%(permit)s), %(asset)s, %(epoch)s,
           %(worker)s, %(seconds)s, clock_timestamp() + make_interval(secs => %(seconds)s)
    ON CONFLICT DO NOTHING
"""
_ANSWER_KEY = """
    UPDATE work.key_request SET status = 'granted', code = '', why = '', grant_digest = %s
     WHERE order_id = work.order_of(%s) AND one_time_key = %s
"""
_LEASE_LIVE = """
    SELECT NOT l.ended AND l.ends_at > clock_timestamp() AND s.epoch = l.epoch
      FROM work.lease l JOIN assets.state s ON s.asset = l.asset WHERE l.grant_digest = %s
"""
_END_LEASE = "SELECT work.end_lease(%s)"
_FINISH = """
    UPDATE work.queue SET status = %s, receipt = %s, ended_at = clock_timestamp()
     WHERE order_id = work.order_of(%s) RETURNING order_id
"""


class WorkUnit:
    """The part of a unit that hands out work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ordered_units(self, permit: str) -> int:
        """Units that orders under this permit still have in hand."""
        with translated():
            row = self._connection.execute(_ORDERED, (permit,)).fetchone()
        assert row is not None
        return int(row[0])

    def put_order(self, order: WorkOrder, permit: Permit) -> None:
        """Queue work for the permit's worker."""
        values = (order.order, order.digest(), permit.digest(), order.asset, permit.worker, order.canonical().decode())
        with translated():
            self._connection.execute(_PUT_ORDER, values)
            self._connection.execute(_WAKE_WORK)

    def open_lease(self, grant: KeyGrant) -> None:
        """Start a lease on the database's clock and wake the custodians; it also answers the worker's key request."""
        values = {
            "grant": grant.digest(), "order": grant.order, "permit": grant.permit, "asset": grant.asset,
            "epoch": grant.epoch, "worker": grant.worker, "seconds": grant.lease_seconds,
        }  # fmt: skip
        with translated():
            self._connection.execute(_OPEN_LEASE, values)
            self._connection.execute(_ANSWER_KEY, (grant.digest(), grant.order, grant.one_time_key))
            self._connection.execute(_WAKE_CUSTODY)
            self._connection.execute(_WAKE_WORK)

    def lease_is_live(self, grant: str) -> bool:
        """Whether the grant's lease has not lapsed and its asset's epoch has not moved on."""
        with translated():
            row = self._connection.execute(_LEASE_LIVE, (grant,)).fetchone()
        return row is not None and bool(row[0])

    def end_lease(self, grant: str) -> None:
        """The worker gave its key back."""
        with translated():
            self._connection.execute(_END_LEASE, (grant,))

    def finish_order(self, order: str, receipt: Receipt | None, *, status: str) -> None:
        """The order is done, or failed."""
        assert status in ("done", "failed")
        with translated():
            made = "" if receipt is None else receipt.digest()
            row = self._connection.execute(_FINISH, (status, made, order)).fetchone()
        if row is None:
            raise StoreFault("The database knows no such order.")
