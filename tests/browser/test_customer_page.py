from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse

Json = dict[str, Any]


def fact(page: Page, label: str) -> Any:
    facts = page.get_by_role("region", name="Facts")
    return facts.locator("dl > div", has=page.locator(f"dt:text-is('{label}')")).locator("dd")


def test_facts_and_figures(browse: Browse, dub: Sandbox, jane: Json) -> None:
    dub.change_customer(jane, canceled_at=1_767_225_600_000)  # the first second of 2026 in UTC
    page = browse("vera")
    page.goto("/customers/ext_user_1/")
    expect(page).to_have_title("Jane Cooper · dubadmin")
    expect(page.locator("main")).to_contain_text("jane@acme.example")
    expect(page.locator(".figures")).to_contain_text("49.00 USD")
    expect(fact(page, "External ID")).to_contain_text("user_1")
    expect(fact(page, "Dub ID")).to_contain_text(jane["id"])
    expect(fact(page, "Country")).to_have_text("Germany")
    expect(fact(page, "Link")).to_contain_text("go.example.com/spring")
    expect(fact(page, "Partner")).to_have_text("Derek Forbes")
    expect(fact(page, "Discount")).to_contain_text("20 % for 12 months")
    page.reload()  # the browser has named its time zone by now
    expect(fact(page, "Cancelled")).to_have_text("1 Jan 2026, 01:00")
    expect(fact(page, "Cancelled").locator("time")).to_have_attribute(
        "title", "2026-01-01 00:00:00 UTC"
    )


def test_ids_are_copied(browse: Browse, jane: Json) -> None:
    page = browse("vera")
    page.goto("/customers/ext_user_1/")
    wanted = {"external ID": "user_1", "Dub ID": jane["id"], "e-mail": "jane@acme.example"}
    for what, text in wanted.items():
        button = page.get_by_role("button", name=f"Copy {what}")
        button.click()
        expect(button).to_have_attribute("data-copied", "")
        assert page.evaluate("navigator.clipboard.readText()") == text
    expect(page.locator("#live")).to_have_text("Copied.")


def test_the_timeline_is_newest_first(browse: Browse, dub: Sandbox, jane: Json) -> None:
    dub.add_sale(jane, 123_456_789, metadata='{"items":"three"}')
    page = browse("vera", scripts=False)
    page.goto("/customers/ext_user_1/")
    events = page.get_by_role("region", name="Events").locator(".event")
    expect(events).to_have_count(4)
    expect(events.first).to_contain_text("Sale Invoice paid")
    expect(events.first).to_contain_text("1,234,567.89 USD")
    expect(events.first).to_contain_text("items")
    expect(events.first).to_contain_text("three")
    expect(events.nth(1)).to_contain_text("Invoice INV-0")
    expect(page.get_by_role("region", name="Events")).to_contain_text("Lead Sign up")
    expect(page.get_by_role("region", name="Events")).to_contain_text("Click")


def test_the_raw_record_is_dubs_own(browse: Browse, jane: Json) -> None:
    page = browse("vera", scripts=False)
    page.goto(f"/customers/{jane['id']}/")
    raw = page.get_by_role("region", name="Raw record")
    expect(raw).to_be_hidden()
    page.get_by_text("Raw record").click()
    expect(raw).to_be_visible()
    shown = json.loads(raw.inner_text())
    assert shown["id"] == jane["id"]
    assert shown["link"]["key"] == "spring"


def test_what_was_done_here_is_listed(browse: Browse, jane: Json) -> None:
    page = browse("alice")
    page.goto("/customers/ext_user_1/")
    done = page.get_by_role("region", name="Done with dubadmin")
    expect(done).to_contain_text("Nothing yet.")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Jane Cooper-Smith")
    page.get_by_label("Reason").fill("She married")
    page.get_by_role("button", name="Review the change").click()
    page.get_by_role("button", name="Save to Dub").click()
    page.get_by_role("link", name="Open the customer").click()
    expect(done).to_contain_text("Correction")
    expect(done).to_contain_text("Recorded")
    expect(done).to_contain_text("alice")
    expect(done).to_contain_text("She married")
    done.get_by_role("link", name="Correction").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("cus_9s8d7f6g5h", "Stripe's customer IDs begin with cus_ too"),
        ("ext_nobody", "Find it by name, e-mail or external ID."),
    ],
)
def test_an_unknown_customer_is_explained(browse: Browse, id: str, says: str) -> None:
    page = browse("vera", failing=(404,))
    page.goto(f"/customers/{id}/")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    expect(page.locator("main")).to_contain_text(says)
    page.locator("main").get_by_role("link", name="Customers").click()
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()


def test_without_access_to_events_the_rest_stays_usable(
    browse: Browse, dub: Sandbox, jane: Json
) -> None:
    dub.usage_exceeded = True
    page = browse("alice")
    page.goto("/customers/ext_user_1/")
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()
    expect(fact(page, "Partner")).to_have_text("Derek Forbes")
    events = page.get_by_role("region", name="Events")
    expect(events.get_by_role("alert")).to_have_count(1)
    expect(events.get_by_role("alert")).to_contain_text("Dub’s answer: 403")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("heading", name="Edit customer")).to_be_visible()


def test_an_external_id_with_anything_in_it_is_an_address(browse: Browse, dub: Sandbox) -> None:
    dub.add_customer("Odd One", "odd@acme.example", "a/b c?d=1&e#f%20ü")
    page = browse("alice")
    page.goto("/customers/")
    page.get_by_role("link", name="Odd One").click()
    expect(page.get_by_role("heading", name="Odd One")).to_be_visible()
    page.get_by_role("link", name="Record a lead").last.click()
    expect(page.get_by_label("Customer", exact=True)).to_have_value("a/b c?d=1&e#f%20ü")
    page.goto("/customers/ext_a%2Fb%20c%3Fd=1&e%23f%2520%C3%BC/")
    expect(page.get_by_role("heading", name="Odd One")).to_be_visible()


def test_nothing_about_a_customer_is_known(browse: Browse, dub: Sandbox) -> None:
    dub.add_customer(external_id="bare")
    page = browse("alice")
    page.goto("/customers/ext_bare/")
    expect(page.get_by_role("heading", name="No name")).to_be_visible()
    expect(page.locator("main")).to_contain_text("no e-mail")
    expect(page.locator("main")).to_contain_text("no referral link")
    expect(page.locator("main")).to_contain_text("No events")


def test_dub_is_down(browse: Browse, dub: Sandbox, jane: Json) -> None:
    dub.fault("GET", times=0, status=500)
    page = browse("vera", failing=(502,))
    page.goto("/customers/ext_user_1/")
    expect(page.get_by_role("heading", name="This page could not be shown")).to_be_visible()
    dub.clear_faults()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()
