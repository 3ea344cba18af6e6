"""Who takes part, by pseudonym and public key, and what they adopted.  Names live apart, where they can be erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.when import Instant


class Role(Enum):
    """What a party may do here."""

    PERFORMER = "performer"
    AGENT = "agent"
    STUDIO = "studio"
    UNION = "union"
    CUSTODIAN = "custodian"
    WORKER = "worker"
    GATE = "gate"
    GUARDIAN = "guardian"
    ESTATE = "estate"
    LAWYER = "lawyer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Fact):
    """An enrolled party: a pseudonym, a role, an Ed25519 key to verify with, and an X25519 key to seal to (or "")."""

    KIND: ClassVar[str] = "party"
    party: str
    role: Role
    verify_key: str
    seal_key: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Production(Fact):
    """One picture.  `photography_began` governs contribution rates, whatever the day of service."""

    KIND: ClassVar[str] = "production"
    production: str
    studio: str
    title: str
    medium: str
    agreement: str
    photography_began: date
    currency: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate(Fact):
    """A performer's signed authority for an agent; the commission comes from here and nowhere else."""

    KIND: ClassVar[str] = "mandate"
    mandate: str
    performer: str
    agent: str
    commission_bp: int
    first_day: date
    last_day: date | None
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority(Fact):
    """A union vouches that `holder` may sign for `performer` as guardian, estate or union, or answer as a lawyer.

    `evidence` is the digest of the paper seen (a court order, a will), kept apart.  Signed by the union.
    """

    KIND: ClassVar[str] = "authority"
    authority: str
    performer: str
    holder: str
    role: Role
    evidence: str
    vouched_by: str
    first_day: date
    last_day: date | None
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Death(Fact):
    """A performer died: from that day the consent's term on death, the agreement and the law of the place decide.

    Signed by the union or the estate.
    """

    KIND: ClassVar[str] = "death"
    performer: str
    died_on: date
    told_by: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption(Fact):
    """A rulebook's version takes effect here: its digest is what decisions cite."""

    KIND: ClassVar[str] = "adoption"
    rulebook: str
    version: str
    rulebook_digest: str
    adopted_by: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookText(Fact):
    """An adopted rulebook's canonical bytes: decisions can be made again whatever the files say later (invariant 9)."""

    KIND: ClassVar[str] = "rulebook_text"
    rulebook_digest: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Fact):
    """`signer` signed the canonical bytes of the fact `signs` (Ed25519, domain = the fact's kind)."""

    KIND: ClassVar[str] = "signature"
    signs: str
    signs_kind: str
    signer: str
    verify_key: str
    signature: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure(Fact):
    """A person's details, or a key share, were erased; the fact of it stays."""

    KIND: ClassVar[str] = "erasure"
    party: str
    what: str
    because: str
    at: Instant
