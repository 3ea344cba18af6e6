"""A request and a state of the world out of plain JSON; the form is told in docs/ODRL.md and spec/odrl/README.md.

Words are ODRL terms (`play`), prefixed names (`odrl:play`) or IRIs.  A value is a text, a whole number, a number with a
point (kept exactly), a truth value, `{"@id": …}`, or `{"@value": …, "@type": …}`; the last two may
have a `unit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagedoor.adapters.odrl.guard import Broken, json_value
from stagedoor.core.rules.odrl.limits import IRI_CHARS_MAX, OPERANDS_MAX, STATED_MAX
from stagedoor.core.rules.odrl.model import About, Attribute, Performed, Request, Ruling, World
from stagedoor.core.rules.odrl.refusal import OdrlRefused, shown
from stagedoor.core.rules.odrl.terms import DATE_TIME, XSD, full
from stagedoor.core.rules.odrl.values import Value, ValueFault, iri, literal, order

_REQUEST: Final = frozenset({"action", "target", "assignee", "values"})
_WORLD: Final = frozenset({"at", "facts", "about", "partOf", "isA", "references", "rules", "performed", "rulings"})
_PERFORMED: Final = frozenset({"action", "at", "actor", "target", "values", "roles"})


def read_request(data: bytes) -> Request:
    """The request that a JSON document states, or a refusal."""
    return request_of(json_value(data))


def read_world(data: bytes) -> World:
    """The state of the world that a JSON document states, or a refusal."""
    return world_of(json_value(data))


def request_of(value: object) -> Request:
    """The request in a JSON value."""
    told = _object(value, _REQUEST, "the request")
    return Request(
        action=_word(told.get("action"), "the request, action"),
        target=_name(told.get("target", ""), "the request, target"),
        assignee=_name(told.get("assignee", ""), "the request, assignee"),
        values=_attributes(told.get("values", {}), "the request, values"),
    )


def world_of(value: object) -> World:
    """The state of the world in a JSON value.  A deed that lies in the future is refused."""
    told = _object(value, _WORLD, "the world")
    at = _moment(told.get("at"), "the world, at")
    done = tuple(_done(item, n, at) for n, item in enumerate(_list(told.get("performed", []), "performed"), start=1))
    return World(
        at=at,
        facts=_attributes(told.get("facts", {}), "the world, facts"),
        about=_about(told.get("about", {}), "the world, about"),
        parts=tuple(_pairs(told.get("partOf", {}), "the world, partOf")),
        kinds=tuple(_pairs(told.get("isA", {}), "the world, isA")),
        references=_attributes(told.get("references", {}), "the world, references"),
        rules=_about(told.get("rules", {}), "the world, rules"),
        performed=done,
        rulings=tuple(_rulings(told.get("rulings", {}))),
    )


def _done(value: object, number: int, at: Value) -> Performed:
    where = f"the world, performed {number}"
    told = _object(value, _PERFORMED, where)
    when = _moment(told.get("at"), f"{where}, at")
    if order(when, at) == frozenset({1}):
        raise OdrlRefused(where, "it was done after the world's own time. Mend one of the two.")
    roles = tuple((name, whole) for name, whole in _pairs(told.get("roles", {}), f"{where}, roles"))
    return Performed(
        action=_word(told.get("action"), f"{where}, action"),
        at=when,
        actor=_name(told.get("actor", ""), f"{where}, actor"),
        target=_name(told.get("target", ""), f"{where}, target"),
        values=_attributes(told.get("values", {}), f"{where}, values"),
        roles=roles,
    )


def _rulings(value: object) -> Iterator[tuple[str, Ruling]]:
    for name, found in _members(value, "the world, rulings"):
        if found not in ("Fulfilled", "Violated"):
            raise OdrlRefused(f"the world, rulings, {shown(name)}", "a ruling is Fulfilled or Violated.")
        yield full(name), Ruling(found)


def _moment(value: object, where: str) -> Value:
    if not isinstance(value, str):
        raise OdrlRefused(where, "it is missing. Write a time as 2026-10-12T09:00:00Z.")
    try:
        found = literal(value, XSD + "dateTime")
    except ValueFault as fault:
        raise OdrlRefused(where, f"{fault}.") from None
    if not found.exact[2]:
        raise OdrlRefused(where, "it names no time zone. End it with Z or an offset.")
    return found


def _attributes(value: object, where: str) -> tuple[Attribute, ...]:
    found = []
    for name, given in _members(value, where):
        said = f"{where}, {shown(name)}"
        if full(name) == DATE_TIME:
            raise OdrlRefused(said, "the time is the world's 'at', and nothing else.")
        values = given if isinstance(given, list) else [given]
        if not values or len(values) > OPERANDS_MAX:
            raise OdrlRefused(
                said, f"it has {len(values)} values; 1 to {OPERANDS_MAX} are read. Leave out the unknown."
            )
        found.append(Attribute(name=full(name), values=tuple(value_of(item, said) for item in values)))
    return tuple(found)


def value_of(value: object, where: str) -> Value:
    """One value as JSON writes it."""
    try:
        if isinstance(value, bool):
            return literal("true" if value else "false", XSD + "boolean")
        if isinstance(value, Broken):
            return literal(str(value), XSD + "decimal")
        if isinstance(value, int):
            return literal(str(value), XSD + "integer")
        if isinstance(value, str):
            return literal(value)
        if isinstance(value, dict):
            return _typed(value, where)
    except ValueFault as fault:
        raise OdrlRefused(where, f"{fault}.") from None
    raise OdrlRefused(where, "it is no value. Write a text, a number, a truth value or an object with @id or @value.")


def _typed(value: dict[str, object], where: str) -> Value:
    unit = value.get("unit", "")
    if not isinstance(unit, str):
        raise OdrlRefused(where, "its unit is no text.")
    if set(value) - {"unit"} == {"@id"}:
        return iri(_word(value["@id"], where), full(unit) if unit else "")
    said = value.get("@value")
    if set(value) - {"unit", "@type"} != {"@value"} or isinstance(said, bool) or not isinstance(said, str | int):
        raise OdrlRefused(where, "a typed value has @value (a text or a number), @type and perhaps unit.")
    given = value.get("@type", XSD + "integer" if isinstance(said, int) else "")
    if not isinstance(given, str):
        raise OdrlRefused(where, "its @type is no text.")
    return literal(str(said), full(given) if given else "", full(unit) if unit else "")


def _about(value: object, where: str) -> tuple[About, ...]:
    return tuple(
        About(thing=full(name), attributes=_attributes(given, f"{where}, {shown(name)}"))
        for name, given in _members(value, where)
    )


def _pairs(value: object, where: str) -> Iterator[tuple[str, str]]:
    total = 0
    for name, given in _members(value, where):
        items = given if isinstance(given, list) else [given]
        total += len(items)
        if total > STATED_MAX:
            raise OdrlRefused(where, f"it states more than {STATED_MAX} things. Give what matters for this request.")
        for item in items:
            yield full(name), _word(item, f"{where}, {shown(name)}")


def _members(value: object, where: str) -> Iterator[tuple[str, object]]:
    if not isinstance(value, dict):
        raise OdrlRefused(where, "it is no object.")
    if len(value) > STATED_MAX:
        raise OdrlRefused(where, f"it states more than {STATED_MAX} things. Give what matters for this request.")
    for name, given in value.items():
        if not name or len(name) > IRI_CHARS_MAX:
            raise OdrlRefused(where, "a name is empty or too long.")
        yield name, given


def _object(value: object, known: frozenset[str], where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise OdrlRefused(where, "it is no JSON object.")
    strange = sorted(set(value) - known)
    if strange:
        raise OdrlRefused(where, f"'{shown(strange[0])}' is unknown; known are {', '.join(sorted(known))}.")
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list) or len(value) > STATED_MAX:
        raise OdrlRefused(f"the world, {where}", f"it is no list of at most {STATED_MAX}.")
    return value


def _name(value: object, where: str) -> str:
    """An asset's or a party's IRI; a bare word would be read as a term of ODRL."""
    found = _word(value, where)
    if value and ":" not in str(value):
        raise OdrlRefused(where, f"'{shown(str(value))}' is no IRI. Write it with its scheme, as https://…")
    return found


def _word(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > IRI_CHARS_MAX:
        raise OdrlRefused(where, f"it is missing, or no text of at most {IRI_CHARS_MAX} characters.")
    return full(value) if value else ""
