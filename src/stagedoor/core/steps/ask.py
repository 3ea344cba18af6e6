"""Ask: a draft request, bounded.  What cannot be read is refused before anybody decides anything."""

from __future__ import annotations

import re
from typing import Final

from stagedoor.core.base.canonical import CanonicalError
from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import (
    ELEVATION_DEG_MAX,
    PLACES_MAX,
    SAFE_INTEGER_MAX,
    TEXT_CHARS_MAX,
    UNITS_PER_REQUEST_MAX,
    WORD_CHARS_MAX,
)
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.permit import WATCHED
from stagedoor.core.facts.request import Request
from stagedoor.core.facts.terms import Use
from stagedoor.core.rules.declared import DECLARED, DECLARED_DATES
from stagedoor.core.rules.text import FLAG, NUMBER, TEXT

GRADES: Final = ("hosted", "attested", "studio-run")
CATEGORIES: Final = ("actor", "dancer", "stunt", "background", "singer", "voice")
_PLACE: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")  # ISO 3166-1 and -2, and EU
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
FULL_TURN: Final = 360


def ask(draft: Request, *, at: Instant) -> Request | Refused:
    """The request, if every field is within bounds."""
    for noun, value in (
        ("use", draft.use_id),
        ("party", draft.asker),
        ("production", draft.production),
        ("party", draft.performer),
        ("asset", draft.asset),
        ("worker", draft.worker),
        ("estimate", draft.estimate),
    ):
        if not has_shape(noun, value):
            return _bad(f"'{value[:60]}' is not the id of a {noun}")
    if not 1 <= draft.units <= UNITS_PER_REQUEST_MAX:
        return _bad(f"{draft.units} units; ask for 1 to {UNITS_PER_REQUEST_MAX}")
    if not 0 <= draft.arc_to_deg - draft.arc_from_deg <= FULL_TURN or abs(draft.arc_from_deg) > FULL_TURN:
        return _bad(f"a camera move from {draft.arc_from_deg} to {draft.arc_to_deg} degrees; it spans 0 to 360")
    lowest, highest = draft.elevation_from_deg, draft.elevation_to_deg
    if not -ELEVATION_DEG_MAX <= lowest <= highest <= ELEVATION_DEG_MAX:
        return _bad(
            f"a camera from {lowest} to {highest} degrees above eye level; it stays from "
            f"-{ELEVATION_DEG_MAX} to {ELEVATION_DEG_MAX}"
        )
    if draft.worker_grade not in GRADES:
        return _bad(f"worker grade '{draft.worker_grade[:40]}'; it is one of {', '.join(GRADES)}")
    for text in (draft.medium, draft.territory, draft.shot, draft.unit):
        if len(text) > TEXT_CHARS_MAX:
            return _bad(f"a field of {len(text)} characters; at most {TEXT_CHARS_MAX}")
    wrong = _declared_wrong(draft)
    if wrong:
        return _bad(wrong)
    if draft.day < at.day:
        return _bad(f"a day of service, {draft.day}, before the day of asking, {at.day}")
    try:
        draft.canonical()
    except CanonicalError as fault:
        return _bad(f"a field that cannot be written: {fault}")
    if draft.at != at:
        return _bad("the request is dated otherwise than it is asked")
    return draft


def _declared_wrong(draft: Request) -> str:
    """What is wrong with what the production declares; "" if nothing is."""
    if draft.category not in CATEGORIES:
        return f"the category '{draft.category[:40]}'; it is one of {', '.join(CATEGORIES)}"
    if len(draft.places) > PLACES_MAX or any(_PLACE.fullmatch(place) is None for place in draft.places):
        return f"a place that is no code as US-CA or EU, or more than {PLACES_MAX} of them"
    if draft.prompt and _DIGEST.fullmatch(draft.prompt) is None:
        return "a prompt that is not the digest of one (sha256: and 64 hexadecimal digits)"
    if draft.performance and _DIGEST.fullmatch(draft.performance) is None:
        return "a performance that is not the digest of one (sha256: and 64 hexadecimal digits)"
    if draft.unit == WATCHED and (draft.arc_from_deg, draft.arc_to_deg) != (0, 0):
        return "an arc for a watched-replica, whose previews all look at the face from before it"
    if draft.performance and draft.use is not Use.GENERATE:
        return f"a performance to follow, which the use {draft.use.value} has none of; ask to generate one"
    names = [item.name for item in draft.circumstances] + [item.name for item in draft.dates]
    if len(names) != len(set(names)):
        return "a circumstance that is declared twice"
    for item in draft.circumstances:
        kind = DECLARED.get(item.name, ("",))[0]
        if not kind:
            return f"the circumstance '{item.name[:40]}', which is no declared word of the rule language"
        fits = {FLAG: bool, NUMBER: int, TEXT: str}[kind]
        if type(item.value) is not fits or (fits is int and not 0 <= int(item.value) <= SAFE_INTEGER_MAX):
            return f"the circumstance '{item.name}', which is a {kind}, declared as '{str(item.value)[:40]}'"
        if isinstance(item.value, str) and len(item.value) > WORD_CHARS_MAX:
            return f"the circumstance '{item.name}' of {len(item.value)} characters; at most {WORD_CHARS_MAX}"
        if item.evidence and _DIGEST.fullmatch(item.evidence) is None:
            return f"evidence for '{item.name}' that is not a digest"
    undated = [item.name for item in draft.dates if item.name not in DECLARED_DATES]
    return f"the day '{undated[0][:40]}', which nobody declares" if undated else ""


def _bad(what: str) -> Refused:
    return Refused(code=Code.MALFORMED, why=f"The request has {what}.")
