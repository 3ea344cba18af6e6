"""The hierarchy of actions: what includes what, what implies what, and which words nobody declared."""

from __future__ import annotations

from collections.abc import Iterable

from stagedoor.core.rules.odrl.limits import ACTIONS_MAX
from stagedoor.core.rules.odrl.model import Declared
from stagedoor.core.rules.odrl.refusal import OdrlRefused
from stagedoor.core.rules.odrl.terms import INCLUDED_IN, SAME_AS, TOP_ACTIONS, short

_PARENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TOP_ACTIONS, ()),
    **{action: (whole,) for action, whole in INCLUDED_IN},
}
_CURRENT = dict(SAME_AS)


class Hierarchy:
    """The common vocabulary, the profile's actions, and those that a policy's document declares."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        """Add the declared actions; refuse a redefinition, an action included in nothing known, and a circle."""
        self._parents = dict(_PARENTS)
        self._implies: dict[str, tuple[str, ...]] = {}
        self._above: dict[str, frozenset[str]] = {}
        for number, item in enumerate(declared, start=1):
            if number > ACTIONS_MAX:
                raise OdrlRefused("the actions", f"more than {ACTIONS_MAX} are declared. Split the document.")
            if item.action in _PARENTS or item.action in _CURRENT:
                raise OdrlRefused(short(item.action), "a document may not redefine an action of the vocabulary.")
            if item.included_in:
                named = (*self._parents.get(item.action, ()), *item.included_in)
                self._parents[item.action] = tuple(dict.fromkeys(named))
            self._implies[item.action] = (*self._implies.get(item.action, ()), *item.implies)
        self._check(tuple(self._parents)[len(_PARENTS) :])

    def known(self, action: str) -> bool:
        """Whether the vocabulary, the profile or the document says where the action belongs."""
        return _CURRENT.get(action, action) in self._parents

    def above(self, action: str) -> frozenset[str]:
        """The action and all that include it."""
        start = _CURRENT.get(action, action)
        found = self._above.get(start)
        if found is None:
            found = self._above[start] = self._walk(start)
        return found

    def covers(self, whole: str, action: str) -> bool:
        """Whether doing `action` is doing `whole`."""
        return self.known(whole) and self.known(action) and _CURRENT.get(whole, whole) in self.above(action)

    def implied(self, action: str) -> frozenset[str]:
        """Actions without which this one cannot be done."""
        seen: set[str] = set()
        waiting = [action]
        while waiting:
            for further in self._implies.get(waiting.pop(), ()):
                if further not in seen:
                    seen.add(further)
                    waiting.append(further)
        return frozenset(seen - {action})

    def _walk(self, start: str) -> frozenset[str]:
        seen = {start}
        waiting = [start]
        while waiting:
            for named in self._parents.get(waiting.pop(), ()):
                above = _CURRENT.get(named, named)
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
        return frozenset(seen)

    def _check(self, declared: tuple[str, ...]) -> None:
        """One walk over all that is declared, depth first, so that a circle is seen where it closes."""
        done: set[str] = set()
        for start in declared:
            path = {start: iter(self._parents[start])} if start not in done else {}
            while path:
                action = next(reversed(path))
                named = next(path[action], None)
                if named is None:
                    done.add(action)
                    del path[action]
                    continue
                above = _CURRENT.get(named, named)
                if above in path:
                    what = "it is included in itself, in a circle of includedIn. Cut the circle."
                    raise OdrlRefused(short(above), what)
                if above not in self._parents:
                    what = f"it is included in {short(above)}, which nobody declares. Declare that action too."
                    raise OdrlRefused(short(action), what)
                if above not in done and above not in _PARENTS:
                    path[above] = iter(self._parents[above])
