"""A consent in plain sentences, made from the very fields that the engine decides on (invariant 14).

Every field of a Consent appears here; a test changes each field in turn and watches the sentences change.  The one
exception is `text`, the digest of these very sentences, which binds them to the signature.
"""

from __future__ import annotations

import json
from typing import Final

from stagedoor.core.base.canonical import canonical_bytes, digest_of
from stagedoor.core.facts.consent import (
    AfterDeath,
    Capacity,
    Consent,
    Content,
    ControlTerm,
    Deal,
    Forbid,
    Grant,
    Quality,
    StrikeTerm,
    WithdrawalMode,
)
from stagedoor.core.facts.permit import PHOTOGRAPH, WATCHED

_CAPACITY: Final = {
    Capacity.ADULT: "I am an adult and sign for myself.",
    Capacity.GUARDIAN: "I sign as guardian of a minor.",
    Capacity.ESTATE: "I sign for the estate of the performer.",
    Capacity.UNION: "I sign as the union, where neither performer nor estate can.",
}
_DEATH: Final = {
    AfterDeath.CONTINUES: "After my death this consent goes on as it stands.",
    AfterDeath.ENDS: "With my death this consent ends.",
    AfterDeath.ESTATE: "After my death nothing is made unless my estate agrees.",
}
_STRIKE: Final = {
    StrikeTerm.AGREEMENT: "In a strike the agreement decides.",
    StrikeTerm.SUSPEND_NEW: "In a strike nothing new is made; what is made may be shown.",
    StrikeTerm.STOP_ALL: "In a strike nothing is made and nothing is published.",
}
_CONTROL: Final = {
    ControlTerm.CONTINUES: "If the production's company comes under another's control, this consent goes on.",
    ControlTerm.ASK: "If the production's company comes under another's control, I am asked again.",
    ControlTerm.ENDS: "If the production's company comes under another's control, this consent ends.",
}
_QUALITY: Final = {
    Quality.PREVIEW: "a preview",
    Quality.BROADCAST: "broadcast quality",
    Quality.CINEMA: "cinema quality",
}
_CONTENT: Final = {
    Content.ORDINARY: "ordinary scenes",
    Content.NUDITY: "nudity",
    Content.SEXUAL: "sexual content",
    Content.VIOLENCE: "violence",
    Content.POLITICAL: "political content",
    Content.MEDICAL: "medical content",
    Content.RELIGIOUS: "religious content",
    Content.OTHER: "other sensitive content",
}


_UNIT: Final = {
    PHOTOGRAPH: "A photograph is a picture of me from the capture itself, and no double.",
    WATCHED: "While a watched-replica is made, small pictures of its face are shown.",
}
"""What a unit lets out that its name alone does not say."""


def sentences(consent: Consent) -> tuple[str, ...]:
    """What the performer reads and signs, one thought a line."""
    lines = [
        *_who(consent),
        f"It is for one production only, {named(consent.production)}, under the agreement {quoted(consent.agreement)}.",
        f"It is about the capture {named(consent.capture)} and a replica of kind {consent.replica_kind.value} "
        "made from it.",
        f"What it is for: {quoted(consent.description)}",
    ]
    for index, grant in enumerate(consent.grants):
        lines += _granted(index + 1, grant)
    for index, item in enumerate(consent.forbids):
        lines.append(f"Refusal {index + 1}: {_refused(item)}, whatever else is said here.")
    lines += [
        *_price(consent.deal),
        _DEATH[consent.after_death],
        _STRIKE[consent.on_strike],
        _CONTROL[consent.on_control],
        _withdrawal(consent),
        "They may hand this consent on to somebody else."
        if consent.assignable
        else "They may not hand this consent on to anybody.",
        "When the production ends, the capture and everything made from it is deleted."
        if consent.delete_at_end
        else "When the production ends, the capture and what was made from it may be kept, sealed.",
        f"The law of {quoted(consent.law)} stands above these terms."
        if consent.law
        else "No law is named; the law of the place stands above these terms.",
        "Whatever is not permitted above is refused.",
    ]
    return tuple(lines)


def text_of(consent: Consent) -> str:
    """The digest that binds these sentences: what a consent's `text` must be, if it binds them."""
    return digest_of("sentences", canonical_bytes(list(sentences(consent))))


def _who(consent: Consent) -> list[str]:
    version = f"This is consent {quoted(consent.consent)}, version {consent.version}, drawn up on {consent.at}"
    drawn = f"{version} from the template {quoted(consent.template)}." if consent.template else f"{version}."
    lines = [drawn]
    if consent.supersedes:
        lines.append(f"It takes the place of the consent {named(consent.supersedes)}.")
    if consent.rider_to:
        lines.append(f"It is a rider to the consent {named(consent.rider_to)}: both must allow a use.")
    signer = f" The signature is that of {named(consent.signer)}." if consent.signer else ""
    lines.append(f"I am the performer {named(consent.performer)}. {_CAPACITY[consent.capacity]}{signer}")
    if consent.majority_on:
        lines.append(f"The performer comes of age on {consent.majority_on}.")
    if not consent.signed_apart:
        lines.append("This consent stands inside another contract; it was not signed apart.")
    return lines


def _granted(number: int, grant: Grant) -> list[str]:
    shots = f"any shot, and among them {listed(grant.shots)}" if grant.standing else listed(grant.shots)
    purposes = ", ".join(purpose.value.replace("_", " ") for purpose in grant.purposes) or "no purpose"
    audiences = ", ".join(audience.value for audience in grant.audiences) or "nobody"
    contents = ", ".join(_CONTENT[content] for content in grant.contents) or "nothing"
    lines = [
        f"Permission {number}: they may {grant.use.value}, for the purpose {purposes}, "
        f"in the media {listed(grant.media)}, for the territory {listed(grant.territories)}.",
        f"  Shots: {shots}. At most {grant.units_max} {plural(quoted(grant.unit), grant.units_max)} in all, "
        f"from {grant.first_day} to {grant.last_day}.",
        f"  For the audience {audiences}, showing {contents}, in {_QUALITY[grant.quality_max]} at most.",
        f"  One camera move may span {grant.arc_max_deg} degrees; when all outputs together show more than "
        f"{grant.ask_above_arc_deg} degrees round my head, I am asked first.",
    ]
    if grant.unit in _UNIT:
        lines.append(f"  {_UNIT[grant.unit]}")
    if grant.approve_shots:
        lines.append(f"  I approve each of these shots before it is made: {listed(grant.approve_shots)}.")
    return lines


def _price(deal: Deal) -> list[str]:
    flat = "a flat Schedule F deal" if deal.schedule_f else "no flat Schedule F deal"
    lines = [f"I am paid {deal.day_rate.shown()} a day, or the agreement's minimum if that is more; this is {flat}."]
    if deal.unit_rate is not None:
        lines.append(f"I am paid {deal.unit_rate.shown()} for each unit that is made.")
    if deal.flat_fee is not None:
        lines.append(f"I am paid {deal.flat_fee.shown()} for one use as a whole.")
    if deal.residual_bp is not None:
        lines.append(f"My residual is {deal.residual_bp} hundredths of a percent.")
    return lines


def named(text: str) -> str:
    """An id or a digest as it stands; anything else in its place is shown as the free text that it is."""
    plain = text and all(letter.isascii() and (letter.isalnum() or letter in ":-") for letter in text)
    return text if plain else quoted(text)


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
    purpose = f" for {item.purpose.value.replace('_', ' ')}" if item.purpose else " for any purpose"
    return use + purpose + (f", showing {_CONTENT[item.content]}" if item.content else "")


def _withdrawal(consent: Consent) -> str:
    term = consent.withdrawal
    what = ", ".join(quoted(word.replace("_", " ")) for word in term.may_withdraw) or "nothing"
    notice = f"with {term.notice_days} days' notice"
    if term.mode is WithdrawalMode.NEVER or not term.may_withdraw:
        return (
            f"I cannot withdraw this consent by its own terms (mode {term.mode.value}, {what}, {notice}); "
            "the law may let me."
        )
    stays = "what was made and earned until then stays made and owed."
    if term.mode is WithdrawalMode.WITH_NOTICE:
        return f"I may withdraw {what}, {notice}; {stays}"
    when = "at once" if term.notice_days == 0 else notice
    if term.mode is WithdrawalMode.UNTIL_DELIVERY:
        return f"I may withdraw {what}, {when}, until the picture is delivered; {stays}"
    return f"I may withdraw {what} at any time, {when}; {stays}"
