"""A template for voice: lines of an advertisement, spoken by the replica, and nothing beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stagedoor.core.facts.asset import ReplicaKind
from stagedoor.core.facts.consent import Consent, Content, Forbid, Grant, Purpose, Use
from stagedoor.core.rules.templates.blanks import COMMON, Blank, Filled, Template, deal_of
from stagedoor.core.rules.templates.kinds import Kind
from stagedoor.core.rules.templates.pictures import NO_TRAINING, creation, drawn

NO_VOICE_SERVICE: Final = Forbid(use=None, purpose=Purpose.VOICE_SERVICE)
NO_POLITICS: Final = Forbid(use=None, purpose=None, content=Content.POLITICAL)


def _advertisement(filled: Filled) -> Consent:
    speaking = Grant(
        use=Use.GENERATE, purposes=(Purpose.ADVERTISING,), media=filled.texts("media"),
        territories=filled.texts("territories"), shots=filled.texts("lines"), approve_shots=filled.texts("lines"),
        unit="line", units_max=filled.number("takes"), first_day=filled.day("first_day"),
        last_day=filled.day("last_day"), arc_max_deg=0, ask_above_arc_deg=360,
    )  # fmt: skip
    made = creation(filled, purposes=(Purpose.ADVERTISING,))
    drafted = drawn(filled, "voice_for_an_advertisement", ReplicaKind.ICDR, (made, speaking),
                    NO_TRAINING, NO_VOICE_SERVICE, NO_POLITICS)  # fmt: skip
    return replace(drafted, deal=deal_of(filled, unit_rate=filled.money("line_rate")))


ADVERTISEMENT: Final = Template(
    name="voice_for_an_advertisement",
    title="A voice for lines of one advertisement: each line approved, no training, no voice service, no politics.",
    blanks=(
        *COMMON,
        Blank(name="media", kind=Kind.TEXTS, asks="the media, as radio, streaming"),
        Blank(name="territories", kind=Kind.TEXTS, asks="the territories, as US; or world"),
        Blank(name="lines", kind=Kind.TEXTS, asks="the lines by their numbers in the script, as line_1, line_2"),
        Blank(name="takes", kind=Kind.NUMBER, asks="how many lines may be spoken in all, takes counted"),
        Blank(name="line_rate", kind=Kind.MONEY, asks="the price of each line that is made, as 400 USD"),
    ),
    draw=_advertisement,
)
