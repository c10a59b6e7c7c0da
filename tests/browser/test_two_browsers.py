from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse

Json = dict[str, Any]


def open_form(page: Page) -> None:
    page.goto("/customers/ext_user_1/edit/")


def review(page: Page, **typed: str) -> None:
    page.bring_to_front()  # Chromium lays out a window behind another one late
    for label, text in typed.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Review the change").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save to Dub").click()


def test_two_browsers_one_customer(browse: Browse, dub: Sandbox, jane: Json) -> None:
    alice, max_ = browse("alice", failing=(410,)), browse("max")
    open_form(alice)
    open_form(max_)
    review(max_, Name="Max's")
    review(alice, Name="Alice's")
    save(max_)
    expect(max_.locator("[data-outcome=recorded]")).to_be_visible()
    save(alice)
    expect(alice.get_by_role("alert")).to_contain_text("The same field was changed meanwhile")
    expect(alice.get_by_role("group", name="Name")).to_contain_text("Max's")
    assert dub.count("PATCH") == 1

    open_form(max_)
    review(max_, Name="Max's second")
    save(max_)
    expect(max_.locator("[data-outcome=recorded]")).to_be_visible()
    alice.get_by_label("Replace it with yours").check()
    save(alice)
    expect(alice.get_by_role("group", name="Name")).to_contain_text("Max's second")
    assert dub.count("PATCH") == 2

    max_.goto("/customers/ext_user_1/delete/")
    alice.get_by_label("Replace it with yours").check()
    save(alice)
    expect(alice.locator("[data-outcome=recorded]")).to_be_visible()
    assert (dub.customer("user_1") or {})["name"] == "Alice's"
    open_form(alice)

    max_.get_by_label("To confirm").fill("user_1")
    max_.get_by_role("button", name="Delete at Dub for good").click()
    changed = max_.get_by_role("region", name="Changed since you opened this page")
    expect(changed).to_contain_text("Alice's")
    expect(max_.get_by_label("To confirm")).to_have_value("")
    assert dub.count("DELETE") == 0
    max_.get_by_label("To confirm").fill("user_1")
    max_.get_by_role("button", name="Delete at Dub for good").click()
    expect(max_.locator("[data-outcome=recorded]")).to_be_visible()

    review(alice, Name="Too late")
    expect(alice.get_by_role("alert")).to_contain_text("Nothing was sent")
    expect(alice.locator("main")).to_contain_text("Deleted with dubadmin.")
    assert (dub.count("PATCH"), dub.count("DELETE")) == (3, 1)
