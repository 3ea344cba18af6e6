"""An answer with everything that spoke, and the price that goes with a yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from stagedoor.core.base.fact import Fact
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Code
from stagedoor.core.base.when import Instant
from stagedoor.core.facts.party import Role


class Effect(Enum):
    """What one rule says.  FORBID beats ASK beats PERMIT beats silence.

    A NOTE changes no answer.  A DUTY or a NOTICE goes with a yes, as a Duty beside the findings.
    """

    FORBID = "forbid"
    ASK = "ask"
    PERMIT = "permit"
    NOTE = "note"
    DUTY = "duty"
    NOTICE = "notice"


class Answer(Enum):
    """What all rules together say."""

    REFUSE = "refuse"
    ASK_A_PERSON = "ask-a-person"
    PERMIT = "permit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule spoke: what it saw, its clause, its effect.

    For an ASK, `asks` is who must answer, `needs` the evidence that they must have before them, and `answer_days` the
    days until the question lapses, which is a no.
    """

    rule: str
    effect: Effect
    code: Code | None
    says: str
    saw: tuple[str, ...]
    clause: str
    source: str
    confidence: str
    asks: Role | None
    needs: tuple[str, ...] = ()
    answer_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What goes with a yes: a duty, or a notice due to somebody (`to`) by a day, if the rule names one."""

    kind: str
    rule: str
    says: str
    to: str
    due: date | None
    clause: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A rulebook's value as it was read: which date governed it, since when it holds, how sure anybody is."""

    name: str
    value: str
    unit: str
    keyed_by: str
    keyed_on: date
    since: date
    source: str
    confidence: str
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One amount of the price, and why.

    `payee` is performer, agent, plans or union; `on_top` is paid beside the gross; `account` is the fund that a
    payment to plans or union goes to, or "" for the default.
    """

    name: str
    payee: str
    amount: Money
    on_top: bool
    rule: str
    arithmetic: str
    clause: str
    source: str
    confidence: str
    readings: tuple[Reading, ...]
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a use costs the employer: gross and what goes on top.  The agent's commission is inside the gross."""

    lines: tuple[PriceLine, ...]
    gross: Money
    cost: Money
    days: int
    basis: str
    unverified: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Fact):
    """The answer to a request as things stood."""

    KIND: ClassVar[str] = "decision"
    FORM: ClassVar[int] = 2
    request: str
    standing: str
    answer: Answer
    code: Code | None
    findings: tuple[Finding, ...]
    quote: Quote | None
    at: Instant
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Fact):
    """An authorised person answered a question.  Signed by them.

    `evidence` holds the digests of what they had before them, in the order of the question's `needs`.
    """

    KIND: ClassVar[str] = "approval"
    FORM: ClassVar[int] = 2
    approval: str
    use_id: str
    decision: str
    rule: str
    answered_by: str
    yes: bool
    words: str
    at: Instant
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Fact):
    """A rule asked a person about a use: by when they must answer, and what they must have before them.

    After `answer_by` the question has lapsed, and that is a no.
    """

    KIND: ClassVar[str] = "question"
    question: str
    use_id: str
    decision: str
    rule: str
    asks: Role
    needs: tuple[str, ...]
    answer_by: Instant
    at: Instant
