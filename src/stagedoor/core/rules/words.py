"""A rule's text in plain words, for people who do not read formulas.  It decides nothing and is never read back.

`use == 'render' and not consent_given` becomes: what is asked for is render, and it is not so that a consent is signed
and not withdrawn.  Each word of the rule language brings its own phrase from the vocabulary; a parameter and a step of
the price bring their titles.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Final

from stagedoor.core.rules.rulebook import DueTerm, JudgeRule, PayRule, Rulebook, Window
from stagedoor.core.rules.text import FLAG, NUMBER, RuleText
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
    return _Sayer(names).say(ast.parse(text.text, mode="eval").body, top=True)


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
    return "notes it; the answer does not change"


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
    return f"{number} {noun}" if abs(number) == 1 else f"{number} {noun}s"


def _due(terms: tuple[DueTerm, ...]) -> str:
    said = [_term(term) for term in terms]
    if not said:
        return ""
    return f", due {said[0]}" if len(said) == 1 else f", due at the earliest of: {'; '.join(said)}"


def _term(term: DueTerm) -> str:
    sizes = [_count(abs(size), noun) for size, noun in ((term.months, "month"), (term.days, "day")) if size]
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


_ORDER: Final[dict[type, str]] = {
    ast.Lt: "is less than",
    ast.LtE: "is at most",
    ast.Gt: "is more than",
    ast.GtE: "is at least",
    ast.Eq: "is",
    ast.NotEq: "is not",
}
_SIGNS: Final[dict[type, str]] = {ast.Add: "plus", ast.Sub: "less", ast.Mult: "times"}


class _Sayer:
    """Says one tree; brackets stand where a phrase would otherwise be read in two ways."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def say(self, node: ast.expr, *, top: bool = False) -> str:
        handler = _HANDLERS.get(type(node))
        assert handler is not None, "the rule language has no other parts"
        said = handler(self, node)
        joined = isinstance(node, ast.BoolOp | ast.IfExp | ast.BinOp)
        return said if top or not joined else f"({said})"

    def part(self, node: ast.expr) -> str:
        """A part of a sum or a function, in which a function is put in brackets too."""
        said = self.say(node)
        return f"({said})" if isinstance(node, ast.Call) else said

    def name(self, node: ast.Name) -> str:
        kind, means = WORDS.get(node.id, ("", ""))
        if kind == FLAG:
            return means.removeprefix("whether ")
        if node.id in self.names:
            return self.names[node.id]
        if node.id in PHRASES:
            return PHRASES[node.id]
        phrase = _TAIL.sub("", means) or node.id
        if node.id in BP_WORDS:
            return f"{phrase} (hundredths of a percent)"
        counts = kind == NUMBER and node.id not in MONEY_WORDS and not phrase.startswith("the ")
        return f"the number of {phrase}" if counts else phrase

    def constant(self, node: ast.Constant) -> str:
        value = node.value
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:,}" if isinstance(value, int) else (str(value) or "nothing")

    def texts(self, node: ast.Tuple) -> str:
        words = [self.say(item) for item in node.elts]
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

    def arithmetic(self, node: ast.BinOp) -> str:
        return f"{self.part(node.left)} {_SIGNS[type(node.op)]} {self.part(node.right)}"

    def unary(self, node: ast.UnaryOp) -> str:
        said = self.say(node.operand)
        return f"it is not so that {said}" if isinstance(node.op, ast.Not) else f"minus {said}"

    def logic(self, node: ast.BoolOp) -> str:
        word = ", and " if isinstance(node.op, ast.And) else ", or "
        return word.join(self.say(part) for part in node.values)

    def compare(self, node: ast.Compare) -> str:
        left, right = self.say(node.left), self.say(node.comparators[0])
        operator = node.ops[0]
        if isinstance(operator, ast.In | ast.NotIn):
            wanted = isinstance(operator, ast.In)
            if isinstance(node.comparators[0], ast.Tuple):
                return f"{left} is {right}" if wanted else f"{left} is not {right}"
            return f"{left} is {'among' if wanted else 'not among'} {right}"
        return f"{left} {_ORDER[type(operator)]} {right}"

    def choice(self, node: ast.IfExp) -> str:
        return f"if {self.say(node.test)}: {self.say(node.body)}; otherwise: {self.say(node.orelse)}"

    def call(self, node: ast.Call) -> str:
        assert isinstance(node.func, ast.Name)
        parts = [self.part(argument) for argument in node.args]
        return _FUNCTIONS[node.func.id](parts)


_FUNCTIONS: Final[dict[str, Callable[[list[str]], str]]] = {
    "max": lambda parts: f"the larger of {parts[0]} and {parts[1]}",
    "min": lambda parts: f"the smaller of {parts[0]} and {parts[1]}",
    "bp": lambda parts: f"the share {parts[1]} of {parts[0]}",
    "band": lambda parts: f"the part of {parts[1]} that falls between {parts[2]} and {parts[3]}, after {parts[0]}",
}

_HANDLERS: Final[dict[type, Callable[..., str]]] = {
    ast.Name: _Sayer.name,
    ast.Constant: _Sayer.constant,
    ast.Tuple: _Sayer.texts,
    ast.BinOp: _Sayer.arithmetic,
    ast.UnaryOp: _Sayer.unary,
    ast.BoolOp: _Sayer.logic,
    ast.Compare: _Sayer.compare,
    ast.IfExp: _Sayer.choice,
    ast.Call: _Sayer.call,
}
