"""Asking for a file of customers, and getting it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from customers import exports
from customers.exports import PRESETS
from customers.models import AuditEntry, Export, ExportPart, Outcome
from dubadmin.sandbox import Sandbox

from ..conftest import hidden_fields, text_of

pytestmark = pytest.mark.django_db

ADDRESS = "/customers/export/"
ASKED = {"format": "csv", "preset": "list", "reason": "For the board"}


@pytest.fixture
def crowd(dub: Sandbox) -> list[dict[str, Any]]:
    return [
        dub.add_customer(f"C{n}", f"c{n}@x.example", f"u{n}", ("DE", "FR")[n % 2]) for n in range(6)
    ]


def press(client: Client, address: str = ADDRESS, **given: Any) -> Any:
    """Opens the form and submits it as a browser without JavaScript does."""
    form = client.get(address)
    return client.post(ADDRESS, hidden_fields(form) | ASKED | given)


def body(response: Any) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def finish(export: Export) -> None:
    while exports.carry_on(export.pk) is not None:
        pass


def test_it_works(max_: Client, crowd: list[Any]) -> None:
    response = press(max_)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/csv")
    assert response["Content-Disposition"].startswith('attachment; filename="customers-')
    assert response["Cache-Control"] == "no-store"
    header, *rows = body(response).splitlines()
    assert header.split(",") == PRESETS["list"][1]
    assert len(rows) == 6
    export = Export.objects.get()
    assert (export.state, export.customers) == (Export.State.DONE, 6)
    assert not ExportPart.objects.exists()
    start, end = AuditEntry.objects.filter(action__startswith="export.").order_by("-pk")[:2][::-1]
    assert (start.action, end.action) == ("export.start", "export.end")
    assert start.actor_name == end.actor_name == "max"
    assert start.ip == "127.0.0.1"


@pytest.mark.parametrize("name", ["vera", "alice", "otto"])
def test_it_is_for_managers(
    name: str, sign_in: Callable[[str], Client], crowd: list[Any], dub: Sandbox
) -> None:
    client = sign_in(name)
    assert client.post(ADDRESS, ASKED).status_code == 403
    assert not Export.objects.exists()
    assert AuditEntry.objects.filter(actor_name=name, outcome=Outcome.BLOCKED).exists()
    assert ADDRESS not in client.get("/customers/").content.decode()


def test_the_list_leads_to_what_it_shows(max_: Client, crowd: list[Any]) -> None:
    listed = max_.get("/customers/?country=DE&sort=saleAmount&order=asc&page=1")
    address = f"{ADDRESS}?country=DE&amp;sort=saleAmount&amp;order=asc"
    assert f'href="{address}"' in listed.content.decode()
    form = max_.get(address.replace("&amp;", "&"))
    assert "Export 3 customers" in text_of(form)
    assert "country Germany" in text_of(form)
    assert '<option value="saleAmount" selected>' in form.content.decode()
    assert len(body(press(max_, address.replace("&amp;", "&"))).splitlines()) == 1 + 3


def test_the_columns_that_the_list_has(max_: Client, crowd: list[Any]) -> None:
    listed = max_.get("/customers/?columns=country,value").content.decode()
    address = f"{ADDRESS}?columns=country%2Cvalue"
    assert f'href="{address}"' in listed
    page = max_.get(address).content.decode()
    ticked = re.findall(r'name="columns" value="(\w+)" checked', page)
    assert set(ticked) == {"name", "email", "country", "sale_amount_usd", "sales", "id"}


def test_filters_that_do_not_work_are_told_by_the_list(max_: Client, crowd: list[Any]) -> None:
    response = max_.get(f"{ADDRESS}?q={'x' * 201}")
    assert response["Location"].startswith("/customers/?q=xxx")


def test_a_workbook(max_: Client, crowd: list[Any]) -> None:
    response = press(max_, format="xlsx", preset="corrections")
    data = b"".join(response.streaming_content)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[0] == PRESETS["corrections"][1]
    assert len(rows) == 7


def test_only_these_columns(max_: Client, crowd: list[Any]) -> None:
    response = press(max_, format="jsonl", preset="own", columns=["email", "id"])
    lines = [json.loads(line) for line in body(response).splitlines()]
    assert {tuple(line) for line in lines} == {("id", "email")}
    assert {line["email"] for line in lines} == {each["email"] for each in crowd}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"format": "pdf"}, "pdf is not one of the available choices"),
        ({"format": ""}, "Choose a format"),
        ({"preset": ""}, "Choose which columns"),
        ({"preset": "own"}, "Choose at least one column"),
        ({"preset": "own", "columns": ["password"]}, "There is no column “password”"),
        ({"sort": "name"}, "name is not one of the available choices"),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"q": "x" * 201}, "at most 200 characters"),
    ],
)
def test_bad_input_is_told_and_what_was_typed_is_kept(
    max_: Client, crowd: list[Any], given: dict[str, Any], words: str
) -> None:
    response = max_.post(ADDRESS, ASKED | {"order": "asc"} | given)
    assert response.status_code == 200
    assert words in text_of(response)
    assert '<option value="asc" selected>' in response.content.decode()
    assert not Export.objects.exists()
    check = AuditEntry.objects.get(action="export.check")
    assert check.outcome == Outcome.BLOCKED
    assert words in check.explanation


@pytest.mark.parametrize(
    "setting", [{"REQUIRE_REASON": True}, {"REQUIRE_REASON_FOR": ["export.start"]}]
)
def test_a_reason_can_be_required(
    max_: Client, crowd: list[Any], settings: Any, setting: dict[str, Any]
) -> None:
    for name, value in setting.items():
        setattr(settings, name, value)
    assert "This field is required" in text_of(press(max_, reason=""))
    assert press(max_, reason="Sure")["Content-Type"].startswith("text/csv")


def test_dub_is_away(max_: Client, crowd: list[Any], dub: Sandbox) -> None:
    dub.fault("GET", "/customers/*", times=0, status=503)
    response = max_.post(ADDRESS, ASKED)
    assert response.status_code >= 500
    assert not Export.objects.exists()


def test_a_workbook_that_breaks_is_a_page_and_no_file(
    max_: Client, crowd: list[Any], dub: Sandbox
) -> None:
    dub.fault("GET", "/customers", times=0, status=503)
    response = max_.post(ADDRESS, ASKED | {"format": "xlsx"})
    assert response.status_code >= 500
    assert response["Content-Type"].startswith("text/html")
    assert Export.objects.get().state == Export.State.BROKEN


# By the worker


@pytest.fixture
def small(settings: Any) -> Iterator[None]:
    settings.EXPORT_AT_ONCE = 5
    return


def test_more_than_fits_a_request_is_for_the_worker(
    max_: Client, crowd: list[Any], small: None
) -> None:
    response = press(max_)
    export = Export.objects.get()
    assert response["Location"] == f"/exports/{export.pk}/"
    assert "Collecting the customers" in text_of(max_.get(response["Location"]))
    assert max_.get(f"/exports/{export.pk}/file/").status_code == 404
    finish(export)
    page = text_of(max_.get(response["Location"]))
    assert "Complete" in page
    assert "6 customers. As many as Dub counts." in page
    got = max_.get(f"/exports/{export.pk}/file/")
    data = b"".join(got.streaming_content)
    assert int(got["Content-Length"]) == len(data)
    assert len(data.decode("utf-8-sig").splitlines()) == 7
    assert AuditEntry.objects.filter(action="export.download", outcome="done").exists()


def test_the_home_page_tells_of_it(
    max_: Client, alice: Client, crowd: list[Any], small: None
) -> None:
    press(max_)
    export = Export.objects.get()
    assert f"Export {export.name} Collecting the customers" in text_of(max_.get("/"))
    finish(export)
    assert f"Ready to download Export {export.name} 6 customers" in text_of(max_.get("/"))
    assert export.name not in text_of(alice.get("/"))


def test_events_take_longer_so_the_worker_reads_them_sooner(
    max_: Client, crowd: list[Any], settings: Any
) -> None:
    settings.EXPORT_AT_ONCE = 5 * 300
    assert press(max_, with_events="on").status_code == 302
    settings.EXPORT_AT_ONCE = 6 * 300
    assert press(max_, with_events="on").status_code == 200


def test_without_a_number_the_worker_does_it(max_: Client, crowd: list[Any], dub: Sandbox) -> None:
    dub.fault("GET", "/customers/count", times=0, status=404)
    response = press(max_)
    finish(Export.objects.get())
    assert "Dub gave no number" in text_of(max_.get(response["Location"]))


def test_submitted_twice_is_one_export(max_: Client, crowd: list[Any], small: None) -> None:
    given = hidden_fields(max_.get(ADDRESS)) | ASKED
    first, second = max_.post(ADDRESS, given), max_.post(ADDRESS, given)
    assert first["Location"] == second["Location"]
    assert Export.objects.count() == 1


def test_stop_and_go_on(max_: Client, crowd: list[Any], small: None) -> None:
    where = press(max_)["Location"]
    assert "Stopped" in text_of(max_.post(f"{where}stop/", follow=True))
    assert "Collecting" in text_of(max_.post(f"{where}resume/", follow=True))
    finish(Export.objects.get())
    assert "Complete" in text_of(max_.get(where))


def test_the_file_can_be_removed_and_goes_by_itself(
    max_: Client, crowd: list[Any], small: None
) -> None:
    for _ in range(2):
        press(max_)
        finish(Export.objects.first())
    last, first = Export.objects.all()
    assert "Kept until" in text_of(max_.get(f"/exports/{first.pk}/"))
    assert "was removed" in text_of(max_.post(f"/exports/{first.pk}/remove/", follow=True))
    assert max_.get(f"/exports/{first.pk}/file/").status_code == 404
    removed = AuditEntry.objects.get(action="export.remove")
    assert removed.actor_name == "max"
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert not Export.objects.get(pk=last.pk).is_kept


def test_the_list_of_exports(
    max_: Client, crowd: list[Any], sign_in: Callable[[str], Client]
) -> None:
    body(press(max_))
    export = Export.objects.get()
    assert export.name in text_of(max_.get("/exports/"))
    assert "6 customers." in text_of(max_.get("/exports/recent/"))
    ada = sign_in("ada")
    assert export.name not in text_of(ada.get("/exports/"))
    assert export.name in text_of(ada.get("/exports/?who=all"))
    assert "SHA-256" in text_of(ada.get(f"/exports/{export.pk}/"))
