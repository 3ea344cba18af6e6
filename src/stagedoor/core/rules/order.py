"""The order in which pay rules are worked out: who is read comes before who reads, whatever the files' order.

Alternatives that share a name (one for each kind of replica) stand together; a knot of rules that read one another
does not load.
"""

from __future__ import annotations

from stagedoor.core.rules.reading import RulebookError
from stagedoor.core.rules.rulebook import PayRule


def in_reading_order(pays: tuple[PayRule, ...]) -> tuple[PayRule, ...]:
    """The same rules, sorted by what they read; within that by the order in which they stand."""
    made_by: dict[str, list[PayRule]] = {}
    for pay in pays:
        made_by.setdefault(pay.name, []).append(pay)
    done: dict[str, bool] = {}
    ordered: list[PayRule] = []

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if done.get(name):
            return
        if name in trail:
            knot = " reads ".join((*trail[trail.index(name) :], name))
            raise RulebookError(name, f"the amounts go round in a circle: {knot}", "Cut the circle.")
        for pay in made_by[name]:
            for word in pay.reads:
                if word in made_by:
                    visit(word, (*trail, name))
        done[name] = True
        ordered.extend(made_by[name])

    for pay in pays:
        visit(pay.name, ())
    return tuple(ordered)
