"""The path, in a row: each verb takes facts and gives one new fact or a refusal.  docs/THE-PATH.md is held to this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from stagedoor.core.steps.ask import ask
from stagedoor.core.steps.attest import attest
from stagedoor.core.steps.decide import decide
from stagedoor.core.steps.dispatch import dispatch
from stagedoor.core.steps.grant import grant
from stagedoor.core.steps.intake import take_in, take_in_replica
from stagedoor.core.steps.post import pay_in, post, release
from stagedoor.core.steps.settle import settle
from stagedoor.core.steps.unlock import unlock
from stagedoor.core.steps.withdraw import withdraw


@dataclass(frozen=True, slots=True)
class Verb:
    """One step of the path."""

    name: str
    step: Callable[..., Any]
    makes: str
    sentence: str


PATH: Final = (
    Verb("ask", ask, "Request", "who wants which capture or replica, for which use, where, how much, under which deal"),
    Verb("decide", decide, "Decision", "yes, no, or ask-a-person, with every rule that spoke and its clause"),
    Verb("grant", grant, "Permit + reservation", "a bounded right to so many units, and its full cost set aside"),
    Verb("unlock", unlock, "KeyGrant", "this worker may open this asset under this permit while its lease lives"),
    Verb("dispatch", dispatch, "WorkOrder", "what to run, on what, making what, within which limits"),
    Verb("attest", attest, "Receipt", "what was made: units, digests of outputs, the worker's signature"),
    Verb("post", post, "Entry", "balanced postings; the reservation is posted or released"),
    Verb("settle", settle, "Statement", "what each person, agent and fund is owed for a period, and why"),
)

SIDE_PATHS: Final = (
    Verb("take_in", take_in, "Asset", "a capture is sealed only with notice, reason, purpose and release"),
    Verb(
        "take_in_replica",
        take_in_replica,
        "Asset",
        "a replica made elsewhere is sealed; its creation is yet to be paid",
    ),
    Verb("pay_in", pay_in, "Entry", "the studio funds a production's account"),
    Verb("release", release, "Entry", "an unused reservation goes back"),
    Verb("withdraw", withdraw, "Withdrawal", "the performer takes back what their terms or the law allow"),
)
