from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse

Json = dict[str, Any]
both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


def outcome(page: Page, value: str) -> Locator:
    return page.locator(f"[data-outcome={value}]")


def customer(page: Page) -> Locator:
    return page.get_by_label("Customer", exact=True)


def fill_sale(page: Page, *, amount: str = "12.34", invoice: str = "INV-1") -> None:
    page.goto("/sales/new/?customer=user_1")
    page.get_by_label("Amount", exact=True).fill(amount)
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Invoice ID").fill(invoice)


def check(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Check the")).click()
    expect(page.get_by_role("heading", name=re.compile("^Check the"), level=1)).to_be_visible()


def test_a_sale_from_the_keyboard_until_it_is_confirmed(
    browse: Browse, dub: Sandbox, jane: Json
) -> None:
    dub.background_ms = 60_000
    page = browse("alice", thrown_away=True)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Record a sale")).to_be_visible()
    customer(page).focus()
    page.keyboard.type("cooper")
    option = page.get_by_role("option", name="Jane Cooper")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(customer(page)).to_have_value("user_1")
    expect(page.locator("[data-picked]")).to_contain_text("Jane Cooper")
    page.keyboard.press("Tab")
    page.keyboard.type("12.34")
    page.keyboard.press("Tab")
    page.keyboard.type("eur")
    expect(page.locator("#minor")).to_have_text("12.34 EUR, sent as 1234")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Check the sale").press("Enter")
    sent = page.get_by_role("region", name="What will be sent")
    expect(sent).to_contain_text("12.34 EUR")
    expect(sent).to_contain_text("sent as 1234")
    expect(page.get_by_role("region", name="Checks")).to_contain_text("credited to the lead")
    assert dub.count("POST") == 0
    page.clock.install()
    page.get_by_role("button", name="Record this sale").press("Enter")
    expect(outcome(page, "recorded")).to_be_visible()
    follow = page.locator("[data-follow]")
    expect(follow).to_have_attribute("data-follow", "pending")
    page.clock.run_for(2_500)
    expect(follow).to_have_attribute("data-follow", "pending")
    dub.settle()
    page.clock.run_for(2_500)
    expect(follow).to_have_attribute("data-follow", "confirmed")
    expect(follow).to_contain_text("Confirmed")
    page.reload()
    expect(follow).to_have_attribute("data-follow", "confirmed")
    assert [sale["event_name"] for sale in dub.sales()] == ["Invoice paid", "Purchase"]


def test_the_tab_key_takes_whose_whole_email_was_typed(browse: Browse, jane: Json) -> None:
    page = browse("alice")
    page.goto("/sales/new/")
    customer(page).press_sequentially("jane@acme")
    expect(page.get_by_role("option", name="Jane Cooper")).to_be_visible()
    customer(page).press("Tab")
    expect(customer(page)).to_have_value("jane@acme")
    customer(page).fill("Jane@acme.example")
    expect(page.get_by_role("option", name="Jane Cooper")).to_be_visible()
    customer(page).press("Tab")
    expect(customer(page)).to_have_value("user_1")
    expect(page.locator("[data-picked]")).to_contain_text("Jane Cooper")
    expect(page.get_by_label("Amount", exact=True)).to_be_focused()


def test_amounts_are_told_while_typed(browse: Browse, jane: Json) -> None:
    page = browse("alice")
    page.goto("/sales/new/")
    amount, currency = page.get_by_label("Amount", exact=True), page.get_by_label("Currency")
    told = page.locator("#minor")
    for text, code, says in [
        ("1,234.56", "USD", "1,234.56 USD, sent as 123456"),
        ("1.234,56", "EUR", "1,234.56 EUR, sent as 123456"),
        ("500", "JPY", "500 JPY, sent as"),
        ("twelve", "JPY", "amount"),
    ]:
        amount.fill(text)
        currency.select_option(code)
        expect(told).to_contain_text(says)
    amount.fill("")
    expect(told).to_be_empty()


@both
def test_a_lead_of_a_known_customer(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool
) -> None:
    page = browse("alice", scripts=scripts)
    page.goto("/customers/ext_user_1/")
    page.locator("main").get_by_role("link", name="Record a lead").click()
    expect(customer(page)).to_have_value("user_1")
    expect(page.get_by_role("region", name="The customer")).to_contain_text("Jane Cooper")
    page.get_by_label("Event name").fill("Trial started")
    page.get_by_label("Reason").fill("Asked by phone")
    check(page)
    expect(page.get_by_role("region", name="Checks")).to_contain_text("No lead of this name")
    page.get_by_role("button", name="Record this lead").click()
    expect(outcome(page, "recorded")).to_be_visible()
    expect(page.get_by_role("region", name="Record", exact=True)).to_contain_text("Asked by phone")
    assert [lead["event_name"] for lead in dub.leads()] == ["Sign up", "Trial started"]


def test_a_lead_that_would_not_count_needs_a_reason(
    browse: Browse, dub: Sandbox, jane: Json
) -> None:
    dub.add_lead(jane, "Trial started")
    page = browse("alice")
    page.goto("/leads/new/?customer=user_1")
    page.get_by_label("Event name").fill("trial-Started")
    check(page)
    expect(page.get_by_role("region", name="Checks")).to_contain_text("record nothing")
    page.get_by_role("button", name="Record this lead").click()
    expect(page.get_by_label("Why send it all the same?")).to_have_attribute("aria-invalid", "true")
    assert dub.count("POST") == 0
    page.get_by_label("Why send it all the same?").fill("To be sure")
    page.get_by_role("button", name="Record this lead").click()
    expect(page.get_by_role("region", name="Record", exact=True)).to_contain_text("To be sure")
    assert dub.count("POST") == 1


def test_a_customer_that_dub_does_not_know_stops_the_sale(browse: Browse, dub: Sandbox) -> None:
    page = browse("alice")
    fill_sale(page)
    check(page)
    expect(page.get_by_role("alert")).to_contain_text("This cannot be sent")
    expect(page.get_by_role("button", name="Record this sale")).to_have_count(0)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Amount", exact=True)).to_have_value("12.34")
    expect(page.get_by_label("Invoice ID")).to_have_value("INV-1")
    assert dub.count("POST") == 0


def test_metadata_in_rows_and_as_text(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = browse("alice")
    fill_sale(page)
    keys, values = page.get_by_label("Metadata key"), page.get_by_label("Metadata value")
    keys.first.fill("order")
    values.first.fill("A: 7")
    page.get_by_role("button", name="Add a row").click()
    expect(keys.nth(1)).to_be_focused()
    keys.nth(1).fill("note")
    values.nth(1).fill("<b>paid</b>")
    page.get_by_role("button", name="Edit as text or JSON").click()
    text = page.get_by_label("Metadata", exact=True)
    expect(text).to_have_value("order: A: 7\nnote: <b>paid</b>")
    text.fill('{"order": 7, "nested": {"a": [1]}}')
    page.get_by_role("button", name="Edit as rows").click()
    expect(text).to_be_visible()  # rows cannot hold this
    text.fill('{"order": "7", "note": "two\\nlines"}')
    check(page)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Amount", exact=True)).to_have_value("12.34")
    check(page)
    page.get_by_role("button", name="Record this sale").click()
    expect(outcome(page, "recorded")).to_be_visible()
    assert json.loads(dub.sales()[-1]["metadata"]) == {"order": "7", "note": "two\nlines"}


@pytest.mark.parametrize("twice", ["clicks", "Enter"])
def test_twice_is_once(browse: Browse, dub: Sandbox, jane: Json, twice: str) -> None:
    page = browse("alice")
    fill_sale(page)
    check(page)
    send = page.get_by_role("button", name="Record this sale")
    if twice == "clicks":
        send.dblclick()
    else:
        send.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    expect(outcome(page, "recorded")).to_be_visible()
    assert dub.count("POST", "/track/sale") == 1
    assert len(dub.sales()) == 2


@both
def test_back_and_again_lands_on_the_same_result(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool
) -> None:
    page = browse("alice", scripts=scripts)
    fill_sale(page)
    check(page)
    page.get_by_role("button", name="Record this sale").click()
    expect(outcome(page, "recorded")).to_be_visible()
    result = page.url
    page.go_back()
    page.get_by_role("button", name="Record this sale").click()
    expect(page).to_have_url(result)
    assert dub.count("POST", "/track/sale") == 1


def test_what_is_wrong_is_said_at_its_field(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = browse("alice", scripts=False)
    fill_sale(page, amount="0", invoice="")
    page.get_by_label("Reason").fill("By bank transfer")
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent to Dub.")
    amount = page.get_by_label("Amount", exact=True)
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("0")
    expect(page.get_by_label("Invoice ID")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_label("Reason")).to_have_value("By bank transfer")
    assert len(dub.requests) <= 3  # the customer for the card beside each form, nothing more


def test_a_large_amount_is_typed_again(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = browse("alice")
    fill_sale(page, amount="12,345.67")
    check(page)
    again = page.get_by_label("Type the amount again")
    again.fill("1234.567")
    page.get_by_role("button", name="Record this sale").click()
    expect(again).to_have_attribute("aria-invalid", "true")
    again.fill("12345.67")
    page.get_by_role("button", name="Record this sale").click()
    expect(outcome(page, "recorded")).to_be_visible()
    assert dub.count("POST") == 1


def test_a_refused_sale_is_corrected_and_tried_again(
    browse: Browse, dub: Sandbox, jane: Json
) -> None:
    dub.fault("POST", "/track/sale", status=422, message="invalid_type: currency: Unknown")
    page = browse("alice")
    fill_sale(page)
    check(page)
    page.get_by_role("button", name="Record this sale").click()
    expect(outcome(page, "refused")).to_be_visible()
    page.get_by_role("link", name="Correct and try again").click()
    expect(customer(page)).to_have_value("user_1")
    expect(page.get_by_label("Amount", exact=True)).to_have_value("12.34")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_label("Invoice ID")).to_have_value("INV-1")
