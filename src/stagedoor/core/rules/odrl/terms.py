"""The words of ODRL 2.2: core and common vocabulary, and the profile of Stagedoor.

After the ODRL Vocabulary & Expression 2.2 (W3C Recommendation of 15 February 2018).  The two top actions are `use` and
`transfer`; neither includes the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

ODRL: Final = "http://www.w3.org/ns/odrl/2/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CC: Final = "http://creativecommons.org/ns#"
REPORT: Final = "https://w3id.org/force/compliance-report#"
"""The ODRL Compliance Report Model, whose names our report uses."""

PROFILE: Final = "https://stagedoor.dev/ns/odrl/1#"
"""The one profile that is understood; its terms begin with it."""

PREFIXES: Final = (
    ("odrl", ODRL),
    ("xsd", XSD),
    ("rdf", RDF),
    ("cc", CC),
    ("sd", PROFILE),
    ("dct", "http://purl.org/dc/terms/"),
)
"""Prefixes that requests and worlds may use without saying so."""

REPLACED_BY: Final = "http://purl.org/dc/terms/isReplacedBy"
DATE_TIME: Final = ODRL + "dateTime"
EVENT: Final = ODRL + "event"
POLICY_USAGE: Final = ODRL + "policyUsage"
ELAPSED: Final = ODRL + "elapsedTime"
DELAY: Final = ODRL + "delayPeriod"

_UNDER_USE: Final = (
    "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute", "compensate", "concurrentUse",
    "delete", "derive", "digitize", "distribute", "ensureExclusivity", "execute", "grantUse", "include", "index",
    "inform", "install", "modify", "move", "nextPolicy", "obtainConsent", "play", "present", "print", "read",
    "reproduce", "reviewPolicy", "stream", "synchronize", "textToSpeech", "transform", "translate", "uninstall",
    "watermark",
)  # fmt: skip

_UNDER_USE_CC: Final = (
    "Attribution", "CommercialUse", "DerivativeWorks", "Distribution", "Notice", "Reproduction", "ShareAlike",
    "Sharing", "SourceCode",
)  # fmt: skip

_UNDER_OTHERS: Final = (("display", "play"), ("extract", "reproduce"), ("give", "transfer"), ("sell", "transfer"))

_PROFILE_ACTIONS: Final = (
    ("create", "derive"),
    ("render", "reproduce"),
    ("generate", "derive"),
    ("alter", "modify"),
    ("perform", "play"),
    ("train", "use"),
    ("publish", "distribute"),
)
"""The seven uses of a request (core/facts/terms.py), each inside the nearest action of the common vocabulary."""

TOP_ACTIONS: Final = (ODRL + "use", ODRL + "transfer")

INCLUDED_IN: Final[tuple[tuple[str, str], ...]] = (
    *((ODRL + name, ODRL + "use") for name in _UNDER_USE),
    *((CC + name, ODRL + "use") for name in _UNDER_USE_CC),
    *((ODRL + name, ODRL + whole) for name, whole in _UNDER_OTHERS),
    *((PROFILE + name, ODRL + whole) for name, whole in _PROFILE_ACTIONS),
)

SAME_AS: Final[tuple[tuple[str, str], ...]] = (
    *((ODRL + old, ODRL + new) for old, new in (
        ("append", "modify"), ("appendTo", "modify"), ("copy", "reproduce"), ("export", "transform"),
        ("license", "grantUse"), ("pay", "compensate"), ("write", "modify"), ("writeTo", "modify"),
    )),
    *((ODRL + old, CC + new) for old, new in (
        ("attachPolicy", "Notice"), ("attachSource", "SourceCode"), ("commercialize", "CommercialUse"),
        ("share", "Sharing"), ("shareAlike", "ShareAlike"),
    )),
)  # fmt: skip
"""Deprecated actions and the term that the vocabulary names as their exact match."""

PERFORMING_ROLES: Final = frozenset(
    ODRL + name for name in ("attributingParty", "compensatingParty", "contractingParty", "informingParty")
)
"""Functions whose party is the one who acts."""

OTHER_ROLES: Final = frozenset(
    ODRL + name
    for name in (
        "attributedParty", "compensatedParty", "consentedParty", "consentingParty", "contractedParty",
        "informedParty", "trackedParty", "trackingParty",
    )
)  # fmt: skip


@lru_cache(maxsize=2_048)
def short(iri: str) -> str:
    """The IRI as people write it, with a prefix where one is known."""
    for prefix, start in PREFIXES:
        if iri.startswith(start):
            return f"{prefix}:{iri[len(start) :]}"
    return iri


def full(word: str) -> str:
    """The IRI that `word` stands for: a prefixed name, a bare word of ODRL, or an IRI as it is."""
    prefix, colon, rest = word.partition(":")
    if not colon:
        return ODRL + word
    return next((start + rest for known, start in PREFIXES if prefix == known), word)
