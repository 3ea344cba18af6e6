"""Which registered words each word of a prompt may stand for, and how nearly."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from stagedoor.adapters.naming.bags import Kept, numbers
from stagedoor.adapters.naming.limits import BUCKET_MAX, COMPARISONS_MAX, LETTERS_MAX, MATCHES_MAX
from stagedoor.adapters.naming.ordinary import GIVEN
from stagedoor.adapters.naming.register import Register
from stagedoor.adapters.naming.sound import NEAR, SAME, SOUNDS, all_shorter, bones, keys, likeness
from stagedoor.adapters.naming.words import Word
from stagedoor.ports.naming import PromptError

_ALIKE = {SAME: 100, SOUNDS: 96}
_INFLECTED = 98
_ALIKE_CONSONANTS, _ALIKE_THREE = 90, 82


class Match(NamedTuple):
    """A registered word that a word of the prompt may stand for: in hundredths, and by which step."""

    word: int
    alike: int
    step: int


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
    seen: dict[tuple[bool, tuple[str, ...]], tuple[Match, ...]] = {}
    for word in words:
        key = (word.foreign, word.readings)
        if key not in seen:
            seen[key] = _matches(meeting, word)
        meeting.matches.append(seen[key])
    for place, word in enumerate(words):
        if word.ordinary and len(word.readings[0]) > 4 and _beside_a_name(meeting, place):
            near = {match.word: match for match in meeting.matches[place]}
            _near(meeting, word.readings[0], near)
            meeting.matches[place] = _nearest(near)
    return meeting


def is_known(meeting: Meeting, word: Word) -> bool:
    """Whether the word is spelled right as it stands, so that it is no misspelling of another."""
    return word.ordinary or any(reading in meeting.register.words or reading in GIVEN for reading in word.readings[:1])


def _matches(meeting: Meeting, word: Word) -> tuple[Match, ...]:
    register = meeting.register
    found: dict[int, Match] = {}
    if word.ordinary:
        known = (register.words.get(reading) for reading in word.readings)
        return tuple(Match(number, 100, SAME) for number in known if number is not None)
    readings = [reading for reading in word.readings if len(reading) <= LETTERS_MAX]
    for reading in readings:
        _strong(register, reading, found, SAME)
    for reading in readings:
        if len(reading) > 4 and reading[-1] == "s":
            _strong(register, reading[:-1], found, SAME, _INFLECTED)
        if word.foreign:
            _by_consonants(register, reading, found)
        if len(reading) > 3:
            _near(meeting, reading, found)
    return _nearest(found)


def _strong(register: Register, reading: str, found: dict[int, Match], step: int, alike: int = 100) -> None:
    number = register.words.get(reading)
    if number is not None and (number not in found or found[number].alike < alike):
        found[number] = Match(number, alike, step)
    for key in keys(reading):
        for number in numbers(register.by_key.get(key)):
            if number not in found:
                found[number] = Match(number, min(alike, _ALIKE[SOUNDS]), SOUNDS)


def _by_consonants(register: Register, reading: str, found: dict[int, Match]) -> None:
    """Add the registered words that have the same consonants, for a script that writes little else."""
    for key in keys(reading):
        bare = bones(key)
        for number in islice(numbers(register.by_bones.get(bare)), BUCKET_MAX):
            if number not in found:
                found[number] = Match(number, _ALIKE_CONSONANTS if len(bare) > 3 else _ALIKE_THREE, SOUNDS)


def _near(meeting: Meeting, reading: str, found: dict[int, Match]) -> None:
    """Add the registered words within the letters that may differ, out of those that share a key."""
    register = meeting.register
    proposed: set[int] = set()
    heard = keys(reading)
    for key in heard:
        if len(bare := bones(key)) > 2 and bare in register.by_bones:
            _take(proposed, register.by_bones[bare])
    by_shorter = register.by_shorter
    for less in (reading, *heard, *all_shorter(reading)):
        if less in by_shorter:
            _take(proposed, by_shorter[less])
    proposed -= found.keys()
    meeting.compared += len(proposed)
    if meeting.compared > COMPARISONS_MAX:
        raise PromptError(
            "Too many words of the prompt are nearly names, so it cannot be checked in time. Shorten it, or check it "
            "in parts."
        )
    for number in proposed:
        alike = likeness(reading, heard, register.spelled[number], register.sounds[number])
        if alike:
            found[number] = Match(number, alike, NEAR)


def _take(proposed: set[int], kept: Kept) -> None:
    if isinstance(kept, int):
        proposed.add(kept)
    else:
        proposed.update(kept if len(kept) <= BUCKET_MAX else islice(kept, BUCKET_MAX))


def _beside_a_name(meeting: Meeting, place: int) -> bool:
    """Whether a word beside this one is, letter by letter, a registered word and no ordinary one."""
    return any(
        not meeting.words[other].ordinary and any(match.step == SAME for match in meeting.matches[other])
        for other in (place - 1, place + 1)
        if 0 <= other < len(meeting.words)
    )


def _nearest(found: dict[int, Match]) -> tuple[Match, ...]:
    if len(found) <= 1:
        return tuple(found.values())
    return tuple(sorted(found.values(), key=lambda match: (-match.alike, match.word))[:MATCHES_MAX])
