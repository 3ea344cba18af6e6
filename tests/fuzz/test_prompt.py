"""Hostile prompts: an answer or a refusal, in bounded time and memory, and no disguise that a person would see through.

Time is measured by work: the words, the readings and the comparisons of a prompt are counted, not the seconds.
"""

from __future__ import annotations

import tracemalloc
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stagedoor.adapters.naming import NameIndex, meeting
from stagedoor.adapters.naming.limits import COMPARISONS_MAX, HITS_MAX, PROMPT_CHARACTERS_MAX, WORDS_MAX
from stagedoor.adapters.naming.measured.crowd import crowd
from stagedoor.adapters.naming.meeting import meet
from stagedoor.adapters.naming.register import forms_of
from stagedoor.adapters.naming.words import split
from stagedoor.ports.naming import EntryError, Grade, NameEntry, PromptError

MEMORY_MAX = 24 << 20
"""Bytes that one check may take beside the register, whatever is asked."""

INDEX = NameIndex.build([*crowd(400), NameEntry(party="performer:mara", names=("Mara Quill",))])

HOSTILE = {
    "combining marks": "a" + "\u0301\u0323" * 4_990,
    "marks of a hundred thousand": "a" + "\u0301" * 100_000,
    "zero width": "\u200b".join("mara quill " * 450)[:PROMPT_CHARACTERS_MAX],
    "overrides": "\u202e\u2066\u202d" * 3_000,
    "single letters": "a b " * 1_200,
    "one long word": "ab" * 5_000,
    "one long handle": "maraquill" * 1_100,
    "near names": "Mxra Qxill Mara Quull " * 450,
    "names": "Mara Quill " * 900,
    "ligatures": "\ufdfa" * 1_000,
    "look-alikes": "Мага Qцilӏ " * 900,
    "Han": "李白杜甫" * 620,
    "kana": "まつおばしょう" * 1_400,
    "emoji": "M🙂a🙂r🙂a🙂" * 1_200,
    "digits": "m4r4 qu1ll " * 900,
    "apostrophes": "a'" * 5_000,
    "signs": "$|€@!" * 2_000,
    "stops": ". " * 5_000,
    "surrogates": "\ud800Mara\udfff Quill" * 500,
    "nothing": "\x00" * 10_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_prompt_takes_bounded_work_and_memory(kind: str) -> None:
    prompt = HOSTILE[kind]
    refused = ""
    tracemalloc.start()
    try:
        found = INDEX.find(prompt)
        taken = tracemalloc.get_traced_memory()[1]
        text, words = split(prompt)
    except PromptError as fault:
        refused = str(fault)
    finally:
        tracemalloc.stop()
    if refused:
        assert "at most" in refused and len(refused) < 300
        return
    assert taken < MEMORY_MAX
    assert len(found) <= HITS_MAX and len(words) <= WORDS_MAX and len(text) <= 2 * PROMPT_CHARACTERS_MAX
    assert all(len(word.readings) <= 8 for word in words)
    assert meet(INDEX._register, words).compared <= COMPARISONS_MAX


def test_too_many_near_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "COMPARISONS_MAX", 3)
    with pytest.raises(PromptError, match="near to words"):
        INDEX.find("Mxra Qxill Moro Qaill")


ALPHABET = st.one_of(
    st.characters(),
    st.sampled_from("MaraQuill .,'’-_@#$|!0134\u200b\u200d\u202e\u0301\u0336\u00adаеорсхМ李王あ한ﷺ🙂\n\t"),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(ALPHABET, max_size=400))
def test_any_text_has_an_answer(prompt: str) -> None:
    try:
        found = INDEX.find(prompt)
    except PromptError:
        return
    assert all(0 < one.score <= 100 and one.said.strip() and len(one.said) <= 160 for one in found)
    assert list(found) == list(INDEX.find(prompt))


NOISE = st.sampled_from(["", "\u200b", "\u200d", "\u00ad", "\ufeff", "\u0301", "\u0336", "\u2060"])


@settings(max_examples=200, deadline=None)
@given(st.lists(NOISE, min_size=20, max_size=20), st.sampled_from([str, str.upper, str.lower, str.title]),
       st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.text(max_size=60), st.text(max_size=60))  # fmt: skip
def test_what_cannot_be_seen_hides_nobody(noise: list[str], case: object, form: str, before: str, after: str) -> None:
    assert callable(case)
    name = "".join(letter + sign for letter, sign in zip(case("Mara Quill"), noise, strict=False))
    calm = [text.replace("\u202e", "").replace("\u2067", "").replace("\u202b", "") for text in (before, after)]
    prompt = f"{calm[0]} \n{unicodedata.normalize(form, name)}\n {calm[1]}"  # type: ignore[arg-type]
    found = {one.party: one.grade for one in INDEX.find(prompt)}
    assert found.get("performer:mara") is Grade.NAMED


def joined(name: str) -> str:
    """The letters of a name as they are compared."""
    return forms_of(name)[0][1]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(categories=["L", "Zs"]), min_size=1, max_size=24), min_size=1, max_size=4))
@example(names=["AA\U00029bf4\U000187ed\U0002bc4aA"])  # three signs that nobody can read out, inside a name
def test_a_name_in_any_script_is_found_as_it_was_registered(names: list[str]) -> None:
    try:
        index = NameIndex.build([NameEntry(party="p", names=tuple(names))])
    except EntryError:
        return
    for name in names:
        if len(joined(name)) < 3:
            continue  # one or two letters are told only where they stand as capitals
        assert [one.party for one in index.find(f"x, {name}.")] == ["p"], name
