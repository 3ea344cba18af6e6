"""Small builders of valid facts, each with keyword overrides: one performer, one picture, one scan, one shot.

Everything here is a pure function of its arguments; ids are made by `stagedoor.core.base.ids.make` from a noun and a
number, so the same call gives the same bytes on every machine. `world()` gives a request that the three rulebooks of
this repository permit; a test changes the one thing that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from core.given import (
    AGENT,
    AGREEMENT,
    AT,
    BOOKS,
    CAPTURE,
    DAY,
    HOUSE,
    OFFICER,
    PERFORMER,
    PLANS_BOOK,
    PRODUCTION,
    READ_ON,
    REPLICA,
    ROOT,
    RULEBOOKS,
    SHOT,
    SPEC,
    STUDIO,
    WORKER,
    asset,
    chance,
    consent,
    creation,
    deal,
    estimate,
    hexes,
    ident,
    mandate,
    notice,
    party,
    permission,
    production,
    release_of,
    request,
    standing,
    withdrawal,
)
from stagedoor.adapters.rulebooks import FolderRulebooks
from stagedoor.core.base.money import Money
from stagedoor.core.facts.consent import (
    Consent,
)
from stagedoor.core.facts.decision import Decision
from stagedoor.core.facts.permit import KeyGrant, Output, Permit, Receipt, Setting, WorkOrder
from stagedoor.core.facts.posting import Deposit, Entry
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.rulebook import Rulebook
from stagedoor.core.steps.decide import decide
from stagedoor.core.steps.dispatch import STAMP, dispatch
from stagedoor.core.steps.grant import Granted, grant
from stagedoor.core.steps.post import post
from stagedoor.core.steps.unlock import Now, unlock

__all__ = [
    "AGENT",
    "AGREEMENT",
    "AT",
    "BOOKS",
    "CAPTURE",
    "DAY",
    "HOUSE",
    "OFFICER",
    "PERFORMER",
    "PLANS_BOOK",
    "PRODUCTION",
    "READ_ON",
    "REPLICA",
    "ROOT",
    "RULEBOOKS",
    "SHOT",
    "SPEC",
    "STUDIO",
    "UNLOCK",
    "WORKER",
    "World",
    "asset",
    "book",
    "books",
    "chance",
    "consent",
    "creation",
    "deal",
    "deposit",
    "estimate",
    "granted",
    "hexes",
    "ident",
    "key_grant",
    "mandate",
    "notice",
    "now",
    "order_of",
    "party",
    "permission",
    "posted",
    "production",
    "receipt",
    "release_of",
    "request",
    "standing",
    "withdrawal",
    "world",
]


@cache
def book(name: str) -> Rulebook:
    """A rulebook of this repository, or one of `spec/rulebooks/` made for vectors."""
    shipped = FolderRulebooks(RULEBOOKS, read_on=READ_ON)
    return (shipped if name in shipped.names() else FolderRulebooks(SPEC / "rulebooks", read_on=READ_ON)).load(name)


def books(*names: str) -> tuple[Rulebook, ...]:
    """Rulebooks by name; all three of the story if none is named."""
    return tuple(book(name) for name in names or BOOKS)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class World:
    """The arguments of `decide`, kept consistent: digests are filled in anew whenever something changes."""

    request: Request
    standing: Standing
    consent: Consent | None
    books: tuple[Rulebook, ...]

    def __repr__(self) -> str:
        """Short enough for a failing property's report: the facts, and the rulebooks' names."""
        names = ", ".join(item.name for item in self.books)
        return f"World({self.request}, {self.standing}, {self.consent}, [{names}])"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis prints dataclasses field by field, and a rulebook is a book

    def decide(self) -> Decision:
        """The answer."""
        return decide(self.request, self.standing, self.consent, self.books, at=AT)

    def but(
        self,
        *,
        consent: Consent | None = None,
        request: dict[str, Any] | None = None,
        standing: dict[str, Any] | None = None,
        books: tuple[Rulebook, ...] | None = None,
    ) -> World:
        """The same world but for what is named."""
        new_consent = self.consent if consent is None else consent
        new_books = self.books if books is None else books
        by_digest = {"consent": new_consent.digest() if new_consent else ""}
        asked = replace(self.request, **(by_digest | (request or {})))
        links = {"request": asked.digest(), "rulebooks": tuple(item.digest for item in new_books)} | by_digest
        stands = replace(self.standing, **(links | (standing or {})))
        return World(request=asked, standing=stands, consent=new_consent, books=new_books)


def world(
    *,
    consent: Consent | None = None,
    request: dict[str, Any] | None = None,
    standing: dict[str, Any] | None = None,
    rulebooks: tuple[Rulebook, ...] | None = None,
) -> World:
    """A permitted request under the story's three rulebooks, but for what is named."""
    return _story().but(consent=consent, request=request, standing=standing, books=rulebooks)


@cache
def _story() -> World:
    given, loaded = consent(), books()
    asked = globals()["request"](given)
    return World(request=asked, standing=globals()["standing"](asked, given, loaded), consent=given, books=loaded)


def granted(of: World, **over: Any) -> Granted:
    """Permit and reservation for a world that says yes."""
    given: dict[str, Any] = {"permit_id": ident("permit"), "entry_id": ident("entry"), "hours": 24, "at": AT}
    result = grant(of.request, of.standing, of.decide(), **given | over)
    assert isinstance(result, Granted), result
    return result


def order_of(permit: Permit, **over: Any) -> WorkOrder:
    """Eight frames of forty degrees."""
    numbers = {
        "frames": 8,
        "arc_from_deg": -20,
        "arc_to_deg": 20,
        "elevation_deg": 5,
        "width": 640,
        "height": 360,
        "first_frame": 1001,
        "radius_milli": 2200,
    }
    given: dict[str, Any] = {
        "order_id": ident("order"),
        "recipe": "render-arc",
        "settings": tuple(Setting(name=name, value=value) for name, value in numbers.items()),
        "result_asset": "",
        "at": AT,
    }
    result = dispatch(permit, **given | over)
    assert isinstance(result, WorkOrder), result
    return result


def now(**over: Any) -> Now:
    """The database finds nothing against it."""
    given: dict[str, Any] = {
        "epoch": 1,
        "withdrawn": False,
        "holds": (),
        "permit_live": True,
        "permit_void": False,
        "reserved": True,
        "units_left": 8,
    }
    return Now(**given | over)


UNLOCK: dict[str, Any] = {
    "grant_id": ident("grant"),
    "worker": WORKER,
    "one_time_key": hexes("one-time key"),
    "worker_signature": hexes("worker signature", 64),
    "lease_seconds": 20,
    "at": AT,
}
"""The further arguments of `unlock`."""


def key_grant(permit: Permit, order: WorkOrder, **over: Any) -> KeyGrant:
    """The worker may open the asset."""
    result = unlock(permit, order, now(), **UNLOCK)
    assert isinstance(result, KeyGrant), result
    return replace(result, **over)


def receipt(permit: Permit, order: WorkOrder, key: KeyGrant, **over: Any) -> Receipt:
    """Eight frames, marked as they must be."""
    given: dict[str, Any] = {
        "receipt": ident("receipt"),
        "order": order.digest(),
        "permit": permit.digest(),
        "grant": key.digest(),
        "worker": permit.worker,
        "unit": permit.unit,
        "units": 8,
        "outputs": tuple(
            Output(name=f"frame-{number:06d}.png", sha256=hexes("frame"), bytes=48_211, mark=STAMP)
            for number in range(over.get("units", 8) if permit.unit == "frame" else 0)
        ),
        "measures": (Setting(name="gpu_milliseconds", value=912),),
        "result_asset": order.result_asset,
        "sealed_sha256": hexes("replica") if permit.unit == "replica" else "",
        "sealed_bytes": 0,
        "at": AT,
    }
    return Receipt(**given | over)


def posted(of: World, **over: Any) -> Entry | None:
    """What the first receipt of a world that says yes makes due."""
    permit = granted(of).permit
    order = order_of(permit)
    made = receipt(permit, order, key_grant(permit, order))
    given: dict[str, Any] = {
        "entry_id": ident("entry", 2),
        "agent": AGENT,
        "already_due": False,
        "reservation_stands": True,
        "at": AT,
    }
    return post(made, permit, of.decide(), **given | over)


def deposit(**over: Any) -> Deposit:
    """Twenty thousand paid in."""
    given: dict[str, Any] = {
        "deposit": ident("deposit"),
        "production": PRODUCTION,
        "amount": Money.whole(20_000, "USD"),
        "reference": "wire 2026-10-11/1",
        "at": AT,
    }
    return Deposit(**given | over)
