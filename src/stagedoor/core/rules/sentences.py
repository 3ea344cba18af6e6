"""A consent in plain sentences, made from the very fields that the engine decides on (invariant 14).

Every field of a Consent appears here; a test changes each field in turn and watches the sentences change.
"""

from __future__ import annotations

import json

from stagedoor.core.facts.consent import Capacity, Consent, Forbid, Grant

_CAPACITY = {
    Capacity.ADULT: "I am an adult and sign for myself.",
    Capacity.GUARDIAN: "I sign as guardian of a minor.",
    Capacity.ESTATE: "I sign for the estate of the performer.",
    Capacity.UNION: "I sign as the union, where neither performer nor estate can.",
}


def sentences(consent: Consent) -> tuple[str, ...]:
    """What the performer reads and signs, one thought a line."""
    lines = [
        f"This is consent {quoted(consent.consent)}, drawn up on {consent.at}.",
        f"I am the performer {consent.performer}. {_CAPACITY[consent.capacity]}",
        f"It is for one production only, {consent.production}, under the agreement {quoted(consent.agreement)}.",
        f"It is about the capture {consent.capture} and a replica of kind {consent.replica_kind.value} made from it.",
        f"What it is for: {quoted(consent.description)}",
    ]
    for index, grant in enumerate(consent.grants):
        lines += _granted(index + 1, grant)
    for index, item in enumerate(consent.forbids):
        lines.append(f"Refusal {index + 1}: {_refused(item)}, whatever else is said here.")
    flat = "a flat Schedule F deal" if consent.deal.schedule_f else "no flat Schedule F deal"
    lines += [
        f"I am paid {consent.deal.day_rate.shown()} a day, or the agreement's minimum if that is more; this is {flat}.",
        f"After my death: {quoted(consent.after_death)}.",
        _withdrawal(consent),
        "Whatever is not permitted above is refused.",
    ]
    return tuple(lines)


def _granted(number: int, grant: Grant) -> list[str]:
    shots = listed(grant.shots)
    purposes = ", ".join(purpose.value for purpose in grant.purposes) or "no purpose"
    lines = [
        f"Permission {number}: they may {grant.use.value}, for the purpose {purposes}, "
        f"in the media {listed(grant.media)}, for the territory {listed(grant.territories)}.",
        f"  Shots: {shots}. At most {grant.units_max} {plural(quoted(grant.unit), grant.units_max)} in all, "
        f"from {grant.first_day} to {grant.last_day}.",
        f"  One camera move may span {grant.arc_max_deg} degrees; when all outputs together show more than "
        f"{grant.ask_above_arc_deg} degrees round my head, I am asked first.",
    ]
    if grant.approve_shots:
        lines.append(f"  I approve each of these shots before it is made: {listed(grant.approve_shots)}.")
    return lines


def quoted(text: str) -> str:
    """Free text in quotation marks, with quotation marks and all that is not printed escaped: it forges no sentence."""
    shown = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    return json.dumps(shown, ensure_ascii=False)


def listed(items: tuple[str, ...]) -> str:
    """Each item in quotation marks, so that one item with a comma does not read like two."""
    return ", ".join(quoted(item) if item else "the making of the replica" for item in items) or "none"


def plural(noun: str, count: int) -> str:
    """`frame` or `frames`."""
    return noun if count == 1 else noun + "s"


def _refused(item: Forbid) -> str:
    use = f"they may not {item.use.value}" if item.use else "no use of any kind"
    purpose = f" for {item.purpose.value}" if item.purpose else " for any purpose"
    return use + purpose


def _withdrawal(consent: Consent) -> str:
    term = consent.withdrawal
    if not term.may_withdraw:
        return (
            f"I cannot withdraw this consent by its own terms (notice of {term.notice_days} days); the law may let me."
        )
    what = ", ".join(quoted(word.replace("_", " ")) for word in term.may_withdraw)
    when = "at once" if term.notice_days == 0 else f"with {term.notice_days} days' notice"
    return f"I may withdraw {what}, {when}; what was made and earned until then stays made and owed."
