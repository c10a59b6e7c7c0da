"""The pages that take a file in: uploading, saying what its columns are, remembering that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from customers import imports
from customers.models import AuditEntry, Import, ImportRow, NamedMapping

from ..conftest import hidden_fields, text_of
from ..workbooks import xlsx

pytestmark = pytest.mark.django_db

NEW = "/imports/new/"
SALES = "Kunde;Betrag;Währung;Rechnung\nu1;12,50;EUR;RE-1\nu2;1.234;EUR;RE-2\n".encode()
CHOICES = {
    "column_0": "customer_external_id",
    "column_1": "amount",
    "column_2": "currency",
    "column_3": "invoice_id",
    "number_format": "comma",
}


def upload(client: Client, data: bytes = SALES, kind: str = "sales", **fields: Any) -> Any:
    file = SimpleUploadedFile("monday.csv", data)
    key = hidden_fields(client.get(NEW))["key"]
    return client.post(NEW, {"key": key, "kind": kind, "file": file, **fields}, follow=True)


def test_it_works(max_: Client) -> None:
    page = upload(max_, reason="Monday's transfers")
    file = Import.objects.get()
    assert page.redirect_chain == [(f"/imports/{file.pk}/map/", 302)]
    assert "What is in each column?" in text_of(page)
    assert page.context["form"].initial["number_format"] == "comma"
    ended = max_.post(f"/imports/{file.pk}/map/", CHOICES)
    assert ended.url == f"/imports/{file.pk}/"
    file.refresh_from_db()
    assert (file.state, file.reason) == ("checking", "Monday's transfers")
    row = ImportRow.objects.select_related("file").last()
    assert imports.fields_of(row).values == {
        "reason": "Monday's transfers",
        "customer_external_id": "u2",
        "amount": "1234",
        "currency": "EUR",
        "invoice_id": "RE-2",
    }
    assert DBTaskResult.objects.ready().count() == 1
    assert text_of(max_.get("/imports/")).count("monday.csv") == 1
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"import.upload", "import.map", "import.list", "import.form"} <= set(actions)


def test_pasted_rows_are_a_file(max_: Client) -> None:
    rows = "Kunde\tBetrag\tRechnung\r\nu1\t5\tRE-1\r\n"
    upload(max_, file="", pasted=rows)
    file = Import.objects.get()
    assert (file.name, file.format["delimiter"], file.rows_found) == ("Pasted rows", "\t", 1)


def test_the_same_form_twice_is_one_import(max_: Client) -> None:
    key = hidden_fields(max_.get(NEW))["key"]
    upload(max_, key=key)
    upload(max_, key=key)
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data": b"%PDF-1.7"}, "This is a PDF document"),
        ({"data": b""}, "The file is empty"),
        ({"file": ""}, "Choose a file, or paste rows"),
        ({"pasted": "a,b"}, "both a file and pasted rows"),
        ({"kind": ""}, "Choose what the rows are"),
        ({"kind": "customers"}, "Select a valid choice"),
        ({"key": "x"}, "This form is damaged"),
    ],
)
def test_what_is_not_taken_is_told_and_nothing_is_kept(
    max_: Client, fields: dict[str, Any], words: str
) -> None:
    page = upload(max_, reason="Because I say so", **fields)
    assert words in text_of(page)
    assert "Because I say so" in page.content.decode()
    assert not Import.objects.exists()
    entry = AuditEntry.objects.get(action="import.upload")
    assert entry.outcome == "blocked"
    assert words in entry.explanation


def test_a_reason_is_required_where_one_is_for_such_writes(max_: Client, settings: Any) -> None:
    settings.REQUIRE_REASON_FOR = ["sale.record"]
    assert "Reason : This field is required" in text_of(upload(max_))
    assert upload(max_, b"customer\nu1\n", "leads").redirect_chain


def test_a_file_above_the_limit_gets_a_sentence(max_: Client, settings: Any) -> None:
    settings.IMPORT_MAX_MEGABYTES = 1
    page = upload(max_, b"a,b\n" * 2**19, reason="Kept")
    assert "The file is larger than 1 MB" in text_of(page)
    assert 'value="Kept"' in page.content.decode()


def test_too_much_to_paste_gets_a_sentence(max_: Client) -> None:
    page = upload(max_, file="", pasted="a,b\n" * 300_000)
    assert page.status_code == 413
    assert "Many rows can be uploaded as a file" in text_of(page)
    assert not Import.objects.exists()


def test_a_file_that_cannot_be_read_says_why_and_can_be_read_otherwise(max_: Client) -> None:
    page = upload(max_, b'a;"b\nu1;5\nu2;6\n')
    assert "Row 1: a quotation mark is opened and never closed" in text_of(page)
    file = Import.objects.get()
    assert file.state == "failed"
    page = max_.post(f"/imports/{file.pk}/reread/", {"delimiter": ","}, follow=True)
    assert 'There is only one column, “a;"b”' in text_of(page)


def test_another_encoding_and_another_sheet_can_be_chosen(max_: Client) -> None:
    page = upload(max_, "klient;kwota\nŁukasz;5\n".encode("cp1250"))
    assert "Are these words right? “£ukasz”" in text_of(page)
    file = Import.objects.get()
    page = max_.post(f"/imports/{file.pk}/reread/", {"encoding": "cp1250"}, follow=True)
    assert "Are these words right? “Łukasz”" in text_of(page)
    page = upload(max_, xlsx(One=[["a", "b"], ["1", "2"]], Two=[["Kunde", "c"], ["3", "4"]]))
    assert "The file has 2 sheets. These are the rows of One" in text_of(page)
    file = Import.objects.first()
    page = max_.post(f"/imports/{file.pk}/reread/", {"sheet": "Two"}, follow=True)
    assert "These are the rows of Two" in text_of(page)
    entry = AuditEntry.objects.get(action="import.reread", asked__sheet="Two")
    assert entry.actor_name == "max"


def test_a_large_file_is_left_to_the_worker(max_: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 10)
    page = upload(max_)
    file = Import.objects.get()
    assert "Reading the file" in text_of(page)
    assert f'hx-get="/imports/{file.pk}/reading/"' in page.content.decode()
    assert "HX-Refresh" not in max_.get(f"/imports/{file.pk}/reading/")
    assert imports.carry_on(file.pk) is None
    assert max_.get(f"/imports/{file.pk}/reading/")["HX-Refresh"] == "true"
    assert "What is in each column?" in text_of(max_.get(f"/imports/{file.pk}/map/"))


def test_what_is_missing_is_said_before_and_after(max_: Client) -> None:
    page = upload(max_, b"who,howmuch\nu1,5\n")
    assert "Still to be said: Customer: choose the column." in text_of(page)
    assert "Invoice ID: choose the column." in text_of(page)
    file = Import.objects.get()
    page = max_.post(f"/imports/{file.pk}/map/", {"column_0": "customer_external_id"})
    assert "The rows cannot be checked like this" in text_of(page)
    assert page.context["form"]["column_0"].value() == "customer_external_id"
    file.refresh_from_db()
    assert file.state == "mapping"


def test_an_amount_that_can_be_read_in_two_ways_is_asked_from_the_start(max_: Client) -> None:
    page = upload(max_, b"Kunde;Betrag;Rechnung;Currency\nu1;5;RE-1;EUR\nu1;1.234;RE-2;EUR\n")
    said = "Still to be said: How amounts are written: “1.234” can be read in two ways."
    assert said in text_of(page)


def test_a_mapping_is_remembered_and_filled_in_for_the_same_header(max_: Client) -> None:
    upload(max_, b"who,howmuch,no\nu1,5,RE-1\n")
    first = Import.objects.get()
    chosen = {
        "column_0": "customer_external_id",
        "column_1": "amount",
        "column_2": "invoice_id",
        "fixed_currency": "JPY",
        "save_as": "Bank",
    }
    max_.post(f"/imports/{first.pk}/map/", chosen)
    page = upload(max_, b"who,howmuch,no\nu2,7,RE-2\n")
    assert "Filled in as in Bank" in text_of(page)
    form = page.context["form"]
    assert {name: form[name].initial for name in chosen} == chosen
    assert form.missing == []
    page = upload(max_, b"no,x,who,howmuch\nRE-3,-,u2,7\n")
    assert "Filled in" not in text_of(page)
    saved = NamedMapping.objects.get()
    page = max_.get(f"/imports/{Import.objects.first().pk}/map/?saved={saved.pk}")
    assert page.context["form"].mapping["columns"] == {
        "customer_external_id": 2,
        "amount": 3,
        "invoice_id": 0,
    }


def test_a_person_has_only_their_own_mappings(
    max_: Client, people: Any, sign_in: Callable[[str], Client]
) -> None:
    saved = NamedMapping.objects.create(
        person=people["ada"], kind="sales", name="Ada's", header=["who"], mapping={}
    )
    upload(max_, b"who,b\nu1,5\n")
    number = Import.objects.get().pk
    assert max_.get(f"/imports/{number}/map/?saved={saved.pk}").context["saved"] is None
    assert "Ada's" not in text_of(max_.get("/imports/mappings/"))
    max_.post("/imports/mappings/", {"mapping": saved.pk, "step": "delete"})
    assert NamedMapping.objects.exists()
    assert "Ada's" in sign_in("ada").get("/imports/mappings/").content.decode().replace(
        "&#x27;", "'"
    )


def test_a_mapping_is_renamed_and_deleted(max_: Client, people: Any) -> None:
    for name in ("One", "Two"):
        NamedMapping.objects.create(
            person=people["max"], kind="sales", name=name, header=[], mapping={}
        )
    one = NamedMapping.objects.get(name="One")

    def change(**fields: str) -> str:
        said = max_.post("/imports/mappings/", {"mapping": one.pk, **fields}, follow=True)
        return text_of(said)

    assert "It is called “Bank” now." in change(step="rename", name="Bank")
    assert "another one of this name" in change(step="rename", name="Two")
    assert "Give it a name" in change(step="rename", name=" ")
    assert "“Bank” is deleted." in change(step="delete")
    assert "no such mapping any more" in change(step="delete")


def test_the_same_file_again_is_pointed_out(max_: Client) -> None:
    assert "uploaded before" not in text_of(upload(max_))
    assert "This very file was uploaded before." in text_of(upload(max_))


@pytest.mark.parametrize("kind", Import.Kind.values)
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_template_comes_back_as_an_import(max_: Client, kind: str, format: str) -> None:
    template = max_.get(f"/imports/template/{kind}/?format={format}")
    assert template["Content-Disposition"] == f'attachment; filename="{kind}.{format}"'
    page = upload(max_, template.content, kind)
    assert "Still to be said" not in text_of(page)
    file = Import.objects.get()
    row = file.rows.get()
    file.mapping = imports.guess(kind, file.header)
    row.file = file
    assert imports.fields_of(row).problems == {}


def test_there_is_no_template_of_something_else(max_: Client) -> None:
    assert max_.get("/imports/template/customers/").status_code == 404


def test_an_import_that_has_not_run_is_deleted_with_its_rows(max_: Client) -> None:
    upload(max_)
    file = Import.objects.get()
    assert "Delete monday.csv ?" in text_of(max_.get(f"/imports/{file.pk}/delete/"))
    gone = max_.post(f"/imports/{file.pk}/delete/", follow=True)
    assert "The import of monday.csv and its rows are deleted." in text_of(gone)
    assert not Import.objects.exists()
    assert not ImportRow.objects.exists()
    assert AuditEntry.objects.get(action="import.delete").asked["file"] == "monday.csv"
    assert max_.get(f"/imports/{file.pk}/map/").status_code == 404


@pytest.mark.parametrize("state", ["running", "paused", "stopped", "done"])
def test_an_import_that_has_begun_stays(max_: Client, state: str) -> None:
    upload(max_)
    Import.objects.update(state=state, started_at=timezone.now())
    number = Import.objects.get().pk
    assert "so it stays" in text_of(max_.get(f"/imports/{number}/delete/"))
    said = max_.post(f"/imports/{number}/delete/", follow=True)
    assert "so it stays" in text_of(said)
    assert Import.objects.exists()
    assert max_.get(f"/imports/{number}/map/").url == f"/imports/{number}/"
    assert max_.post(f"/imports/{number}/reread/").url == f"/imports/{number}/map/"
    assert ImportRow.objects.count() == 2
