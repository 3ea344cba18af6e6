"""What a story may ask of the store: one unit of work, in which everything is recorded or nothing.

Facts are appended to journals and never changed.  Beside them live *states*: small rows that only count or point
(an asset's epoch, a permit's units), rebuilt from facts if need be, and locked where two requests could race.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.outcome import Refused
from stagedoor.core.facts.asset import Asset
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.party import Signature
from stagedoor.core.facts.permit import KeyGrant, Permit, Receipt, WorkOrder
from stagedoor.core.facts.posting import Entry
from stagedoor.ports.naming import NameEntry

F = TypeVar("F", bound=Fact)


class StoreFault(Exception):
    """The world failed: the database is gone, or answers what it must not.  Exit status 3."""


class ConflictingDuplicate(Exception):
    """The same id was recorded before with other content.  Stories answer Code.CONFLICTING_DUPLICATE."""


class OverdrawnError(Exception):
    """The entry would take more from an account than is in it.  Stories answer Code.INSUFFICIENT_FUNDS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Where a fact lies.  `fresh` is False if the very same fact was there already (a repeat is no error)."""

    digest: str
    journal: str
    seq: int
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetState:
    """An asset's current epoch and what stops it.  Custodians compare the epoch with the permit's."""

    asset: str
    epoch: int
    withdrawn: bool
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitState:
    """A permit's life.  `live` is reckoned on the database's clock at the moment of reading."""

    permit: str
    status: str
    live: bool
    units: int
    units_made: int
    reserved_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was already used.  Units and days count live permits in full; gross counts only what was posted.

    A live permit that is never used must not lift later pay over a ceiling: the plans would lose by it.
    """

    units_used: int
    days_charged: int
    prior_gross_units: int
    arcs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAsked:
    """A worker's request for a key, as it lies in the letter-box."""

    order: WorkOrder
    worker: str
    one_time_key: str
    worker_signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A worker's delivery, as it lies in the letter-box; the bodies are not read yet."""

    order: WorkOrder
    receipt: bytes
    signature: bytes
    shares: Mapping[str, bytes]


class Unit(Protocol):
    """One transaction."""

    @property
    def over(self) -> bool:
        """Whether this unit was rolled back."""

    def roll_back(self) -> None:
        """Leave nothing of this unit; for answers of no that must not be half-written.  The unit is then over."""

    # facts
    def append(self, journal: str, fact: Fact, *, ident: str = "") -> Recorded:
        """Record a fact.  `ident` is its client-chosen id, unique for its kind for ever."""

    def get(self, kind: type[F], digest: str) -> F | None:
        """The fact of this kind with this digest."""

    def find(self, kind: type[F], ident: str) -> F | None:
        """The fact of this kind with this id."""

    def all(self, kind: type[F], journal: str = "") -> tuple[F, ...]:
        """Every fact of a kind (in one journal, if named), in order of recording."""

    def signatures(self, digest: str) -> tuple[Signature, ...]:
        """The signatures recorded over a fact."""

    # states
    def open_asset(self, asset: Asset) -> None:
        """Begin an asset's state at epoch 1."""

    def asset_state(self, asset: str, *, lock: bool) -> AssetState | None:
        """An asset's state; locked FOR UPDATE until the unit ends if `lock`."""

    def advance_epoch(self, asset: str, *, withdrawn: bool) -> int:
        """Move the keys on: no grant made under an earlier epoch is honoured after this commits."""

    def lock_consent(self, consent: str) -> None:
        """Hold the consent's row until the unit ends: requests under one consent are decided one at a time."""

    def usage(self, *, consent: str, use: Use, unit: str, estimate: str, production: str, performer: str) -> Usage:
        """What live and used permits under this consent, this estimate and this picture have taken.

        Units are those of this unit alone; arcs and days are those of every unit.
        """

    def open_permit(self, permit: Permit, *, estimate: str, gross_units: int) -> None:
        """Begin a permit's state; its life starts on the database's clock."""

    def permit_state(self, permit: str, *, lock: bool) -> PermitState | None:
        """A permit's state by digest; locked FOR UPDATE if `lock`."""

    def count_units(self, permit: str, units: int) -> None:
        """Add metered units to a permit."""

    def close_permit(self, permit: str, *, status: str) -> None:
        """End a permit: 'posted' or 'void'.  A posted one may still meter within its life; a void one may not."""

    def charging_permits(self, estimate: str, consent: str) -> tuple[str, ...]:
        """Digests of the permits that charge days of an estimate under one consent, whatever became of them.

        Two consents have two prices, so the days of one never cover a use under the other.  Void permits come last.
        """

    def lapsed_permits(self) -> tuple[str, ...]:
        """Digests of permits still open whose life has ended: their reservations are to be released."""

    def live_permits(self, consent: str) -> tuple[str, ...]:
        """Digests of permits under a consent that are neither void nor past their life."""

    # money
    def post(self, journal: str, entry: Entry) -> Recorded:
        """Record a balanced entry, its lines and the balances it moves; posted once per (kind, cause), for ever.

        Raises OverdrawnError if a `funds` or `reserved` account would be taken below nothing.
        """

    def balance(self, account: str, currency: str) -> int:
        """An account's balance in ledger units; debits positive."""

    def entry_for(self, cause: str, kind: str) -> Entry | None:
        """The entry of this kind that this cause made, if it was posted."""

    def entries(self, *, production: str = "", performer: str = "") -> tuple[Entry, ...]:
        """Entries in order of recording."""

    # work
    def ordered_units(self, permit: str) -> int:
        """Units that orders under this permit still have in hand: queued or taken, and not yet counted."""

    def put_order(self, order: WorkOrder, permit: Permit) -> None:
        """Queue work for the permit's worker."""

    def open_lease(self, grant: KeyGrant) -> None:
        """Start a lease on the database's clock and wake the custodians."""

    def lease_is_live(self, grant: str) -> bool:
        """Whether the grant's lease has not lapsed and its asset's epoch has not moved on."""

    def end_lease(self, grant: str) -> None:
        """The worker gave its key back."""

    def finish_order(self, order: str, receipt: Receipt | None, *, status: str) -> None:
        """The order is done, or failed."""

    # letters between gate, worker and custodians
    def take_key_request(self) -> KeyAsked | None:
        """The oldest unanswered key request, locked until the unit ends; None if there is none."""

    def answer_key_request(self, order: str, *, grant: KeyGrant | None, refused: Refused | None) -> None:
        """Tell the worker: granted, or why not."""

    def take_delivery(self) -> Delivered | None:
        """The oldest unanswered delivery, locked until the unit ends; None if there is none."""

    def answer_delivery(self, order: str, *, refused: Refused | None) -> None:
        """Tell the worker: recorded, or why not."""

    def deposit_share(self, asset: str, custodian: str, envelope: bytes, *, performer: str, performer_key: str) -> None:
        """Hand a custodian its share, sealed to it; it pins the performer's key."""

    def shares_taken(self, asset: str) -> tuple[str, ...]:
        """Custodians that have taken their share of an asset's key into keeping."""

    def ask_destruction(self, asset: str, custodian: str, *, because: str) -> None:
        """Ask a custodian to destroy its share; `because` is the digest of the fact that makes it due."""


class Store(Protocol):
    """Opens units of work."""

    def unit(self) -> AbstractContextManager[Unit]:
        """One transaction: commits when the block ends well, leaves nothing when it raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """Where a journal or the ledger does not agree with itself."""

    where: str
    what: str


class Auditor(Protocol):
    """Reads everything and believes nothing."""

    def verify(self) -> Sequence[ChainFault]:
        """Recompute every digest, chain, entry and balance; an empty answer means that all agree."""


class People(Protocol):
    """Names and contact data, apart from facts, where they can be erased."""

    def enrol(self, party: str, *, name: str, contact: str, aliases: tuple[str, ...] = ()) -> None:
        """Keep a person's details under their pseudonym, with every further name that they go by."""

    def performers(self) -> tuple[NameEntry, ...]:
        """Every performer's names, for the register that prompts are held against."""

    def name(self, party: str) -> str:
        """The name, or '(erased)'."""

    def erase(self, party: str) -> None:
        """Forget a person's details.  The caller records the Erasure."""
