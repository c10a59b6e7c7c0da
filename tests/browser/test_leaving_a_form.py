"""Who has filled in a form is asked before it is left; who sends it, or typed nothing, is not."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import Browse


@pytest.fixture
def asked(browse: Browse) -> tuple[Page, list[str]]:
    """Somebody's browser, and what it has asked; the answer is always to leave."""
    page, told = browse("alice"), list[str]()
    page.on("dialog", lambda dialog: told.append(dialog.type))
    return page, told


def leave(page: Page) -> None:
    page.get_by_role("link", name="Home").first.click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_a_filled_form_is_not_left_by_accident(
    asked: tuple[Page, list[str]], jane: dict[str, Any]
) -> None:
    page, told = asked
    page.goto("/sales/new/")
    page.get_by_label("Reason").fill("Paid by bank transfer")
    leave(page)
    assert told == ["beforeunload"]
    page.goto("/sales/new/")
    page.get_by_label("Reason").fill("Paid by bank transfer")
    page.get_by_label("Reason").fill("")
    leave(page)
    assert told == ["beforeunload"]


def test_what_is_sent_is_not_asked_about_and_its_summary_is(
    asked: tuple[Page, list[str]], jane: dict[str, Any]
) -> None:
    page, told = asked
    page.goto("/customers/ext_user_1/edit/")
    page.get_by_label("E-mail").fill("jane.new@acme.example")
    page.get_by_role("button", name="Review the change").click()
    page.get_by_role("button", name="Save to Dub").click()
    page.wait_for_url("**/results/*/")
    leave(page)
    assert told == []
    page.goto("/sales/new/")
    page.get_by_label("Customer", exact=True).fill("user_1")
    page.get_by_label("Amount", exact=True).fill("12 USD")
    page.get_by_label("Invoice ID").fill("INV-1")
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_text("Nothing has been sent yet.")).to_be_visible()
    leave(page)
    assert told == ["beforeunload"]
