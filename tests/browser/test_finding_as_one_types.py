"""The field that finds customers, on a slow Dub."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse


def test_the_last_of_what_was_typed_is_found(
    browse: Browse, dub: Sandbox, jane: dict[str, Any]
) -> None:
    dub.add_customer("Janet Moss", "janet@acme.example", "user_2")
    dub.fault("GET", "/customers", times=0, delay_ms=400)
    page = browse("alice")
    page.goto("/sales/new/")
    page.wait_for_load_state()
    field = page.get_by_label("Customer", exact=True)
    field.press_sequentially("jane cooper", delay=250)
    found = page.get_by_role("listbox", name="Customers found")
    option = found.get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("Jane Cooper")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("user_1")
    expect(found).to_be_hidden()


def test_what_comes_for_an_older_text_is_not_shown(
    browse: Browse, dub: Sandbox, jane: dict[str, Any]
) -> None:
    dub.fault("GET", "/customers", times=0, delay_ms=600)
    page = browse("alice")
    page.goto("/sales/new/")
    page.wait_for_load_state()
    field = page.get_by_label("Customer", exact=True)
    with page.expect_request("**/customers/find/**"):
        field.fill("jane cooper")
    with page.expect_response("**/customers/find/?q=nobody*"):
        field.fill("nobody")
    expect(page.get_by_role("option", name="No customer found")).to_be_visible()
    expect(page.get_by_role("option", name="Jane Cooper")).to_have_count(0)
