"""Money: integers of minor units that only add up in one currency, written as the reader's language does."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.money import CurrencyMismatch, Money, format_money, major_units, vat_part

MINOR = st.integers(min_value=-(10**15), max_value=10**15)


def test_sums_keep_to_one_currency():
    assert Money(1500, "EUR") + Money(499, "EUR") - Money(1999, "EUR") == Money(0, "EUR")
    with pytest.raises(CurrencyMismatch, match="EUR and JPY"):
        Money(1, "EUR") + Money(1, "JPY")
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") - Money(1, "JPY")


@pytest.mark.parametrize(("currency", "expected"), [("EUR", "12.34"), ("JPY", "1234"), ("KWD", "1.234")])
def test_each_currency_has_its_own_digits(currency, expected):
    assert major_units(1234, currency) == Decimal(expected)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "expected"),
    [
        (1500, "EUR", "en", "€15.00"),
        (150000, "EUR", "en", "€1,500.00"),
        (1500, "EUR", "zh-hans", "€15.00"),
        (1500, "EUR", "de", "15,00\N{NO-BREAK SPACE}€"),
        (1500, "JPY", "en", "¥1,500"),
        (-1, "EUR", "en", "-€0.01"),
        (0, "EUR", "en", "€0.00"),
    ],
)
def test_money_is_written_as_the_language_does(minor, currency, language, expected):
    assert format_money(minor, currency, language) == expected


@given(MINOR, MINOR)
def test_no_cent_is_lost_in_a_sum_or_on_the_way_to_major_units(one, other):
    assert (Money(one, "EUR") + Money(other, "EUR")).minor == one + other
    assert Money(one, "EUR").major * 100 == one


@pytest.mark.parametrize(
    ("gross", "percent", "expected"),
    [
        (1190, "19", 190),
        (1999, "19", 319),
        (1500, "0", 0),
        (107, "7", 7),
        (1, "19", 0),
        (0, "19", 0),
        (1999, "25.5", 406),
    ],
)
def test_the_vat_inside_a_gross_price(gross, percent, expected):
    assert vat_part(gross, Decimal(percent)) == expected


@given(st.integers(min_value=0, max_value=10**9), st.decimals(min_value=0, max_value=30, places=1))
def test_the_vat_is_within_half_a_cent_of_the_exact_one_and_net_and_vat_are_the_gross(gross, percent):
    exact = gross - Decimal(gross) * 100 / (100 + percent)

    assert abs(vat_part(gross, percent) - exact) <= Decimal("0.5") + Decimal("1e-12")
    assert 0 <= vat_part(gross, percent) <= gross
