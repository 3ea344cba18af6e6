"""Templates for one picture: an actor's replica, a background actor's, and one with sensitive content refused."""

from __future__ import annotations

from typing import Final

from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import (
    AfterDeath,
    Capacity,
    Consent,
    Content,
    Forbid,
    Grant,
    Purpose,
    Quality,
    Use,
    WithdrawalTerm,
)
from stagedoor.core.rules.templates.blanks import COMMON, Blank, Filled, Template, deal_of
from stagedoor.core.rules.templates.kinds import Kind

NO_TRAINING: Final = Forbid(use=Use.TRAIN, purpose=None)
NO_ADVERTISING: Final = Forbid(use=None, purpose=Purpose.ADVERTISING)
SENSITIVE_CONTENT: Final = tuple(content for content in Content if content is not Content.ORDINARY)

_PLACES: Final = (
    Blank(name="media", kind=Kind.TEXTS, asks="the media, as theatrical", default="theatrical"),
    Blank(name="territories", kind=Kind.TEXTS, asks="the territories, as US, DE; or world"),
)
_SHOTS: Final = (
    *_PLACES,
    Blank(name="shots", kind=Kind.TEXTS, asks="the shots, as sc12_sh040, sc12_sh050"),
    Blank(name="approve_shots", kind=Kind.TEXTS, asks="the shots that the performer approves first", default=""),
    Blank(name="frames", kind=Kind.NUMBER, asks="how many frames in all"),
    Blank(name="arc_deg", kind=Kind.DEGREES, asks="degrees that one camera move may span", default="60"),
    Blank(name="ask_above_arc_deg", kind=Kind.DEGREES, asks="degrees seen in all before being asked", default="90"),
)


def creation(filled: Filled, *, purposes: tuple[Purpose, ...] = (Purpose.PICTURE,)) -> Grant:
    """To make the replica, once.  The making shows nobody anything, so it spans no arc and asks nothing."""
    return Grant(
        use=Use.CREATE, purposes=purposes, media=filled.texts("media"), territories=filled.texts("territories"),
        shots=("",), approve_shots=(), unit="replica", units_max=1, first_day=filled.day("first_day"),
        last_day=filled.day("last_day"), arc_max_deg=0, ask_above_arc_deg=360,
    )  # fmt: skip


def rendering(filled: Filled, *, quality: Quality = Quality.CINEMA) -> Grant:
    """To render the named shots for the picture, ordinary scenes for a general audience."""
    return Grant(
        use=Use.RENDER, purposes=(Purpose.PICTURE,), media=filled.texts("media"),
        territories=filled.texts("territories"), shots=filled.texts("shots"),
        approve_shots=filled.texts("approve_shots"), unit="frame", units_max=filled.number("frames"),
        first_day=filled.day("first_day"), last_day=filled.day("last_day"), arc_max_deg=filled.number("arc_deg"),
        ask_above_arc_deg=filled.number("ask_above_arc_deg"), quality_max=quality,
    )  # fmt: skip


def drawn(filled: Filled, template: str, kind: ReplicaKind, grants: tuple[Grant, ...], *forbids: Forbid) -> Consent:
    """A consent with the common blanks filled in and everything else as restrictive as it goes."""
    return Consent(
        consent=filled.text("consent"), performer=filled.text("performer"), capacity=Capacity.ADULT,
        production=filled.text("production"), agreement=filled.text("agreement"), capture=filled.text("capture"),
        replica_kind=kind, description=filled.text("description"), grants=grants, forbids=forbids,
        deal=deal_of(filled), after_death=AfterDeath(filled.text("after_death")),
        withdrawal=WithdrawalTerm(may_withdraw=("remaining_use",), notice_days=filled.number("notice_days")),
        at=filled.at, template=template,
    )  # fmt: skip


def _picture(filled: Filled) -> Consent:
    grants = (creation(filled), rendering(filled))
    return drawn(filled, "replica_for_one_picture", ReplicaKind.EBDR, grants, NO_TRAINING, NO_ADVERTISING)


def _background(filled: Filled) -> Consent:
    grants = (creation(filled), rendering(filled, quality=Quality.BROADCAST))
    return drawn(filled, "background_scan", ReplicaKind.BADR, grants, NO_TRAINING, NO_ADVERTISING)


def _sensitive(filled: Filled) -> Consent:
    refused = tuple(Forbid(use=None, purpose=None, content=content) for content in SENSITIVE_CONTENT)
    grants = (creation(filled), rendering(filled))
    return drawn(filled, "sensitive_content_refused", ReplicaKind.EBDR, grants, NO_TRAINING, NO_ADVERTISING, *refused)


PICTURE: Final = Template(
    name="replica_for_one_picture",
    title="A replica for one picture: made once, the named shots, no training, no advertising.",
    blanks=(*COMMON, *_SHOTS),
    draw=_picture,
)
BACKGROUND: Final = Template(
    name="background_scan",
    title="A background actor's scan: the named shots of one picture, broadcast quality, nothing else.",
    blanks=(*COMMON, *_SHOTS),
    draw=_background,
)
SENSITIVE: Final = Template(
    name="sensitive_content_refused",
    title="A replica for one picture in which every sensitive content is refused whatever else is granted.",
    blanks=(*COMMON, *_SHOTS),
    draw=_sensitive,
)
SHOTS: Final = _SHOTS
PLACES: Final = _PLACES
