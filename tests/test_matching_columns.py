"""Columns are recognised by what people call them, and the rest is asked, never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from customers import imports
from customers.forms import EditForm, LeadForm, SaleForm
from customers.imports import MappingForm, hints, mapping
from customers.imports.words import WORDS, field_of
from customers.models import Import, NamedMapping

from .conftest import ALICE


@pytest.mark.parametrize(
    ("kind", "title", "field"),
    [
        ("sales", "customerExternalId", "customer_external_id"),
        ("sales", "customer_external_id", "customer_external_id"),
        ("sales", "Kunde", "customer_external_id"),
        ("sales", "Kunden-Nr.", "customer_external_id"),
        ("sales", "Betrag", "amount"),
        ("sales", "BETRAG (EUR)", "amount"),
        ("sales", "Amount in USD", "amount"),
        ("sales", "Währung", "currency"),
        ("sales", "Waehrung", "currency"),
        ("sales", "Rechnungsnummer", "invoice_id"),
        ("sales", "Rechnungs-Nr.", "invoice_id"),
        ("sales", "Invoice ID", "invoice_id"),
        ("sales", "E-Mail", "customer_email"),
        ("sales", "dub_id", "click_id"),
        ("sales", "E-Mail alt", ""),
        ("sales", "Land", ""),
        ("sales", "", ""),
        ("leads", "eventName", "event_name"),
        ("leads", "Ereignis", "event_name"),
        ("leads", "Anzahl", "event_quantity"),
        ("leads", "Betrag", ""),
        ("corrections", "id", "id"),
        ("corrections", "externalId", "external_id"),
        ("corrections", "Kunde", "external_id"),
        ("corrections", "E-Mail", "email"),
        ("corrections", "neue E-Mail", "email"),
        ("corrections", "E-Mail alt", "old_email"),
        ("corrections", "old_email", "old_email"),
        ("corrections", "oldEmail", "old_email"),
        ("corrections", "Alte E-Mail-Adresse", "old_email"),
        ("corrections", "Country before", "old_country"),
        ("corrections", "Land", "country"),
        ("corrections", "stripeCustomerId", "stripe_customer_id"),
        ("corrections", "subscriptionCanceledAt", "subscription_canceled_at"),
        ("corrections", "Gekündigt am", "subscription_canceled_at"),
        ("corrections", "alt", ""),
    ],
)
def test_a_title_names_a_field(kind: str, title: str, field: str) -> None:
    assert field_of(kind, title) == field


def test_words_are_only_known_for_fields_of_the_forms() -> None:
    fields = {name for form in (SaleForm, LeadForm, EditForm) for name in form.base_fields}
    assert set(WORDS) <= fields


def test_every_template_is_recognised_by_itself() -> None:
    for kind in Import.Kind.values:
        names, example = imports.template_of(kind)
        assert len(names) == len(example)
        guessed = mapping.guess(kind, names)
        assert guessed["columns"] == {name: at for at, name in enumerate(names)}
        assert mapping.problems_of(kind, guessed) == []


def test_of_two_columns_for_one_field_the_first_counts() -> None:
    guessed = mapping.guess("sales", ["Kunde", "Name", "Customer", "Betrag in EUR", "metadata.x"])
    assert guessed["columns"] == {"customer_external_id": 0, "customer_name": 1, "amount": 3}
    assert guessed["fixed"] == {"currency": "EUR"}
    assert guessed["metadata"] == {"x": 4}


@pytest.mark.parametrize(
    ("kind", "columns", "words"),
    [
        ("sales", ["amount", "customer_external_id"], ["Currency", "Invoice ID"]),
        ("leads", ["customer_name"], ["Customer"]),
        ("corrections", ["email"], ["which customer"]),
        ("corrections", ["external_id"], ["at least one column to correct"]),
        ("corrections", ["external_id", "old_email"], ["at least one column to correct"]),
        ("corrections", ["external_id", "reason"], ["at least one column to correct"]),
        ("corrections", ["old_external_id", "external_id"], []),
        ("corrections", ["id", "external_id"], []),
        ("corrections", ["external_id", "email"], []),
    ],
)
def test_what_is_missing_is_said(kind: str, columns: list[str], words: list[str]) -> None:
    fixed = {"event_name": "Sign up"} if kind == "leads" else {}
    found = mapping.problems_of(
        kind, {"columns": dict.fromkeys(columns, 0), "metadata": {}, "fixed": fixed}
    )
    assert len(found) == len(words)
    assert all(word in problem for word, problem in zip(words, found, strict=True))


HEADER = ["Kunde", "Betrag", "Rechnung", "Notiz"]


def a_file(*amounts: str, kind: str = "sales", header: list[str] = HEADER) -> Import:
    seen = hints.empty(len(header))
    from_file = [hints.Record(2, ["u1", amount, "RE-1", "x"]) for amount in amounts]
    hints.count(seen, from_file, odd=False)
    return Import(kind=kind, header=header, hints=seen)


def filled(file: Import, **given: str) -> MappingForm:
    chosen = {"column_0": "customer_external_id", "column_1": "amount", "column_2": "invoice_id"}
    suggested = mapping.guess(file.kind, file.header)
    return MappingForm(
        {**chosen, "fixed_currency": "EUR", **given}, file=file, suggested=suggested, zone="UTC"
    )


@pytest.mark.parametrize(
    ("amounts", "suggestion", "answer"),
    [
        (["12,50", "1.234"], "comma", "comma"),
        (["12.50", "1,234"], "point", "point"),
        (["1.234", "7"], "", None),
        (["1,234"], "", None),
        (["12.50", "12,50"], "", None),
        (["5", "1234"], None, ""),
    ],
)
def test_a_number_format_is_detected_or_asked(
    amounts: list[str], suggestion: str | None, answer: str | None
) -> None:
    form = filled(a_file(*amounts))
    question = mapping.number_question(form.file, form.mapping)
    assert (question.answer if question else None) == suggestion
    assert form.is_valid() == (answer is not None)
    if answer is None:
        assert "can be read in two ways" in form.errors["number_format"][0]
        form = filled(form.file, number_format="comma")
        assert form.is_valid()
    assert form.cleaned_data["number_format"] == (answer if answer is not None else "comma")


def test_a_person_overrules_what_was_detected() -> None:
    form = filled(a_file("12,50"), number_format="point")
    assert form.is_valid()
    assert form.cleaned_data["number_format"] == "point"


def test_choices_become_a_mapping() -> None:
    form = filled(a_file("5"), column_3="metadata of this name", fixed_metadata="source: bank")
    assert form.is_valid(), form.errors
    assert form.mapping == {
        "columns": {"customer_external_id": 0, "amount": 1, "invoice_id": 2},
        "metadata": {"Notiz": 3},
        "fixed": {"currency": "EUR", "metadata": "source: bank"},
        "empty": "keep",
    }


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"column_3": "amount"}, "column_3", "Another column is this already"),
        ({"column_3": "nonsense"}, "column_3", "Select a valid choice"),
        ({"fixed_currency": "XXX"}, "fixed_currency", "Select a valid choice"),
        ({"fixed_amount": "1.234"}, "fixed_amount", "can be read in two ways"),
        ({"fixed_metadata": "nothing"}, "fixed_metadata", "key: value"),
        ({"fixed_currency": ""}, "__all__", "Currency: choose the column, or give a value"),
    ],
)
def test_wrong_choices_are_told_where_they_are(
    given: dict[str, str], field: str, words: str
) -> None:
    form = filled(a_file("5"), **given)
    assert not form.is_valid()
    assert words in " ".join(form.errors[field])


def test_days_that_could_be_months_are_asked() -> None:
    file = a_file("03/04/2026", kind="corrections", header=["id", "Gekündigt", "x", "y"])
    choices = {"column_0": "id", "column_1": "subscription_canceled_at", "empty": "keep"}
    choices |= {"time_zone": "Europe/Berlin", "column_2": "", "fixed_currency": ""}
    form = filled(file, **choices)
    assert "can be read in two ways" in form.errors["date_format"][0]
    form = filled(file, **choices, date_format="mdy")
    assert form.is_valid(), form.errors
    assert form.remembered["time_zone"] == "Europe/Berlin"
    assert form.cleaned_data["date_format"] == "mdy"


def test_a_remembered_mapping_finds_its_columns_in_another_order() -> None:
    saved = NamedMapping(
        header=["a", "b", "b", "c"],
        mapping={"columns": {"amount": 1, "invoice_id": 3}, "metadata": {"a": 0}, "fixed": {}},
    )
    assert mapping.applied(saved, saved.header) == saved.mapping
    assert mapping.applied(saved, ["c", "b", "x"]) == {
        "columns": {"amount": 1, "invoice_id": 0},
        "metadata": {},
        "fixed": {},
    }


@pytest.mark.django_db
def test_only_what_waits_for_it_is_matched_and_a_checked_one_anew() -> None:
    file = imports.receive([b"a,b\n1,2\n"], kind="sales", name="f", actor=ALICE, key="k")
    imports.stage(file)
    wanted: dict[str, Any] = {"columns": {}, "metadata": {}, "fixed": {}, "empty": "keep"}
    how = {"number_format": "comma", "date_format": "", "time_zone": "UTC", "actor": ALICE}
    assert imports.match(file, mapping=wanted, **how)
    file.refresh_from_db()
    assert (file.state, file.number_format, file.mapping) == ("checking", "comma", wanted)
    assert not file.parts.exists()
    assert not imports.match(file, mapping=wanted, **how)
    Import.objects.update(state="checked", counts={"rows": 1})
    file.rows.update(problems=[{"field": "amount", "problem": "None."}], sendable={})
    assert imports.match(file, mapping=wanted, **how)
    file.refresh_from_db()
    assert (file.state, file.counts) == ("checking", None)
    assert file.rows.filter(problems__isnull=True, sendable__isnull=True).count() == 1
