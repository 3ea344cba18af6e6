"""Names of two and more words: two words of the prompt, near one another, that stand for two words of one name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from stagedoor.adapters.naming.bags import numbers
from stagedoor.adapters.naming.limits import GAP_WORDS_MAX, SHARED_MAX
from stagedoor.adapters.naming.meeting import Meeting, is_known
from stagedoor.adapters.naming.register import Match, Name, pair_key
from stagedoor.adapters.naming.sound import NEAR, SAME, SOUNDS
from stagedoor.adapters.naming.telling import NAMED_FROM, POSSIBLE_FROM, Hit
from stagedoor.adapters.naming.words import PARTICLES, Word
from stagedoor.ports.naming import How

_TURNED = 2
_BETWEEN = 4


def pair_hits(meeting: Meeting) -> Iterator[Hit]:
    """Every pair of words at most a middle name apart.  Particles are skipped: they are left out and added freely."""
    places = [
        place
        for place, word in enumerate(meeting.words)
        if meeting.matches[place] or not (word.readings and word.readings[0] in PARTICLES)
    ]
    seen: dict[tuple[int, int], list[tuple[int, Match, Match]]] = {}
    for order, first in enumerate(places):
        if not meeting.matches[first]:
            continue
        for second in places[order + 1 : order + 2 + GAP_WORDS_MAX]:
            if not meeting.matches[second]:
                continue
            both = (
                id(meeting.matches[first]),
                id(meeting.matches[second]),
            )  # the same words share one tuple of matches
            if both not in seen:
                seen[both] = list(_names(meeting, meeting.matches[first], meeting.matches[second]))
            for number, one, other in seen[both]:
                hit = _judge(meeting, number, (first, one), (second, other))
                if hit is not None:
                    yield hit


def _names(meeting: Meeting, ones: tuple[Match, ...], others: tuple[Match, ...]) -> Iterator[tuple[int, Match, Match]]:
    """The names that hold one of the first words and one of the others."""
    pairs = meeting.register.pairs
    for one in ones:
        for other in others:
            key = pair_key(one.word, other.word)
            if key in pairs:
                for number in islice(numbers(pairs[key]), SHARED_MAX):
                    yield number, one, other


def _judge(meeting: Meeting, number: int, one: tuple[int, Match], other: tuple[int, Match]) -> Hit | None:
    """Whether these two words say this name: surely, possibly, or not."""
    (first, near), (second, far) = one, other
    name = meeting.register.names[number]
    words = (meeting.words[first], meeting.words[second])
    begins, ends = _roles(name, near.word, far.word)
    turned = begins > ends
    between = [
        word for word in meeting.words[first + 1 : second] if not (word.readings and word.readings[0] in PARTICLES)
    ]
    score = _weighed(meeting, near, far) - (_TURNED if turned and not words[1].after_comma else 0)
    score -= _BETWEEN * len(between) if any(word.readings for word in between) else 0
    if score < POSSIBLE_FROM:
        return None
    apart = any(word.ordinary and len(word.raw) > 1 for word in between)
    if apart and (near.step != SAME or far.step != SAME or any(word.ordinary for word in words)):
        return None
    sure = score >= NAMED_FROM and not apart and {begins, ends} == {0, len(name.words) - 1}
    sure = sure and not any(_stops(meeting, place) for place in range(first + 1, second + 1))
    for word, match in zip(words, (near, far), strict=True):
        if match.step == NEAR and is_known(meeting, word):
            sure = False  # a right word, only a near one
    if any(word.ordinary for word in words):
        stands = _ordinary(words, turned=turned, apart=bool(between))
        if stands is None:
            return None
        sure = sure and stands
    return Hit(number, first, second, score, _how(name, near, far, turned=turned, begins=begins, ends=ends), sure)


def _roles(name: Name, one: int, other: int) -> tuple[int, int]:
    """Where the two words stand in the name; the same word twice keeps its order."""
    begins = name.words.index(one)
    last = len(name.words) - 1
    ends = last if name.words[last] == other else name.words.index(other)
    if begins == ends:
        begins, ends = (0, last) if one == other else (begins, ends)
    return (last if name.words[last] == one and one != other else begins), ends


def _weighed(meeting: Meeting, one: Match, other: Match) -> int:
    """Likeness of both words, each by its length."""
    spelled = meeting.register.spelled
    long, short = len(spelled[one.word]), len(spelled[other.word])
    return (one.alike * long + other.alike * short) // (long + short)


def _stops(meeting: Meeting, place: int) -> bool:
    """Whether a sentence ends before this word: the stop behind an initial ("M. Quill") ends none."""
    return meeting.words[place].after_stop and len(meeting.words[place - 1].raw) > 2


def _ordinary(words: tuple[Word, Word], *, turned: bool, apart: bool) -> bool | None:
    """Whether a pair with an ordinary word surely is a name (True), may be one (False), or is none (None)."""
    capitals = all(word.capital for word in words)
    if all(word.ordinary for word in words):
        if apart or (turned and not (capitals or words[1].after_comma)):
            return None
        return capitals and not turned
    if capitals or not any(word.capital for word in words):
        return not turned or words[1].after_comma
    return all(word.capital or not word.ordinary for word in words)


def _how(name: Name, one: Match, other: Match, *, turned: bool, begins: int, ends: int) -> How:
    if {begins, ends} != {0, len(name.words) - 1}:
        return How.PART
    step = max(one.step, other.step)
    if step == SAME:
        return How.ORDER if turned else How.EXACT
    return How.PHONETIC if step == SOUNDS else How.SPELLING
