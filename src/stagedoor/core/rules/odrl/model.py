"""What the evaluator sees: policies, a request and a state of the world, as frozen values.

IRIs are written out in full.  An empty text means that nothing was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from stagedoor.core.rules.odrl.values import Value


class PolicyKind(Enum):
    """The classes of policies, core and common."""

    SET = "Set"
    OFFER = "Offer"
    AGREEMENT = "Agreement"
    ASSERTION = "Assertion"
    PRIVACY = "Privacy"
    REQUEST = "Request"
    TICKET = "Ticket"


BINDING = frozenset({PolicyKind.SET, PolicyKind.AGREEMENT, PolicyKind.PRIVACY})
"""Kinds whose permissions grant.  An offer, an assertion, a request and a ticket whose holder nobody knows do not."""


class Strategy(Enum):
    """What happens when a permission and a prohibition are both active."""

    PERM = "perm"
    PROHIBIT = "prohibit"
    INVALID = "invalid"


class RuleKind(Enum):
    """The three kinds of rules."""

    PERMISSION = "Permission"
    PROHIBITION = "Prohibition"
    DUTY = "Duty"


class Operator(Enum):
    """The twelve relational operators."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTEQ = "gteq"
    LT = "lt"
    LTEQ = "lteq"
    IS_A = "isA"
    HAS_PART = "hasPart"
    IS_PART_OF = "isPartOf"
    IS_ALL_OF = "isAllOf"
    IS_ANY_OF = "isAnyOf"
    IS_NONE_OF = "isNoneOf"


class Logic(Enum):
    """The four operands of logical constraints."""

    OR = "or"
    XONE = "xone"
    AND = "and"
    AND_SEQUENCE = "andSequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One comparison: what the world says of `left`, with the right operands."""

    uid: str
    left: str
    operator: Operator
    right: tuple[Value, ...] = ()
    references: tuple[str, ...] = ()
    status: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logical:
    """Several constraints in one."""

    uid: str
    logic: Logic
    operands: tuple[Condition, ...]


Condition = Constraint | Logical


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A target or a party: the IRIs that name it (its own, its source), and refinements of a collection's members."""

    ids: tuple[str, ...]
    refinements: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action of a rule, with its refinements."""

    iri: str
    refinements: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A permission, prohibition or duty.

    `duties` are the duties of a permission, the remedies of a prohibition, the consequences of a duty.  Several
    targets, assignees or actions are as many rules in one; of a duty all must be done (see `expand`).
    """

    uid: str
    kind: RuleKind
    targets: tuple[Thing, ...] = ()
    assignees: tuple[Thing, ...] = ()
    assigners: tuple[Thing, ...] = ()
    actions: tuple[Action, ...] = ()
    constraints: tuple[Condition, ...] = ()
    duties: tuple[Rule, ...] = ()
    roles: tuple[tuple[str, Thing], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An action that a document declares: what it is included in, and what it implies."""

    action: str
    included_in: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a compact policy says once for all its rules."""

    targets: tuple[Thing, ...] = ()
    assignees: tuple[Thing, ...] = ()
    assigners: tuple[Thing, ...] = ()
    actions: tuple[Action, ...] = ()
    roles: tuple[tuple[str, Thing], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as it was written."""

    uid: str
    kind: PolicyKind = PolicyKind.SET
    profiles: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ()
    conflicts: tuple[Strategy, ...] = ()
    permissions: tuple[Rule, ...] = ()
    prohibitions: tuple[Rule, ...] = ()
    obligations: tuple[Rule, ...] = ()
    shared: Shared = Shared()
    declares: tuple[Declared, ...] = ()
    replaced_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """The values of one left operand, or of one property."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of one asset, party or rule."""

    thing: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants to do: an action, on a target, with what is known of that very act."""

    action: str
    target: str = ""
    assignee: str = ""
    values: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """Something that was done."""

    action: str
    at: Value
    actor: str = ""
    target: str = ""
    values: tuple[Attribute, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()


class Ruling(Enum):
    """What an earlier report found of a duty."""

    FULFILLED = "Fulfilled"
    VIOLATED = "Violated"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The state of the world: the time, facts, memberships and deeds.  What is not stated is not known."""

    at: Value
    facts: tuple[Attribute, ...] = ()
    about: tuple[About, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    references: tuple[Attribute, ...] = ()
    rules: tuple[About, ...] = ()
    performed: tuple[Performed, ...] = ()
    rulings: tuple[tuple[str, Ruling], ...] = ()
