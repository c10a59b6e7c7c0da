from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse

COUNTRIES = ("DE", "FR", "JP")


@pytest.fixture
def company(dub: Sandbox) -> Sandbox:
    """Thirty customers: Customer 00 is the oldest and has spent the least."""
    spring = dub.add_link("spring", partner=dub.add_partner("Derek Forbes"))
    autumn = dub.add_link("autumn")
    for n in range(30):
        dub.add_customer(
            f"Customer {n:02}",
            f"customer{n:02}@acme.example",
            f"order/{n:02} x",
            COUNTRIES[n % 3],
            link=spring if n % 2 else autumn,
            created_at=f"2026-01-{n + 1:02}T12:00:00Z",
            sales=n and 1,
            sale_amount=n * 1000,
        )
    return dub


@pytest.fixture
def page(browse: Browse, company: Sandbox) -> Page:
    """The list in vera's window, marked so that a load of the whole page would be seen."""
    page = browse("vera")
    page.goto("/customers/")
    mark(page)
    return page


def mark(page: Page) -> None:
    page.evaluate("document.body.dataset.marked = ''")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("'marked' in document.body.dataset"))


def first(page: Page) -> Locator:
    return page.locator(".customers tbody strong").first


def count(page: Page) -> Locator:
    return page.locator("[data-announce]")


def same_everywhere(page: Page, *, shows: str, counts: str) -> None:
    """The address alone makes the page: after a reload, and in a new tab."""
    page.reload()
    tab = page.context.new_page()
    tab.goto(page.url)
    for each in (page, tab):
        expect(first(each)).to_have_text(shows)
        expect(count(each)).to_contain_text(counts)
    tab.close()


def test_filters_swap_the_table_and_are_in_the_address(page: Page) -> None:
    expect(count(page)).to_contain_text("1–30 of 30 customers")
    page.get_by_role("combobox", name="Country").select_option(label="Germany (10)")
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    page.get_by_role("combobox", name="Link", exact=True).select_option(
        label="go.example.com/autumn (15)"
    )
    expect(count(page)).to_contain_text("1–5 of 5 customers")
    page.get_by_role("combobox", name="Country").select_option("")
    page.get_by_role("combobox", name="Link", exact=True).select_option("")
    page.get_by_role("combobox", name="Partner").select_option(label="Derek Forbes")
    expect(page).to_have_url(re.compile("partner=pn_"))
    expect(count(page)).to_contain_text("1–15 of 15 customers")
    expect(page.locator("#live")).to_contain_text("1–15 of 15 customers")
    assert is_marked(page)
    assert "country=" not in page.url
    same_everywhere(page, shows="Customer 29", counts="1–15 of 15 customers")
    expect(page.get_by_role("combobox", name="Partner").locator("option:checked")).to_have_text(
        "Derek Forbes"
    )


def test_sorting_turns_around_and_keeps_the_focus(page: Page) -> None:
    expect(first(page)).to_have_text("Customer 29")
    heading = page.get_by_role("link", name="Lifetime value")
    heading.click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Lifetime value")
    heading.click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Lifetime value")
    expect(first(page)).to_have_text("Customer 00")
    expect(heading).to_be_focused()
    expect(page.get_by_label("Sort by")).to_have_value("saleAmount")
    assert is_marked(page)
    same_everywhere(page, shows="Customer 00", counts="1–30 of 30")
    page.get_by_label("Order").select_option("desc")
    expect(first(page)).to_have_text("Customer 29")


def test_pages_back_and_forward(page: Page) -> None:
    page.get_by_label("Rows", exact=True).select_option("25")
    expect(count(page)).to_contain_text("1–25 of 30 customers")
    page.get_by_role("link", name="Next").click()
    expect(count(page)).to_contain_text("26–30 of 30 customers")
    expect(first(page)).to_have_text("Customer 04")
    assert is_marked(page)
    expect(page).to_have_url(re.compile(r"page=2"))
    same_everywhere(page, shows="Customer 04", counts="26–30 of 30")
    page.go_back()
    expect(count(page)).to_contain_text("1–25 of 30 customers")
    page.go_forward()
    expect(count(page)).to_contain_text("26–30 of 30 customers")
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()


def test_a_filter_goes_back_to_the_first_page(page: Page) -> None:
    page.goto("/customers/?size=25&page=2")
    page.get_by_role("combobox", name="Country").select_option("DE")
    expect(count(page)).to_contain_text("1–10 of 10 customers")


def test_a_customer_opens_in_this_tab_and_in_a_new_one(page: Page) -> None:
    page.get_by_role("combobox", name="Country").select_option("FR")
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Customer 28").click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("heading", name="Customer 28")).to_be_visible()
    page.get_by_role("link", name="Customer 28").click()
    expect(page.get_by_role("heading", name="Customer 28")).to_be_visible()
    page.go_back()
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    expect(page.get_by_role("combobox", name="Country")).to_have_value("FR")


def test_a_view_is_saved_by_hand(page: Page) -> None:
    page.get_by_role("combobox", name="Country").select_option("DE")
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    page.get_by_text("View", exact=True).click()
    page.get_by_label("New view").fill("Germany")
    page.get_by_role("button", name="Save as new").click()
    tab = page.get_by_role("link", name="Germany")
    expect(tab).to_have_attribute("aria-current", "page")
    page.get_by_text("Display", exact=True).click()
    page.get_by_label("Lifetime value", exact=True).uncheck()
    expect(page.locator(".c-value")).to_be_visible()  # only the button asks for it
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".c-value")).to_have_count(0)
    expect(page.get_by_role("link", name="Germany • changed")).to_be_visible()
    page.get_by_role("combobox", name="Country").select_option("FR")
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    expect(page.locator(".c-value")).to_have_count(0)
    page.get_by_role("link", name="Only Japan").or_(
        page.get_by_title("Only go.example.com/spring")
    ).first.click()
    expect(count(page)).to_contain_text("1–5 of 5 customers")


def test_finding_while_typing(page: Page, company: Sandbox) -> None:
    known = company.customer("order/07 x")
    assert known
    field = page.get_by_label("Find by name")
    for text, how in [
        ("customer07@acme.example", "Searched by exact e-mail."),
        ("07", "Searched by whole words in name or e-mail."),
        (known["id"], "Found by Dub ID."),
        ("order/07 x", "Found by external ID."),
    ]:
        field.fill("")
        expect(count(page)).to_contain_text("1–30 of 30")
        field.press_sequentially(text)
        expect(page.locator(".customers tbody tr")).to_have_count(1)
        expect(first(page)).to_have_text("Customer 07")
        expect(count(page)).to_contain_text(how)
    expect(field).to_be_focused()
    assert is_marked(page)
    page.reload()
    expect(first(page)).to_have_text("Customer 07")
    expect(field).to_have_value("order/07 x")


def test_nothing_found_says_what_dub_can_find(page: Page) -> None:
    page.get_by_label("Find by name").fill("nobody at all")
    expect(page.locator("#table")).to_contain_text("No customer matches")
    expect(page.locator("#table")).to_contain_text("whole words")
    page.get_by_role("link", name="Show all customers").click()
    expect(count(page)).to_contain_text("1–30 of 30 customers")


def test_no_customers_at_all(browse: Browse) -> None:
    page = browse("alice")
    page.goto("/customers/")
    expect(page.locator("#table")).to_contain_text("No customers yet")
    page.locator("#table").get_by_role("link", name="Record a lead").click()
    expect(page.get_by_role("heading", name="Record a lead")).to_be_visible()


def test_without_scripts(browse: Browse, company: Sandbox) -> None:
    page = browse("vera", scripts=False)
    page.goto("/customers/")
    page.get_by_role("combobox", name="Country").select_option("DE")
    page.get_by_label("Sort by").select_option("saleAmount")
    page.get_by_label("Order").select_option("asc")
    page.get_by_role("button", name="Apply").click()
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    expect(first(page)).to_have_text("Customer 00")
    page.get_by_role("link", name="Lifetime value").click()
    expect(first(page)).to_have_text("Customer 27")
    expect(page.get_by_role("combobox", name="Country")).to_have_value("DE")
    page.get_by_label("Find by name").fill("order/07 x")
    page.get_by_label("Find by name").press("Enter")
    expect(page.locator(".customers tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    page.goto("/customers/?size=25")
    page.get_by_role("link", name="Next").click()
    expect(count(page)).to_contain_text("26–30 of 30 customers")


def test_filters_that_make_no_sense_are_explained(browse: Browse) -> None:
    page = browse("vera")
    page.goto("/customers/?page=1001&sort=shoesize")
    expect(page.get_by_role("alert")).to_contain_text("These filters do not work.")
    expect(page.get_by_role("alert")).to_contain_text("Search or filter to see further.")
    expect(page.locator("#table")).to_contain_text("Dub was not asked.")


@pytest.mark.parametrize("scripts", [True, False])
def test_dub_is_down_and_comes_back(browse: Browse, company: Any, scripts: bool) -> None:
    company.fault("GET", "/customers", times=0, status=503)
    page = browse("vera", scripts=scripts)
    page.goto("/customers/?country=DE")
    expect(count(page)).to_contain_text("The customers could not be listed.")
    alert = page.locator("#table").get_by_role("alert")
    expect(alert).to_contain_text("The answer: 503")
    company.clear_faults()
    alert.get_by_role("link", name="Try again").click()
    expect(count(page)).to_contain_text("1–10 of 10 customers")


def test_dub_goes_away_while_filtering(page: Page, company: Sandbox) -> None:
    company.fault("GET", "/customers", times=0, hang_up="before")
    page.get_by_role("combobox", name="Country").select_option("DE")
    expect(count(page)).to_contain_text("The customers could not be listed.")
    company.clear_faults()
    page.get_by_role("combobox", name="Country").select_option("FR")
    expect(count(page)).to_contain_text("1–10 of 10 customers")
    assert is_marked(page)
