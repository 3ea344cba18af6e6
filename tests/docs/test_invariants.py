"""INVARIANTS.md and THREATS.md speak of every invariant, and every test that is named exists."""

from __future__ import annotations

import re
from functools import cache

from docs.pages import ROOT, code, read, rows

INVARIANTS = range(1, 16)


@cache
def _tests_in(path: str) -> frozenset[str]:
    return frozenset(re.findall(r"^def (test_\w+)\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


def _named() -> dict[int, list[tuple[str, str]]]:
    """Invariant to (file, test); `::name` means the file before it."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows(read("docs/INVARIANTS.md")):
        if not row[0].isdecimal():
            continue
        file, tests = "", []
        for said in code(row[2]):
            path, _, name = said.partition("::")
            file = path or file
            tests.append((file, name))
        found[int(row[0])] = tests
    return found


def test_every_invariant_stands_in_order_with_its_tests() -> None:
    named = _named()
    assert list(named) == list(INVARIANTS)
    for number, tests in named.items():
        assert tests, number
        for file, name in tests:
            assert (ROOT / file).is_file(), file
            assert name in _tests_in(file), f"{file} has no {name}"


def test_a_test_that_carries_a_number_stands_at_that_number() -> None:
    for number, tests in _named().items():
        for _, name in tests:
            found = re.match(r"test_invariant_(\d+)_", name)
            assert found is None or int(found.group(1)) == number, name


def test_no_test_carries_a_number_that_is_no_invariant() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        for number in re.findall(r"^def test_invariant_(\d+)_", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert int(number) in INVARIANTS, path.name


def test_threats_mentions_every_invariant() -> None:
    text = read("docs/THREATS.md")
    told = {int(number) for number in re.findall(r"\((\d+)\)", text)}
    assert told == set(INVARIANTS), told ^ set(INVARIANTS)
