"""Money: whole units, named roundings, one spelling."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.core.base.limits import MONEY_UNITS_MAX
from stagedoor.core.base.money import (
    ISO_4217_EXPONENT,
    Money,
    MoneyError,
    basis_points,
    exponent,
    minor_units,
    round_half_even,
    split,
)

UNITS = st.integers(-MONEY_UNITS_MAX, MONEY_UNITS_MAX)
CURRENCIES = st.sampled_from(sorted(ISO_4217_EXPONENT))


@given(UNITS, st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(sum))
def test_split_sums_to_the_whole_and_is_sign_symmetric(units: int, weights: list[int]) -> None:
    """No millionth is lost or made, each part is within one of its share, and a refund splits as the payment did."""
    parts = split(units, tuple(weights))
    assert sum(parts) == units
    assert split(-units, tuple(weights)) == tuple(-part for part in parts)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(units * weight, sum(weights))) < 1
        assert weight or not part


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**15))
def test_round_half_even_is_the_fractions_oracle(numerator: int, denominator: int) -> None:
    """`fractions.Fraction` rounds half to even too; and n and -n round alike but for the sign."""
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))
    assert round_half_even(-numerator, denominator) == -round_half_even(numerator, denominator)


@given(st.integers(-(10**6), 10**6))
def test_round_half_even_on_the_very_halves(number: int) -> None:
    """Exact halves go to the even neighbour, where random fractions seldom land."""
    result = round_half_even(2 * number + 1, 2)
    assert result % 2 == 0 and abs(2 * result - (2 * number + 1)) == 1


@given(st.integers(-(10**15), 10**15), st.integers(0, 10_000), CURRENCIES)
def test_basis_points_round_half_even_to_the_minor_unit(units: int, rate: int, currency: str) -> None:
    """Against the oracle, and sign-symmetric."""
    result = basis_points(units, rate, currency)
    step = minor_units(currency)
    assert result == round(Fraction(units * rate, 10_000 * step)) * step
    assert basis_points(-units, rate, currency) == -result


@given(UNITS, CURRENCIES)
def test_money_text_round_trip(units: int, currency: str) -> None:
    """One amount, one text."""
    amount = Money(units, currency)
    assert Money.parse(str(amount)) == amount


@pytest.mark.parametrize(
    "text",
    ["", "1450 USD", "1450.00 USD", "01450.000000 USD", "+1.000000 USD", "-0.000000 USD", "1.000000 usd",
     "1.000000 XXX", "1.000000USD", "1,450.000000 USD", " 1.000000 USD", "1.000000 USD\n", "１.000000 USD",
     "1e6 USD", "NaN USD", "9999999999999999.000000 USD"],
)  # fmt: skip
def test_money_has_one_spelling(text: str) -> None:
    """Every other spelling is refused."""
    with pytest.raises(MoneyError):
        Money.parse(text)


@given(UNITS, CURRENCIES)
def test_shown_amounts_differ_when_amounts_differ(units: int, currency: str) -> None:
    """What a person reads is exact: digits are dropped only where there is nothing in them."""
    shown = Money(units, currency).shown()
    sign = -1 if shown.startswith("−") else 1
    number, code = shown.removeprefix("−").replace(",", "").split(" ")
    assert (sign * Fraction(number) * 10**6, code) == (units, currency)
    assert len(number.partition(".")[2]) >= exponent(currency)


def test_money_is_frozen_and_has_bounds() -> None:
    """No field can be set, no implausible amount made, no two currencies added."""
    amount = Money.whole(5, "USD")
    with pytest.raises(AttributeError):
        amount.units = 6
    with pytest.raises(MoneyError):
        Money(MONEY_UNITS_MAX + 1, "USD")
    with pytest.raises(AssertionError):
        amount + Money.whole(5, "EUR")
    assert amount != Money.whole(5, "EUR") and hash(amount) == hash(Money(5_000_000, "USD"))
