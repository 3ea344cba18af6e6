"""Names without their spaces, or with too many: "@maraquill", "M a r a  Q u i l l", "Ma-ra Qu.ill", "maraquillfan"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from stagedoor.adapters.naming.bags import numbers
from stagedoor.adapters.naming.letters import leet
from stagedoor.adapters.naming.limits import JOINED_BEGIN, JOINED_MAX, JOINED_MIN
from stagedoor.adapters.naming.meeting import Meeting, is_known
from stagedoor.adapters.naming.register import Register
from stagedoor.adapters.naming.sound import keys
from stagedoor.adapters.naming.telling import Hit
from stagedoor.adapters.naming.words import Word
from stagedoor.ports.naming import How

_WHOLE, _HEARD, _INSIDE = 95, 88, 80
_HEARD_MIN = 7
_INSIDE_MIN = 8
_HOLDS_MIN = 9
_RUN_MIN = 5
_ALONE_MIN = 5
_REACH = 8


def joined_hits(meeting: Meeting) -> Iterator[Hit]:
    """Every run of words that, read without spaces, is a name; and names inside one long word."""
    words = meeting.words
    several = [place for place, word in enumerate(words) if len(word.readings) > 1]
    letters = [_letters(word, 0) for word in words]
    yield from _spelled(meeting, letters)
    yield from _read(meeting, letters, range(len(words)))
    if several:
        near = sorted({other for place in several for other in range(max(0, place - _REACH), place + 1)})
        for choice in (1, -1):
            yield from _read(meeting, [_letters(word, choice) for word in words], near)


def _read(meeting: Meeting, letters: list[str], places: Sequence[int]) -> Iterator[Hit]:
    """The names that one reading of the words shows, beginning at these places."""
    yield from _runs(meeting, letters, places)
    for place in places:
        said = letters[place]
        if len(said) >= _HEARD_MIN and not meeting.words[place].ordinary:
            if len(said) <= JOINED_MAX:
                yield from _heard(meeting, said, place, place)
            yield from _inside(meeting, said, place)


def _letters(word: Word, choice: int) -> str:
    if word.readings:
        return word.readings[choice if choice < len(word.readings) else -1]
    return leet(word.raw)[0] if len(word.raw) == 1 else ""


def _runs(meeting: Meeting, letters: list[str], places: Sequence[int]) -> Iterator[Hit]:
    """Names that begin where a word begins and end where a word ends."""
    text = "".join(letters)
    ends = list(accumulate(map(len, letters)))
    joined = meeting.register.joined
    for first in places:
        begin = ends[first] - len(letters[first])
        if not letters[first] or not _begins(meeting.register, text, begin):
            continue
        last = max(first, bisect_left(ends, begin + JOINED_MIN))
        while last < len(ends) and ends[last] - begin <= JOINED_MAX:
            said = text[begin : ends[last]]
            if said in joined and (last > first or not (meeting.words[first].ordinary or len(said) < _ALONE_MIN)):
                sure = _is_whole(meeting, first, last)
                for number in numbers(joined[said]):
                    yield Hit(number, first, last, _WHOLE, How.SPACED, sure)
            last += 1


def _begins(register: Register, text: str, begin: int) -> bool:
    """Whether some name begins as the text does here: by its first six letters, or by all four or five it has."""
    prefixes = register.prefixes
    return (
        text[begin : begin + JOINED_BEGIN] in prefixes
        or text[begin : begin + JOINED_BEGIN - 1] in prefixes
        or text[begin : begin + JOINED_MIN] in prefixes
    )


def _is_whole(meeting: Meeting, first: int, last: int) -> bool:
    """Whether a run surely is the name: not a known word, nor ordinary words or two sentences that happen to meet."""
    run = meeting.words[first : last + 1]
    if len(run) == 1:
        return not is_known(meeting, run[0])
    if all(word.ordinary and len(word.raw) > 1 for word in run):
        return False
    return not any(word.after_stop and len(before.raw) > 2 for before, word in pairwise(run))


def _heard(meeting: Meeting, said: str, first: int, last: int) -> Iterator[Hit]:
    for key in keys(said):
        for number in numbers(meeting.register.joined_keys.get(key)):
            yield Hit(number, first, last, _HEARD, How.SPACED, sure=True)


def _inside(meeting: Meeting, said: str, place: int) -> Iterator[Hit]:
    """A name inside one word: half of a handle, or anywhere in a script that is written without spaces."""
    unspaced = meeting.words[place].unspaced
    if len(said) < _HOLDS_MIN and not unspaced:
        return
    register = meeting.register
    for begin in range(len(said) - JOINED_MIN + 1):
        if not _begins(register, said, begin):
            continue
        for end in range(begin + JOINED_MIN, min(len(said), begin + JOINED_MAX) + 1):
            if unspaced or (end - begin >= _INSIDE_MIN and 2 * (end - begin) >= len(said)):
                for number in numbers(register.joined.get(said[begin:end])):
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
