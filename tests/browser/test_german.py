"""German words are longer: nothing is cut off or pushed out, at any width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import Preferences
from dubadmin.sandbox import Sandbox

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
