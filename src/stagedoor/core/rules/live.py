"""The live consents of a house, each made ready once and found by its digest or by who and where."""

from __future__ import annotations

from collections.abc import Iterable

from stagedoor.core.facts.consent import Consent
from stagedoor.core.rules.ready import Ready, ready


class Live:
    """The live consents of a house; whoever keeps a set takes out what was superseded."""

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
        """Forget a consent; one that is not here is forgotten already."""
        made = self._by_digest.pop(digest, None)
        if made is not None:
            del self._by_who[made.consent.performer, made.consent.production][digest]

    def named(self, digest: str) -> Ready | None:
        """The consent of this digest."""
        return self._by_digest.get(digest)

    def between(self, performer: str, production: str) -> tuple[str, ...]:
        """Digests of what this performer has consented to in this production."""
        return tuple(self._by_who.get((performer, production), ()))
