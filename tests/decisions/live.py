"""The live consents of a house, each found by its digest or by who and where.

A gate that answers many requests keeps one Live set; what it holds are signed consents that are neither withdrawn nor
superseded, and whoever keeps it takes them out when they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from stagedoor.core.facts.consent import Consent
from stagedoor.core.rules.ready import Ready, ready


class Live:
    """The live consents of a house."""

    def __init__(self, consents: Iterable[Consent] = ()) -> None:
        self._by_digest: dict[str, Ready] = {}
        self._by_who: dict[tuple[str, str], dict[str, Ready]] = {}
        for consent in consents:
            self.add(consent)

    def __len__(self) -> int:
        return len(self._by_digest)

    def add(self, consent: Consent) -> Ready:
        """Keep a consent; the same one twice is one."""
        made, digest = ready(consent), consent.digest()
        self._by_digest[digest] = made
        self._by_who.setdefault((consent.performer, consent.production), {})[digest] = made
        return made

    def drop(self, digest: str) -> None:
        """Forget a consent that was withdrawn or superseded; one that is not here is forgotten already."""
        made = self._by_digest.pop(digest, None)
        if made is not None:
            del self._by_who[made.consent.performer, made.consent.production][digest]

    def named(self, digest: str) -> Ready | None:
        """The consent of this digest."""
        return self._by_digest.get(digest)

    def between(self, performer: str, production: str) -> tuple[Ready, ...]:
        """What this performer has consented to in this production."""
        return tuple(self._by_who.get((performer, production), {}).values())
