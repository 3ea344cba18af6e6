"""A rule's text in plain words, for people who do not read formulas.  It decides nothing and is never read back.

`use == 'render' and not consent_given` becomes: what is asked for is render, and it is not so that a consent is signed
and not withdrawn.  Each word of the rule language brings its own phrase from the vocabulary; a parameter and a step of
the price bring their titles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stagedoor.core.rules.rulebook import DueTerm, JudgeRule, PayRule, Rulebook, Window
from stagedoor.core.rules.text import RuleText
from stagedoor.core.rules.tree import (
    FLAG,
    NUMBER,
    After,
    Arithmetic,
    Band,
    Choice,
    Compare,
    Constant,
    Extreme,
    Flag,
    Logic,
    Member,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Share,
    Text,
    Texts,
)
from stagedoor.core.rules.vocabulary import BP_WORDS, DATES, MONEY_WORDS, WORDS

PHRASES: Final = {
    "use": "what is asked for",
    "purpose": "the purpose",
    "medium": "the medium",
    "places": "the places whose law the use touches",
    "unit": "what is metered",
    "units": "the number of units asked for",
    "worker_grade": "the grade of the worker",
    "category": "the performer's category",
    "content": "the content",
    "quality": "the quality",
    "audience": "the audience",
    "asset_kind": "the kind of asset",
    "replica_kind": "the kind of replica",
    "made_under": "the agreement that the replica was made under",
    "holds": "the holds on the asset",
    "capacity": "the capacity in which the consent was signed",
    "after_death": "what the consent says of death",
    "strike_term": "what the consent says of a strike",
    "control_term": "what the consent says of a change of control",
    "withdrawal_mode": "how the consent can be withdrawn",
    "consent_law": "the law that the consent names",
    "alteration": "the reason for the alteration",
    "program": "the kind of programme",
    "pay_type": "the kind of pay",
    "engagement": "the engagement",
    "budget_tier": "the budget tier",
    "market": "the market",
    "origin": "the origin of the voice",
    "synthetic_voice": "the synthetic voice",
    "gross": "the performer's gross",
}
"""Short phrases where the vocabulary's meaning is a list or too long for a sentence."""

_TAIL: Final = re.compile(r"(?:: |; |, (?:an amount|as |in hundredths|or nothing)| \(a ).*$")
"""What a meaning says beyond its first phrase."""


def rule_in_words(text: RuleText, names: Mapping[str, str]) -> str:
    """The text as a phrase.  `names` gives the titles of parameters and steps (`titles_of`)."""
    return _Sayer(names).say(text.tree)


def titles_of(*books: Rulebook) -> dict[str, str]:
    """The titles of all parameters and steps, in quotation marks, and whether one is a share."""
    found: dict[str, str] = {}
    for book in books:
        for pay in book.pays:
            found[pay.name] = PHRASES.get(pay.name, f"“{pay.title}”")
        for parameter in book.parameters:
            found[parameter.name] = f"“{parameter.title}”"
    return found


def judge_in_words(rule: JudgeRule, names: Mapping[str, str]) -> str:
    """When the rule speaks, as one sentence: guard, condition and window."""
    when = rule_in_words(rule.when, names)
    parts = [] if rule.applies is None else [f"Where {rule_in_words(rule.applies, names)}:"]
    always = rule.when.text == "True"
    parts.append("always." if always else f"when {when}.")
    said = " ".join(parts)
    return said[0].upper() + said[1:] + _window(rule.window)


def pay_in_words(rule: PayRule, names: Mapping[str, str]) -> str:
    """What the rule pays, as one sentence."""
    amount = rule_in_words(rule.formula, names)
    guard = "" if rule.applies is None else f"Where {rule_in_words(rule.applies, names)}: "
    said = f"{guard}{amount}."
    return said[0].upper() + said[1:] + _window(rule.window)


def effect_in_words(rule: JudgeRule) -> str:
    """What happens when the rule speaks."""
    if rule.code is not None:
        return f"forbids ({rule.code.value})"
    if rule.asks is not None:
        needs = f"; they must have before them: {'; '.join(rule.needs)}" if rule.needs else ""
        return f"asks the {rule.asks.value}, who has {_count(rule.answer_days, 'day')} to answer{needs}"
    if rule.to:
        kind = "notice to" if rule.effect.value == "notice" else "duty towards"
        return f"{kind} the {rule.to}{_due(rule.due)}"
    return "is noted; the answer does not change"


def payee_in_words(rule: PayRule) -> str:
    """Who gets the amount, and from whose pocket."""
    if not rule.payee:
        return "a step on the way; nobody is paid by it"
    where = "paid by the employer on top" if rule.on_top else "within the gross"
    if rule.payee == "agent":
        where = "out of the gross"
    account = f" ({rule.account})" if rule.account else ""
    return f"to the {rule.payee}{account}, {where}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _due(terms: tuple[DueTerm, ...]) -> str:
    said = [_term(term) for term in terms]
    if not said:
        return ""
    return f", due {said[0]}" if len(said) == 1 else f", due at the earliest of: {'; '.join(said)}"


def _term(term: DueTerm) -> str:
    years, months = (abs(term.months) // 12, 0) if term.months % 12 == 0 else (0, abs(term.months))
    sizes = [_count(size, noun) for size, noun in ((years, "year"), (months, "month"), (abs(term.days), "day")) if size]
    if not sizes:
        return f"on {DATES[term.of]}"
    before = term.months < 0 or term.days < 0
    return f"{' and '.join(sizes)} {'before' if before else 'after'} {DATES[term.of]}"


def _window(window: Window) -> str:
    if window.first is None and window.last is None:
        return ""
    first = f" from {window.first}" if window.first else ""
    last = f" until {window.last}" if window.last else ""
    return f" Only{first}{last}, by {DATES[window.keyed_by]}."


_ORDER: Final = {
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "==": "is",
    "!=": "is not",
}
_SIGNS: Final = {"+": "plus", "-": "less", "*": "times"}
_JOINED: Final = (Logic, Choice, Arithmetic)
"""What is put in brackets inside anything else; in sums and functions the functions are too."""


@dataclass(frozen=True, slots=True)
class _Sayer:
    """Says one tree; brackets stand where a phrase would otherwise be read in two ways."""

    names: Mapping[str, str]

    def say(self, node: Node) -> str:
        match node:
            case Name(name=name):
                return self.name(name)
            case Arithmetic(op=op, left=left, right=right):
                return f"{self.term(left)} {_SIGNS[op]} {self.term(right)}"
            case Negate(part=part):
                return f"minus {self.term(part)}"
            case Not(part=part):
                return f"it is not so that {self.part(part)}"
            case Logic(op=op):
                return f", {op} ".join(self.part(part) for part in _chain(node, op))
            case Compare(op=op, left=left, right=right):
                return f"{self.part(left)} {_ORDER[op]} {self.part(right)}"
            case Member(item=item, texts=texts, wanted=wanted):
                among = "is" if isinstance(texts, Texts) else "is among"
                return f"{self.part(item)} {among if wanted else among.replace('is', 'is not', 1)} {self.part(texts)}"
            case Choice(no=Flag(value=False)):
                return ", and ".join(self.part(part) for part in _chain(node, "and"))
            case Choice(test=test, yes=yes, no=no):
                return f"if {self.part(test)}: {self.part(yes)}; otherwise: {self.part(no)}"
            case After(value=value):
                return self.say(value)
            case Extreme() | Band() | Share():
                return self.function(node)
            case Number() | Text() | Flag() | Texts():
                return _constant(node)

    def part(self, node: Node) -> str:
        said = self.say(node)
        return f"({said})" if isinstance(node, _JOINED) else said

    def term(self, node: Node) -> str:
        said = self.part(node)
        return f"({said})" if isinstance(node, Extreme | Band | Share) else said

    def function(self, node: Extreme | Band | Share) -> str:
        match node:
            case Extreme(larger=larger, first=first, second=second):
                return f"the {'larger' if larger else 'smaller'} of {self.term(first)} and {self.term(second)}"
            case Band(before=before, amount=amount, low=low, high=high):
                edges = f"falls between {self.term(low)} and {self.term(high)}"
                return f"the part of {self.term(amount)} that {edges}, after {self.term(before)}"
            case Share(amount=amount, rate=rate):
                return f"the share {self.term(rate)} of {self.term(amount)}"

    def name(self, name: str) -> str:
        kind, means = WORDS.get(name, ("", ""))
        if kind == FLAG:
            return means.removeprefix("whether ")
        if name in self.names:
            return self.names[name]
        if name in PHRASES:
            return PHRASES[name]
        phrase = _TAIL.sub("", means) or name
        if name in BP_WORDS:
            return f"{phrase} (hundredths of a percent)"
        counts = kind == NUMBER and name not in MONEY_WORDS and not phrase.startswith("the ")
        return f"the number of {phrase}" if counts else phrase


def _chain(node: Node, op: str) -> tuple[Node, ...]:
    """The parts of `a and b and c`, however they nest; `b if a else False` says `a and b`, read from the left."""
    if isinstance(node, Logic) and node.op == op:
        return tuple(item for part in node.parts for item in _chain(part, op))
    if op == "and" and isinstance(node, Choice) and node.no == Flag(False):
        return (*_chain(node.test, op), *_chain(node.yes, op))
    return (node,)


def _constant(node: Constant) -> str:
    match node:
        case Flag(value=flag):
            return "yes" if flag else "no"
        case Number(value=number):
            return f"{number:,}"
        case Text(value=text):
            return text or "nothing"
        case Texts(value=texts):
            words = [text or "nothing" for text in texts]
            return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
