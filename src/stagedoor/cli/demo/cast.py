"""Who and when: an invented performer, and the days on which her story happens.  Nobody here exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from stagedoor.core.base.when import Instant
from stagedoor.core.facts.party import Role


@dataclass(frozen=True, slots=True)
class Player:
    """A part in the story."""

    key: str
    role: Role
    name: str
    contact: str


PERFORMER: Final = Player("performer", Role.PERFORMER, "Mara Quill", "mara@example.invalid")
AGENT: Final = Player("agent", Role.AGENT, "Ines Halloran Agency", "ines@example.invalid")
STUDIO: Final = Player("studio", Role.STUDIO, "Lanternfish Pictures", "legal@example.invalid")
UNION: Final = Player("union", Role.UNION, "The performers' union (invented)", "desk@example.invalid")
GATE: Final = Player("gate", Role.GATE, "This gate", "gate@example.invalid")
SECOND: Final = Player("second", Role.PERFORMER, "Ottoline Verhaag", "ottoline@example.invalid")
CAST: Final = (PERFORMER, AGENT, STUDIO, UNION, GATE, SECOND)

TITLE: Final = "The Glass Orchard"
SECOND_TITLE: Final = "The Glass Orchard II"
AGREEMENT: Final = "sag_aftra_tv_theatrical_2026"

PHOTOGRAPHY_BEGAN: Final = date(2026, 5, 4)
ENROLLED: Final = Instant.parse("2026-10-01T09:00:00.000Z")
TOLD: Final = Instant.parse("2026-10-05T09:00:00.000Z")
SCANNED: Final = Instant.parse("2026-10-08T10:00:00.000Z")
SIGNED: Final = Instant.parse("2026-10-09T15:00:00.000Z")
CREATED: Final = Instant.parse("2026-10-12T09:00:00.000Z")
SHOT_DAY: Final = Instant.parse("2026-10-14T09:00:00.000Z")
RETAKE_DAY: Final = Instant.parse("2026-10-15T09:00:00.000Z")
APPROVAL_DAY: Final = Instant.parse("2026-10-16T09:00:00.000Z")
ATTACK_DAY: Final = Instant.parse("2026-10-19T09:00:00.000Z")
WITHDRAWN: Final = Instant.parse("2026-10-23T17:00:00.000Z")
PERIOD: Final = (date(2026, 10, 1), date(2026, 10, 31))

FIRST_DAY: Final = date(2026, 10, 10)
LAST_DAY: Final = date(2026, 11, 30)
TOO_LATE: Final = date(2026, 12, 5)

COMMISSION_BP: Final = 1_000
OFFERED_RATE: Final = 1_500
DAY_RATE: Final = 2_500
PAID_IN: Final = 30_000
EARNED_BEFORE: Final = 222_500
"""89 days at her day rate on this picture before the replica: it brings the plans' ceiling into the story."""

REASON: Final = "Shots 12A to 14C need her on a cliff ledge at dusk that no crew may stand on."
PURPOSE: Final = "A digital double for named shots of this production."
DESCRIPTION: Final = (
    "A digital double of my head and shoulders for the cliff scene: shots 12A, 12B and 14C, and a turntable for "
    "lighting tests (TT1), in this picture only."
)
PROMPT: Final = "Otoline Verhaag on a cliff ledge at dusk, seen from below"
"""Names another performer, with a letter missing."""
SHOTS: Final = ("12A", "12B", "14C", "TT1")

HELD_OUT: Final = "images/test_048.png"
HELD_OUT_AZIMUTH_DEG: Final = 11
ELEVATION_DEG: Final = 8
"""A picture that the fit never sees, and the camera it was taken from; the shots run through the same height."""
