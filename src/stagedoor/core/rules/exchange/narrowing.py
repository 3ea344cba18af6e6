"""What a declaration from outside takes away: a list of limits, applied to one request.  A limit never permits.

Whatever a declaration allows is not written down at all, so there is nothing here that could ever be a yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stagedoor.core.facts.request import Narrowing, Request
from stagedoor.core.facts.terms import Use

FORBID: Final = "forbid"
DUTY: Final = "duty"
NOTE: Final = "note"

EVERY_USE: Final = tuple(Use)
LIKENESS: Final = (Use.CREATE, Use.RENDER, Use.GENERATE, Use.ALTER, Use.PERFORM)
"""What brings a likeness about: what the world calls generation, or the use of a trained model on somebody."""

WORLD: Final = "world"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit: its effect on these uses, said in words, and the term of the declaration that it was read from.

    `only_in` are the only territories where the use is left open; `never_in` are territories where it is not.  With
    neither, the limit holds everywhere.
    """

    effect: str
    uses: tuple[Use, ...]
    says: str
    term: str
    only_in: tuple[str, ...] = ()
    never_in: tuple[str, ...] = ()

    def touches(self, request: Request) -> bool:
        """Whether it speaks of this request.  A use for the whole world is a use in every place."""
        if request.use not in self.uses:
            return False
        if self.only_in:
            return request.territory not in self.only_in
        if self.never_in:
            return request.territory in self.never_in or request.territory.casefold() == WORLD
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A declaration as it was read: what kind it is, its digest, and its limits."""

    kind: str
    digest: str
    limits: tuple[Limit, ...]


def narrowings(policy: Policy, request: Request) -> tuple[Narrowing, ...]:
    """What the declaration takes away from this request: for its Standing, so that it can be decided again."""
    return tuple(
        Narrowing(effect=limit.effect, says=limit.says, term=limit.term, policy=policy.digest)
        for limit in policy.limits
        if limit.touches(request)
    )


def named(uses: tuple[Use, ...]) -> str:
    """The uses in words."""
    if set(uses) == set(EVERY_USE):
        return "every use"
    return "to " + ", ".join(use.value for use in uses)
