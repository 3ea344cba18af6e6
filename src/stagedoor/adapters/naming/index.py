"""Who is named in a prompt: the register, asked by `find`."""

from __future__ import annotations

from collections.abc import Iterable

from stagedoor.adapters.naming.joining import joined_hits
from stagedoor.adapters.naming.limits import HITS_MAX
from stagedoor.adapters.naming.meeting import Meeting, meet
from stagedoor.adapters.naming.pairing import pair_hits
from stagedoor.adapters.naming.register import Register
from stagedoor.adapters.naming.single import single_hits
from stagedoor.adapters.naming.telling import Hit, tell
from stagedoor.adapters.naming.words import split
from stagedoor.ports.naming import Named, NameEntry


class NameIndex:
    """Everybody's names in memory; implements the port `Names`.  Not for two threads at once."""

    def __init__(self) -> None:
        self._register = Register()

    @classmethod
    def build(cls, entries: Iterable[NameEntry]) -> NameIndex:
        """An index over these performers; raises EntryError for a name that cannot be registered."""
        index = cls()
        for entry in entries:
            index.add(entry)
        return index

    def __len__(self) -> int:
        return len(self._register.parties)

    def add(self, entry: NameEntry) -> None:
        """Register a performer; raises EntryError, and then nothing was registered."""
        self._register.add(entry)

    def remove(self, party: str) -> None:
        """Forget a performer; raises EntryError for somebody unknown."""
        self._register.remove(party)

    def find(self, prompt: str) -> tuple[Named, ...]:
        """Who is named, surest first; nobody is an empty answer.  Raises PromptError for what cannot be checked."""
        text, words = split(prompt)
        if not self._register.names:
            return ()
        meeting: Meeting = meet(self._register, words)
        best: dict[str, Hit] = {}
        for hits in (pair_hits(meeting), single_hits(meeting), joined_hits(meeting)):
            for hit in hits:
                party = self._register.names[hit.name].party
                if party not in best or hit.rank() > best[party].rank():
                    best[party] = hit
        surest = sorted(best.items(), key=lambda item: (*(-value for value in item[1].rank()), item[0]))[:HITS_MAX]
        return tuple(tell(self._register, text, words, hit) for _, hit in surest)
