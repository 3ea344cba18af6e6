"""Names and contact data, where they can be erased.  Nothing here is ever copied into a fact."""

from __future__ import annotations

from typing import Final

from stagedoor.adapters.postgres.connection import Link
from stagedoor.ports.naming import NameEntry

ERASED: Final = "(erased)"

_ENROL = """
    INSERT INTO people.person (party, name, contact) VALUES (%s, %s, %s)
    ON CONFLICT (party) DO UPDATE SET name = excluded.name, contact = excluded.contact
"""
_NAME = "SELECT name FROM people.person WHERE party = %s"
_ALIASES = "INSERT INTO people.alias (party, name) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING"
_NAMES = """
    SELECT person.party, array_agg(DISTINCT said.name ORDER BY said.name)
      FROM people.person
      JOIN facts.fact ON fact.kind = 'party' AND fact.ident = person.party
      CROSS JOIN LATERAL (
          SELECT person.name UNION SELECT alias.name FROM people.alias WHERE alias.party = person.party
      ) AS said (name)
     WHERE fact.body::jsonb ->> 'role' = 'performer'
     GROUP BY person.party
"""
_ERASE = "DELETE FROM people.person WHERE party = %s"


class PostgresPeople:
    """Implements ports.store.People on the gate's role."""

    def __init__(self, url: str) -> None:
        self._link = Link(url)

    def enrol(self, party: str, *, name: str, contact: str, aliases: tuple[str, ...] = ()) -> None:
        """Keep a person's details under their pseudonym."""
        with self._link.transaction() as connection:
            connection.execute(_ENROL, (party, name, contact))
            if aliases:
                connection.execute(_ALIASES, (party, list(aliases)))

    def performers(self) -> tuple[NameEntry, ...]:
        """Every performer's names, for the register that prompts are held against."""
        with self._link.transaction() as connection:
            rows = connection.execute(_NAMES).fetchall()
        return tuple(NameEntry(party=str(party), names=tuple(names)) for party, names in rows)

    def name(self, party: str) -> str:
        """The name, or '(erased)'."""
        with self._link.transaction() as connection:
            row = connection.execute(_NAME, (party,)).fetchone()
        return ERASED if row is None else str(row[0])

    def erase(self, party: str) -> None:
        """Forget a person's details.  The caller records the Erasure."""
        with self._link.transaction() as connection:
            connection.execute(_ERASE, (party,))

    def close(self) -> None:
        """Close every thread's connection."""
        self._link.close()
