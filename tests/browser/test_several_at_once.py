from __future__ import annotations

import re
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import Page, expect

from customers import batches
from customers.models import Batch
from dubadmin.sandbox import Sandbox

from .conftest import Browse
from .test_accessibility import Look, look  # noqa: F401  a fixture


@pytest.fixture
def company(dub: Sandbox) -> Sandbox:
    for n in range(5):
        dub.add_customer(f"C{n}", f"c{n}@acme.example", f"u{n}", ("DE", "FR")[n % 2])
    return dub


def work() -> None:
    """What the worker does, in this process."""
    assert DBTaskResult.objects.ready().exists()
    for batch in Batch.objects.filter(state__in=Batch.OPEN):
        while batches.carry_on(batch.pk) is not None:
            pass


def select(page: Page, *emails: str) -> None:
    for email in emails:
        page.get_by_label(f"Select {email}").check()


def test_three_customers_get_a_country(browse: Browse, company: Sandbox) -> None:
    page = browse("alice")
    page.goto("/customers/")
    select(page, "c0@acme.example", "c1@acme.example", "c2@acme.example")
    expect(page.get_by_label("Change", exact=True)).to_have_value("chosen")
    expect(page.locator("[data-chosen]")).to_have_text("3 selected")
    page.get_by_role("button", name="Set a field").click()
    expect(page.get_by_role("heading", name="Set a field of 3 customers")).to_be_visible()
    page.get_by_label("Country", exact=True).check()
    page.get_by_label("New country").select_option("JP")
    page.get_by_label("Reason").fill("They moved")
    page.get_by_role("button", name="Change 3 customers").click()
    expect(page.get_by_role("heading", name="Finding the customers")).to_be_visible()
    page.evaluate("document.body.dataset.marked = ''")
    work()
    expect(page.locator("#progress")).to_contain_text("3 of 3")
    expect(page.locator("#state")).to_have_text("Done")
    expect(
        page.get_by_role("region", name="Results").locator("[data-outcome=recorded]")
    ).to_have_count(3)
    assert [customer["country"] for customer in company.customers()] == [
        "JP",
        "JP",
        "JP",
        "FR",
        "DE",
    ]
    page.get_by_role("region", name="Results").get_by_role("link", name="Recorded").first.click()
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()


def test_selecting_does_not_load_the_list_again(browse: Browse, company: Sandbox) -> None:
    page = browse("alice")
    page.goto("/customers/")
    before = company.count("GET", "/customers")
    every = page.get_by_label("Select all on this page")
    every.check()
    expect(page.locator("[data-chosen]")).to_have_text("5 selected")
    page.get_by_label("Select c3@acme.example").uncheck()
    expect(page.locator("[data-chosen]")).to_have_text("4 selected")
    expect(every).to_have_js_property("indeterminate", True)
    page.get_by_label("Change", exact=True).select_option("matching")
    assert company.count("GET", "/customers") == before
    expect(page).to_have_url(re.compile(r"/customers/$"))


@pytest.mark.parametrize("scripts", [True, False])
def test_all_that_match_are_deleted(browse: Browse, company: Sandbox, scripts: bool) -> None:
    page = browse("max", scripts=scripts)
    page.goto("/customers/?country=DE")
    page.get_by_label("Change", exact=True).select_option(label="all 3 that match")
    page.get_by_role("button", name="Delete …").click()
    page.get_by_label("To confirm").fill("2")
    page.get_by_role("button", name="Delete 3 customers").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not the number")
    page.get_by_label("To confirm").fill("3")
    page.get_by_role("button", name="Delete 3 customers").click()
    expect(page.locator("#state")).to_have_text("Finding the customers")
    work()
    if not scripts:
        page.get_by_role("link", name="Look again").click()
    expect(page.locator("#state")).to_have_text("Done")
    assert [customer["country"] for customer in company.customers()] == ["FR", "FR"]


def test_stop_and_go_on(browse: Browse, company: Sandbox) -> None:
    page = browse("alice", scripts=False)
    page.goto("/customers/")
    select(page, "c0@acme.example")
    page.get_by_role("button", name="Set a field").click()
    page.get_by_label("Country", exact=True).check()
    page.get_by_label("New country").select_option("JP")
    page.get_by_role("button", name="Change 1 customer").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#state")).to_have_text("Stopped")
    page.get_by_role("button", name="Go on").click()
    work()
    page.reload()
    expect(page.locator("#state")).to_have_text("Done")


def test_more_than_confirmed_asks_again(browse: Browse, company: Sandbox) -> None:
    page = browse("max", scripts=False)
    page.goto("/customers/?country=FR")
    page.get_by_label("Change", exact=True).select_option("matching")
    page.get_by_role("button", name="Delete …").click()
    page.get_by_label("To confirm").fill("2")
    page.get_by_role("button", name="Delete 2 customers").click()
    company.add_customer("New", "new@acme.example", "new", "FR")
    work()
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("3 customers match now, 2 were confirmed.")
    assert company.count("DELETE") == 0
    page.get_by_label("Type 3 to confirm").fill("3")
    page.get_by_role("button", name="Go on with 3").click()
    work()
    page.reload()
    expect(page.locator("#state")).to_have_text("Done")
    assert company.count("DELETE") == 3


def test_nobody_selected(browse: Browse, company: Sandbox) -> None:
    page = browse("alice")
    page.goto("/customers/")
    page.get_by_role("button", name="Set a field").click()
    expect(page.get_by_role("status")).to_contain_text("Select at least one customer")


def test_who_may_only_look_selects_nothing(browse: Browse, company: Any) -> None:
    page = browse("vera")
    page.goto("/customers/")
    expect(page.locator(".customers tbody tr")).to_have_count(5)
    expect(page.locator("input[name=ids]")).to_have_count(0)
    expect(page.get_by_role("button", name="Set a field")).to_have_count(0)


def test_the_pages_are_accessible(
    browse: Browse,
    company: Sandbox,
    look: Look,  # noqa: F811
) -> None:
    page = browse("max")
    page.goto("/customers/")
    select(page, "c0@acme.example")
    look(page, "list")
    page.get_by_role("button", name="Delete …").click()
    look(page, "delete")
    page.goto("/batches/new/?for-country=DE")
    page.get_by_label("Country", exact=True).check()
    look(page, "set a field")
    page.get_by_label("New country").select_option("JP")
    page.get_by_role("button", name="Change 3 customers").click()
    expect(page.locator("#state")).to_be_visible()
    look(page, "under way")
    work()
    page.reload()
    look(page, "done")
    page.goto("/batches/")
    look(page, "batches")
