"""What a statement page shows, ready to be shown: frozen values that hold no store, no facts and no clock.

Amounts are text for eyes and whole units for bars; pictures are bytes with their type.  The page adds nothing up for
itself but checks that what it was given adds up: a statement whose parts are not its total is never rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from stagedoor.core.base.money import Money

NOTE: Final = (
    "The rules behind these amounts are encodings of public summaries of agreements. They are not legal advice, "
    "and the union's own text decides."
)

PICTURE_TYPES: Final = frozenset({"image/webp", "image/png", "image/jpeg"})
"""What a page embeds.  SVG is a document and stays out."""

PAYS: Final = frozenset({"high", "medium"})
"""Confidence with which a value may decide an amount; every other word is shown as unverified."""


class Kind(Enum):
    """Who a share of the money goes to; decides its colour and pattern."""

    PERFORMER = "performer"
    AGENT = "agent"
    PLANS = "plans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """`text` is what a person reads, `units` what a bar is drawn from (millionths, as in the ledger)."""

    text: str
    units: int

    @staticmethod
    def of(money: Money) -> Amount:
        """An amount of the ledger."""
        return Amount(text=money.shown(), units=money.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An encoded picture; `alt` says what it shows to whoever cannot see it."""

    data: bytes
    mime: str
    width: int
    height: int
    alt: str

    def __post_init__(self) -> None:
        if self.mime not in PICTURE_TYPES:
            raise ValueError(f"a page embeds {', '.join(sorted(PICTURE_TYPES))}, not '{self.mime[:40]}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A photograph that the fit never saw, and what the double shows from the same camera."""

    photograph: Picture
    render: Picture
    camera: str
    psnr: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame of a shot, with the number it has in the shot."""

    number: int
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A shot that was made; `whole` is how many frames it has, of which `frames` may be every second or fourth."""

    name: str
    title: str
    frames: tuple[Frame, ...]
    whole: int
    fps: int
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of the employer's cost."""

    kind: Kind
    who: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Where the money went: the employer's whole cost and its parts."""

    cost: Amount
    shares: tuple[Share, ...]

    def __post_init__(self) -> None:
        if sum(share.amount.units for share in self.shares) != self.cost.units:
            raise ValueError("the parts of the employer's cost do not add up to it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rulebook's value as it was read, and the date that governed it."""

    name: str
    value: str
    since: str
    governed_by: str
    governed_on: str
    confidence: str
    source: str
    decided: bool

    @property
    def verified(self) -> bool:
        """Whether the value may decide an amount."""
        return self.confidence in PAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One link of a chain, from the posting towards the signature."""

    kind: str
    digest: str
    says: str
    details: tuple[str, ...]
    rates: tuple[Rate, ...] = ()
    doubts: tuple[str, ...] = ()
    """Confidences that are not enough to pay on, such as `low`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One credited amount; `name` is what `stagedoor why` takes."""

    name: str
    day: date
    what: str
    shot: str
    days: str
    amount: Amount
    chain: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A ceiling: what counted before, what this use counted, what of it fell above and counts no more."""

    ceiling: Amount
    before: Amount
    counted: Amount
    above: Amount
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What the employer pays to the plans on top of the pay, for one use."""

    name: str
    day: date
    what: str
    to: str
    amount: Amount
    band: Band | None
    chain: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """One piece of work: what was counted, and what was charged for it."""

    day: date
    what: str
    shot: str
    units: int
    unit: str
    days: int
    cost: Amount
    note: str

    @property
    def counted(self) -> str:
        """The units as people count them."""
        return f"{self.units:,} {self.unit}{'' if self.units == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that got no key."""

    day: date
    who: str
    what: str
    code: str
    reason: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """Everything on the page."""

    performer: str
    production: str
    first_day: date
    last_day: date
    total: Amount
    digest: str
    spending: Spending
    lines: tuple[Line, ...]
    contributions: tuple[Contribution, ...]
    metered: tuple[Metered, ...]
    refusals: tuple[Refusal, ...]
    beside: Beside | None
    shots: tuple[Shot, ...]
    agreement: str
    note: str = NOTE

    def __post_init__(self) -> None:
        if sum(line.amount.units for line in self.lines) != self.total.units:
            raise ValueError("the lines of the statement do not add up to its total")
