"""What a custodian is shown, what it knows by itself, and what it answers.

Everything in Papers comes from the store and is believed in nothing but its bytes; Trust was written at set-up by the
custodian's own people; Pinned was written when the share was deposited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """One grant with all that points to it, and the states that were locked while they were read.

    Bodies are canonical bytes.  None is "the store did not say", and doubt refuses.
    """

    asked: str
    grant: bytes
    permit: bytes
    decision: bytes
    request: bytes
    consent: bytes
    permit_signatures: tuple[bytes, ...]
    consent_signatures: tuple[bytes, ...]
    reserve: bytes | None
    asset_epoch: int | None
    asset_withdrawn: bool | None
    asset_holds: tuple[str, ...] | None
    permit_status: str | None
    permit_live: bool | None
    lease_live: bool | None
    units_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose word counts here: the gate's key, and the workers' keys by worker.  All Ed25519, hex."""

    name: str
    gate_key: str
    workers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What was written beside a share when it came: whose it is, their key, and the capture it descends from.

    For a capture, and for a replica brought from archives, `capture` is the asset itself.  `brought` is a replica that
    was made elsewhere: its share goes out for its own creation and for nothing else.
    """

    asset: str
    performer: str
    performer_key: str
    capture: str
    brought: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """Everything agrees: the share may be sealed to this one-time key.  The digests bind the envelope."""

    grant: str
    permit: str
    asset: str
    epoch: int
    one_time_key: str
