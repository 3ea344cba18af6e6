"""Every rule holds in the tree, flags what it is made to flag, and spares what is right."""

from __future__ import annotations

import pytest

from tidy import code, core, sizes, sql, words
from tidy.tree import Rule, findings, tracked

RULES = (*sizes.RULES, *core.RULES, *code.RULES, *sql.RULES, *words.RULES)
BAD = [pytest.param(rule, text, id=f"{rule.name}-{n}") for rule in RULES for n, text in enumerate(rule.bad)]
GOOD = [pytest.param(rule, text, id=f"{rule.name}-{n}") for rule in RULES for n, text in enumerate(rule.good)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_tree_keeps(rule: Rule) -> None:
    found = findings(rule)
    assert not found, f"{rule.name}:\n  " + "\n  ".join(found)


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_it_bites(rule: Rule, text: str) -> None:
    """A planted violation is flagged, once at least and with a line."""
    found = list(rule.check(text))
    assert found
    assert all(line >= 1 and what for line, what in found)


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_it_spares(rule: Rule, text: str) -> None:
    """What is right is left alone, or people learn to look away."""
    assert list(rule.check(text)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_it_looks_at_something(rule: Rule) -> None:
    """A rule whose files have moved away would pass for ever."""
    assert any(rule.holds_for(path) for path in tracked())
    assert rule.bad
    assert all(rule.where(path) and path in tracked() for path in rule.spared), "a spared file is gone: drop it here"


def test_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
