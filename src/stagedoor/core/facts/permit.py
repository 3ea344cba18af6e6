"""A bounded right, a key's release, an order and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.limits import ELEVATION_DEG_MAX
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Use

PHOTOGRAPH: Final = "photograph"
"""The unit of a permit that shows the capture's own pictures, and no double: a consent must say this very word."""

WATCHED: Final = "watched-replica"
"""The unit of a permit that makes a replica and shows small previews of it meanwhile."""

OF_CAPTURES: Final = frozenset({Use.CREATE, Use.TRAIN})
"""Uses that open a capture in units of their own; whatever else opens one shows its photographs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit(Fact):
    """The right of one worker to so many units.  `life_seconds` runs on the database's clock from its recording.

    Arc and elevation bound every camera; `performance` is the SHA-256 of the one file that a generated performance may
    follow, or "" (then none may be generated).
    """

    KIND: ClassVar[str] = "permit"
    FORM: ClassVar[int] = 2
    permit: str
    use_id: str
    request: str
    decision: str
    consent: str
    performer: str
    production: str
    asset: str
    epoch: int
    use: Use
    shot: str
    unit: str
    units: int
    arc_from_deg: int
    arc_to_deg: int
    worker: str
    worker_grade: str
    cost: Money
    days: int
    life_seconds: int
    at: Instant
    performance: str = ""
    elevation_from_deg: int = -ELEVATION_DEG_MAX
    elevation_to_deg: int = ELEVATION_DEG_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrant(Fact):
    """This worker may open this asset under this permit, with this one-time key, while its lease lives.

    `worker_signature` is the worker's own signature over order and one-time key (domain `key_request`), so that
    nobody between the worker and the custodians can put another key in its place.
    """

    KIND: ClassVar[str] = "key_grant"
    grant: str
    permit: str
    order: str
    asset: str
    epoch: int
    worker: str
    one_time_key: str
    worker_signature: str
    lease_seconds: int
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareReleased(Fact):
    """A custodian sealed its share to the worker's one-time key; in the custodian's own journal."""

    KIND: ClassVar[str] = "share_released"
    custodian: str
    grant: str
    asset: str
    epoch: int
    envelope_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDestroyed(Fact):
    """A custodian destroyed its share.  It attests that we can no longer open the asset, and nothing about copies."""

    KIND: ClassVar[str] = "share_destroyed"
    custodian: str
    asset: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder(Fact):
    """What to run, on what, making what.  Inert data: names of recipes and whole numbers."""

    KIND: ClassVar[str] = "work_order"
    order: str
    permit: str
    recipe: str
    asset: str
    result_asset: str
    settings: tuple[Setting, ...]
    stamp: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One number of a recipe, named with its unit."""

    name: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One thing made."""

    name: str
    sha256: str
    bytes: int
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Fact):
    """What was made, metered and signed by the worker.  `units` counts every inference, paid or not."""

    KIND: ClassVar[str] = "receipt"
    receipt: str
    order: str
    permit: str
    grant: str
    worker: str
    unit: str
    units: int
    outputs: tuple[Output, ...]
    measures: tuple[Setting, ...]
    result_asset: str
    sealed_sha256: str
    sealed_bytes: int
    at: Instant
