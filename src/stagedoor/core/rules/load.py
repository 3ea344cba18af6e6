"""Plain values (what the YAML files hold) to a Rulebook, refusing what a person must mend: which file, what, how.

A value without a source does not load; nor one with an unknown unit, a stamp in the future of `read_on`, dates out of
order, a rule without words, or a word that the rule language does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from stagedoor.core.base.canonical import CanonicalError, canonical_bytes, digest_of
from stagedoor.core.base.limits import RULES_MAX
from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Effect
from stagedoor.core.facts.party import Role
from stagedoor.core.rules.order import in_reading_order
from stagedoor.core.rules.reading import Reader, RulebookError, case_value
from stagedoor.core.rules.rulebook import Case, Confidence, JudgeRule, Parameter, PayRule, Rulebook, Running
from stagedoor.core.rules.text import FLAG, NUMBER
from stagedoor.core.rules.vocabulary import DATES, KINDS

__all__ = ["RulebookError", "load"]

PAYEES: Final = ("", "performer", "agent", "plans", "union")
COMPUTED: Final = ("gross", "ph_base")
"""Words that pay rules of one book make for the books after it."""

KINDS_OF_BOOK: Final = ("agreement", "plans", "law", "house", "waiver", "deal")
ASKED: Final = ("performer", "agent", "union", "studio", "lawyer", "guardian", "estate")
TOLD: Final = ("performer", "agent", "estate", "union", "studio", "plans", "regulator", "public")
SECTIONS: Final = ("parameters", "judges", "pays", "running", "cases")
ANSWER_DAYS: Final = 14
"""Days until a question lapses, where its rule names none: two weeks, so that an agent can be reached."""
RUNNING_NAMES: Final = ("prior_gross",)
"""Running totals that the store keeps; a rulebook can declare no other."""


def load(plain: Mapping[str, Any], *, read_on: date) -> Rulebook:
    """Build a rulebook from `{"index": ..., "files": {path: content}}`; raises RulebookError."""
    try:
        digest = digest_of("rulebook", canonical_bytes(plain))
    except CanonicalError as fault:
        raise RulebookError("the rulebook", str(fault), "Write amounts as text and everything else whole.") from fault
    index = Reader("index.yaml", plain.get("index"), read_on)
    index.only("name", "version", "title", "parties", "ratified", "first_day", "last_day", "note", "kind", "status",
               "place", "decides_with", "succeeds", "carried_over", "user_rates")  # fmt: skip
    files: Mapping[str, Any] = plain.get("files") or {}
    parts = _Parts(files, read_on)
    if len(parts.parameters) + len(parts.judges) + len(parts.pays) > RULES_MAX:
        raise RulebookError("the rulebook", f"more than {RULES_MAX} rules", "Split it.")
    _unique(tuple(rule.rule for rule in parts.judges) + tuple(rule.rule for rule in parts.pays))
    pays = in_reading_order(tuple(parts.pays))
    _not_in_itself(pays, tuple(parts.running))
    return Rulebook(
        name=index.text("name"),
        version=index.text("version"),
        title=index.text("title"),
        note=index.text("note"),
        digest=digest,
        first_day=index.day("first_day"),
        last_day=index.day_or_none("last_day"),
        parameters=tuple(parts.parameters),
        judges=tuple(parts.judges),
        pays=pays,
        cases=tuple(parts.cases),
        kind=index.choice("kind", KINDS_OF_BOOK, "agreement"),
        status=index.choice("status", ("in_force", "proposed"), "in_force"),
        place=index.text("place", ""),
        parties=index.text("parties", ""),
        ratified=index.text("ratified", ""),
        succeeds=index.text("succeeds", ""),
        decides_with=index.words("decides_with"),
        running=tuple(parts.running),
        files=tuple(parts.files.items()),
    )


class _Parts:
    """All items of all files: parameters first, because rules read them."""

    def __init__(self, files: Mapping[str, Any], read_on: date) -> None:
        self.read_on = read_on
        self.steps: set[str] = set()
        self.names = dict(KINDS) | dict.fromkeys(COMPUTED, NUMBER)
        self.files: dict[str, str] = {}
        self.parameters: list[Parameter] = []
        self.judges: list[JudgeRule] = []
        self.pays: list[PayRule] = []
        self.running: list[Running] = []
        self.cases: list[Case] = []
        for reader, path in self.each(files, "parameters"):
            self.note(path, reader.parameter())
        steps = [reader for reader, _ in self.each(files, "pays") if not reader.item.get("payee")]
        for reader in steps:
            name = reader.text("name")
            if name in self.names and name not in COMPUTED and name not in self.steps:
                raise reader.fail(f"'{name}' is a word or a parameter already", "Give the step a name of its own.")
            self.names[name] = NUMBER
            self.steps.add(name)
        for reader, path in self.each(files, "judges"):
            rule = _judge(reader, self.names)
            self.judges.append(rule)
            self.files[rule.rule] = path
        for reader, path in self.each(files, "pays"):
            pay = _pay(reader, self.names, self.steps)
            self.pays.append(pay)
            self.files[pay.rule] = path
        self.running += [_running(reader) for reader, _ in self.each(files, "running")]
        self.cases += [_case(reader, path) for reader, path in self.each(files, "cases")]

    def each(self, files: Mapping[str, Any], key: str) -> list[tuple[Reader, str]]:
        """A reader for each item of one section, in the order of the files."""
        return [
            (Reader(path, item, self.read_on), path)
            for path, content in sorted(files.items())
            for item in _items(path, content, key)
        ]

    def note(self, path: str, parameter: Parameter) -> None:
        """Keep a parameter, whose name must be its own."""
        if parameter.name in self.names:
            raise RulebookError(parameter.name, "this name is taken", "Give the parameter another name.")
        self.names[parameter.name] = NUMBER
        self.files[parameter.name] = path
        self.parameters.append(parameter)


def _items(path: str, content: Any, key: str) -> list[Any]:
    if not isinstance(content, Mapping):
        raise RulebookError(
            path, "the file holds no named sections", "Begin it with parameters:, judges:, pays: or cases:."
        )
    unknown = sorted(set(content) - set(SECTIONS))
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


def _not_in_itself(pays: tuple[PayRule, ...], running: tuple[Running, ...]) -> None:
    """A running total of an amount that reads that very total would count itself."""
    for total in running:
        reached = {total.name}
        for pay in pays:
            if reached & set(pay.reads):
                reached.add(pay.name)
        if total.sums in reached:
            what = f"it sums '{total.sums}', which reads '{total.name}' itself"
            raise RulebookError(f"running, {total.name}", what, "Sum an amount that does not depend on it.")


def _judge(reader: Reader, names: Mapping[str, str]) -> JudgeRule:
    reader.only("rule", "says", "applies", "when", "effect", "code", "asks", "needs", "answer_days", "to", "due",
                "from", "until", "keyed_by", "clause", "source")  # fmt: skip
    source = reader.source()
    effect = Effect(reader.choice("effect", ("forbid", "ask", "note", "duty", "notice")))
    if source.confidence is Confidence.UNSEEN and effect is not Effect.ASK:
        raise reader.fail("nobody has read this clause, so it can only ask", "Set 'effect: ask'.")
    code = None
    if effect is Effect.FORBID:
        wanted = reader.choice("code", tuple(member.value for member in Code))
        code = next(member for member in Code if member.value == wanted)
    asks = Role(reader.choice("asks", ASKED)) if effect is Effect.ASK else None
    tells = effect in (Effect.DUTY, Effect.NOTICE)
    for key, fits in (("code", effect is Effect.FORBID), ("asks", asks), ("needs", asks), ("answer_days", asks),
                      ("to", tells), ("due", tells)):  # fmt: skip
        if reader.has(key) and not fits:
            raise reader.fail(f"'{key}' does not go with 'effect: {effect.value}'", "Leave it out.")
    answer_days = reader.whole("answer_days", ANSWER_DAYS if asks else 0)
    if asks and answer_days < 1:
        raise reader.fail(f"'answer_days: {answer_days}' leaves nobody time to answer", "Give a day at least.")
    return JudgeRule(
        rule=reader.text("rule"),
        says=reader.text("says"),
        applies=reader.rule_text("applies", names, FLAG) if reader.has("applies") else None,
        when=reader.rule_text("when", names, FLAG),
        effect=effect,
        code=code,
        asks=asks,
        needs=reader.words("needs"),
        answer_days=answer_days,
        to=reader.choice("to", TOLD) if tells else "",
        due=reader.due(),
        window=reader.window(),
        clause=reader.text("clause"),
        source=source,
    )


def _pay(reader: Reader, names: Mapping[str, str], steps: set[str]) -> PayRule:
    reader.only("rule", "name", "title", "applies", "formula", "payee", "on_top", "account", "from", "until",
                "keyed_by", "clause", "source")  # fmt: skip
    source = reader.source()
    if not source.confidence.may_pay:
        raise reader.fail(f"its confidence is {source.confidence.value}, which never pays", "Ask a person instead.")
    name = reader.text("name")
    payee = reader.choice("payee", PAYEES)
    if payee and name in names and name not in COMPUTED:
        raise reader.fail(f"'{name}' is a word or a parameter already", "Give the line a name of its own.")
    assert payee or name in steps
    account = reader.text("account", "")
    if account and payee not in ("plans", "union"):
        raise reader.fail("'account' is for payments to plans or the union", "Leave it out.")
    return PayRule(
        rule=reader.text("rule"),
        name=name,
        title=reader.text("title"),
        applies=reader.rule_text("applies", names, FLAG) if reader.has("applies") else None,
        formula=reader.rule_text("formula", names, NUMBER),
        payee=payee,
        on_top=reader.flag("on_top", "Say whether the employer pays it beside the gross."),
        account=account,
        window=reader.window(),
        clause=reader.text("clause"),
        source=source,
    )


def _running(reader: Reader) -> Running:
    reader.only("name", "sum", "by")
    return Running(
        name=reader.choice("name", RUNNING_NAMES),
        sums=reader.text("sum"),
        by=reader.words("by"),
    )


def _case(reader: Reader, path: str) -> Case:
    reader.only("name", "rule", "given", "day", "photography_began", "dates", "expect")
    given, expect = reader.item.get("given") or {}, reader.item.get("expect")
    dates = reader.item.get("dates") or {}
    if not isinstance(given, Mapping) or not isinstance(expect, Mapping) or not expect:
        raise reader.fail("a case needs 'given:' and 'expect:'", "Write the values that go in and what comes out.")
    if not isinstance(dates, Mapping):
        raise reader.fail("'dates' is not a list of days by name", "Write 'dates: {signed_on: \"2026-10-01\"}'.")
    unknown = sorted(set(dates) - set(DATES))
    if unknown:
        raise reader.fail(f"'{unknown[0]}' is not a date word", f"The date words are: {', '.join(DATES)}.")
    inner = Reader(reader.where, dates, reader.read_on)
    results: list[tuple[str, int | bool | str]] = []
    for key, value in sorted(expect.items()):
        result = case_value(reader, value)
        if isinstance(result, tuple) or (isinstance(result, str) and key != "due"):
            raise reader.fail(f"'{value}' is not a result", "Expect true, false, a whole number or an amount.")
        results.append((str(key), result))
    return Case(
        name=reader.text("name"),
        file=path,
        rule=reader.text("rule"),
        given=tuple((str(key), case_value(reader, value)) for key, value in sorted(given.items())),
        day=reader.day("day"),
        photography_began=reader.day("photography_began"),
        dates=tuple((key, inner.day(key)) for key in sorted(dates)),
        expect=tuple(results),
    )
