"""From a chain of the ledger to what a page shows of it, with nothing unverified passing as verified."""

from __future__ import annotations

import re
from typing import Final

from stagedoor.core.facts.decision import Reading
from stagedoor.portal.model import PAYS, Rate, Step
from stagedoor.stories.answer_why import Chain, Link

GOVERNS: Final = {"photography_began": "start of principal photography", "day": "day of service"}
"""What a person calls the date that governs a value."""

_CONFIDENCE: Final = re.compile(r"\(confidence ([^),]*)")


def rate_of(reading: Reading) -> Rate:
    """A reading in the page's words."""
    return Rate(
        name=reading.name.replace("_", " "),
        value=reading.value,
        since=str(reading.since),
        governed_by=GOVERNS.get(reading.keyed_by, reading.keyed_by.replace("_", " ")),
        governed_on=str(reading.keyed_on),
        confidence=reading.confidence,
        source=reading.source,
        decided=reading.decided,
    )


def steps_of(chain: Chain, readings: tuple[Reading, ...] = ()) -> tuple[Step, ...]:
    """The links of a chain.  With the price line's readings its clause shows rates; without, its own text."""
    return tuple(_step(link, readings) for link in chain.links)


def _step(link: Link, readings: tuple[Reading, ...]) -> Step:
    doubts = _doubts(link)
    if link.kind != "clause" or not readings:
        return Step(kind=link.kind, digest=link.digest, says=link.says, details=link.details, doubts=doubts)
    rates = tuple(rate_of(item) for item in readings)
    return Step(
        kind=link.kind,
        digest=link.digest,
        says=link.says,
        details=link.details[:1],  # the arithmetic; the rest are the same readings as text
        rates=rates,
        doubts=doubts or tuple(dict.fromkeys(rate.confidence for rate in rates if not rate.verified)),
    )


def doubts_of(text: str) -> tuple[str, ...]:
    """The words of confidence in one sentence of a clause that are not enough to pay on."""
    return tuple(dict.fromkeys(word for word in _CONFIDENCE.findall(text) if word not in PAYS))


def _doubts(link: Link) -> tuple[str, ...]:
    """The doubts of a whole clause; a reading that states no confidence is itself in doubt."""
    if link.kind != "clause":
        return ()
    found = [word for text in link.details[1:] for word in _CONFIDENCE.findall(text) or ["not stated"]]
    return tuple(dict.fromkeys(word for word in found if word not in PAYS))
