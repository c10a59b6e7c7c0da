"""What no other test comes by: nothing, one and many of each, long words, and while one waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from customers import queries, services
from customers.columns import COLUMNS
from customers.models import Note, SavedView, preferences_of
from dubadmin.sandbox import Sandbox

from ..conftest import ALICE
from . import sheet
from .conftest import Browse
from .test_accessibility import Look, look  # noqa: F401  a fixture

SMALL, WIDE = [(390, "dark")], [(1440, "light")]
LONG = "Donaudampfschifffahrtsgesellschaftskapitän " * 4


@pytest.fixture
def many(dub: Sandbox) -> dict[str, Any]:
    """Sixty customers; the last has forty sales in several currencies."""
    for n in range(59):
        dub.add_customer(f"Customer {n:02}", f"customer.{n:02}@acme.example", f"u{n}", "DE")
    link = dub.add_link("summer", partner=dub.add_partner(LONG.strip()))
    buyer = dub.add_customer(
        "Björk Ångström", "bjork@acme.example", "buyer", "IS", link=link, avatar=None
    )
    dub.add_lead(buyer, "Sign up", at=datetime.now(UTC) - timedelta(days=399))
    for n in range(40):
        bought = datetime.now(UTC) - timedelta(days=10 * n)
        dub.add_sale(buyer, 1234567 * (n % 3 + 1), invoice_id=f"INVOICE-2026-{n:05}", at=bought)
    return buyer


def test_nothing_yet(browse: Browse, look: Look) -> None:  # noqa: F811
    page = browse("max")
    for address in ("/imports/", "/imports/mappings/", "/exports/", "/batches/", "/attention/"):
        page.goto(address)
        look(page, address, ways=SMALL)


def test_many(browse: Browse, many: dict[str, Any], look: Look, people: dict[str, User]) -> None:  # noqa: F811
    ada = people["ada"]
    for name, query in (("Germany", "country=DE"), (LONG[:60], "q=x"), ("Iceland", "country=IS")):
        SavedView.objects.create(name=name, owner=ada, query=query, is_shared=name == "Germany")
    page = browse("ada")
    page.goto("/customers/?size=25&page=2")
    page.get_by_role("checkbox").nth(3).check()
    look(page, "customers", ways=SMALL)
    preferences = preferences_of(ada)
    preferences.density = "compact"
    preferences.columns = [column.name for column in COLUMNS]
    preferences.save()
    page.goto("/customers/?size=25")
    look(page, "customers, compact, all columns", ways=WIDE)
    page.goto("/audit/")
    look(page, "audit", ways=SMALL)


def test_one_with_a_history(browse: Browse, many: dict[str, Any], look: Look) -> None:  # noqa: F811
    for text in ("Asks for the invoice by post.", LONG * 3):
        Note.objects.create(customer_id=many["id"], text=text, person="alice")
    customer = queries.get_customer("ext_buyer")
    entry = services.update_customer(
        customer, changes={"name": LONG.strip()}, actor=ALICE, reason=LONG * 2
    )
    page = browse("ada")
    for address, name in (
        ("/customers/ext_buyer/", "customer"),
        (f"/results/{entry.pk}/", "result"),
        (f"/audit/{entry.pk}/", "entry"),
        ("/", "home"),
        ("/sales/new/?customer=buyer", "sale"),
        ("/customers/ext_buyer/delete/", "delete"),
    ):
        page.goto(address)
        look(page, name, ways=SMALL)


def test_while_one_waits(
    browse: Browse, many: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """What is not the newest is pale, so it is looked at, and not measured."""
    page = browse("vera")
    page.goto("/customers/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/customers/?*", hold)
    page.locator("#id_country").select_option("IS")
    expect(page.locator("#table")).to_have_attribute("aria-busy", "true")
    sheet.every_way(page, request.node.name, "customers")
    held.pop().continue_()
    expect(page.locator("#table")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#table")).to_contain_text("1 of 1 customer")
