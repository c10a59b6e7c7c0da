"""German words are longer: nothing is cut off or pushed out, at any width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import Preferences
from dubadmin.sandbox import Sandbox

from ..worker import work
from . import sheet
from .conftest import Browse
from .layout import too_wide

Json = dict[str, Any]
Fits = Callable[[Page, str], None]
WIDTHS = (320, 390, 1440)


@pytest.fixture(autouse=True)
def speak_german(people: dict[str, User]) -> None:
    Preferences.objects.create(user=people["ada"], language="de")


@pytest.fixture
def fits(request: pytest.FixtureRequest) -> Iterator[Fits]:
    found = []

    def at(page: Page, name: str) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found.extend((name, width, each) for each in too_wide(page))
            sheet.photograph(page, request.node.name, name, width, "light")

    yield at
    assert not found, "\n".join(map(str, found))


def test_pages_that_are_looked_at(browse: Browse, dub: Sandbox, jane: Json, fits: Fits) -> None:
    page = browse("ada", failing=(404,))
    for address in (
        "/",
        "/customers/",
        "/customers/?q=nobody",
        f"/customers/{jane['id']}/",
        f"/customers/{jane['id']}/edit/",
        f"/customers/{jane['id']}/delete/",
        "/leads/new/?customer=user_1",
        "/sales/new/?customer=user_1",
        "/customers/export/",
        "/exports/",
        "/imports/",
        "/imports/new/",
        "/batches/",
        "/attention/",
        "/audit/",
        "/audit/1/",
        "/audit/state/",
        "/accounts/",
        "/accounts/preferences/",
        "/accounts/sessions/",
        "/accounts/invitations/",
        "/accounts/passkeys/add/",
        "/nowhere/",
    ):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        fits(page, address)


def test_what_scripts_say(browse: Browse, jane: Json, fits: Fits) -> None:
    page = browse("ada")
    page.goto("/customers/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Tastenkürzel")).to_be_visible()
    fits(page, "shortcuts")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("ControlOrMeta+k")
    expect(page.get_by_role("group", name="Gehe zu")).to_be_visible()
    page.keyboard.type("hell")
    expect(page.get_by_role("option", name="Darstellung: Hell")).to_be_visible()
    fits(page, "palette")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Alle auf dieser Seite auswählen").check()
    expect(page.get_by_role("option", name="1 ausgewählt")).to_be_attached()
    fits(page, "several")
    page.goto("/leads/new/")
    expect(page.get_by_role("button", name="Als Text oder JSON bearbeiten")).to_be_visible()


def test_from_a_sale_to_its_result(browse: Browse, jane: Json, fits: Fits) -> None:
    page = browse("ada")
    page.goto("/sales/new/?customer=user_1")
    page.get_by_label("Betrag", exact=True).fill("20000.005")
    page.get_by_role("button", name="Verkauf prüfen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    fits(page, "errors")
    page.get_by_label("Betrag", exact=True).fill("1.234,50")
    page.get_by_role("button", name="Verkauf prüfen").click()
    expect(page.get_by_role("heading", name="Verkauf prüfen")).to_be_visible()
    fits(page, "summary")
    page.get_by_role("button", name="Diesen Verkauf erfassen").click()
    expect(page.locator("[data-outcome]").first).to_be_visible()
    fits(page, "result")


def test_from_a_file_to_its_rows(browse: Browse, jane: Json, fits: Fits, tmp_path: Path) -> None:
    """The worker speaks German too: what it says of the rows is kept as it says it."""
    (tmp_path / "montag.csv").write_text("Kunde;Betrag;Rechnung\nuser_1;49;R-1\nniemand;1.234;\n")
    page = browse("ada")
    page.goto("/imports/new/?kind=sales")
    page.get_by_label("Datei", exact=True).set_input_files(tmp_path / "montag.csv")
    page.get_by_role("button", name="Hochladen").click()
    expect(page.get_by_role("heading", name="Was steht in jeder Spalte?")).to_be_visible()
    page.get_by_role("button", name="2 Zeilen prüfen").click()
    expect(page.get_by_role("alert")).to_contain_text("lässt sich auf zwei Arten lesen")
    fits(page, "columns")
    page.get_by_label("1.234,56").check()
    page.get_by_label("Währung").select_option("EUR")
    page.get_by_role("button", name="2 Zeilen prüfen").click()
    expect(page.get_by_role("heading", name="montag.csv")).to_be_visible()
    fits(page, "checking")
    work()
    page.reload()
    expect(page.get_by_text("Dub hat keinen Kunden mit dieser externen ID")).to_be_visible()
    fits(page, "checked")
    page.get_by_role("button", name="1 Verkauf senden").click()
    work()
    page.reload()
    expect(page.get_by_role("heading", name="Fertig")).to_be_visible()
    fits(page, "done")


def test_several_customers_at_once(browse: Browse, dub: Sandbox, jane: Json, fits: Fits) -> None:
    page = browse("ada")
    page.goto("/customers/")
    page.get_by_label("Alle auf dieser Seite auswählen").check()
    page.get_by_role("button", name="Feld setzen").click()
    expect(page.get_by_role("heading", name="Ein Feld von 1 Kunden setzen")).to_be_visible()
    fits(page, "several")
    page.get_by_label("Land", exact=True).check()
    page.get_by_label("Neues Land").select_option("JP")
    page.get_by_role("button", name="1 Kunden ändern").click()
    expect(page.get_by_role("heading", name="Kunden werden gesucht")).to_be_visible()
    work()
    page.reload()
    expect(page.get_by_role("heading", name="Fertig")).to_be_visible()
    fits(page, "batch")
