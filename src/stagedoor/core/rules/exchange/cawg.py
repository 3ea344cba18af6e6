"""CAWG training-and-data-mining assertions (1.1, and the older C2PA ones): what they take away, and nothing else.

`constrained` says that there are conditions and not that they are met, so it counts as `notAllowed`.  An entry that
nobody here understands is a doubt, and doubt refuses: unless it says `allowed`, every use is refused.
"""

from __future__ import annotations

from typing import Final

from stagedoor.core.base.canonical import CanonicalError, canonical_bytes, digest_of
from stagedoor.core.facts.terms import Use
from stagedoor.core.rules.exchange.narrowing import EVERY_USE, FORBID, LIKENESS, NOTE, Limit, Policy, named
from stagedoor.core.rules.exchange.node import Node
from stagedoor.core.rules.exchange.terms import ExchangeError, cut

LABELS: Final = ("cawg.training-mining", "c2pa.training-mining")
ENTRIES_MAX: Final = 64
"""Entries of one assertion: the standard names four, and a vendor may add a few of its own."""

USES: Final[dict[str, tuple[Use, ...]]] = {
    "data_mining": (Use.TRAIN,),
    "ai_training": (Use.TRAIN,),
    "ai_generative_training": (Use.TRAIN,),
    "ai_inference": (Use.RENDER, Use.GENERATE, Use.ALTER, Use.PERFORM),
    "digital_replica": LIKENESS,
}
"""What each entry is about here.  Mining and training are `train`; inference is the use of what was made.

`digital_replica` is no entry of the standard, which leaves room for others: a name may stand before it, as in
`org.example.digital_replica`."""

_SAID: Final = ("allowed", "notAllowed", "constrained")
_TRAINING: Final = frozenset({"data_mining", "ai_training", "ai_generative_training"})


def cawg_policy(assertion: object) -> Policy:
    """The limits of an assertion's data, or of an assertion with its label around them."""
    try:
        digest = digest_of("policy", canonical_bytes(assertion))
    except CanonicalError as fault:
        raise ExchangeError(f"assertion: {fault}.") from None
    whole = Node(assertion, "assertion")
    data = whole.node("data") if whole.has("label") else whole
    if whole.has("label") and whole.text("label").partition("__")[0] not in LABELS:
        raise ExchangeError(f"assertion: its label '{cut(whole.text('label'))}' is none of {', '.join(LABELS)}.")
    entries = data.node("entries")
    if not isinstance(entries.value, dict) or len(entries.value) > ENTRIES_MAX:
        raise ExchangeError(f"{entries.where}: it is no JSON object of at most {ENTRIES_MAX} entries.")
    limits: list[Limit] = []
    for name in entries.value:
        limits += _limits(name, entries.node(name))
    return Policy(kind="cawg", digest=digest, limits=tuple(limits))


def _limits(name: str, entry: Node) -> list[Limit]:
    said = entry.text("use")
    if said not in _SAID:
        raise ExchangeError(f"{entry.where}: its use '{cut(said)}' is none of {', '.join(_SAID)}.")
    if said == "allowed":
        return []
    key = _key(name)
    uses = USES.get(key, EVERY_USE)
    term = f"{cut(name)}: {said}"
    what = f"The declaration on the material does not allow {named(uses)}"
    if said == "constrained":
        why = f"{what} without terms that nobody has shown to be met."
    elif key in USES:
        why = f"{what}."
    else:
        why = f"The declaration refuses '{cut(name)}', which is not understood here; so {named(uses)} is refused."
    found = [Limit(effect=FORBID, uses=uses, says=why, term=term)]
    if key in _TRAINING:
        note = "The declaration refuses machine learning; the making of a replica stands on the signed consent alone."
        found.append(Limit(effect=NOTE, uses=(Use.CREATE,), says=note, term=term))
    return found


def _key(name: str) -> str:
    """The last word of an entry's name where its owner is one that we know how to read."""
    owner, _, word = name.rpartition(".")
    return word if owner in ("cawg", "c2pa") or word == "digital_replica" else ""
