"""What stories share: journals, a signed fact's recording, who may sign, and the one way to read how things stand."""

from stagedoor.stories.unit.answers import ask_people, asked_in, lapsed, question_ident, same_use
from stagedoor.stories.unit.people import SIGNS_AS, may_sign, speaks_for
from stagedoor.stories.unit.recording import HOUSE, adopted, journal_of, record_signed, signature_of, signed_by
from stagedoor.stories.unit.standing import NOTHING_SEEN, Seen, Standings, Stood, both_signed, stand

__all__ = [
    "HOUSE",
    "NOTHING_SEEN",
    "SIGNS_AS",
    "Seen",
    "Standings",
    "Stood",
    "adopted",
    "ask_people",
    "asked_in",
    "both_signed",
    "journal_of",
    "lapsed",
    "may_sign",
    "question_ident",
    "record_signed",
    "same_use",
    "signature_of",
    "signed_by",
    "speaks_for",
    "stand",
]
