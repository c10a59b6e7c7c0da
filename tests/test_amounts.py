"""What a person types as an amount or as metadata is read as it was meant, or not at all."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from customers.amounts import NotAnAmount, parse_amount, parse_metadata, split_currency
from customers.audit import storable

AMOUNTS = {
    "1580": "1580",
    "0.5": "0.5",
    "12.34": "12.34",
    "12,34": "12.34",
    "1234.5": "1234.5",
    "1234,56": "1234.56",
    "1,234.56": "1234.56",
    "1.234,56": "1234.56",
    "1,234,567": "1234567",
    "1.234.567": "1234567",
    "12,345,678.9": "12345678.9",
    "12.345.678,90": "12345678.90",
    "1 234,56": "1234.56",
    "1\u202f234\u202f567,89": "1234567.89",
    "1\u00a0234.56": "1234.56",
    "1'234.56": "1234.56",
    "1’234’567": "1234567",
    "  49.00 \n": "49.00",
    "007": "7",
}


@pytest.mark.parametrize(("typed", "meant"), AMOUNTS.items())
def test_it_reads_what_was_typed(typed: str, meant: str) -> None:
    assert parse_amount(typed) == Decimal(meant)


@pytest.mark.parametrize(
    ("typed", "number", "currency"),
    [
        ("1.234,56 €", "1.234,56", "EUR"),
        ("£1,234.56", "1,234.56", "GBP"),
        ("eur 12", "12", "EUR"),
        ("12.50CHF", "12.50", "CHF"),
        ("12.50", "12.50", ""),
        ("€ 12 EUR", "€ 12 EUR", ""),
        ("$5", "$5", ""),
        ("12 XYZ", "12 XYZ", ""),
        ("EUR", "EUR", ""),
    ],
)
def test_a_currency_beside_the_number_is_told_from_it(
    typed: str, number: str, currency: str
) -> None:
    assert split_currency(typed) == (number, currency)


@pytest.mark.parametrize("typed", ["1,234", "1.234", "12,345", "999.999", " 1.000 "])
def test_what_can_be_read_in_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmount, match="two ways"):
        parse_amount(typed)


@pytest.mark.parametrize("typed", ["0.125", "0,125", "1234.567", "1234,5678"])
def test_a_third_decimal_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmount, match="two decimals"):
        parse_amount(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "abc", "-5", "+5", "$5", "5 EUR", "1e3", "NaN", "Infinity", "0x10", "1_000"),
        *(".5", "5.", "1,23,456.78", "1,234.567", "1,2,3", "1.234.56", "0,123,456", "1'234 567"),
        *("12 34", "1 2 3", "12\n345", "1234 567", "٤٩", "４９", "9" * 31),
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(typed)


@given(st.text() | st.text(alphabet="0123456789.,' \u00a0\n-+eE"))
def test_s15_any_text_gives_an_exact_amount_or_a_refusal(typed: str) -> None:
    try:
        amount = parse_amount(typed)
    except NotAnAmount:
        return
    assert amount >= 0
    assert int(amount.as_tuple().exponent) >= -2
    read = "".join(character for character in typed if character.isdigit())
    assert f"{amount:f}".replace(".", "").lstrip("0") == read.lstrip("0")


@given(st.integers(0, 10**15), st.sampled_from([",.", ".,", " .", " ,", "'.", "’.", "\u00a0,"]))
def test_s15_an_amount_with_two_decimals_is_read_in_every_notation(cents: int, signs: str) -> None:
    group, point = signs
    whole, part = divmod(cents, 100)
    for typed in (
        f"{whole}{point}{part:02}",
        f"{whole:,}".replace(",", group) + f"{point}{part:02}",
    ):
        assert parse_amount(typed) == Decimal(cents).scaleb(-2)


def test_metadata_from_lines_or_json() -> None:
    assert parse_metadata("plan: pro\n\nsource : call: 12:30 ") == {
        "plan": "pro",
        "source": "call: 12:30",
    }
    assert parse_metadata('{"plan": "pro", "seats": 3}') == {"plan": "pro", "seats": 3}
    assert parse_metadata(" \n ") is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("[1]", "object"),
        ("{plan}", "not valid JSON"),
        ('{"n": NaN}', "not valid JSON"),
        ('{"n": 1e999}', "too large"),
        ('{"n": 9007199254740993}', "too large"),
        ('{"n": ' + "9" * 5000 + "}", "not valid JSON"),
        ("no key here", "key: value"),
        (": value", "key: value"),
        ("a: 1\na: 2", "twice"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": "\\u0000"}', "NUL"),
        ('{"\\ud800": 1}', "surrogate"),
        ('{"a": ' * 30 + "1" + "}" * 30, "deeply"),
        ("[" * 100_000, "not valid JSON"),
        ("a: " + "x" * 10_000, "10,000"),
    ],
)
def test_metadata_that_dub_or_the_log_could_not_hold_is_refused(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_metadata(typed)


def test_metadata_is_counted_as_dub_counts_it() -> None:
    fits = json.dumps({"a": "😀" * 4996}, separators=(",", ":"), ensure_ascii=False)
    assert parse_metadata(fits)
    with pytest.raises(ValueError, match=r"10,00\d"):
        parse_metadata(fits.replace("😀", "😀😀", 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.text() | JSON.map(json.dumps))
@example("{" + '"a":{' * 990)
def test_any_metadata_is_stored_as_it_is_sent_or_refused(typed: str) -> None:
    try:
        data: Any = parse_metadata(typed)
    except ValueError:
        return
    assert data is None or storable(data) == data
    assert json.loads(json.dumps(data, allow_nan=False)) == data
