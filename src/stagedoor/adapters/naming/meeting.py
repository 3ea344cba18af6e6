"""Which registered words each word of a prompt may stand for, and how nearly."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeVar

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from stagedoor.adapters.naming.bags import Bag, Kept, numbers
from stagedoor.adapters.naming.limits import (
    BUCKET_MAX,
    COMPARISONS_MAX,
    GAP_WORDS_MAX,
    LETTERS_MAX,
    MATCHES_MAX,
    REMEMBERED_MAX,
)
from stagedoor.adapters.naming.ordinary import GIVEN
from stagedoor.adapters.naming.register import Match, Register
from stagedoor.adapters.naming.sound import NEAR, SAME, SOUNDS, allowed, bones, keys, likeness
from stagedoor.adapters.naming.words import PARTICLES, Word
from stagedoor.ports.naming import PromptError

_K = TypeVar("_K")
_V = TypeVar("_V")

_SOUNDING = 96
_INFLECTED = 98
_APART_MAX: Final = 3
_SHORT: Final = 4
"""Letters of a word in which one slip at most is let pass, so that keys of sound propose nothing more."""
_FEW: Final = 40
"""Words that are compared one by one sooner than in one call."""
_ALIKE_CONSONANTS, _ALIKE_THREE = 90, 82


@dataclass(slots=True)
class Meeting:
    """A prompt's words against a register."""

    register: Register
    words: tuple[Word, ...]
    matches: list[tuple[Match, ...]] = field(default_factory=list)
    compared: int = 0


def meet(register: Register, words: tuple[Word, ...]) -> Meeting:
    """Match every word; raises PromptError if that takes more comparisons than one prompt may."""
    meeting = Meeting(register, words)
    firm = [_remembered(register, word) for word in words]
    company = _company(words, firm)
    sure = [
        not word.ordinary and any(match.step == SAME for match in found.values())
        for word, found in zip(words, firm, strict=True)
    ]
    whole: dict[tuple[bool, bool, tuple[str, ...]], tuple[Match, ...]] = {}
    for place, word in enumerate(words):
        # Beside a name, an ordinary word may be a slip ("Mara Quilt"); elsewhere it is what it is.
        beside = (place > 0 and sure[place - 1]) or (place + 1 < len(words) and sure[place + 1])
        if word.ordinary and not (beside and len(word.readings[0]) > 4):
            meeting.matches.append(tuple(firm[place].values()))
            continue
        what = (word.foreign, company[place], word.readings)
        if what not in whole:
            whole[what] = _remembered_near(meeting, word, firm[place], company=company[place])
        meeting.matches.append(whole[what])
    return meeting


def _remembered(register: Register, word: Word) -> dict[int, Match]:
    what = (word.foreign, word.readings)
    known = register.remembered.get(what)
    if known is None:
        known = _strong(register, word)
        _keep(register.remembered, what, known, word)
    return known


def _remembered_near(meeting: Meeting, word: Word, firm: dict[int, Match], *, company: bool) -> tuple[Match, ...]:
    remembered = meeting.register.remembered_near
    what = (word.foreign, company, word.readings)
    known = remembered.get(what)
    if known is not None:
        _count(meeting, known[1])
        return known[0]
    before = meeting.compared
    matches = _with_near(meeting, word, firm, company=company)
    _keep(remembered, what, (matches, meeting.compared - before), word)
    return matches


def _keep(remembered: dict[_K, _V], what: _K, known: _V, word: Word) -> None:
    """Remember what was found for a word, unless the word is so long that it is none; begin anew when full."""
    if len(word.raw) <= LETTERS_MAX:
        if len(remembered) >= REMEMBERED_MAX:
            remembered.clear()
        remembered[what] = known


def _count(meeting: Meeting, compared: int) -> None:
    """Count comparisons, done or remembered, so that a prompt has the same answer whatever was asked before."""
    meeting.compared += compared
    if meeting.compared > COMPARISONS_MAX:
        raise PromptError(
            f"More than {COMPARISONS_MAX} registered words are near to words of the prompt, so it cannot be checked in "
            "time; at most so many are compared. Shorten it, or check it in parts."
        )


def _company(words: tuple[Word, ...], firm: list[dict[int, Match]]) -> list[bool]:
    """Whether a word near this one may belong to a name with it; a word alone can only be a name of one word."""
    counted = [
        place
        for place, word in enumerate(words)
        if firm[place] or not (word.readings and word.readings[0] in PARTICLES)
    ]
    may = bytes(bool(firm[place]) or not words[place].ordinary for place in counted)
    found = [True] * len(words)
    for order, place in enumerate(counted):
        first, end = max(0, order - 1 - GAP_WORDS_MAX), order + 2 + GAP_WORDS_MAX
        found[place] = 1 in may[first:order] or 1 in may[order + 1 : end]
    return found


def is_known(meeting: Meeting, word: Word) -> bool:
    """Whether the word is spelled right as it stands, so that it is no misspelling of another."""
    return word.ordinary or any(reading in meeting.register.words or reading in GIVEN for reading in word.readings[:1])


def _strong(register: Register, word: Word) -> dict[int, Match]:
    """The registered words with the same letters or the same sound; of an ordinary word, the same letters alone."""
    found: dict[int, Match] = {}
    if word.ordinary:
        known = (register.words.get(reading) for reading in word.readings)
        return {number: Match(number, 100, SAME) for number in known if number is not None}
    readings = [reading for reading in word.readings if len(reading) <= LETTERS_MAX]
    for reading in readings:
        _alike(register, reading, found, 100)
    for reading in readings:
        if len(reading) > 4 and reading[-1] == "s":
            _alike(register, reading[:-1], found, _INFLECTED)
        if word.foreign:
            _by_consonants(register, reading, found)
    return found


def _alike(register: Register, reading: str, found: dict[int, Match], alike: int) -> None:
    number = register.words.get(reading)
    if number is not None and (number not in found or found[number].alike < alike):
        found[number] = Match(number, alike, SAME)
    for key in keys(reading):
        for number in numbers(register.by_key.get(key)):
            if number not in found:
                found[number] = Match(number, min(alike, _SOUNDING), SOUNDS)


def _with_near(meeting: Meeting, word: Word, firm: dict[int, Match], *, company: bool) -> tuple[Match, ...]:
    """The same, and the registered words within the letters that may differ."""
    found = dict(firm)
    for reading in word.readings[:1] if word.ordinary else word.readings:
        if 3 < len(reading) <= LETTERS_MAX:
            _near(meeting, reading, found, company=company)
    return _nearest(found)


def _by_consonants(register: Register, reading: str, found: dict[int, Match]) -> None:
    """Add the registered words that have the same consonants, for a script that writes little else."""
    for key in keys(reading):
        bare = bones(key)
        for number in islice(numbers(register.by_bones.get(bare)), BUCKET_MAX):
            if number not in found:
                found[number] = Match(number, _ALIKE_CONSONANTS if len(bare) > 3 else _ALIKE_THREE, SOUNDS)


def _near(meeting: Meeting, reading: str, found: dict[int, Match], *, company: bool) -> None:
    """Add the registered words within the letters that may differ, out of those that share a key."""
    register = meeting.register
    heard = keys(reading)
    texts = (reading, *heard) if len(reading) > _SHORT else (reading,)
    shared = _shared(register.by_shorter if company else register.alone_shorter, texts)
    for key in heard if len(reading) > _SHORT else ():
        if len(bare := bones(key)) > 2 and bare in register.by_bones:
            _take(shared, register.by_bones[bare])
    proposed = [number for number in shared - found.keys() if company or number in register.alone]
    if not proposed:
        return
    _count(meeting, len(proposed))
    spelled, sounds = register.spelled, register.sounds
    if len(proposed) > _FEW:
        proposed = _promising(register, reading, heard, proposed)
    for number in proposed:
        word = spelled[number]
        if abs(len(word) - len(reading)) > _APART_MAX:
            continue
        alike = likeness(reading, heard, word, sounds[number])
        if alike:
            found[number] = Match(number, alike, NEAR)


def _shared(by_shorter: Bag[str], texts: tuple[str, ...]) -> set[int]:
    """The registered words that are one of these texts, or share one with it that is a letter shorter."""
    shared: set[int] = set()
    for text in texts:
        if text in by_shorter:
            _take(shared, by_shorter[text])
        if len(text) > 3:
            for place in range(len(text)):
                less = text[:place] + text[place + 1 :]
                if less in by_shorter:
                    _take(shared, by_shorter[less])
    return shared


def _promising(register: Register, reading: str, heard: tuple[str, ...], proposed: list[int]) -> list[int]:
    """Those that `likeness` may find alike, told in one call where there are many."""
    most = allowed(len(reading) + 2)
    words = [register.spelled[number] for number in proposed]
    near = {place for _, _, place in extract(reading, words, scorer=OSA.distance, score_cutoff=most, limit=None)}
    near.update(place for place, number in enumerate(proposed) if len(register.sounds[number]) > 1)
    said = [register.sounds[number][0] for number in proposed]
    for key in heard if len(reading) > _SHORT else ():
        near.update(place for _, _, place in extract(key, said, scorer=OSA.distance, score_cutoff=most - 1, limit=None))
    return [proposed[place] for place in sorted(near)]


def _take(proposed: set[int], kept: Kept) -> None:
    if isinstance(kept, int):
        proposed.add(kept)
    else:
        proposed.update(kept if len(kept) <= BUCKET_MAX else islice(kept, BUCKET_MAX))


def _nearest(found: dict[int, Match]) -> tuple[Match, ...]:
    if len(found) <= 1:
        return tuple(found.values())
    return tuple(sorted(found.values(), key=lambda match: (-match.alike, match.word))[:MATCHES_MAX])
