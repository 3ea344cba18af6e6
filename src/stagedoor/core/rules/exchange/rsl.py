"""RSL 1.0 licences and RSL Media declarations: what they take away from a use, and nothing else.

A licence's list of permitted uses is exhaustive for what RSL speaks of, so a use that it leaves out is refused; a
prohibition beats it.  Where several licences lie side by side, one that leaves a use open is enough for that use.
Tokens of the 2025 drafts are read as what they became; a token that nobody here knows refuses everything where it
prohibits and opens nothing where it permits.  RSL Media is a draft, read by its tokens alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stagedoor.core.facts.terms import Use
from stagedoor.core.rules.exchange.narrowing import DUTY, EVERY_USE, FORBID, LIKENESS, NOTE, Limit, Policy, named
from stagedoor.core.rules.exchange.terms import ExchangeError, cut

NAMESPACE: Final = "https://rslstandard.org/rsl"
LICENCES_MAX: Final = 200
TOKENS_MAX: Final = 300
"""Tokens of one list: all countries of ISO 3166-1 fit."""

_AI: Final = (*LIKENESS, Use.TRAIN)

USAGE: Final[dict[str, tuple[Use, ...]]] = {
    "all": EVERY_USE,
    "ai-all": _AI,
    "ai-train": (Use.TRAIN,),
    "ai-input": LIKENESS,
    "ai-index": (),
    "search": (),
    "train-ai": (Use.TRAIN,),
    "train-genai": (Use.TRAIN,),
    "media:all": EVERY_USE,
    "media:ai-all": _AI,
    "media:ai-train": (Use.TRAIN,),
    "media:ai-generate": LIKENESS,
}
"""What each usage token is about here.  `ai-input` is the use of the material as input to a system that generates."""

_COMMERCIAL: Final = "commercial"
"""What a picture is to RSL, whoever makes it."""

_FREE: Final = frozenset({"free", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of the document: its name without the namespace, its attributes, its text, its children."""

    name: str
    namespace: str
    attributes: tuple[tuple[str, str], ...]
    text: str
    children: tuple[Element, ...]

    def attribute(self, name: str) -> str:
        """An attribute's value, or ""."""
        return dict(self.attributes).get(name, "")

    def named(self, name: str) -> tuple[Element, ...]:
        """The children of this name, whatever their namespace: RSL Media extends RSL."""
        return tuple(child for child in self.children if child.name == name)


def rsl_policy(root: Element, *, digest: str) -> Policy:
    """The limits of a document that was handed in as being about the material; every content of it counts."""
    if root.name != "rsl" or root.namespace != NAMESPACE:
        raise ExchangeError(
            f"document: its root is '{cut(root.name)}'. An RSL document begins with <rsl> in {NAMESPACE}."
        )
    contents = root.named("content")
    if not contents:
        raise ExchangeError("document: it has no <content>, so it says nothing of anything.")
    if sum(len(content.named("license")) for content in contents) > LICENCES_MAX:
        raise ExchangeError(f"document: it has more than {LICENCES_MAX} licences. Hand in those about the material.")
    limits: list[Limit] = []
    for number, content in enumerate(contents, 1):
        limits += _of_content(content, f"content {number}")
    return Policy(kind="rsl", digest=digest, limits=tuple(limits))


def _of_content(content: Element, where: str) -> list[Limit]:
    licences = content.named("license")
    limits: list[Limit] = []
    if content.attribute("server"):
        says = "The declaration asks for a licence from its licence server before the material is used."
        limits.append(Limit(effect=DUTY, uses=EVERY_USE, says=says, term=f"{where}, server"))
    if not licences:
        return limits
    read = [_Licence.of(item, f"{where}, licence {number}") for number, item in enumerate(licences, 1)]
    for use in Use:
        limits += _of_use(use, read, where)
    return limits


def _of_use(use: Use, licences: list[_Licence], where: str) -> list[Limit]:
    """The limits on one use: of the licences that leave it open, or that none does."""
    left = [licence for licence in licences if licence.leaves(use)]
    if not left:
        says = f"The declaration does not allow {named((use,))}; {licences[0].why(use)}"
        return [Limit(effect=FORBID, uses=(use,), says=says, term=f"{licences[0].where}")]
    limits: list[Limit] = []
    if all(licence.only_in for licence in left):
        only = tuple(sorted({place for licence in left for place in licence.only_in}))
        says = f"The declaration allows {named((use,))} only in {', '.join(only)}."
        limits.append(Limit(effect=FORBID, uses=(use,), says=says, term=f"{where}, geo", only_in=only))
    never = sorted(frozenset.intersection(*(frozenset(licence.never_in) for licence in left)))
    if never:
        says = f"The declaration refuses {named((use,))} in {', '.join(never)}."
        limits.append(Limit(effect=FORBID, uses=(use,), says=says, term=f"{where}, geo", never_in=tuple(never)))
    if all(licence.payment not in _FREE for licence in left):
        says = f"The declaration asks for a payment ({cut(left[0].payment)}) for {named((use,))}."
        limits.append(Limit(effect=DUTY, uses=(use,), says=says, term=f"{left[0].where}, payment"))
    for licence in left:
        for name in licence.unread:
            says = f"The declaration also has '{cut(name)}', which is not read here; a person should look."
            limits.append(Limit(effect=NOTE, uses=(use,), says=says, term=licence.where))
    return limits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Licence:
    """One licence as far as it is read."""

    where: str
    permitted: tuple[Use, ...] | None
    prohibited: tuple[Use, ...]
    users: bool
    only_in: tuple[str, ...]
    never_in: tuple[str, ...]
    payment: str
    unread: tuple[str, ...]

    @staticmethod
    def of(element: Element, where: str) -> _Licence:
        permits = _lists(element, "permits", where)
        prohibits = _lists(element, "prohibits", where)
        usage, refused = permits.get("usage"), prohibits.get("usage", ())
        users = permits.get("user")
        payments = element.named("payment")
        read = ("permits", "prohibits", "payment", "legal", "copyright", "terms", "schema")
        return _Licence(
            where=where,
            permitted=None if usage is None else _uses(usage, unknown=()),
            prohibited=_uses(refused, unknown=EVERY_USE),
            users=(users is None or _COMMERCIAL in users) and _COMMERCIAL not in prohibits.get("user", ()),
            only_in=tuple(item.upper() for item in permits.get("geo", ())),
            never_in=tuple(item.upper() for item in prohibits.get("geo", ())),
            payment=payments[0].attribute("type") or "unnamed" if payments else "",
            unread=tuple(sorted({child.name for child in element.children if child.name not in read}))[:8],
        )

    def leaves(self, use: Use) -> bool:
        """Whether it leaves the use open.  RSL says nothing of publishing a result, unless it says `all`."""
        listed = self.permitted is None or use in self.permitted or use is Use.PUBLISH
        return self.users and listed and use not in self.prohibited

    def why(self, use: Use) -> str:
        """Why it does not."""
        if not self.users:
            return "it is not for commercial use."
        return "it prohibits that." if use in self.prohibited else "it is not among what it permits."


def _lists(licence: Element, name: str, where: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for element in licence.named(name):
        kind = element.attribute("type")
        if kind not in ("usage", "user", "geo"):
            raise ExchangeError(f"{where}, {name}: its type '{cut(kind)}' is none of usage, user, geo.")
        tokens = tuple(element.text.replace(",", " ").split())
        if len(tokens) > TOKENS_MAX:
            raise ExchangeError(f"{where}, {name}: it lists {len(tokens)} tokens; at most {TOKENS_MAX} are read.")
        lowered = tuple(token.lower() for token in tokens) if kind != "geo" else tokens
        found[kind] = (*found.get(kind, ()), *lowered)
    return found


def _uses(tokens: tuple[str, ...], *, unknown: tuple[Use, ...]) -> tuple[Use, ...]:
    covered = {use for token in tokens for use in USAGE.get(token, unknown)}
    return tuple(use for use in Use if use in covered)
