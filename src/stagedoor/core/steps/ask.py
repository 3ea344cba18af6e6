"""Ask: a draft request, bounded.  What cannot be read is refused before anybody decides anything."""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.canonical import CanonicalError
from stagedoor.core.base.ids import has_shape
from stagedoor.core.base.limits import TEXT_CHARS_MAX, UNITS_PER_REQUEST_MAX
from stagedoor.core.base.outcome import Code, Refused
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.request import Request

GRADES: Final = ("hosted", "attested", "studio-run")
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
    if draft.worker_grade not in GRADES:
        return _bad(f"worker grade '{draft.worker_grade[:40]}'; it is one of {', '.join(GRADES)}")
    for text in (draft.medium, draft.territory, draft.shot, draft.unit):
        if len(text) > TEXT_CHARS_MAX:
            return _bad(f"a field of {len(text)} characters; at most {TEXT_CHARS_MAX}")
    if draft.day < at.day:
        return _bad(f"a day of service, {draft.day}, before the day of asking, {at.day}")
    try:
        draft.canonical()
    except CanonicalError as fault:
        return _bad(f"a field that cannot be written: {fault}")
    if draft.at != at:
        return _bad("the request is dated otherwise than it is asked")
    return draft


def _bad(what: str) -> Refused:
    return Refused(code=Code.MALFORMED, why=f"The request has {what}.")
