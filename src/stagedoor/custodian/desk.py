"""The custodian's side of the store: the functions of schema `custody` that its role may call, and its own share table.

No function here commits: the service opens the one transaction that each act is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from stagedoor.custodian.papers import Papers

_CHECK_GRANT = """
    SELECT grant_body, permit_body, decision_body, request_body, consent_body, consent_signatures, reserve_entry_body,
           permit_signatures, asset_epoch, asset_withdrawn, asset_holds, permit_live, permit_status, lease_live,
           units_left
      FROM custody.check_grant(%s, %s)
"""
_TAKE_DEPOSITS = "SELECT asset, envelope, performer, performer_key FROM custody.take_deposits(%s)"
_PENDING_DESTRUCTIONS = "SELECT asset, because FROM custody.pending_destructions(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A sealed share on its way in, and what the gate says of it; the note inside says it again, unchangeably."""

    asset: str
    envelope: bytes
    performer: str
    performer_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A row of the custodian's own table; `performer` and `performer_key` are for people, the pins inside decide."""

    asset: str
    wrapped: bytes
    performer: str
    performer_key: str


class Desk:
    """One connection's view, for one custodian."""

    def __init__(self, connection: Connection[Any], name: str) -> None:
        self._connection = connection
        self._name = name
        self._share = sql.Identifier(f"custodian_{name}", "share")

    def listen(self) -> None:
        """Be woken when there is something to do."""
        self._connection.execute("LISTEN stagedoor_custody")

    def wait(self, seconds: float) -> None:
        """Until woken, or until `seconds` passed: a lost notification only costs that long."""
        for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    def pending_grants(self) -> list[str]:
        """Digests of grants that this custodian has not answered."""
        rows = self._connection.execute("SELECT custody.pending_grants(%s)", (self._name,))
        return [row[0] for row in rows]

    def check_grant(self, grant: str) -> Papers | None:
        """Everything about a grant, with asset, permit and lease locked until the transaction ends."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(_CHECK_GRANT, (self._name, grant)).fetchone()
        return None if row is None else _papers(grant, row)

    def release(self, grant: str, envelope: bytes, fact: bytes) -> None:
        """Hand the envelope over and record that."""
        self._connection.execute(
            "SELECT custody.release(%s, %s, %s, %s)", (self._name, grant, envelope, fact.decode("utf-8"))
        )

    def refuse(self, grant: str, code: str, why: str) -> None:
        """Answer no."""
        self._connection.execute("SELECT custody.refuse(%s, %s, %s, %s)", (self._name, grant, code, why))

    def take_deposits(self) -> list[Deposit]:
        """Shares that came in, locked until the transaction ends."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_TAKE_DEPOSITS, (self._name,)).fetchall()
        return [
            Deposit(
                asset=row["asset"],
                envelope=bytes(row["envelope"]),
                performer=row["performer"],
                performer_key=row["performer_key"],
            )
            for row in rows
        ]

    def deposit_taken(self, asset: str) -> None:
        """The share is in our own table: the store may forget the envelope."""
        self._connection.execute("SELECT custody.deposit_taken(%s, %s)", (self._name, asset))

    def pending_destructions(self) -> list[tuple[str, str]]:
        """Assets whose shares are to be destroyed, and why."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_PENDING_DESTRUCTIONS, (self._name,)).fetchall()
        return [(row["asset"], row["because"]) for row in rows]

    def destruction_done(self, asset: str, fact: bytes) -> None:
        """Record that the share is gone."""
        self._connection.execute(
            "SELECT custody.destruction_done(%s, %s, %s)", (self._name, asset, fact.decode("utf-8"))
        )

    def keep(self, held: Held) -> None:
        """A share into our own table; the primary key refuses a second one for the same asset."""
        query = sql.SQL("INSERT INTO {} (asset, wrapped, performer, performer_key) VALUES (%s, %s, %s, %s)")
        self._connection.execute(
            query.format(self._share), (held.asset, held.wrapped, held.performer, held.performer_key)
        )

    def held(self, asset: str) -> Held | None:
        """Our share of an asset's key, sealed."""
        query = sql.SQL("SELECT asset, wrapped, performer, performer_key FROM {} WHERE asset = %s")
        row = self._connection.execute(query.format(self._share), (asset,)).fetchone()
        if row is None:
            return None
        return Held(asset=row[0], wrapped=bytes(row[1]), performer=row[2], performer_key=row[3])

    def destroy(self, asset: str) -> None:
        """Delete our share.  Whether pages of it remain on disk, until vacuumed, is why it lies there sealed."""
        self._connection.execute(sql.SQL("DELETE FROM {} WHERE asset = %s").format(self._share), (asset,))


def _papers(grant: str, row: dict[str, Any]) -> Papers:
    return Papers(
        asked=grant,
        grant=_bytes(row["grant_body"]),
        permit=_bytes(row["permit_body"]),
        decision=_bytes(row["decision_body"]),
        request=_bytes(row["request_body"]),
        consent=_bytes(row["consent_body"]),
        permit_signatures=_bodies(row["permit_signatures"]),
        consent_signatures=_bodies(row["consent_signatures"]),
        reserve=None if row["reserve_entry_body"] is None else _bytes(row["reserve_entry_body"]),
        asset_epoch=row["asset_epoch"],
        asset_withdrawn=row["asset_withdrawn"],
        asset_holds=None if row["asset_holds"] is None else tuple(row["asset_holds"]),
        permit_status=row["permit_status"],
        permit_live=row["permit_live"],
        lease_live=row["lease_live"],
        units_left=row["units_left"],
    )


def _bytes(body: str | None) -> bytes:
    return b"" if body is None else body.encode("utf-8")  # no body decodes to no fact, and is refused as such


def _bodies(bodies: list[str] | None) -> tuple[bytes, ...]:
    return tuple(body.encode("utf-8") for body in bodies or ())
