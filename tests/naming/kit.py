"""A small register of invented performers, and a short way to ask it."""

from __future__ import annotations

from stagedoor.adapters.naming import NameIndex
from stagedoor.ports.naming import NameEntry

CAST = (
    NameEntry(party="performer:mara", names=("Mara Quill", "Mara Jane Quill")),
    NameEntry(party="performer:iosif", names=("Иосиф Щегловитский", "Iosif Shcheglovitsky")),
    NameEntry(party="performer:rosamund", names=("Rosamund Ødegård-Vance",)),
    NameEntry(party="performer:hope", names=("Hope Stone",)),
    NameEntry(party="performer:velvet", names=("Zephyrine", "Velvet")),
    NameEntry(party="performer:bai", names=("白云雀",)),
)


def index(*entries: NameEntry) -> NameIndex:
    """These performers, or the small cast."""
    return NameIndex.build(entries or CAST)


def said(prompt: str, *entries: NameEntry) -> list[tuple[str, str, str]]:
    """Who is named, how, and how surely."""
    return [
        (one.party.removeprefix("performer:"), one.how.value, one.grade.value) for one in index(*entries).find(prompt)
    ]
