"""Captures and replicas, and the papers that must exist before a camera turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.terms import WordEnum


class AssetKind(WordEnum):
    """What is sealed."""

    CAPTURE = "capture"
    REPLICA = "replica"


class ReplicaKind(WordEnum):
    """The agreements' kinds (us-agreements 2.1): employment-based, independently created, background actor's.

    SYNTHETIC is a wholly digital performer of nobody: no performer consents to it, the agreement alone speaks of it.
    """

    EBDR = "EBDR"
    ICDR = "ICDR"
    BADR = "BADR"
    SYNTHETIC = "SYNTHETIC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Fact):
    """The production told the performer of a scan: when, why and for what.  Signed by the studio."""

    KIND: ClassVar[str] = "notice"
    notice: str
    production: str
    performer: str
    told_at: Instant
    engaged_at: Instant | None
    scan_at: Instant
    reason: str
    purpose: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Fact):
    """The performer agrees to this scan, for this purpose.  Signed by the performer; it is no consent to any use."""

    KIND: ClassVar[str] = "release"
    performer: str
    notice: str
    purpose: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Fact):
    """A sealed capture or replica.  `made_by` is the receipt of the worker that made it, or "" for a capture."""

    KIND: ClassVar[str] = "asset"
    asset: str
    kind: AssetKind
    performer: str
    production: str
    replica_kind: ReplicaKind | None
    made_from: tuple[str, ...]
    notice: str
    release: str
    made_by: str
    sealed_sha256: str
    sealed_bytes: int
    at: Instant

    @property
    def brought(self) -> bool:
        """Whether it is a replica that was made elsewhere: it opens for its own creation and for nothing else."""
        return self.kind is AssetKind.REPLICA and not self.made_by
