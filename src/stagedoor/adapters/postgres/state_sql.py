"""The states of assets and permits: where two requests could race, a row is locked.  Order: asset, permit, lease."""

from __future__ import annotations

from stagedoor.adapters.postgres.connection import Connection
from stagedoor.adapters.postgres.faults import translated
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.permit import Permit
from stagedoor.ports.store import AssetState, PermitState, StoreFault, Usage

_OPEN_ASSET = """
    INSERT INTO assets.state (asset, kind, performer, production) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_ASSET = "SELECT asset, epoch, withdrawn, holds FROM assets.state WHERE asset = %s"
_ASSET_LOCKED = "SELECT asset, epoch, withdrawn, holds FROM assets.state WHERE asset = %s FOR UPDATE"
_ADVANCE = """
    UPDATE assets.state SET epoch = epoch + 1, withdrawn = withdrawn OR %s WHERE asset = %s RETURNING epoch
"""
_HOLDS = "UPDATE assets.state SET epoch = epoch + 1, holds = %s WHERE asset = %s RETURNING epoch"

_LOCK_CONSENT_MAKE = "INSERT INTO work.consent_lock (consent) VALUES (%s) ON CONFLICT DO NOTHING"
_LOCK_CONSENT = "SELECT consent FROM work.consent_lock WHERE consent = %s FOR UPDATE"

# A permit that may still meter counts in full; an ended one counts what it made.  One past its life that nobody closed
# yet counts in full too: its receipt may be on its way.
_USAGE = """
    SELECT coalesce(sum(CASE
               WHEN p.status = 'live' OR (p.status = 'posted' AND p.ends_at > clock_timestamp())
               THEN greatest(p.units, p.units_made) ELSE p.units_made END)
               FILTER (WHERE p.consent = %(consent)s AND p.use = %(use)s AND p.unit = %(unit)s), 0)::bigint,
           coalesce(sum(p.days) FILTER (WHERE p.estimate = %(estimate)s AND p.consent = %(consent)s
                                          AND p.status <> 'void'), 0)::bigint,
           coalesce(sum(p.gross_units) FILTER (WHERE p.production = %(production)s AND p.performer = %(performer)s
                                                 AND p.status = 'posted'), 0)::bigint,
           coalesce(array_agg(p.arc_from ORDER BY p.opened_at, p.permit_id)
               FILTER (WHERE p.consent = %(consent)s AND p.use = %(use)s
                         AND (p.status <> 'void' OR p.units_made > 0)), '{}'),
           coalesce(array_agg(p.arc_to ORDER BY p.opened_at, p.permit_id)
               FILTER (WHERE p.consent = %(consent)s AND p.use = %(use)s
                         AND (p.status <> 'void' OR p.units_made > 0)), '{}')
      FROM work.permit p
     WHERE p.consent = %(consent)s OR (p.estimate = %(estimate)s AND p.estimate <> '')
        OR (p.production = %(production)s AND p.performer = %(performer)s)
"""
_OPEN_PERMIT = """
    INSERT INTO work.permit (permit, permit_id, consent, estimate, asset, epoch, production, performer, use, worker,
                             unit, units, days, gross_units, cost_units, currency, arc_from, arc_to, ends_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
            clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT DO NOTHING
"""
_PERMIT = """
    SELECT p.permit, p.status, p.status <> 'void' AND p.ends_at > clock_timestamp(), p.units, p.units_made,
           coalesce((SELECT -sum(l.amount) FROM ledger.entry e JOIN ledger.posting l ON l.entry = e.digest
                      WHERE e.permit IN (p.permit, p.permit_id) AND l.account LIKE 'reserved/%%'), 0)::bigint
      FROM work.permit p WHERE p.permit = %s
"""
_PERMIT_LOCK = "SELECT permit FROM work.permit WHERE permit = %s FOR UPDATE"
_COUNT_UNITS = "UPDATE work.permit SET units_made = units_made + %s WHERE permit = %s RETURNING units_made"
_CLOSE_PERMIT = "UPDATE work.permit SET status = %s WHERE permit = %s RETURNING permit"
_CHARGING = """
    SELECT permit FROM work.permit WHERE estimate = %s AND consent = %s AND days > 0
     ORDER BY status = 'void', opened_at, permit_id
"""
_LAPSED = """
    SELECT permit FROM work.permit
     WHERE status = 'live' AND ends_at <= clock_timestamp() ORDER BY ends_at, permit
"""
_LIVE = """
    SELECT permit FROM work.permit
     WHERE consent = %s AND status <> 'void' AND ends_at > clock_timestamp() ORDER BY opened_at, permit
"""


class StateUnit:
    """The part of a unit that counts and locks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open_asset(self, asset: Asset) -> None:
        """Begin an asset's state at epoch 1."""
        with translated():
            values = (asset.asset, asset.kind.value, asset.performer, asset.production)
            self._connection.execute(_OPEN_ASSET, values)

    def asset_state(self, asset: str, *, lock: bool) -> AssetState | None:
        """An asset's state; locked FOR UPDATE until the unit ends if `lock`."""
        with translated():
            row = self._connection.execute(_ASSET_LOCKED if lock else _ASSET, (asset,)).fetchone()
        if row is None:
            return None
        return AssetState(asset=row[0], epoch=row[1], withdrawn=row[2], holds=tuple(row[3]))

    def advance_epoch(self, asset: str, *, withdrawn: bool) -> int:
        """Move the keys on: no grant made under an earlier epoch is honoured after this commits."""
        return int(self._changed(_ADVANCE, (withdrawn, asset), "asset"))

    def set_holds(self, asset: str, holds: tuple[str, ...]) -> int:
        """Say what stops an asset (or nothing); a hold moves the keys on, placed or lifted (invariant 4)."""
        return int(self._changed(_HOLDS, (list(holds), asset), "asset"))

    def lock_consent(self, consent: str) -> None:
        """Hold the consent's row until the unit ends: requests under one consent are decided one at a time."""
        with translated():
            self._connection.execute(_LOCK_CONSENT_MAKE, (consent,))
            self._connection.execute(_LOCK_CONSENT, (consent,))

    def usage(self, *, consent: str, use: Use, unit: str, estimate: str, production: str, performer: str) -> Usage:
        """What live and used permits under this consent, this estimate and this picture have taken."""
        values = {
            "consent": consent, "use": use.value, "unit": unit, "estimate": estimate, "production": production,
            "performer": performer,
        }  # fmt: skip
        with translated():
            row = self._connection.execute(_USAGE, values).fetchone()
        assert row is not None
        return Usage(
            units_used=row[0],
            days_charged=row[1] if estimate else 0,
            prior_gross_units=row[2],
            arcs=tuple(zip(row[3], row[4], strict=True)),
        )

    def open_permit(self, permit: Permit, *, estimate: str, gross_units: int) -> None:
        """Begin a permit's state; its life starts on the database's clock."""
        values = (
            permit.digest(), permit.permit, permit.consent, estimate, permit.asset, permit.epoch, permit.production,
            permit.performer, permit.use.value, permit.worker, permit.unit, permit.units, permit.days, gross_units,
            permit.cost.units, permit.cost.currency, permit.arc_from_deg, permit.arc_to_deg, permit.life_seconds,
        )  # fmt: skip
        with translated():
            self._connection.execute(_OPEN_PERMIT, values)

    def permit_state(self, permit: str, *, lock: bool) -> PermitState | None:
        """A permit's state by digest; locked FOR UPDATE if `lock`."""
        with translated():
            if lock:
                self._connection.execute(_PERMIT_LOCK, (permit,))
            # A statement of its own: it sees what the lock waited for, in the ledger too.
            row = self._connection.execute(_PERMIT, (permit,)).fetchone()
        if row is None:
            return None
        return PermitState(
            permit=row[0], status=row[1], live=row[2], units=row[3], units_made=row[4], reserved_units=row[5]
        )

    def count_units(self, permit: str, units: int) -> None:
        """Add metered units to a permit."""
        assert units >= 0
        self._changed(_COUNT_UNITS, (units, permit), "permit")

    def close_permit(self, permit: str, *, status: str) -> None:
        """End a permit: 'posted' or 'void'.  A posted one may still meter within its life; a void one may not."""
        assert status in ("posted", "void")
        self._changed(_CLOSE_PERMIT, (status, permit), "permit")

    def charging_permits(self, estimate: str, consent: str) -> tuple[str, ...]:
        """Digests of the permits that charge days of an estimate under a consent: live ones first, then the oldest."""
        with translated():
            return tuple(row[0] for row in self._connection.execute(_CHARGING, (estimate, consent)).fetchall())

    def lapsed_permits(self) -> tuple[str, ...]:
        """Digests of permits still open whose life has ended: their reservations are to be released."""
        with translated():
            return tuple(row[0] for row in self._connection.execute(_LAPSED).fetchall())

    def live_permits(self, consent: str) -> tuple[str, ...]:
        """Digests of permits under a consent that are neither void nor past their life."""
        with translated():
            return tuple(row[0] for row in self._connection.execute(_LIVE, (consent,)).fetchall())

    def _changed(self, statement: str, values: tuple[object, ...], noun: str) -> int | str:
        with translated():
            row = self._connection.execute(statement, values).fetchone()
        if row is None:
            raise StoreFault(f"The database knows no such {noun}; its state was never opened.")
        value: int | str = row[0]
        return value
