"""Plain values (what the YAML files hold) to a Rulebook, refusing what a person must mend: which file, what, how.

A value without a source does not load; nor one with an unknown unit, a stamp in the future of `read_on`, dates out of
order, a rule without words, or a word that the rule language does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from stagedoor.core.base.canonical import CanonicalError, canonical_bytes, digest_of
from stagedoor.core.base.limits import RULES_MAX
from stagedoor.core.base.money import Money, MoneyError
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Effect
from stagedoor.core.facts.party import Role
from stagedoor.core.rules.rulebook import (
    Case,
    Confidence,
    DatedValue,
    JudgeRule,
    Parameter,
    PayRule,
    Rulebook,
    Source,
)
from stagedoor.core.rules.text import FLAG, NUMBER, RuleText, RuleTextError, parse
from stagedoor.core.rules.vocabulary import KINDS

UNITS: Final = ("money", "bp", "hours", "days", "degrees", "count")
KEYS: Final = ("photography_began", "day")
PAYEES: Final = ("", "performer", "agent", "plans")
COMPUTED: Final = ("gross", "ph_base")
"""Words that pay rules of one book make for the books after it."""


class RulebookError(ValueError):
    """A rulebook that cannot be used: where, what is wrong, what to do."""

    def __init__(self, where: str, what: str, todo: str) -> None:
        super().__init__(f"{where}: {what}. {todo}")
        self.where = where


def load(plain: Mapping[str, Any], *, read_on: date) -> Rulebook:
    """Build a rulebook from `{"index": ..., "files": {path: content}}`; raises RulebookError."""
    try:
        digest = digest_of("rulebook", canonical_bytes(plain))
    except CanonicalError as fault:
        raise RulebookError("the rulebook", str(fault), "Write amounts as text and everything else whole.") from fault
    reader = _Reader("index.yaml", plain.get("index"), read_on)
    reader.only("name", "version", "title", "parties", "ratified", "first_day", "last_day", "note")
    files: Mapping[str, Any] = plain.get("files") or {}
    names = dict(KINDS) | dict.fromkeys(COMPUTED, NUMBER)
    parameters: list[Parameter] = []
    for path, content in sorted(files.items()):
        parameters += [_Reader(path, item, read_on).parameter() for item in _items(path, content, "parameters")]
    for parameter in parameters:
        if parameter.name in names:
            raise RulebookError(parameter.name, "this name is taken", "Give the parameter another name.")
        names[parameter.name] = NUMBER
    judges: list[JudgeRule] = []
    pays: list[PayRule] = []
    cases: list[Case] = []
    for path, content in sorted(files.items()):
        judges += [_Reader(path, item, read_on).judge(names) for item in _items(path, content, "judges")]
        pays += [_Reader(path, item, read_on).pay(names) for item in _items(path, content, "pays")]
        cases += [_Reader(path, item, read_on).case(path) for item in _items(path, content, "cases")]
    if len(parameters) + len(judges) + len(pays) > RULES_MAX:
        raise RulebookError("the rulebook", f"more than {RULES_MAX} rules", "Split it.")
    _unique(tuple(rule.rule for rule in judges) + tuple(rule.rule for rule in pays))
    return Rulebook(
        name=reader.text("name"),
        version=reader.text("version"),
        title=reader.text("title"),
        note=reader.text("note"),
        digest=digest,
        first_day=reader.day("first_day"),
        last_day=reader.day("last_day") if reader.has("last_day") else None,
        parameters=tuple(parameters),
        judges=tuple(judges),
        pays=tuple(pays),
        cases=tuple(cases),
    )


def _items(path: str, content: Any, key: str) -> list[Any]:
    if not isinstance(content, Mapping):
        raise RulebookError(
            path, "the file holds no named sections", "Begin it with parameters:, judges:, pays: or cases:."
        )
    unknown = sorted(set(content) - {"parameters", "judges", "pays", "cases"})
    if unknown:
        raise RulebookError(path, f"'{unknown[0]}' is not a section", "Use parameters:, judges:, pays: or cases:.")
    items = content.get(key)
    if items is None:
        return []
    if not isinstance(items, list | tuple):
        raise RulebookError(path, f"'{key}' is not a list", "Put a dash before each item.")
    return list(items)


def _unique(names: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RulebookError(name, "two rules have this id", "Rename one of them.")
        if ":" in name:
            raise RulebookError(name, "a colon is for questions of the consent and of the price", "Rename the rule.")
        seen.add(name)


class _Reader:
    """Reads one item's fields by name, complaining with the file and the item's own name."""

    def __init__(self, path: str, item: Any, read_on: date) -> None:
        if not isinstance(item, Mapping):
            raise RulebookError(path, "an item is not a list of fields", "Indent its fields below the dash.")
        self.item = item
        self.read_on = read_on
        self.where = f"{path}, {item.get('rule') or item.get('name') or 'index'}"

    def fail(self, what: str, todo: str) -> RulebookError:
        return RulebookError(self.where, what, todo)

    def has(self, key: str) -> bool:
        return self.item.get(key) is not None

    def only(self, *keys: str) -> None:
        unknown = sorted(set(self.item) - set(keys))
        if unknown:
            raise self.fail(f"'{unknown[0]}' is not a field here", f"The fields are: {', '.join(keys)}.")

    def text(self, key: str) -> str:
        value = self.item.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"'{key}' is missing or empty", f"Add a line '{key}: ...'.")
        return " ".join(value.split())

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self.item.get(key, "")
        if value not in allowed:
            shown = ", ".join(word for word in allowed if word)
            raise self.fail(f"'{key}: {value}' is not known", f"Use one of: {shown}.")
        return str(value)

    def day(self, key: str) -> date:
        value = self.item.get(key)
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise self.fail(f"'{key}: {value}' is not a day", "Write it as 2026-07-01.") from None

    def source(self) -> Source:
        item = self.item.get("source")
        if not isinstance(item, Mapping):
            raise self.fail("it names no source", "Add 'source:' with title, url, confidence and verified below it.")
        inner = _Reader(self.where, item, self.read_on)
        inner.where = self.where + ", source"
        inner.only("title", "url", "confidence", "verified")
        verified = inner.day("verified")
        if verified > self.read_on:
            raise inner.fail(f"it was verified on {verified}, which is yet to come", "Correct the day.")
        words = tuple(level.value for level in Confidence)
        return Source(
            title=inner.text("title"),
            url=inner.text("url"),
            confidence=Confidence(inner.choice("confidence", words)),
            verified=verified,
        )

    def parameter(self) -> Parameter:
        self.only("name", "title", "unit", "keyed_by", "clause", "values")
        unit = self.choice("unit", UNITS)
        raw = self.item.get("values")
        if not isinstance(raw, list | tuple) or not raw:
            raise self.fail("it has no values", "Add 'values:' with at least one dated value.")
        values: list[DatedValue] = []
        currencies: set[str] = set()
        for item in raw:
            inner = _Reader(self.where, item, self.read_on)
            inner.where = f"{self.where}, value from {item.get('from') if isinstance(item, Mapping) else '?'}"
            inner.only("from", "value", "source")
            since = inner.day("from")
            if values and since <= values[-1].since:
                raise inner.fail("its day is not after the one before it", "Sort the values by day.")
            value, currency = inner.value(unit)
            currencies.add(currency)
            values.append(DatedValue(since=since, value=value, source=inner.source()))
        if len(currencies) > 1:
            raise self.fail("its values are in several currencies", "Write one parameter for each currency.")
        return Parameter(
            name=self.text("name"),
            title=self.text("title"),
            unit=unit,
            currency=currencies.pop(),
            keyed_by=self.choice("keyed_by", KEYS),
            clause=self.text("clause"),
            values=tuple(values),
        )

    def value(self, unit: str) -> tuple[int, str]:
        """The value in its unit's smallest part, and its currency if it is money."""
        value = self.item.get("value")
        if unit == "money":
            try:
                amount = Money.parse(value if isinstance(value, str) else "")
            except MoneyError as fault:
                raise self.fail(str(fault), "An amount is text with six decimals and a currency.") from fault
            return amount.units, amount.currency
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.fail(f"'value: {value}' is not a whole number", f"Write it in whole {unit}; 21 % is 2100 bp.")
        return value, ""

    def rule_text(self, key: str, names: Mapping[str, str], kind: str) -> RuleText:
        try:
            parsed = parse(self.text(key), names)
        except RuleTextError as fault:
            raise self.fail(f"'{key}' cannot be read: {fault}", "See docs/RULE-LANGUAGE.md.") from fault
        if parsed.kind != kind:
            raise self.fail(f"'{key}' gives a {parsed.kind}, not a {kind}", "See docs/RULE-LANGUAGE.md.")
        return parsed

    def judge(self, names: Mapping[str, str]) -> JudgeRule:
        self.only("rule", "says", "when", "effect", "code", "asks", "clause", "source")
        source = self.source()
        effect = Effect(self.choice("effect", ("forbid", "ask", "note")))
        if source.confidence is Confidence.UNSEEN and effect is not Effect.ASK:
            raise self.fail("nobody has read this clause, so it can only ask", "Set 'effect: ask'.")
        code = None
        if effect is Effect.FORBID:
            wanted = self.choice("code", tuple(member.value for member in Code))
            code = next(member for member in Code if member.value == wanted)
        asks = None
        if effect is Effect.ASK:
            asks = Role(self.choice("asks", ("performer", "agent", "union", "studio")))
        return JudgeRule(
            rule=self.text("rule"),
            says=self.text("says"),
            when=self.rule_text("when", names, FLAG),
            effect=effect,
            code=code,
            asks=asks,
            clause=self.text("clause"),
            source=source,
        )

    def pay(self, names: Mapping[str, str]) -> PayRule:
        self.only("rule", "name", "title", "formula", "payee", "on_top", "clause", "source")
        source = self.source()
        if not source.confidence.may_pay:
            raise self.fail(f"its confidence is {source.confidence.value}, which never pays", "Ask a person instead.")
        on_top = self.item.get("on_top", False)
        if not isinstance(on_top, bool):
            raise self.fail("'on_top' is neither true nor false", "Say whether the employer pays it beside the gross.")
        name = self.text("name")
        payee = self.choice("payee", PAYEES)
        if name in names and name not in COMPUTED:
            raise self.fail(f"'{name}' is a word or a parameter already", "Give the line a name of its own.")
        if not payee and name not in COMPUTED:
            raise self.fail(f"'{name}' pays nobody and no rule can read it", f"Name one of: {', '.join(COMPUTED)}.")
        return PayRule(
            rule=self.text("rule"),
            name=name,
            title=self.text("title"),
            formula=self.rule_text("formula", names, NUMBER),
            payee=payee,
            on_top=on_top,
            clause=self.text("clause"),
            source=source,
        )

    def case(self, path: str) -> Case:
        self.only("name", "rule", "given", "day", "photography_began", "expect")
        given, expect = self.item.get("given") or {}, self.item.get("expect")
        if not isinstance(given, Mapping) or not isinstance(expect, Mapping) or not expect:
            raise self.fail("a case needs 'given:' and 'expect:'", "Write the values that go in and what comes out.")
        return Case(
            name=self.text("name"),
            file=path,
            rule=self.text("rule"),
            given=tuple((str(key), _case_value(self, value)) for key, value in sorted(given.items())),
            day=self.day("day"),
            photography_began=self.day("photography_began"),
            expect=tuple((str(key), _case_result(self, value)) for key, value in sorted(expect.items())),
        )


_LOOKS_LIKE_MONEY: Final = re.compile(r"-?[0-9].* [A-Z]{3}")


def _case_value(reader: _Reader, value: Any) -> int | str | bool | tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, str) and _LOOKS_LIKE_MONEY.fullmatch(value):
        try:
            return Money.parse(value).units
        except MoneyError as fault:
            raise reader.fail(str(fault), "An amount has six decimals, as 1450.000000 USD.") from fault
    if isinstance(value, str | int):
        return value
    raise reader.fail(f"'{value}' is not a value", "Use texts, whole numbers, true, false or amounts.")


def _case_result(reader: _Reader, value: Any) -> int | bool:
    result = _case_value(reader, value)
    if isinstance(result, bool | int):
        return result
    raise reader.fail(f"'{value}' is not a result", "Expect true, false, a whole number or an amount.")
