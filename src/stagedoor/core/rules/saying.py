"""How the performer's own consent speaks: a yes, a refusal or a question, with the term that it read."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from stagedoor.core.base.outcome import Code
from stagedoor.core.facts.decision import Effect, Finding
from stagedoor.core.facts.party import Role
from stagedoor.core.rules.load import ANSWER_DAYS

SAID_MAX: Final = 4_096
"""Sentences kept: a finding is frozen and says the same of the same words, and making one costs as much as a rule."""


@lru_cache(maxsize=SAID_MAX)
def no(code: Code, says: str, clause: str, *saw: str) -> Finding:
    """The consent's refusal."""
    return Finding(
        rule="consent",
        effect=Effect.FORBID,
        code=code,
        says=says,
        saw=saw,
        clause=clause,
        source="the performer's signed consent",
        confidence="high",
        asks=None,
    )


@lru_cache(maxsize=SAID_MAX)
def ask(rule: str, says: str, clause: str, asks: Role = Role.PERFORMER) -> Finding:
    """The consent's question to somebody, the performer unless another is named."""
    return Finding(
        rule=rule,
        effect=Effect.ASK,
        code=Code.NEEDS_A_PERSON,
        says=says,
        saw=(),
        clause=clause,
        source="the performer's signed consent",
        confidence="high",
        asks=asks,
        answer_days=ANSWER_DAYS,
    )


@lru_cache(maxsize=SAID_MAX)
def yes(says: str, clause: str, *saw: str) -> Finding:
    """The consent's permission."""
    return Finding(
        rule="consent",
        effect=Effect.PERMIT,
        code=None,
        says=says,
        saw=saw,
        clause=clause,
        source="the performer's signed consent",
        confidence="high",
        asks=None,
    )
