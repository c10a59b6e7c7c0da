"""Revenue operations: a sale that came by bank transfer in euros counts, and counts once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from dubadmin.sandbox import Sandbox

from .conftest import SitDown
from .keyboard import Keyboard

Json = dict[str, Any]


def test_a_bank_transfer_in_euros_counts_once(sit_down: SitDown, dub: Sandbox, jane: Json) -> None:
    alice = sit_down("alice", width=390, scheme="dark")
    alice.sees("Home")
    type_sale(alice, "1.234,56 €")
    alice.do("button", "Check the sale")
    alice.sees("Check the sale")
    sent = alice.page.get_by_role("region", name="What will be sent")
    expect(sent).to_contain_text("1,234.56 EUR")
    expect(alice.page.get_by_role("region", name="Checks")).to_contain_text("through go.example")
    expect(alice.page.get_by_role("region", name="The customer")).to_contain_text("Derek Forbes")
    alice.skip()
    alice.do("button", "Record this sale")
    alice.is_told("Recorded", "sale")
    expect(alice.page.locator("[data-follow=confirmed]")).to_be_visible()
    alice.sees("Sale")
    assert dub.sales()[-1]["invoice_id"] == "2026-0342"

    alice.skip()
    alice.do("link", "Open the customer")
    alice.sees("Jane Cooper")
    expect(alice.page.get_by_role("region", name="Events")).to_contain_text("2026-0342")

    type_sale(alice, "1.234,57 €")
    alice.do("button", "Check the sale")
    stopped = alice.page.get_by_role("alert")
    expect(stopped).to_contain_text("This cannot be sent")
    expect(stopped).to_be_focused()
    alice.looks()
    alice.do("button", "Back")
    expect(alice.page.get_by_label("Invoice ID")).to_have_value("2026-0342")
    assert dub.count("POST", "/track/sale") == 1


def type_sale(person: Keyboard, amount: str) -> None:
    person.press("g", "s")
    person.sees("Record a sale")
    person.skip()
    person.tab_to("combobox", "Customer")
    person.type("jane")
    option = person.page.get_by_role("option", name="Jane Cooper")
    expect(option).to_be_visible()
    person.press("ArrowDown", "Enter")
    expect(person.page.get_by_label("Customer", exact=True)).to_have_value("user_1")
    person.tab_to("textbox", "Amount")
    person.paste(amount)
    person.tab_to("combobox", "Currency")
    person.type("EUR")
    expect(person.page.locator("#minor")).to_contain_text("EUR, sent as 12345")
    person.fill("Invoice ID", "2026-0342")
    person.fill("Reason", "Paid by bank transfer", role="combobox")
    person.looks()
