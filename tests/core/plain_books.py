"""Rulebooks as plain values, for tests that need another value than the shipped one."""

from __future__ import annotations

import copy
from datetime import date
from functools import cache
from typing import Any

from core import builders as make
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base.money import Money
from stagedoor.core.rules.load import load
from stagedoor.core.rules.rulebook import Rulebook

SOURCE: dict[str, Any] = {"title": "a test", "url": "tests", "confidence": "high", "verified": "2026-01-02"}
INDEX: dict[str, Any] = {
    "name": "test_book",
    "version": "1",
    "title": "A book for a test",
    "note": "Nobody made this.",
    "first_day": "2023-01-01",
}


def load_plain(plain: dict[str, Any], *, read_on: date = make.READ_ON) -> Rulebook:
    """The rulebook that these plain values are."""
    return load(plain, read_on=read_on)


@cache
def shipped(name: str) -> dict[str, Any]:
    """The plain values of a shipped rulebook; copy before changing."""
    return FolderRulebooks(make.RULEBOOKS, read_on=make.READ_ON).plain(name)


def with_minimum(minimum: Money | None = None, confidence: str = "high") -> dict[str, Any]:
    """The shipped agreement as if it had begun in 2023, with one minimum in place of its dated ones, if given."""
    plain = copy.deepcopy(shipped(make.AGREEMENT))
    plain["index"]["first_day"] = "2023-11-09"
    if minimum is not None:
        (parameter,) = plain["files"]["rates/day_performer.yaml"]["parameters"]
        value = {"from": "2023-11-09", "value": str(minimum), "source": SOURCE | {"confidence": confidence}}
        parameter["values"] = [value]
    return plain


@cache
def earlier_agreement() -> Rulebook:
    """The shipped agreement as if it had begun in 2023, when its minimums were verified."""
    return load_plain(with_minimum())


def parameter(**over: Any) -> dict[str, Any]:
    """One parameter."""
    given: dict[str, Any] = {
        "name": "a_rate",
        "title": "A rate",
        "unit": "money",
        "keyed_by": "day",
        "clause": "test 1",
        "values": [{"from": "2023-01-01", "value": "100.000000 USD", "source": SOURCE}],
    }
    return given | over


def judge(**over: Any) -> dict[str, Any]:
    """One rule that forbids training."""
    given: dict[str, Any] = {
        "rule": "x-1",
        "says": "No.",
        "when": "use == 'train'",
        "effect": "forbid",
        "code": "rule_forbids",
        "clause": "test 2",
        "source": SOURCE,
    }
    if over.get("effect", "forbid") != "forbid":
        del given["code"]
    return given | over


def pay(**over: Any) -> dict[str, Any]:
    """One rule that pays the day rate."""
    given: dict[str, Any] = {
        "rule": "x-2",
        "name": "gross",
        "title": "Gross",
        "formula": "day_rate * new_days",
        "payee": "performer",
        "on_top": False,
        "clause": "test 3",
        "source": SOURCE,
    }
    return given | over


def plain_book(
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    judges: tuple[dict[str, Any], ...] = (),
    pays: tuple[dict[str, Any], ...] = (),
    **index: Any,
) -> dict[str, Any]:
    """A whole rulebook of these items."""
    sections = {"parameters": list(parameters), "judges": list(judges), "pays": list(pays)}
    return {"index": INDEX | index, "files": {"rules.yaml": sections}}
