"""A support agent: what a customer gave leads to the right record, which is put right."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from dubadmin.sandbox import Sandbox

from .conftest import SitDown

Json = dict[str, Any]


def test_from_what_a_customer_gave_to_a_corrected_record(
    sit_down: SitDown, dub: Sandbox, jane: Json
) -> None:
    bo = dub.add_customer("Bo Olsen", "bo@acme.example", "order-20519")
    alice = sit_down("alice")
    alice.sees("Home")
    for given, name in (
        ("order-20519", "Bo Olsen"),
        ("  <jane@acme.example> ", "Jane Cooper"),
        (bo["id"], "Bo Olsen"),
    ):
        alice.press("/")
        alice.paste(given)
        alice.press("Enter")
        alice.sees(name)
    alice.press("/")
    alice.paste("cus_QpL8sNf2Zt")
    alice.press("Enter")
    alice.sees("Customers")
    expect(alice.page.get_by_role("region", name="Customers")).to_have_count(0)
    expect(alice.page.locator("#table")).to_contain_text("If this is Stripe’s ID")

    alice.press("g", "h")
    alice.sees("Home")
    alice.press("/")
    alice.type("nobody")
    alice.hears("No customer found.")
    alice.press("ControlOrMeta+a")
    alice.type("jane")
    option = alice.page.get_by_role("option", name="Jane Cooper")
    expect(option).to_be_visible()
    alice.hears("1 customer found")
    alice.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    alice.looks()
    alice.press("Enter")
    alice.sees("Jane Cooper")

    alice.press("e")
    alice.sees("Edit customer")
    alice.skip()
    alice.fill("E-mail", "jane at acme")
    alice.do("button", "Review the change")
    expect(alice.page.get_by_role("alert")).to_be_focused()
    alice.looks()
    alice.do("link", "E-mail")
    expect(alice.page.get_by_label("E-mail")).to_be_focused()
    alice.press("ControlOrMeta+a")
    alice.type("jane.new@acme.example")
    alice.fill("Reason", "Ticket 42", role="combobox")
    alice.do("button", "Review the change")
    alice.sees("Review the change")
    alice.skip()
    alice.do("button", "Save to Dub")
    alice.is_told("Recorded", "correction")
    alice.sees("Correction")
    assert (dub.customer("user_1") or {})["email"] == "jane.new@acme.example"

    alice.skip()
    alice.do("link", "Open the customer")
    alice.sees("Jane Cooper")
    alice.skip()
    alice.fill("New note", "Moved to another address, called on Monday.")
    alice.do("button", "Add the note")
    expect(alice.page.get_by_role("region", name="Notes")).to_contain_text("called on Monday")
    alice.looks()
    alice.press("g", "c")
    alice.sees("Customers")
    alice.press("j", "Enter")
    alice.sees("Bo Olsen")
    alice.press("]")
    alice.sees("Jane Cooper")
