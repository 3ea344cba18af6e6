"""Papers for people, made from the store: a performer's statement page, and an evidence bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from stagedoor.adapters import bundle
from stagedoor.core.base.money import Money
from stagedoor.core.base.outcome import Refused
from stagedoor.core.base.when import within
from stagedoor.core.facts.consent import Use
from stagedoor.core.facts.decision import Answer, Decision, PriceLine, Quote
from stagedoor.core.facts.party import Mandate, Production
from stagedoor.core.facts.permit import Permit, Receipt, WorkOrder
from stagedoor.core.facts.posting import Entry, EntryKind, Posting, Statement
from stagedoor.core.facts.request import Request, Standing
from stagedoor.core.rules.chart import PLANS, owed
from stagedoor.portal.chains import steps_of
from stagedoor.portal.model import (
    Amount,
    Band,
    Beside,
    Contribution,
    Kind,
    Line,
    Metered,
    Refusal,
    Share,
    Shot,
    Spending,
    StatementPage,
)
from stagedoor.portal.pictures import film, thumbnail
from stagedoor.ports.store import Unit
from stagedoor.stories.answer_why import Chain, answer_why, posting_name
from stagedoor.stories.settle_period import settle_party
from stagedoor.stories.unit import journal_of
from stagedoor.stories.verify_bundle import output_name
from stagedoor.stories.write_bundle import gather
from stagedoor.wiring import House, rulebooks, story_books

FPS: Final = 24
MARK: Final = "unmarked preview"
BACKGROUND: Final = (18, 20, 26, 255)
"""What the worker's frames stand on (worker.arc), as 8-bit RGBA."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A held-out picture of a capture, and the azimuth that it was taken from, in degrees."""

    path: Path
    azimuth_deg: int


class Reader:
    """One performer's facts in one production, read once for a page."""

    def __init__(self, house: House, unit: Unit, *, production: str, performer: str, period: tuple[date, date]) -> None:
        journal = journal_of(production)
        self.house = house
        self.production = unit.find(Production, production)
        self.receipts = [item for item in unit.all(Receipt, journal) if within(item.at.day, *period)]
        self.permits = {item.digest(): item for item in unit.all(Permit, journal) if item.performer == performer}
        self.decisions = {item.digest(): item for item in unit.all(Decision, journal)}
        self.requests = {item.digest(): item for item in unit.all(Request, journal)}
        self.standings = {item.digest(): item for item in unit.all(Standing, journal)}
        self.orders = {item.digest(): item for item in unit.all(WorkOrder, journal)}
        self.mandates = {item.digest(): item for item in unit.all(Mandate)}
        self.entries = [
            item
            for item in unit.entries(production=production, performer=performer)
            if item.kind is EntryKind.POST and within(item.at.day, *period)
        ]
        self.agent = next((item.agent for item in self.mandates.values() if item.performer == performer), "")

    def quote(self, entry: Entry) -> Quote:
        """The price behind an entry."""
        quote = self.decisions[self.permits[entry.permit].decision].quote
        assert quote is not None
        return quote

    def standing(self, entry: Entry) -> Standing:
        """How things stood when it was decided."""
        return self.standings[self.decisions[self.permits[entry.permit].decision].standing]


def statement_page(
    house: House, *, production: str, performer: str, period: tuple[date, date], photograph: Photograph | None = None
) -> StatementPage:
    """The page's model.  `photograph` is a held-out picture that its owner lets be shown beside the double."""
    with house.store.unit() as unit:
        reader = Reader(house, unit, production=production, performer=performer, period=period)
    assert reader.production is not None
    currency = reader.production.currency
    statement = settle_party(house.store, party=performer, currency=currency, first_day=period[0], last_day=period[1])
    return StatementPage(
        performer=house.people.name(performer),
        production=reader.production.title,
        first_day=period[0],
        last_day=period[1],
        total=Amount.of(statement.total),
        digest=statement.digest(),
        spending=_spending(reader, performer, currency),
        lines=_lines(reader, statement),
        contributions=_contributions(reader),
        metered=_metered(reader),
        refusals=_refusals(reader, performer, period),
        beside=_beside(reader, photograph),
        shots=_shots(reader),
        agreement=", ".join(rulebooks().load(name).title for name in (reader.production.agreement,)),
    )


def _what(use: Use, shot: str) -> str:
    return "Creation of the replica" if use is Use.CREATE else f"Shot {shot}, {use.value}ed by the replica"


def _lines(reader: Reader, statement: Statement) -> tuple[Line, ...]:
    entries = {entry.digest(): entry for entry in reader.entries}
    lines: list[Line] = []
    for item in statement.lines:
        entry = entries.get(item.entry)
        if entry is None:
            continue
        permit = reader.permits[entry.permit]
        name = posting_name(item.entry, item.line)
        price = _price(reader, entry, entry.postings[item.line])
        lines.append(
            Line(
                name=name,
                day=entry.at.day,
                what=_what(permit.use, permit.shot),
                shot=permit.shot or "-",
                days=str(permit.days),
                amount=Amount.of(item.amount),
                chain=steps_of(_chain(reader.house, name), price.readings if price else ()),
            )
        )
    return tuple(lines)


def _price(reader: Reader, entry: Entry, posting: Posting) -> PriceLine | None:
    return next((line for line in reader.quote(entry).lines if line.rule == posting.rule), None)


def _chain(house: House, name: str) -> Chain:
    chain = answer_why(house.store, name)
    assert isinstance(chain, Chain), chain
    return chain


def _spending(reader: Reader, performer: str, currency: str) -> Spending:
    sums = {owed("performer", performer): 0, owed("agent", reader.agent): 0, PLANS: 0}
    for entry in reader.entries:
        for posting in entry.postings:
            if posting.account in sums:
                sums[posting.account] -= posting.amount.units
    kinds = (Kind.PERFORMER, Kind.AGENT, Kind.PLANS)
    agent = reader.house.people.name(reader.agent) if reader.agent else "agent"
    names = (reader.house.people.name(performer), agent, "Pension and health plans")
    shares = tuple(
        Share(kind=kind, who=name, amount=Amount.of(Money(units, currency)))
        for kind, name, units in zip(kinds, names, sums.values(), strict=True)
        if units
    )
    return Spending(cost=Amount.of(Money(sum(sums.values()), currency)), shares=shares)


def _contributions(reader: Reader) -> tuple[Contribution, ...]:
    found: list[Contribution] = []
    for entry in reader.entries:
        permit, quote = reader.permits[entry.permit], reader.quote(entry)
        for index, posting in enumerate(entry.postings):
            if posting.account != PLANS:
                continue
            name = posting_name(entry.digest(), index)
            price = _price(reader, entry, posting)
            found.append(
                Contribution(
                    name=name,
                    day=entry.at.day,
                    what=_what(permit.use, permit.shot),
                    to="SAG-AFTRA Health Plan, which forwards the pension's part",
                    amount=Amount.of(-posting.amount),
                    band=_band(reader, entry, quote),
                    chain=steps_of(_chain(reader.house, name), price.readings if price else ()),
                )
            )
    return tuple(found)


def _band(reader: Reader, entry: Entry, quote: Quote) -> Band | None:
    """What of the gross fell below the ceiling, from the ceiling's own reading."""
    day = reader.standing(entry).photography_began
    parameters = [item for book in story_books() for item in book.parameters if item.name == "ph_ceiling"]
    dated = parameters[0].at(day) if parameters else None
    if dated is None:
        return None
    ceiling = dated.value
    before = reader.standing(entry).prior_gross
    currency = before.currency
    counted = max(0, min(before.units + quote.gross.units, ceiling) - min(before.units, ceiling))
    above = quote.gross.units - counted
    shown = Money(counted, currency).shown()
    return Band(
        ceiling=Amount.of(Money(ceiling, currency)),
        before=Amount.of(Money(min(before.units, ceiling), currency)),
        counted=Amount.of(Money(counted, currency)),
        above=Amount.of(Money(above, currency)),
        says=f"Of {quote.gross.shown()} gross, {shown} still counted below the ceiling of "
        f"{Money(ceiling, currency).shown()} for each performer and picture.",
    )


def _metered(reader: Reader) -> tuple[Metered, ...]:
    rows: list[Metered] = []
    for receipt in reader.receipts:
        permit = reader.permits.get(receipt.permit)
        if permit is None:
            continue
        request = reader.requests[permit.request]
        note = "a retake within the days already paid" if request.retake_of else ""
        if not note and permit.cost.units == 0:
            note = "within the days already paid"
        rows.append(
            Metered(
                day=receipt.at.day,
                what=_what(permit.use, permit.shot),
                shot=permit.shot or "-",
                units=receipt.units,
                unit=receipt.unit,
                days=permit.days,
                cost=Amount.of(permit.cost),
                note=note,
            )
        )
    return tuple(rows)


def _refusals(reader: Reader, performer: str, period: tuple[date, date]) -> tuple[Refusal, ...]:
    rows: list[Refusal] = []
    for decision in reader.decisions.values():
        request = reader.requests[decision.request]
        if not within(decision.at.day, *period):
            continue
        if decision.answer is not Answer.REFUSE or request.performer != performer or decision.code is None:
            continue
        first = decision.findings[0]
        rows.append(
            Refusal(
                day=decision.at.day,
                who=reader.house.people.name(request.asker),
                what=f"{request.use.value}, shot {request.shot or '-'}, for {request.purpose.value}, on {request.day}",
                code=decision.code.value,
                reason=first.says,
                clause=first.clause,
            )
        )
    return tuple(rows)


GUESSED = ". Few were taken: what no photograph shows was begun from the shape of heads in general, not from yours"


def _order_folder(reader: Reader, receipt: Receipt) -> Path:
    return reader.house.home.outputs / reader.orders[receipt.order].order


def _beside(reader: Reader, photograph: Photograph | None) -> Beside | None:
    # Of a camera move alone: the frames of a look are wherever somebody looked from.
    moved = (item for item in reader.receipts if item.unit == "frame" and item.outputs)
    made = next((item for item in moved if reader.orders[item.order].recipe == "render-arc"), None)
    fitted = next((item for item in reader.receipts if item.result_asset and item.units), None)
    if photograph is None or made is None or fitted is None:
        return None
    measured = {item.name: item.value for item in fitted.measures}
    stills = [output for output in made.outputs if output.name.endswith(".png")]
    permit = reader.permits[made.permit]
    span = max(permit.arc_to_deg - permit.arc_from_deg, 1)
    at = (photograph.azimuth_deg - permit.arc_from_deg) * (len(stills) - 1) // span
    still = stills[min(max(at, 0), len(stills) - 1)]
    render = (_order_folder(reader, made) / Path(still.name).name).read_bytes()
    return Beside(
        photograph=thumbnail(_on_dark(photograph.path), alt="A picture of the capture that the fit never saw"),
        render=thumbnail(render, alt="The double, rendered from near the same camera"),
        camera=f"{photograph.azimuth_deg} degrees to the side, to the nearest frame",
        psnr=quality_of(measured),
        mark=MARK,
    )


def quality_of(measured: Mapping[str, int]) -> str:
    """What a fit's measures say of the double, and whether part of it is a guess."""
    whole, head = (measured.get(f"psnr_{part}_millidb", 0) / 1000 for part in ("whole", "head"))
    guessed = GUESSED if measured.get("general_head") else ""
    return f"{whole:.1f} dB whole frame, {head:.1f} dB on the head, over all held-out views{guessed}"


def _on_dark(path: Path) -> bytes:
    """The photograph on the renders' background, so that the two are compared and not their backgrounds."""
    with Image.open(path) as picture:
        ground = Image.new("RGBA", picture.size, BACKGROUND)
        ground.alpha_composite(picture.convert("RGBA"))
    data = BytesIO()
    ground.convert("RGB").save(data, "PNG")
    return data.getvalue()


def _shots(reader: Reader) -> tuple[Shot, ...]:
    """Each receipt with an animation becomes a shot to scrub through; a page holds the first three."""
    shots: list[Shot] = []
    for receipt in reader.receipts:
        permit = reader.permits.get(receipt.permit)
        moving = next((item for item in receipt.outputs if item.name.endswith(".webp")), None)
        if permit is None or moving is None or len(shots) >= 3:
            continue
        data = (_order_folder(reader, receipt) / Path(moving.name).name).read_bytes()
        frames = film(data, alt=f"Shot {permit.shot}", mark=MARK)
        title = f"Shot {permit.shot}, {receipt.units} frames"
        retake = " (retake)" if reader.requests[permit.request].retake_of else ""
        shots.append(
            Shot(name=permit.shot, title=title + retake, frames=frames, whole=receipt.units, fps=FPS, mark=MARK)
        )
    return tuple(shots)


def write_bundle_file(house: House, production: str, path: Path) -> Path | Refused:
    """Every fact, rulebook and output of one production in one file."""
    gathered = gather(house.store, production)
    if isinstance(gathered, Refused):
        return gathered
    orders = {fact.digest(): fact for fact in gathered.facts if isinstance(fact, WorkOrder)}
    outputs = {
        output_name(receipt, output.name): (
            house.home.outputs / orders[receipt.order].order / Path(output.name).name,
            output.sha256,
        )
        for receipt in gathered.receipts
        for output in receipt.outputs
    }
    bundle.write(path, gathered.facts, gathered.rulebooks, outputs)
    return path
