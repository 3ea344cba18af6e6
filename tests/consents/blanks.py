"""Blanks that fill each template, as a person would give them on the command line."""

from __future__ import annotations

from core import builders as make
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.consent import Consent
from stagedoor.core.rules.templates import TEMPLATES, build

AT: Instant = make.AT
COMMON = {
    "consent": make.ident("consent"), "performer": make.PERFORMER, "production": make.PRODUCTION,
    "agreement": make.AGREEMENT, "capture": make.CAPTURE, "description": "My double falls from the bridge.",
    "day_rate": "2500 USD", "first_day": "2026-10-13", "last_day": "2026-12-31",
}  # fmt: skip
SHOTS = {"territories": "world", "shots": f"{make.SHOT}, sc12_sh050", "frames": "240"}
OWN = {
    "replica_for_one_picture": SHOTS,
    "background_scan": SHOTS,
    "sensitive_content_refused": SHOTS,
    "equity": SHOTS | {"scan_day": "2026-10-13"},
    "voice_for_an_advertisement": {
        "media": "radio", "territories": "US", "lines": "line_1, line_2", "takes": "6", "line_rate": "400 USD",
    },
    "training_licence": {
        "opt_in": "yes", "territories": "US", "models": "voice_model_7", "tokens": "100000", "licence_fee": "5000 USD",
    },
}  # fmt: skip


def blanks(name: str, **over: str) -> dict[str, str]:
    """Everything that a template needs, with some blanks filled otherwise."""
    return COMMON | OWN[name] | over


def drawn(name: str, **over: str) -> Consent:
    """The consent that a template draws up."""
    return build(TEMPLATES[name], blanks(name, **over), at=AT)
