"""Amounts: what is sent is what was typed, or it is refused (S2, S12, S14, S15)."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, localcontext

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubadmin.dub.money import (
    MAX_COMMISSION_CENTS,
    MAX_MINOR,
    ZERO_DECIMAL,
    NotRepresentable,
    exponent,
    to_major,
    to_minor,
)

CURRENCIES = sorted(currency.alpha_3 for currency in pycountry.currencies)
currencies = st.sampled_from(CURRENCIES)
amounts = st.decimals(allow_nan=True, allow_infinity=True) | st.decimals(
    min_value=0, max_value=10**12, places=3
)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1580", "JPY", 1580),
        ("12.34", "EUR", 1234),
        ("1580", "ISK", 158000),
        ("1580", "MGA", 1580),
        ("10.5", "KWD", 1050),
        ("10.500", "KWD", 1050),
        ("1580.00", "JPY", 1580),
        ("0.01", "USD", 1),
        ("1E+3", "USD", 100000),
        ("21474836.47", "usd", MAX_COMMISSION_CENTS),
        ("9007199254740991", "JPY", MAX_MINOR),
        ("90071992547409.91", "USD", MAX_MINOR),
    ],
)
def test_s12_minor_units_follow_dubs_list(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency=currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("10.505", "KWD"),
        ("0.001", "USD"),
        ("0.5", "JPY"),
        ("12.340000000000000000000000000000000000001", "EUR"),
        ("9007199254740992", "JPY"),
        ("90071992547409.92", "USD"),
        ("1E+400", "USD"),
        ("1E-400", "USD"),
        ("1E+999999", "JPY"),
        ("1E-999999", "JPY"),
    ],
)
def test_s12_what_dub_cannot_hold_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(NotRepresentable) as caught:
        to_minor(Decimal(amount), currency=currency)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("amount", ["0", "-0", "0.00", "0E+5", "-1", "NaN", "sNaN", "Inf", "-Inf"])
def test_s2_s13_only_amounts_above_zero(amount: str) -> None:
    with pytest.raises(NotRepresentable, match="greater than zero"):
        to_minor(Decimal(amount), currency="USD")


def test_s12_the_list_is_dubs() -> None:
    listed = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"

    assert listed.split() == sorted(ZERO_DECIMAL)
    assert set(CURRENCIES) >= ZERO_DECIMAL


@pytest.mark.parametrize("currency", CURRENCIES)
def test_s12_every_currency_has_two_decimals_or_none(currency: str) -> None:
    assert exponent(currency) == exponent(currency.lower()) == (2 - 2 * (currency in ZERO_DECIMAL))


@given(amount=amounts, currency=currencies)
def test_s15_what_is_sent_is_what_was_typed_or_nothing(amount: Decimal, currency: str) -> None:
    try:
        minor = to_minor(amount, currency=currency)
    except NotRepresentable:
        return
    assert type(minor) is int
    assert 0 < minor <= MAX_MINOR
    assert to_major(minor, currency=currency) == amount


@given(minor=st.integers(1, MAX_MINOR), currency=currencies)
def test_s15_every_amount_that_dub_holds_can_be_typed(minor: int, currency: str) -> None:
    major = to_major(minor, currency=currency)

    assert -major.as_tuple().exponent == exponent(currency)
    assert to_minor(major, currency=currency) == minor
    assert to_minor(Decimal(f"{major:f}"), currency=currency) == minor


@given(minor=st.integers(), currency=currencies)
def test_r14_any_integer_is_shown_exactly(minor: int, currency: str) -> None:
    major = to_major(minor, currency=currency)

    assert int(f"{major:f}".replace(".", "")) == minor


@given(amount=amounts, currency=currencies)
def test_s15_a_rounding_context_changes_nothing(amount: Decimal, currency: str) -> None:
    def outcome() -> int | str:
        try:
            return to_minor(amount, currency=currency)
        except NotRepresentable:
            return "refused"

    expected = outcome()
    with localcontext(prec=6, rounding=ROUND_UP):
        found = outcome()

    assert found in (expected, "refused")
