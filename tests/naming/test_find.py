"""What counts as a name in a prompt, grade by grade."""

from __future__ import annotations

import pytest

from naming.kit import CAST, index, said
from stagedoor.adapters.naming import meeting
from stagedoor.adapters.naming.limits import HITS_MAX, PROMPT_CHARACTERS_MAX, WORDS_MAX
from stagedoor.ports.naming import EntryError, Grade, NameEntry, PromptError

NAMED = {
    "Mara Quill at dusk": "exact",
    "close-up of MARA QUILL, 35mm": "exact",
    "Mara Quill's coat": "exact",
    "quill mara": "order",
    "Quill, Mara, on a bench": "order",
    "Mara J. Quill": "exact",
    "Mara Xenia Quill": "exact",
    "@maraquill": "spaced",
    "#MaraQuillFans": "exact",
    "mara_quill": "exact",
    "mara@quill.example": "exact",
    "M a r a  Q u i l l": "spaced",
    "M.a.r.a.Q.u.i.l.l": "spaced",
    "Ma ra Qu ill": "spaced",
    "M🙂a🙂r🙂a🙂Q🙂u🙂i🙂l🙂l": "spaced",
    "ＭａｒａＱｕｉｌｌ": "exact",
    "𝓜𝓪𝓻𝓪 𝓠𝓾𝓲𝓵𝓵": "exact",
    "Mаrа Quill": "transliteration",
    "M\u200ba\u200br\u200ba Q\u00aduill": "exact",
    "M\u0336a\u0336r\u0336a\u0336 Quill": "exact",
    "\u202elliuQ araM": "exact",
    "m4ra qu1ll": "spelling",
    "M@ra Qui||": "spelling",
    "QuiII, Mara": "order",
    "Mára Quìll": "accents",
    "Marra Kwill": "phonetic",
    "Mraa Quill": "spelling",
    "Mara Qyill": "spelling",
    "Мара Квилл": "phonetic",
}

POSSIBLE = {
    "Quill smiles": "surname",
    "a portrait of M. Quill": "initial",
    "Quill, M.": "initial",
    "Mary Quill": "spelling",
    "Mara Quilt": "spelling",
    "Mara, the quill": "exact",
    "I know Mara. Quill is unknown to me": "exact",
}


@pytest.mark.parametrize("prompt", NAMED)
def test_named(prompt: str) -> None:
    assert said(prompt) == [("mara", NAMED[prompt], "named")]


@pytest.mark.parametrize("prompt", POSSIBLE)
def test_possible(prompt: str) -> None:
    assert said(prompt) == [("mara", POSSIBLE[prompt], "possible")]


@pytest.mark.parametrize(
    "prompt",
    ["", " \n", "Mara walks in", "a marathon quietly ends", "1234 !!! …", "the mare and the squall",
     "Maria kills the light", "hope is a stone", "a stone, some hope", "we hope it is not stone cold",
     "velveteen curtains"],
)  # fmt: skip
def test_nobody(prompt: str) -> None:
    assert said(prompt) == []


def test_ordinary_words_are_asked_about_and_named_only_with_capitals() -> None:
    assert said("hope stone bridges will hold") == [("hope", "exact", "possible")]
    assert said("Hope Stone crosses the bridge") == [("hope", "exact", "named")]
    assert said("stone hope") == []
    assert said("Stone, Hope") == [("hope", "order", "possible")]


def test_a_single_word_counts_because_it_is_registered() -> None:
    assert said("zephyrine on a trapeze") == [("velvet", "exact", "named")]
    assert said("zephirine on a trapeze") == [("velvet", "phonetic", "named")]
    assert said("a velvet curtain") == [("velvet", "exact", "possible")]
    assert said("we follow Velvet backstage") == [("velvet", "exact", "named")]


def test_other_scripts() -> None:
    assert said("Iosif Schtscheglowitski")[0][0] == "iosif"
    assert said("портрет Иосифа Щегловитского")[0][0] == "iosif"
    assert said("一張白云雀的照片") == [("bai", "exact", "named")]
    assert said("bai yunque, wide shot") == [("bai", "spaced", "named")]
    assert said("Rosamund Odegard Vance") == [("rosamund", "accents", "named")]
    assert said("Rosamund Oedegaard-Vance") == [("rosamund", "accents", "named")]


def test_a_register_of_vowelless_letters_meets_its_latin_prompt() -> None:
    assert said("الخوارزمي", NameEntry(party="x", names=("al-Khwarizmi",))) == [("x", "phonetic", "named")]


def test_what_was_said_is_told_and_the_surest_come_first() -> None:
    found = index().find("Quill? No: Hope Stone, then M a r a  Q u i l l.")
    assert [(one.said, one.alias, one.grade) for one in found] == [
        ("Hope Stone", "Hope Stone", Grade.NAMED),
        ("M a r a Q u i l l", "Mara Quill", Grade.NAMED),
    ]


def test_a_performer_can_be_removed_and_added_again() -> None:
    names = index()
    names.remove("performer:mara")
    assert names.find("Mara Quill, @maraquill, Quill") == ()
    assert len(names) == len(CAST) - 1
    names.add(CAST[0])
    assert [one.party for one in names.find("@maraquill")] == ["performer:mara"]


def test_a_removed_performer_leaves_nothing_behind() -> None:
    names = index(CAST[0])
    names.remove("performer:mara")
    register = names._register
    left = {name: kept for name, kept in vars(register).items() if name != "_numbers" and kept}
    assert left == {}


def test_namesakes_are_all_told_up_to_a_limit() -> None:
    many = [NameEntry(party=f"p:{number:03}", names=("Mara Quill",)) for number in range(HITS_MAX + 40)]
    found = index(*many).find("Mara Quill")
    assert len(found) == HITS_MAX and len({one.party for one in found}) == HITS_MAX


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("a" * (PROMPT_CHARACTERS_MAX + 1), "characters"),
        ("a " * (WORDS_MAX + 1), "words"),
        ("\ufdfa" * 9_000, "unfolds"),
    ],
)
def test_what_cannot_be_checked_is_refused(prompt: str, says: str) -> None:
    with pytest.raises(PromptError, match=says):
        index().find(prompt)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (NameEntry(party="p", names=()), "0 names"),
        (NameEntry(party="p", names=("",)), "1 to"),
        (NameEntry(party="p", names=("1234",)), "words of letters"),
        (NameEntry(party="p", names=("a b c d e f g h i",)), "words of letters"),
        (NameEntry(party="p", names=("x" * 121,)), "characters"),
        (NameEntry(party="performer:mara", names=("Mara Quill",)), "already"),
    ],
)
def test_a_name_that_cannot_be_registered_changes_nothing(entry: NameEntry, says: str) -> None:
    names = index()
    with pytest.raises(EntryError, match=says):
        names.add(entry)
    assert len(names) == len(CAST) and names.find("Mara Quill")


def test_nobody_unknown_can_be_removed() -> None:
    with pytest.raises(EntryError, match="not registered"):
        index().remove("performer:nobody")


def test_what_is_remembered_of_a_word_is_forgotten_when_the_register_changes() -> None:
    names = index(CAST[1])
    assert names.find("Mara Quill, Mraa Quill") == ()
    names.add(CAST[0])
    assert [one.grade for one in names.find("Mraa Quill")] == [Grade.NAMED]
    names.remove("performer:mara")
    assert names.find("Mara Quill, Mraa Quill") == ()


def test_an_answer_does_not_depend_on_what_was_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = "Mxra Qxill Moro Qaill"
    fresh, asked = index(), index()
    asked.find(prompt)
    monkeypatch.setattr(meeting, "COMPARISONS_MAX", 2)
    for names in (fresh, asked):
        with pytest.raises(PromptError, match="at most"):
            names.find(prompt)


def test_memory_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "REMEMBERED_MAX", 8)
    names = index()
    names.find(" ".join(f"w{letter}{letter}rd{other}x" for letter in "aeiou" for other in "bcdfg"))
    assert 0 < len(names._register.remembered) <= 8
    names.find("x" * 9_000)
    assert max(len(key[1][0]) for key in names._register.remembered) < 100
