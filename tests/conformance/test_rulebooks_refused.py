"""What the loader and the folder of rulebooks refuse, in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from core import builders as make
from core.plain_books import INDEX, SOURCE, judge, load_plain, parameter, pay, plain_book
from stagedoor.adapters.rulebooks import FILE_BYTES_MAX, FolderRulebooks
from stagedoor.core.rules.load import RulebookError

# --- what the loader refuses ----------------------------------------------------------------------------------------

Defect = tuple[dict[str, Any], tuple[str, ...]]


def value(**over: Any) -> dict[str, Any]:
    """A parameter with one value, changed."""
    return parameter(values=[parameter()["values"][0] | over])


def without(item: dict[str, Any], key: str) -> dict[str, Any]:
    """The item without a field."""
    return {name: content for name, content in item.items() if name != key}


def two_values(first: str, second: str) -> dict[str, Any]:
    """A parameter with two values from two days."""
    return parameter(values=[parameter()["values"][0] | {"from": day} for day in (first, second)])


def sourced(**over: Any) -> dict[str, Any]:
    """A source, changed."""
    return {"source": SOURCE | over}


DEFECTS: dict[str, Defect] = {
    "value-without-source": (
        plain_book(parameters=(parameter(values=[without(parameter()["values"][0], "source")]),)),
        ("rules.yaml, a_rate, value from 2023-01-01", "names no source", "Add 'source:'"),
    ),
    "rule-without-source": (plain_book(judges=(without(judge(), "source"),)), ("x-1", "names no source")),
    "source-without-url": (
        plain_book(parameters=(value(source=without(SOURCE, "url")),)),
        ("source", "'url' is missing or empty"),
    ),
    "unknown-unit": (
        plain_book(parameters=(parameter(unit="dollars"),)),
        ("'unit: dollars' is not known", "money, bp"),
    ),
    "unknown-key": (
        plain_book(parameters=(parameter(keyed_by="release"),)),
        ("'keyed_by: release'", "photography_began"),
    ),
    "future-stamp": (
        plain_book(parameters=(value(**sourced(verified="2026-11-21")),)),
        ("verified on 2026-11-21", "yet to come"),
    ),
    "unknown-confidence": (
        plain_book(parameters=(value(**sourced(confidence="sure")),)),
        ("'confidence: sure'", "high"),
    ),
    "unsorted-dates": (
        plain_book(parameters=(two_values("2024-01-01", "2023-01-01"),)),
        ("value from 2023-01-01", "not after the one before", "Sort"),
    ),
    "same-date-twice": (
        plain_book(parameters=(two_values("2024-01-01", "2024-01-01"),)),
        ("not after the one before",),
    ),
    "no-values": (plain_book(parameters=(parameter(values=[]),)), ("it has no values",)),
    "not-a-day": (plain_book(parameters=(two_values("2023-1-1", "2024-01-01"),)), ("'from: 2023-1-1' is not a day",)),
    "amount-as-number": (plain_book(parameters=(value(value=100),)), ("is not an amount", "six decimals")),
    "amount-with-two-decimals": (
        plain_book(parameters=(value(value="100.00 USD"),)),
        ("'100.00 USD' is not an amount",),
    ),
    "unknown-currency": (plain_book(parameters=(value(value="1.000000 XYZ"),)), ("currency 'XYZ' is not known",)),
    "two-currencies": (
        plain_book(
            parameters=(
                parameter(
                    values=[
                        parameter()["values"][0],
                        {"from": "2024-01-01", "value": "1.000000 EUR", "source": SOURCE},
                    ]
                ),
            )
        ),
        ("several currencies",),
    ),
    "rate-as-fraction": (
        plain_book(parameters=(parameter(unit="bp") | value(value=0.21) | {"unit": "bp"},)),
        ("a float has no canonical form", "Write amounts as text"),
    ),
    "rate-as-text": (plain_book(parameters=(value(value="21 %") | {"unit": "bp"},)), ("not a whole number", "2100 bp")),
    "rate-negative": (
        plain_book(parameters=(value(value=-1) | {"unit": "bp"},)),
        ("'value: -1' is not a whole number",),
    ),
    "number-too-large": (plain_book(parameters=(value(value=2**53) | {"unit": "count"},)), ("beyond 2^53 - 1",)),
    "name-of-a-word": (plain_book(parameters=(parameter(name="day_rate"),)), ("day_rate", "this name is taken")),
    "name-twice": (plain_book(parameters=(parameter(), parameter())), ("a_rate", "this name is taken")),
    "unknown-word": (
        plain_book(judges=(judge(when="notice_hour < 48"),)),
        ("x-1", "'notice_hour' is not a word", "near it: notice_hours", "RULE-LANGUAGE.md"),
    ),
    "not-a-rule": (plain_book(judges=(judge(when="use = 'train'"),)), ("'when' cannot be read", "is not a rule")),
    "a-number-where-a-flag-is-needed": (plain_book(judges=(judge(when="units + 1"),)), ("gives a number, not a flag",)),
    "a-flag-where-a-number-is-needed": (plain_book(pays=(pay(formula="released"),)), ("gives a flag, not a number",)),
    "eval": (plain_book(judges=(judge(when="__import__('os').system('true') == 0"),)), ("'when' cannot be read",)),
    "division": (plain_book(pays=(pay(formula="day_rate / 2"),)), ("only + - * are allowed", "bp(amount, rate)")),
    "a-fraction": (plain_book(pays=(pay(formula="day_rate * 0.21"),)), ("amounts are never fractions",)),
    "unknown-effect": (plain_book(judges=(judge(effect="deny"),)), ("'effect: deny'", "forbid, ask, note")),
    "permit-by-rule": (plain_book(judges=(judge(effect="permit"),)), ("'effect: permit' is not known",)),
    "unknown-code": (plain_book(judges=(judge(code="forbidden"),)), ("'code: forbidden' is not known", "rule_forbids")),
    "forbid-without-code": (plain_book(judges=(without(judge(), "code"),)), ("'code: ' is not known",)),
    "ask-nobody": (plain_book(judges=(judge(effect="ask"),)), ("'asks: ' is not known", "performer")),
    "unseen-rule-that-forbids": (
        plain_book(judges=(judge(**sourced(confidence="unseen")),)),
        ("nobody has read this clause, so it can only ask", "effect: ask"),
    ),
    "unseen-rule-that-notes": (
        plain_book(judges=(judge(effect="note", **sourced(confidence="unseen")),)),
        ("so it can only ask",),
    ),
    "low-confidence-pay-rule": (
        plain_book(pays=(pay(**sourced(confidence="low")),)),
        ("its confidence is low, which never pays", "Ask a person"),
    ),
    "unseen-pay-rule": (plain_book(pays=(pay(**sourced(confidence="unseen")),)), ("which never pays",)),
    "a-step-of-a-taken-name": (
        plain_book(parameters=(parameter(),), pays=(pay(name="a_rate", payee=""),)),
        ("x-2", "'a_rate' is a word or a parameter already", "a name of its own"),
    ),
    "amounts-in-a-circle": (
        plain_book(
            pays=(pay(name="one", payee="", formula="two"), pay(rule="x-3", name="two", payee="", formula="one"))
        ),
        ("round in a circle", "one reads two reads one"),
    ),
    "account-of-a-performer": (plain_book(pays=(pay(account="a-fund"),)), ("'account' is for payments to plans",)),
    "guard-that-is-a-number": (plain_book(judges=(judge(applies="units"),)), ("'applies' gives a number, not a flag",)),
    "guard-with-an-unknown-word": (plain_book(judges=(judge(applies="usage == 'x'"),)), ("'usage' is not a word",)),
    "window-upside-down": (
        plain_book(judges=(judge(until="2025-01-01") | {"from": "2026-01-01"},)),
        ("'until' is before 'from'",),
    ),
    "window-by-no-date-word": (plain_book(judges=(judge(keyed_by="notice_hours"),)), ("'keyed_by: notice_hours'",)),
    "code-with-a-note": (
        plain_book(judges=(judge(effect="note") | {"code": "held"},)),
        ("'code' does not go with 'effect: note'",),
    ),
    "needs-without-a-question": (
        plain_book(judges=(judge(needs=["the memo"]),)),
        ("'needs' does not go with 'effect: forbid'",),
    ),
    "no-time-to-answer": (
        plain_book(judges=(without(judge(effect="ask", asks="union", answer_days=0), "code"),)),
        ("'answer_days: 0' leaves nobody time",),
    ),
    "duty-to-nobody": (
        plain_book(judges=(without(judge(effect="duty"), "code"),)),
        ("'to: ' is not known", "regulator"),
    ),
    "due-of-no-date-word": (
        plain_book(judges=(without(judge(effect="duty", to="performer", due=[{"of": "wrap", "days": 1}]), "code"),)),
        ("x-1, due", "'of: wrap' is not known", "production_ended"),
    ),
    "due-in-a-century": (
        plain_book(judges=(without(judge(effect="duty", to="estate", due=[{"of": "died_on", "years": 101}]), "code"),)),
        ("more than a century away",),
    ),
    "another-running-total": (
        {
            "index": INDEX,
            "files": {"a.yaml": {"running": [{"name": "prior_days", "sum": "gross", "by": ["performer"]}]}},
        },
        ("'name: prior_days' is not known", "prior_gross"),
    ),
    "unknown-kind-of-book": (plain_book(kind="treaty"), ("index.yaml", "'kind: treaty' is not known", "agreement")),
    "case-of-a-date-that-is-none": (
        {
            "index": INDEX,
            "files": {
                "a.cases.yaml": {
                    "cases": [
                        {
                            "name": "n",
                            "rule": "x-1",
                            "day": "2026-01-01",
                            "photography_began": "2026-01-01",
                            "dates": {"wrap": "2026-01-01"},
                            "given": {},
                            "expect": {"speaks": True},
                        }
                    ]
                }
            },
        },
        ("a.cases.yaml, x-1", "'wrap' is not a date word"),
    ),
    "unknown-payee": (plain_book(pays=(pay(payee="studio"),)), ("'payee: studio' is not known",)),
    "on-top-in-words": (plain_book(pays=(pay(on_top="yes"),)), ("'on_top' is neither true nor false",)),
    "duplicate-id": (plain_book(judges=(judge(),), pays=(pay(rule="x-1"),)), ("x-1", "two rules have this id")),
    "no-words": (plain_book(judges=(judge(says=" "),)), ("'says' is missing or empty",)),
    "no-clause": (plain_book(judges=(without(judge(), "clause"),)), ("'clause' is missing or empty",)),
    "unknown-field": (
        plain_book(judges=(judge(unless="released"),)),
        ("'unless' is not a field here", "The fields are"),
    ),
    "unknown-section": ({"index": INDEX, "files": {"a.yaml": {"rates": []}}}, ("a.yaml", "'rates' is not a section")),
    "section-that-is-a-field": ({"index": INDEX, "files": {"a.yaml": {"judges": judge()}}}, ("is not a list", "dash")),
    "file-that-is-a-list": ({"index": INDEX, "files": {"a.yaml": [judge()]}}, ("a.yaml", "holds no named sections")),
    "item-that-is-a-text": (
        {"index": INDEX, "files": {"a.yaml": {"judges": ["x"]}}},
        ("not a list of fields", "Indent"),
    ),
    "index-without-first-day": (
        {"index": without(INDEX, "first_day"), "files": {}},
        ("'first_day: None' is not a day",),
    ),
    "no-index": ({"files": {}}, ("index.yaml",)),
    "case-without-expect": (
        plain_book(judges=(judge(),)) | {"files": {"a.cases.yaml": {"cases": [{"name": "n", "rule": "x-1"}]}}},
        ("a.cases.yaml", "a case needs 'given:' and 'expect:'"),
    ),
}


@pytest.mark.parametrize(("plain", "words"), DEFECTS.values(), ids=DEFECTS)
def test_the_loader_refuses(plain: dict[str, Any], words: tuple[str, ...]) -> None:
    """Which file, what is wrong, what to do: in these words."""
    with pytest.raises(RulebookError) as refusal:
        load_plain(plain)
    for word in words:
        assert word in str(refusal.value)


def test_the_plain_book_of_these_defects_loads() -> None:
    """So that each refusal above is about its own defect."""
    book = load_plain(plain_book(parameters=(parameter(),), judges=(judge(),), pays=(pay(),)))
    assert (len(book.parameters), len(book.judges), len(book.pays)) == (1, 1, 1)


# --- what the folder refuses ----------------------------------------------------------------------------------------


def folder(root: Path, **texts: str) -> FolderRulebooks:
    """A rulebook in files; a name's `__` stands for a point."""
    place = root / "test_book"
    place.mkdir()
    files = {
        "index.yaml": yaml.safe_dump(INDEX),
        "rules.yaml": yaml.safe_dump({"judges": [judge()]}),
        "rules.cases.yaml": "cases: []\n",
    }
    for name, text in (files | {name.replace("__", "."): text for name, text in texts.items()}).items():
        if text:
            (place / name).write_text(text, encoding="utf-8")
    return FolderRulebooks(root, read_on=make.READ_ON)


def parameter_file(value: str) -> str:
    """A file whose one parameter has this value, as it is written."""
    text = yaml.safe_dump({"parameters": [parameter(name="a_count", unit="count")]})
    assert "100.000000 USD" in text
    return text.replace("100.000000 USD", value)


BOMB = "\n".join(["a: &a [x,x,x,x,x,x,x,x,x]", *(f"{n}: &{n} [{','.join(['*' + p] * 9)}]" for p, n in zip("abcdefgh", "bcdefghi", strict=True))])  # fmt: skip  # noqa: E501

FILES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "file-without-cases": ({"rules__cases__yaml": ""}, ("rules.yaml", "no worked cases", "rules.cases.yaml")),
    "alias-bomb": ({"rules__yaml": BOMB}, ("rules.yaml", "tags and anchors are not used")),
    "alias-of-nothing": ({"rules__yaml": "judges: *base\n"}, ("rules.yaml", "aliases are not used in rulebooks")),
    "python-object": (
        {"rules__yaml": "judges: !!python/object/apply:os.system ['true']\n"},
        ("rules.yaml", "tags and anchors are not used"),
    ),
    "python-name": ({"rules__yaml": "judges: !!python/name:os.system\n"}, ("tags and anchors are not used",)),
    "own-tag": ({"rules__yaml": "judges: !rate 5\n"}, ("tags and anchors are not used",)),
    "key-twice": ({"rules__yaml": "judges: []\njudges: []\n"}, ("rules.yaml", "'judges' stands twice")),
    "key-twice-in-the-index": (
        {"index__yaml": yaml.safe_dump(INDEX) + "version: '2'\n"},
        ("index.yaml", "'version' stands twice"),
    ),
    "merge-key": ({"rules__yaml": "judges:\n  - <<: {rule: x}\n"}, ("'<<' is not a field here",)),
    "key-that-is-no-text": ({"rules__yaml": "1: x\n"}, ("the key '1' is not text",)),
    "oversize": ({"rules__yaml": "# " + "x" * FILE_BYTES_MAX}, ("rules.yaml", "At most 1048576 are read")),
    "two-documents": ({"rules__yaml": "judges: []\n---\njudges: []\n"}, ("a second document begins",)),
    "not-yaml": ({"rules__yaml": "judges: [\n"}, ("rules.yaml", "not readable YAML")),
    "too-deep": ({"rules__yaml": "judges: " + "[" * 50_000}, ("rules.yaml", "not readable YAML")),
    "a-fraction": (
        {"rules__yaml": parameter_file("1.5")},
        ("rules.yaml, a_count", "'value: 1.5' is not a whole number"),
    ),
    "a-forced-fraction": ({"rules__yaml": parameter_file("!!float 1.5")}, ("tags and anchors are not used",)),
    "a-leading-zero": ({"rules__yaml": parameter_file("010")}, ("'value: 010' is not a whole number",)),
    "a-yes": ({"rules__yaml": parameter_file("yes")}, ("'value: yes' is not a whole number",)),
    "a-flag-for-a-number": ({"rules__yaml": parameter_file("true")}, ("'value: True' is not a whole number",)),
    "nothing-for-a-number": ({"rules__yaml": parameter_file("~")}, ("'value: None' is not a whole number",)),
    "binary": ({"rules__yaml": "judges:\n  - rule: !!binary aGk=\n"}, ("tags and anchors are not used",)),
    "a-date-stays-text": ({"rules__yaml": "judges:\n  - rule: 2026-01-01\n"}, ("2026-01-01", "names no source")),
    "empty-file": ({"rules__yaml": "# nothing\n"}, ("rules.yaml", "holds no named sections")),
}


@pytest.mark.parametrize(("texts", "words"), FILES.values(), ids=FILES)
def test_the_folder_refuses(tmp_path: Path, texts: dict[str, str], words: tuple[str, ...]) -> None:
    """Files are inert: nothing in one can act, unfold or hide."""
    rulebooks = folder(tmp_path, **texts)
    with pytest.raises(RulebookError) as refusal:
        rulebooks.load("test_book")
    for word in words:
        assert word in str(refusal.value)


def test_not_utf_8_is_refused(tmp_path: Path) -> None:
    """A file in another encoding is not guessed at."""
    rulebooks = folder(tmp_path)
    (tmp_path / "test_book" / "rules.yaml").write_bytes(b"judges: [\xff]\n")
    with pytest.raises(RulebookError, match="not readable YAML"):
        rulebooks.load("test_book")


@pytest.mark.parametrize("name", ["", ".", "..", "../test_book", "test_book/..", "/etc", "nobody", "test book"])
def test_only_a_name_of_a_folder_is_a_rulebook(tmp_path: Path, name: str) -> None:
    """No path leads out, and the message tells which there are."""
    with pytest.raises(RulebookError, match="no such rulebook"):
        folder(tmp_path).load(name)


def test_the_folder_of_these_defects_loads(tmp_path: Path) -> None:
    """So that each refusal above is about its own defect."""
    assert folder(tmp_path).load("test_book").judges[0].rule == "x-1"
