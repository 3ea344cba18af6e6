"""Names said in one word: a stage name of one word, a surname alone, a surname with an initial."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from stagedoor.adapters.naming.bags import numbers
from stagedoor.adapters.naming.limits import SHARED_MAX
from stagedoor.adapters.naming.meeting import Meeting, is_known
from stagedoor.adapters.naming.ordinary import GIVEN
from stagedoor.adapters.naming.register import Match, Name
from stagedoor.adapters.naming.sound import NEAR, SAME, SOUNDS
from stagedoor.adapters.naming.telling import Hit
from stagedoor.adapters.naming.words import Word
from stagedoor.ports.naming import How

_STAGE_MIN = 3
_SURNAME_MIN = 4
_HEARD_MIN = 6
_NEAR_MIN, _NEAR_FROM = 5, 80
_INITIAL_SCORE, _SURNAME_SCORE, _HEARD_SCORE = 75, 60, 50


def single_hits(meeting: Meeting) -> Iterator[Hit]:
    """Every word of the prompt that alone stands for a name, or for the last word of one."""
    register = meeting.register
    for place, word in enumerate(meeting.words):
        for match in meeting.matches[place]:
            for number in islice(numbers(register.alone.get(match.word)), SHARED_MAX):
                hit = _stage_name(meeting, number, place, match)
                if hit is not None:
                    yield hit
            if match.step == NEAR or match.word not in register.last:
                continue
            spelled = register.spelled[match.word]
            for number in islice(numbers(register.last.get(match.word)), SHARED_MAX):
                initial = _initial(meeting, register.names[number], place)
                if initial is not None:
                    first, last = min(initial, place), max(initial, place)
                    yield Hit(number, first, last, _INITIAL_SCORE, How.INITIAL, sure=False)
                elif _tells(word, spelled, match):
                    score = _SURNAME_SCORE if match.step == SAME else _HEARD_SCORE
                    yield Hit(number, place, place, score, How.SURNAME, sure=False)


def _stage_name(meeting: Meeting, number: int, place: int, match: Match) -> Hit | None:
    """A name of one word counts because it is registered as one."""
    word = meeting.words[place]
    length = len(meeting.register.spelled[match.word])
    if match.step == SAME and length < _STAGE_MIN and not word.foreign:
        return Hit(number, place, place, match.alike, How.EXACT, sure=False) if word.capital else None
    if match.step == SAME:
        sure = not word.ordinary or (word.capital and not word.after_stop and not word.raw.isupper())
        return Hit(number, place, place, match.alike, How.EXACT, sure)
    if match.step == SOUNDS and length > 3:
        sure = length >= _HEARD_MIN and not is_known(meeting, word)
        return Hit(number, place, place, match.alike, How.PHONETIC, sure)
    if match.step == NEAR and length >= _NEAR_MIN and match.alike >= _NEAR_FROM and not is_known(meeting, word):
        return Hit(number, place, place, match.alike, How.SPELLING, sure=False)
    return None


def _tells(word: Word, spelled: str, match: Match) -> bool:
    """Whether a surname alone points at somebody: it is no ordinary word and no given name, and is long enough."""
    if word.ordinary or spelled in GIVEN or not GIVEN.isdisjoint(word.readings):
        return False
    if match.step == SAME:
        return len(spelled) >= _SURNAME_MIN
    return min(len(spelled), *map(len, word.readings)) >= _HEARD_MIN


def _initial(meeting: Meeting, name: Name, place: int) -> int | None:
    """Where the first name's initial stands beside its surname: "M. Quill", "M. J. Quill", "Quill, M."."""
    if len(name.words) < 2:
        return None
    begins = meeting.register.spelled[name.words[0]][0]
    for other in (place - 1, place - 2, place + 1):
        if 0 <= other < len(meeting.words):
            word = meeting.words[other]
            if len(word.raw) == 1 and word.raw.isupper() and word.readings and word.readings[0] == begins:
                return other
            if other == place - 1 and len(word.raw) > 1:
                continue
    return None
