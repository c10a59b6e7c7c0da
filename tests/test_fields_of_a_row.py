"""A row of a file becomes the fields of the form that a person would have filled in."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.forms import LeadForm, SaleForm
from customers.imports import Fields, cells_of, fields_of, names_of, text_of
from customers.models import Import, ImportRow


def read(
    cells: list[Any],
    columns: dict[str, int],
    *,
    kind: str = "sales",
    metadata: dict[str, int] | None = None,
    fixed: dict[str, str] | None = None,
    empty: str = "keep",
    **file: Any,
) -> Fields:
    mapping = {
        "columns": columns,
        "metadata": metadata or {},
        "fixed": fixed or {},
        "empty": empty,
    }
    file.setdefault("format", {"kind": "csv"})
    file.setdefault("header", [f"column {n}" for n in range(len(cells))])
    return fields_of(
        ImportRow(file=Import(kind=kind, mapping=mapping, **file), number=2, cells=cells)
    )


def test_a_row_is_a_filled_in_sale_form() -> None:
    fields = read(
        ["u1", "1.234,50", "eur", "RE-1"],
        {"customer_external_id": 0, "amount": 1, "currency": 2, "invoice_id": 3},
        number_format="comma",
        reason="Monday's transfers",
    )
    assert fields.problems == {}
    form = SaleForm(fields.values | {"key": "0" * 32})
    assert form.is_valid(), form.errors
    assert form.command().amount == 123450
    assert form.command().currency == "eur"
    assert form.cleaned_data["reason"] == "Monday's transfers"


def test_fixed_values_stand_in_for_missing_columns() -> None:
    fields = read(
        ["u1"], {"customer_external_id": 0}, kind="leads", fixed={"event_name": "Sign up"}
    )
    form = LeadForm(fields.values | {"key": "0" * 32})
    assert form.is_valid(), form.errors
    assert form.command().event_name == "Sign up"


@pytest.mark.parametrize(
    ("cell", "number_format", "amount"),
    [
        ("1,234.56", "point", "1234.56"),
        ("1.234,56", "comma", "1234.56"),
        ("1.234", "comma", "1234"),
        ("0.50", "point", "0.5"),
        ("1,234", "point", "1234"),
        ("1 234,5", "comma", "1234.5"),
        ("1'234.50", "point", "1234.5"),
        ("12\u00a0345,00", "comma", "12345"),
        (12.34, "comma", "12.34"),
        (1.234e3, "comma", "1234"),
        (7, "", "7"),
        ("1234.56", "", "1234.56"),
    ],
)
def test_amounts_are_read_in_the_files_own_format(
    cell: Any, number_format: str, amount: str
) -> None:
    fields = read([cell], {"amount": 0}, number_format=number_format)
    assert fields == Fields(values={"amount": amount})


@pytest.mark.parametrize(
    ("cell", "number_format", "words"),
    [
        ("1,234.56", "comma", "no amount written like 1.234,56"),
        ("1.234,56", "point", "no amount written like 1,234.56"),
        ("12,34,567", "point", "no amount"),
        ("0,123", "point", "no amount"),
        ("-5", "point", "no amount"),
        ("15 %", "comma", "no amount"),
        ("1,999", "comma", "at most two decimals"),
        (1.999, "", "at most two decimals"),
    ],
)
def test_an_amount_that_does_not_fit_the_format_is_told(
    cell: Any, number_format: str, words: str
) -> None:
    fields = read([cell], {"amount": 0}, number_format=number_format)
    assert words in fields.problems["amount"]


@pytest.mark.parametrize("cell", ["12,50 €", "€12,50", "€ 12,50", "EUR 12,50", "12,50eur"])
def test_a_currency_beside_the_amount_is_taken_off(cell: str) -> None:
    columns = {"amount": 0, "currency": 1}
    for currency in ("EUR", "", "eur"):
        fields = read([cell, currency], columns, number_format="comma")
        assert fields == Fields(values={"amount": "12.5", "currency": "EUR"})


def test_a_currency_beside_the_amount_must_be_the_rows() -> None:
    fields = read(["12,50 €"], {"amount": 0}, number_format="comma", fixed={"currency": "USD"})
    assert fields.problems == {
        "amount": "The amount is in EUR, but the currency of the row is USD."
    }


@pytest.mark.parametrize("cell", ["$12", "12 XYZ", "€12€", "twelve", "12 € 13 €", "EUR"])
def test_what_is_beside_an_amount_and_no_currency_is_told(cell: str) -> None:
    assert "no amount" in read([cell], {"amount": 0}, number_format="point").problems["amount"]


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_every_amount_survives_both_formats(amount: Decimal) -> None:
    point = f"{amount:,.2f}"
    comma = point.translate(str.maketrans(",.", ".,"))
    for cell, number_format in ((point, "point"), (comma, "comma")):
        fields = read([cell], {"amount": 0}, number_format=number_format)
        assert fields.problems == {}
        assert Decimal(fields.values["amount"]) == amount


@given(st.text(max_size=20), st.sampled_from(["", "point", "comma"]))
def test_no_cell_breaks_reading(cell: str, number_format: str) -> None:
    kept = read(
        [cell],
        {"amount": 0, "subscription_canceled_at": 0, "invoice_id": 0},
        number_format=number_format,
        date_format="dmy",
    )
    assert set(kept.problems) <= set(kept.values)


@pytest.mark.parametrize(
    ("cell", "date_format", "when"),
    [
        ("31.03.2026", "dmy", "2026-03-30T22:00:00+00:00"),
        ("03/04/2026 14:30", "mdy", "2026-03-04T13:30:00+00:00"),
        ("03/04/2026 14:30", "dmy", "2026-04-03T12:30:00+00:00"),
        ("2026-03-31", "", "2026-03-30T22:00:00+00:00"),
        ("2026-03-31T10:00:00Z", "", "2026-03-31T10:00:00+00:00"),
    ],
)
def test_times_are_read_in_the_files_zone(cell: str, date_format: str, when: str) -> None:
    fields = read(
        [cell],
        {"subscription_canceled_at": 0},
        kind="corrections",
        date_format=date_format,
        time_zone="Europe/Berlin",
    )
    assert fields == Fields(values={"subscription_canceled_at": when})


@pytest.mark.parametrize(
    "cell", ["31.02.2026", "soon", "03/04/2026 25:00", "2026-03-31T1", "0001-01-01"]
)
def test_what_is_no_time_is_told(cell: str) -> None:
    fields = read(
        [cell],
        {"subscription_canceled_at": 0},
        kind="corrections",
        date_format="dmy",
        time_zone="Europe/Berlin",
    )
    assert "no day or time" in fields.problems["subscription_canceled_at"]


def test_an_empty_cell_leaves_a_field_alone_unless_it_shall_clear() -> None:
    columns = {"external_id": 0, "name": 1, "old_name": 1}
    kept = read(["u1", " "], columns, kind="corrections")
    assert kept.values == {"external_id": "u1", "old_name": ""}
    cleared = read(["u1", ""], columns, kind="corrections", empty="clear")
    assert cleared.values == {"external_id": "u1", "name": "", "old_name": ""}


@pytest.mark.parametrize("cell", [1234567890123456, "1,23457E+15", "1.2E+10"])
def test_an_id_that_lost_digits_is_told(cell: Any) -> None:
    fields = read([cell], {"invoice_id": 0})
    assert "stored as a number" in fields.problems["invoice_id"]


def test_numbers_that_are_ids_stay_whole() -> None:
    assert read([12345], {"invoice_id": 0}).values == {"invoice_id": "12345"}
    assert read(["00123"], {"invoice_id": 0}).values == {"invoice_id": "00123"}


def test_formulas_are_refused_and_guarded_text_is_read_back() -> None:
    fields = read(
        ['=HYPERLINK("x")', "'=1+1", "'t Hooft", "''@x"],
        {
            "customer_name": 0,
            "invoice_id": 1,
            "event_name": 2,
            "click_id": 3,
        },
    )
    assert set(fields.problems) == {"customer_name"}
    assert "formula" in fields.problems["customer_name"]
    assert fields.values["invoice_id"] == "=1+1"
    assert fields.values["event_name"] == "'t Hooft"
    assert fields.values["click_id"] == "'@x"


def test_in_a_workbook_text_is_text() -> None:
    cells = ["'=1+1", "=1+1"]
    fields = read(cells, {"customer_name": 0, "click_id": 1}, format={"kind": "xlsx"})
    assert fields == Fields(values={"customer_name": "'=1+1", "click_id": "=1+1"})


def test_a_row_is_written_back_as_it_was_meant() -> None:
    row = ImportRow(file=Import(format={"kind": "csv"}), number=2, cells=["'=1+1", 1.5, "x"])
    assert cells_of(row) == ["=1+1", "1.5", "x"]


def test_metadata_columns_join_the_metadata() -> None:
    fields = read(
        ["plan: pro", 12, "07", ""],
        {"metadata": 0},
        metadata={"order": 1, "zip": 2, "none": 3},
    )
    assert json.loads(fields.values["metadata"]) == {"plan": "pro", "order": 12, "zip": "07"}
    twice = read(["plan: pro", "x"], {"metadata": 0}, metadata={"plan": 1})
    assert "“plan” stands twice" in twice.problems["metadata"]


def test_a_row_with_too_many_cells_is_told_and_one_with_too_few_is_empty_there() -> None:
    assert "3 cells, and the header 2" in read(["a", "b", "c"], {}, header=["x", "y"]).problems[""]
    assert read(["a"], {"invoice_id": 1}, header=["x", "y"]) == Fields()


@pytest.mark.parametrize(
    ("cell", "text"),
    [(5, "5"), (0.1, "0.1"), (1e-7, "0.0000001"), (10**14, "100000000000000"), ("a", "a")],
)
def test_cells_as_text(cell: Any, text: str) -> None:
    assert text_of(cell) == text


def test_fields_are_those_of_the_forms() -> None:
    assert names_of("sales")[:3] == ("customer_external_id", "amount", "currency")
    assert names_of("leads")[:2] == ("customer_external_id", "event_name")
    corrections = names_of("corrections")
    assert corrections[0] == "id"
    assert {"email", "old_email", "reason"} <= set(corrections)
    assert not {"key", "seen", "old_reason"} & set(corrections)
