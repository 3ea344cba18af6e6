"""Where a replica comes from that no worker of this house made, and the performer's word on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.terms import WordEnum


class Technique(WordEnum):
    """What a brought replica is as a file; `number` is how a work order names it, for it holds whole numbers only."""

    SPLATS = ("splats", 1)
    MESH = ("mesh", 2)
    FIELD = ("field", 3)
    LORA = ("lora", 4)
    VOICE = ("voice", 5)

    number: int

    def __new__(cls, text: str, number: int) -> Technique:
        """A member whose value is its written name."""
        member = object.__new__(cls)
        member._value_ = text
        member.number = number
        return member


class Source(WordEnum):
    """From what it was made: a capture that somebody took part in, or what existed already (us-agreements 2.1)."""

    WITH_PERFORMER = "with_performer"
    WITH_BACKGROUND_ACTOR = "with_background_actor"
    FROM_ARCHIVES = "from_archives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Fact):
    """How a replica came to be that was made elsewhere, as the studio that brings it declares and signs.

    `asset` is the id that it will have.  `capture` is the id of the capture here that it was made from, "" from
    archives.  `plain_sha256` (hex) and `plain_bytes` are of the file as it is brought, `evidence` the digest of the
    document that says how, by whom and from what it was made.
    """

    KIND: ClassVar[str] = "origin"
    asset: str
    performer: str
    production: str
    technique: Technique
    source: Source
    capture: str
    plain_sha256: str
    plain_bytes: int
    evidence: str
    purpose: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaRelease(Fact):
    """The performer lets this very file be kept here, for this purpose.  Signed by them; it is no consent to any use.

    `origin` is the digest of its Origin, which holds the file's own.  Asset and capture stand here too, because a
    custodian is shown this and nothing else.
    """

    KIND: ClassVar[str] = "replica_release"
    performer: str
    asset: str
    capture: str
    origin: str
    purpose: str
    at: Instant
