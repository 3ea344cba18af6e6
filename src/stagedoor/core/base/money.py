"""Money: a whole number of the smallest unit, a currency and a scale.  No float, no silent rounding.

One scale rules the ledger: six decimals (`USD/6`), so that a call that costs a hundredth of a cent can be posted.
What an agreement owes is rounded to the currency's ISO 4217 minor unit at the rule that computes it, by a named
rounding, so statements and contribution files reconcile to the cent.  As text: `1450.000000 USD`; the digits after the
point state the scale.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stagedoor.core.base.limits import MONEY_UNITS_MAX
from stagedoor.core.base.scalar import Scalar

LEDGER_SCALE = 6

# ISO 4217 minor-unit exponents of the currencies that the agreements in `rulebooks/` and their productions pay in.
# CLDR's display digits are not these. A currency that is not here is refused, not guessed.
ISO_4217_EXPONENT: dict[str, int] = {
    "AUD": 2, "CAD": 2, "CHF": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HUF": 2, "INR": 2, "JPY": 0,
    "KRW": 0, "MXN": 2, "NOK": 2, "NZD": 2, "PLN": 2, "SEK": 2, "TND": 3, "USD": 2, "ZAR": 2,
}  # fmt: skip

_TEXT = re.compile(r"(-?)(0|[1-9][0-9]{0,17})\.([0-9]{6}) ([A-Z]{3})")


class MoneyError(ValueError):
    """An amount or a currency that cannot be."""


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit (ISO 4217)."""
    try:
        return ISO_4217_EXPONENT[currency]
    except KeyError:
        known = ", ".join(sorted(ISO_4217_EXPONENT))
        raise MoneyError(f"currency '{currency[:12]}' is not known; use an ISO 4217 code out of: {known}") from None


class Money(Scalar):
    """`units` millionths of one `currency`."""

    __slots__ = ("currency", "units")
    units: int
    currency: str

    def __init__(self, units: int, currency: str) -> None:
        exponent(currency)
        if abs(units) > MONEY_UNITS_MAX:
            raise MoneyError(f"an amount beyond {MONEY_UNITS_MAX} millionths is not plausible and is refused")
        self._set(units=units, currency=currency)

    def _key(self) -> tuple[str, int]:
        return (self.currency, self.units)

    @staticmethod
    def parse(text: str) -> Money:
        """Read the canonical text `1450.000000 USD`."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise MoneyError(f"'{text[:40]}' is not an amount; write it as 1450.000000 USD")
        sign, whole, part, currency = match.groups()
        units = int(whole + part)
        if sign and units == 0:
            raise MoneyError("minus nothing is nothing: write 0.000000")
        return Money(-units if sign else units, currency)

    @staticmethod
    def whole(amount: int, currency: str) -> Money:
        """`amount` dollars, pounds or yen."""
        return Money(amount * 10**LEDGER_SCALE, currency)

    @staticmethod
    def zero(currency: str) -> Money:
        """Nothing, in a currency."""
        return Money(0, currency)

    def __str__(self) -> str:
        sign = "-" if self.units < 0 else ""
        whole, part = divmod(abs(self.units), 10**LEDGER_SCALE)
        return f"{sign}{whole}.{part:06d} {self.currency}"

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, "amounts of two currencies are never added"
        return Money(self.units + other.units, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(-self.units, self.currency)

    def shown(self) -> str:
        """For people: `1,450.00 USD`; more decimals only where there is something in them."""
        sign = "−" if self.units < 0 else ""  # a true minus sign
        digits = exponent(self.currency)
        whole, part = divmod(abs(self.units), 10**LEDGER_SCALE)
        tail = f"{part:06d}"
        kept = max(digits, len(tail.rstrip("0")))
        point = "." if kept else ""
        return f"{sign}{whole:,}{point}{tail[:kept]} {self.currency}"


def round_half_even(numerator: int, denominator: int) -> int:
    """The whole number nearest to the fraction, ties to even; the same for n and -n but for the sign."""
    assert denominator > 0
    sign = -1 if numerator < 0 else 1
    quotient, rest = divmod(abs(numerator), denominator)
    if rest * 2 > denominator or (rest * 2 == denominator and quotient % 2 == 1):
        quotient += 1
    return sign * quotient


def minor_units(currency: str) -> int:
    """How many ledger units make one minor unit: 10,000 for USD (a cent), 1,000,000 for JPY."""
    return int(10 ** (LEDGER_SCALE - exponent(currency)))


def basis_points(units: int, rate_bp: int, currency: str) -> int:
    """`rate_bp` hundredths of a percent of `units`: rounding *half-even to the minor unit*, the only one in rules."""
    step = minor_units(currency)
    return round_half_even(units * rate_bp, 10_000 * step) * step


def share_of(currency: str) -> Callable[[int, int], int]:
    """`basis_points` in one currency, fast, by the same rounding: half-even is the same for floor and for nearest."""
    step = minor_units(currency)
    whole = 10_000 * step

    def share(amount: int, rate: int) -> int:
        product = amount * rate
        quotient = product // whole
        rest = (product - quotient * whole) * 2
        if rest > whole or (rest == whole and quotient & 1):
            quotient += 1
        return quotient * step

    return share


def split(units: int, weights: tuple[int, ...]) -> tuple[int, ...]:
    """Parts that sum to the whole: *largest remainder*, ties to the earlier leg; sign-symmetric."""
    total = sum(weights)
    assert total > 0
    assert all(weight >= 0 for weight in weights)
    sign = -1 if units < 0 else 1
    size = abs(units)
    floors = [size * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda leg: (-(size * weights[leg] % total), leg))
    for leg in rests[: size - sum(floors)]:
        floors[leg] += 1
    return tuple(sign * part for part in floors)
