"""The custodian at work: takes shares in, gives them out where everything agrees, destroys them when told.

Each act is one transaction: what it answers is recorded in the moment that it becomes true.  A custodian that dies in
the middle leaves nothing behind, and the next one starts from the same question.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import psycopg
from psycopg import Connection

from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.facts.permit import ShareDestroyed, ShareReleased
from stagedoor.custodian import vault
from stagedoor.custodian.desk import Deposit, Desk, Held
from stagedoor.custodian.intake import DepositError, accept
from stagedoor.custodian.judge import judge
from stagedoor.custodian.keys import Keys
from stagedoor.custodian.papers import Cleared, Papers, Pinned, Trust
from stagedoor.seal import SealError, seal_to, wipe
from stagedoor.wire.envelopes import RELEASE, release_binding

POLL_SECONDS: Final = 0.5
"""How long a lost notification can delay an answer."""

BACKOFF_SECONDS: Final = (0.2, 5.0)
"""First and longest pause before a database that went away is asked again."""

TOLD_MAX: Final = 10_000
"""Faults remembered so that each is said once: a megabyte; after that they are said again."""

Log = Callable[[dict[str, object]], None]


class Service:
    """One custodian with one connection."""

    def __init__(
        self, *, keys: Keys, trust: Trust, connect: Callable[[], Connection[Any]], log: Log | None = None
    ) -> None:
        self._keys = keys
        self._trust = trust
        self._connect = connect
        self._log = log or log_line
        self._told: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; outlives the database."""
        pause = BACKOFF_SECONDS[0]
        away = False
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    desk = Desk(connection, self._keys.name)
                    desk.listen()
                    self._say("ready" if not away else "database_back")
                    away, pause = False, BACKOFF_SECONDS[0]
                    while not stop.is_set():
                        self.round(connection, desk)
                        desk.wait(POLL_SECONDS)
            except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
                if not away:
                    self._say("database_away", fault=_name(fault))
                away = True
                stop.wait(pause)
                pause = min(2 * pause, BACKOFF_SECONDS[1])
        self._say("stopped")

    def round(self, connection: Connection[Any], desk: Desk) -> None:
        """Everything that waits: shares first, so that a grant finds its share; destructions before grants."""
        self._act(connection, "deposits", partial(self._take_deposits, connection, desk))
        for asset, because in desk.pending_destructions():
            self._act(connection, asset, partial(self._destroy, desk, asset, because))
        for grant in desk.pending_grants():
            self._act(connection, grant, partial(self._answer, desk, grant))

    def _act(self, connection: Connection[Any], what: str, act: Callable[[], list[dict[str, object]]]) -> None:
        """One transaction.  What it did is said after it is committed; one bad row does not stop the others."""
        try:
            with connection.transaction():
                lines = act()
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except psycopg.Error as fault:
            # Somebody with our name answered first, or the store refused.  Nothing was released; it stays pending.
            self._once(f"store:{what}:{_name(fault)}", "store_refused", about=what, fault=_name(fault))
            return
        for line in lines:
            self._log(line)

    def _take_deposits(self, connection: Connection[Any], desk: Desk) -> list[dict[str, object]]:
        """Each behind a savepoint of its own: one that cannot be taken stays where it is, and keeps no other out."""
        lines = []
        for deposit in desk.take_deposits():
            try:
                with connection.transaction():
                    pinned = self._deposit(desk, deposit)
            except DepositError as fault:
                self._once(f"deposit:{deposit.asset}", "deposit_refused", asset=deposit.asset, why=str(fault))
                continue
            except (psycopg.IntegrityError, psycopg.DataError) as fault:
                self._once(f"deposit:{deposit.asset}", "deposit_refused", asset=deposit.asset, why=_name(fault))
                continue
            lines.append(self._line("deposit_taken", asset=deposit.asset, performer=pinned.performer))
        return lines

    def _deposit(self, desk: Desk, deposit: Deposit) -> Pinned:
        if desk.held(deposit.asset) is not None:
            raise DepositError("a share of this asset is held already, and the first one stays")
        share, pinned = accept(
            deposit, keys=self._keys, trust=self._trust, pins_of=lambda asset: self._pins(desk.held(asset))
        )
        try:
            wrapped = vault.shut(self._keys.kek, custodian=self._keys.name, share=share, pinned=pinned)
        finally:
            wipe(share)
        desk.keep(
            Held(
                asset=pinned.asset,
                wrapped=wrapped,
                performer=pinned.performer,
                performer_key=pinned.performer_key,
            )
        )
        desk.deposit_taken(deposit.asset)
        return pinned

    def _pins(self, held: Held | None) -> Pinned | None:
        """The pins under our key; what the row says beside them must be the same, or somebody wrote in our table."""
        if held is None:
            return None
        pinned = vault.open_pins(self._keys.kek, held.wrapped, custodian=self._keys.name, asset=held.asset)
        if (pinned.performer, pinned.performer_key) != (held.performer, held.performer_key):
            raise SealError("The row beside the share was altered.")
        return pinned

    def _destroy(self, desk: Desk, asset: str, because: str) -> list[dict[str, object]]:
        fact = ShareDestroyed(custodian=self._keys.name, asset=asset, because=because)
        desk.destroy(asset)
        desk.destruction_done(asset, fact.canonical())
        return [self._line("share_destroyed", asset=asset, attestation=self._attest(fact))]

    def _answer(self, desk: Desk, grant: str) -> list[dict[str, object]]:
        papers = desk.check_grant(grant)
        if papers is None:
            return self._refuse(desk, grant, Refused(code=Code.NOT_PERMITTED, why="the store shows no such grant"))
        held = desk.held(_asset_of(papers))
        try:
            verdict = judge(papers, self._trust, self._pins(held))
            if isinstance(verdict, Refused):
                return self._refuse(desk, grant, verdict)
            assert held is not None, "judge clears nothing without a share"
            envelope = self._envelope(verdict, held)
        except SealError as fault:
            why = f"the share cannot be opened or sealed: {type(fault).__name__}"
            return self._refuse(desk, grant, Refused(code=Code.DOUBT, why=why, clause="DESIGN 7"))
        fact = ShareReleased(
            custodian=self._keys.name,
            grant=grant,
            asset=verdict.asset,
            epoch=verdict.epoch,
            envelope_sha256=hashlib.sha256(envelope).hexdigest(),
        )
        desk.release(grant, envelope, fact.canonical())
        return [self._line("share_released", grant=grant, asset=verdict.asset, attestation=self._attest(fact))]

    def _envelope(self, cleared: Cleared, held: Held) -> bytes:
        share = vault.open_share(self._keys.kek, held.wrapped, custodian=self._keys.name, asset=held.asset)
        binding = release_binding(
            grant=cleared.grant,
            permit=cleared.permit,
            asset=cleared.asset,
            epoch=cleared.epoch,
            custodian=self._keys.name,
        )
        try:
            return seal_to(cleared.one_time_key, share, purpose=RELEASE, bound_to=binding)
        finally:
            wipe(share)

    def _refuse(self, desk: Desk, grant: str, refused: Refused) -> list[dict[str, object]]:
        desk.refuse(grant, refused.code.value, refused.why)
        return [
            self._line("refused", grant=grant, code=refused.code.value, why=refused.why, clause=refused.clause),
        ]

    def _attest(self, fact: ShareReleased | ShareDestroyed) -> str:
        return self._keys.signing.sign(fact.KIND, fact.canonical())

    def _once(self, key: str, act: str, **more: object) -> None:
        """What repeats at every round is said once."""
        if len(self._told) > TOLD_MAX:
            self._told.clear()
        if key not in self._told:
            self._told.add(key)
            self._say(act, **more)

    def _say(self, act: str, **more: object) -> None:
        self._log(self._line(act, **more))

    def _line(self, act: str, **more: object) -> dict[str, object]:
        return {"act": act, "custodian": self._keys.name, **more}


def log_line(line: dict[str, object]) -> None:
    """One line of JSON to stderr.  The wall clock is for people; nothing decides on it."""
    stamped = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **line}
    print(json.dumps(stamped, ensure_ascii=False), file=sys.stderr, flush=True)


def _asset_of(papers: Papers) -> str:
    """Which share the grant is about, read loosely: `judge` reads it strictly, and against the pins."""
    try:
        told = json.loads(papers.grant)
    except (ValueError, RecursionError):
        return ""
    asset = told.get("asset") if isinstance(told, dict) else None
    return asset if isinstance(asset, str) else ""


def _name(fault: psycopg.Error) -> str:
    """What went wrong without the rows that it went wrong with: a message's detail may quote them."""
    return f"{type(fault).__name__} {fault.sqlstate or ''}".strip()
