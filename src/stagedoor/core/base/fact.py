"""What every fact has: a kind, a canonical form and a digest.  Facts point to one another by digest."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from stagedoor.core.base.canonical import canonical_bytes, digest_of
from stagedoor.core.base.money import Money
from stagedoor.core.base.when import Instant


class Fact:
    """Base of all facts.  Subclasses are frozen, slotted, keyword-only dataclasses with a KIND.

    FORM is the version of a kind's written form; a reader refuses any other (docs/adr/0013).
    """

    __slots__ = ()
    KIND: ClassVar[str]
    FORM: ClassVar[int] = 1

    def plain(self) -> dict[str, object]:
        """The fact as plain values, ready for canonical_bytes: its kind, the form's version, then its fields."""
        return {"fact": self.KIND, "form": self.FORM, **_members(self)}

    def canonical(self) -> bytes:
        """The fact's one spelling."""
        return canonical_bytes(self.plain())

    def digest(self) -> str:
        """`sha256:<hex>`: by this other facts point here."""
        return digest_of(self.KIND, self.canonical())


def plain_value(value: object) -> object:
    """A field's value as plain JSON values; Instants, days, amounts and codes as text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Money | Instant):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return plain_value(value.value)
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    assert is_dataclass(value) and not isinstance(value, type), type(value)
    return _members(value)


def _members(value: object) -> dict[str, object]:
    assert is_dataclass(value) and not isinstance(value, type)
    return {field.name: plain_value(getattr(value, field.name)) for field in fields(value)}
