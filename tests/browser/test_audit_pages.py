from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from customers.audit import Actor, Target, note
from dubadmin.sandbox import Sandbox

from ..worker import work
from .conftest import Browse

Json = dict[str, Any]


def rows(page: Page) -> Locator:
    return page.locator(".log tbody tr")


@pytest.fixture
def correction(browse: Browse, jane: Json) -> None:
    """alice changed an e-mail address for a reason."""
    page = browse("alice")
    page.goto("/customers/ext_user_1/edit/")
    page.get_by_label("E-mail").fill("jane.new@acme.example")
    page.get_by_label("Reason").fill("Ticket 42")
    page.get_by_role("button", name="Review the change").click()
    page.get_by_role("button", name="Save to Dub").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()


def test_an_entry_tells_what_was_asked_sent_and_answered(
    browse: Browse, jane: Json, correction: None
) -> None:
    page = browse("otto")
    page.goto("/audit/")
    change = rows(page).filter(has_text="Correction")
    expect(change).to_contain_text("alice")
    expect(change).to_contain_text("Recorded")
    expect(change).to_contain_text("Ticket 42")
    change.get_by_role("link").first.click()
    facts = page.get_by_role("region", name="Facts")
    expect(facts).to_contain_text("alice Editor")
    expect(facts).to_contain_text("Ticket 42")
    expect(facts).to_contain_text("127.0.0.1")
    expect(facts).to_contain_text("Chrome")
    expect(page.get_by_role("region", name="Differences")).to_contain_text("jane@acme.example")
    expect(page.get_by_role("region", name="Differences")).to_contain_text("jane.new@acme.example")
    expect(page.get_by_role("region", name="Sent to Dub")).to_contain_text("PATCH")
    expect(page.get_by_role("region", name="Dub’s answer")).to_contain_text("200")
    page.get_by_text("Whole record before").click()
    before = page.get_by_role("region", name="Whole record before")
    expect(before).to_contain_text(jane["id"])
    expect(page.locator("main")).not_to_contain_text("dub_sandbox_key")


def test_filters_are_in_the_address(browse: Browse, correction: None) -> None:
    page = browse("otto")
    page.goto("/audit/")
    page.get_by_label("Outcome").select_option("recorded")
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Person").fill("nobody")
    page.get_by_label("Person").press("Enter")
    expect(page.locator("#table")).to_contain_text("No entry matches")
    page.reload()
    expect(page.get_by_label("Person")).to_have_value("nobody")
    expect(page.get_by_label("Outcome")).to_have_value("recorded")
    expect(page.locator("#table")).to_contain_text("No entry matches")
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_label("Customer", exact=True).fill("ext_user_1")
    page.get_by_label("Customer", exact=True).press("Enter")
    expect(rows(page).filter(has_text="alice")).not_to_have_count(0)
    expect(rows(page).filter(has_text="otto")).to_have_count(0)


def test_without_scripts(browse: Browse, correction: None) -> None:
    page = browse("otto", scripts=False)
    page.goto("/audit/")
    page.get_by_label("Action").select_option("customer.update")
    page.get_by_role("button", name="Apply").click()
    expect(rows(page)).to_have_count(1)
    rows(page).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Correction")).to_be_visible()


def test_older_and_newer(browse: Browse) -> None:
    for n in range(60):
        note("customer.list", actor=Actor(name="vera"), target=Target(label=f"entry {n}"))
    page = browse("otto")
    page.goto("/audit/?person=vera")
    expect(rows(page)).to_have_count(50)
    expect(rows(page).first).to_contain_text("entry 59")
    page.get_by_role("link", name="Older").click()
    expect(rows(page)).to_have_count(10)
    expect(rows(page).last).to_contain_text("entry 0")
    page.reload()
    expect(rows(page)).to_have_count(10)
    page.get_by_role("link", name="Newer").click()
    expect(rows(page).first).to_contain_text("entry 59")


def test_looking_is_logged_and_failing_to_sign_in_too(browse: Browse, jane: Json) -> None:
    stranger = browse(None)
    stranger.goto("/accounts/login/")
    stranger.get_by_label("User name").fill("mallory")
    stranger.get_by_label("Password").fill("guess")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_be_visible()
    vera = browse("vera", failing=(403,))
    vera.goto("/customers/ext_user_1/")
    vera.goto("/customers/ext_user_1/edit/")
    otto = browse("otto")
    otto.goto("/audit/")
    otto.reload()
    seen = otto.locator(".log")
    expect(seen.get_by_role("row", name="vera Looked at a customer")).to_contain_text("jane@acme")
    expect(seen.get_by_role("row", name="vera Opened the edit form")).to_contain_text("Blocked")
    expect(seen.get_by_role("row", name="Failed to sign in")).to_contain_text("Blocked")
    expect(seen.get_by_role("row", name="otto")).to_have_count(1)


def test_a_verification_is_watched_to_its_end(browse: Browse, correction: None) -> None:
    page = browse("otto")
    page.goto("/audit/")
    page.get_by_role("link", name="State of the log").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("Verifying")).to_be_visible()
    work()
    expect(page.get_by_text("Nothing is wrong")).to_be_visible()
    expect(page.get_by_role("button", name="Verify now")).to_be_visible()


def test_dub_is_not_needed(browse: Browse, dub: Sandbox, correction: None) -> None:
    dub.fault(times=0, status=503)
    asked = len(dub.requests)
    page = browse("otto")
    page.goto("/audit/")
    rows(page).filter(has_text="Correction").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Correction")).to_be_visible()
    assert len(dub.requests) == asked
