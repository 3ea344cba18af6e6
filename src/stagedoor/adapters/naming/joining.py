"""Names without their spaces, or with too many: "@maraquill", "M a r a  Q u i l l", "Ma-ra Qu.ill", "maraquillfan"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from stagedoor.adapters.naming.letters import leet
from stagedoor.adapters.naming.limits import JOINED_MAX, JOINED_MIN
from stagedoor.adapters.naming.meeting import Meeting
from stagedoor.adapters.naming.sound import keys
from stagedoor.adapters.naming.telling import Hit
from stagedoor.adapters.naming.words import Word
from stagedoor.ports.naming import How

_WHOLE, _HEARD, _INSIDE = 95, 88, 80
_HEARD_MIN = 7
_INSIDE_MIN = 8
_HOLDS_MIN = 9
_RUN_MIN = 5


def joined_hits(meeting: Meeting) -> Iterator[Hit]:
    """Every run of words that, read without spaces, is a name; and names inside one long word."""
    words = meeting.words
    for choice in (0, 1, -1) if any(len(word.readings) > 1 for word in words) else (0,):
        letters = [_letters(word, choice) for word in words]
        yield from _runs(meeting, letters)
        for place, word in enumerate(words):
            said = letters[place]
            if len(said) >= _HEARD_MIN and not word.ordinary:
                yield from _heard(meeting, said, place, place)
                yield from _inside(meeting, said, place)
        yield from _spelled(meeting, letters)


def _letters(word: Word, choice: int) -> str:
    if word.readings:
        return word.readings[choice if choice < len(word.readings) else -1]
    return leet(word.raw)[0] if len(word.raw) == 1 else ""


def _runs(meeting: Meeting, letters: list[str]) -> Iterator[Hit]:
    """Names that begin where a word begins and end where a word ends."""
    text = "".join(letters)
    ends: list[int] = []
    place = 0
    for said in letters:
        place += len(said)
        ends.append(place)
    register = meeting.register
    for first, said in enumerate(letters):
        begin = ends[first] - len(said)
        if not said or text[begin : begin + JOINED_MIN] not in register.prefixes:
            continue
        last = max(first, bisect_left(ends, begin + JOINED_MIN))
        while last < len(ends) and ends[last] - begin <= JOINED_MAX:
            for number in register.joined.get(text[begin : ends[last]]):
                run = meeting.words[first : last + 1]
                whole = len(run) == 1 or not (
                    all(word.ordinary and len(word.raw) > 1 for word in run)
                    or any(word.after_stop and len(before.raw) > 2 for before, word in pairwise(run))
                )
                if len(run) > 1 or not run[0].ordinary:
                    yield Hit(number, first, last, _WHOLE, How.SPACED, whole)
            last += 1


def _heard(meeting: Meeting, said: str, first: int, last: int) -> Iterator[Hit]:
    for key in keys(said):
        for number in meeting.register.joined_keys.get(key):
            yield Hit(number, first, last, _HEARD, How.SPACED, sure=True)


def _inside(meeting: Meeting, said: str, place: int) -> Iterator[Hit]:
    """A name inside one word: half of a handle, or anywhere in a script that is written without spaces."""
    unspaced = meeting.words[place].unspaced
    if len(said) < _HOLDS_MIN and not unspaced:
        return
    register = meeting.register
    for begin in range(len(said) - JOINED_MIN + 1):
        if said[begin : begin + JOINED_MIN] not in register.prefixes:
            continue
        for end in range(begin + JOINED_MIN, min(len(said), begin + JOINED_MAX) + 1):
            if unspaced or (end - begin >= _INSIDE_MIN and 2 * (end - begin) >= len(said)):
                for number in register.joined.get(said[begin:end]):
                    yield Hit(number, place, place, _INSIDE, How.SPACED, unspaced)


def _spelled(meeting: Meeting, letters: list[str]) -> Iterator[Hit]:
    """A run of single letters, heard as one word."""
    first = 0
    while first < len(letters):
        last = first
        while last < len(letters) and len(letters[last]) == 1:
            last += 1
        if _RUN_MIN <= last - first <= JOINED_MAX:
            yield from _heard(meeting, "".join(letters[first:last]), first, last - 1)
        first = last + 1
