from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.audit import Target, note
from customers.models import Batch
from dubadmin.sandbox import Sandbox

from ..conftest import ALICE
from .conftest import Browse

Json = dict[str, Any]


@pytest.fixture
def page(browse: Browse, jane: Json) -> Page:
    page = browse("ada")
    page.goto("/customers/ext_user_1/")
    return page


def test_slash_finds_and_enter_opens(page: Page) -> None:
    page.goto("/audit/")
    page.keyboard.press("/")
    field = page.get_by_label("Find a customer")
    expect(field).to_be_focused()
    page.keyboard.type("jane/")
    expect(field).to_have_value("jane/")
    page.keyboard.press("Backspace")
    option = page.get_by_role("option", name="Jane Cooper")
    expect(option).to_be_visible()
    page.keyboard.press("Escape")
    expect(option).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()
    page.goto("/audit/")
    page.keyboard.press("/")
    page.keyboard.type("jane@acme.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()


def test_slash_prefers_the_field_of_the_page(page: Page) -> None:
    page.goto("/customers/")
    page.keyboard.press("/")
    expect(page.get_by_label("Find by name")).to_be_focused()


def test_letters_lead_somewhere(page: Page) -> None:
    for keys, heading in [
        ("e", "Edit customer"),
        ("gh", "Home"),
        ("gc", "Customers"),
        ("gl", "Record a lead"),
        ("gs", "Record a sale"),
        ("ga", "Audit log"),
    ]:
        for key in keys:
            page.keyboard.press(key)
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def test_a_question_mark_shows_them_and_they_can_be_turned_off(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("?")
    dialog.get_by_label("Shortcuts are on").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("e")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.reload()
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()


def test_the_palette_goes_does_and_finds(page: Page) -> None:
    start = page.get_by_role("link", name="Edit", exact=True)
    start.focus()
    palette = page.get_by_role("dialog", name="Commands")
    page.keyboard.press("ControlOrMeta+k")
    field = palette.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(palette.get_by_role("option", name="Audit log")).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(start).to_be_focused()
    for typed, heading in [
        ("rec sal", "Record a sale"),
        ("jane", "Jane Cooper"),
        ("lo", "Audit log"),
    ]:
        page.keyboard.press("ControlOrMeta+k")
        page.keyboard.type(typed)
        expect(palette.get_by_role("option", name=heading).first).to_have_attribute(
            "aria-selected", "true"
        )
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    page.keyboard.press("ControlOrMeta+k")
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_palette_offers_what_the_role_may_do(browse: Browse, jane: Json) -> None:
    page = browse("vera")
    page.goto("/customers/ext_user_1/")
    page.keyboard.press("ControlOrMeta+k")
    options = page.get_by_role("dialog", name="Commands").get_by_role("option")
    expect(options.filter(has_text="Customers")).to_have_count(1)
    for other in ("Record", "Audit", "Edit", "Delete", "Users"):
        expect(options.filter(has_text=other)).to_have_count(0)


def test_rows_by_letters(page: Page, dub: Sandbox) -> None:
    for n in range(2):
        dub.add_customer(f"Customer {n}", f"customer{n}@acme.example")
    page.goto("/customers/?sort=createdAt&order=asc")
    rows = page.locator(".customers tbody tr")
    for key, at in [("j", 0), ("j", 1), ("ArrowDown", 2), ("j", 2), ("k", 1)]:
        page.keyboard.press(key)
        expect(rows.nth(at).locator(".who")).to_be_focused()
    page.keyboard.press("x")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    expect(page.locator("#id_which option:checked")).to_have_text("1 selected")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()


def test_rows_of_any_list(page: Page) -> None:
    for key in "ab":
        Batch.objects.create(action="customer.delete", key=key, actor={}, total=1)
    page.goto("/batches/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-rows] > tr").nth(1).get_by_role("link")).to_be_focused()


def test_letters_are_letters_while_typing(page: Page) -> None:
    page.goto("/customers/ext_user_1/edit/")
    name = page.get_by_label("Name", exact=True)
    name.fill("")
    name.press_sequentially("e?/g c")
    expect(name).to_have_value("e?/g c")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(("address", "below"), [("/customers/", "Change"), ("/audit/", "Older")])
def test_the_rows_can_be_skipped(page: Page, dub: Sandbox, address: str, below: str) -> None:
    for n in range(60):
        dub.add_customer(f"Customer {n}", f"customer{n}@acme.example")
        note("customer.list", actor=ALICE, target=Target(label=f"entry {n}"))
    page.goto(address)
    skip = page.get_by_role("link", name="Skip the rows")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#table :focus")).to_have_accessible_name(below)


def test_the_focus_stays_where_it_was_when_the_table_changes(page: Page, dub: Sandbox) -> None:
    for n in range(60):
        dub.add_customer(f"Customer {n}", f"customer{n}@acme.example")
    page.goto("/customers/?size=25")
    count = page.locator("[data-announce]")
    for name, says in [("Next", "26–50 of 61"), ("Next", "51–61 of 61")]:
        page.get_by_role("link", name=name).press("Enter")
        expect(count).to_contain_text(says)
        expect(page.locator("#table :focus")).to_have_count(1)
    page.get_by_label("Rows", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(count).to_contain_text("of 61")
    expect(page.get_by_label("Rows", exact=True)).to_be_focused()


def test_the_focus_stays_on_a_link_that_comes_again(page: Page) -> None:
    page.goto("/audit/")
    link = page.locator(".log a").last
    address = link.get_attribute("href")
    link.focus()
    page.evaluate("htmx.ajax('GET', '/audit/', '#table')")
    expect(page.locator("#live")).to_contain_text("2 entries")
    expect(page.locator(":focus")).to_have_attribute("href", address or "")


def test_escape_closes_the_menu_and_goes_back_to_its_button(page: Page) -> None:
    menu = page.locator("details.person")
    menu.locator("summary").press("Enter")
    expect(menu.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_the_theme_is_chosen_and_kept(page: Page) -> None:
    page.locator("details.person summary").press("Enter")
    dark = page.get_by_role("button", name="Dark")
    with page.expect_response("**/accounts/preferences/theme/"):
        dark.press("Enter")
    expect(dark).to_have_attribute("aria-pressed", "true")
    page.goto("/customers/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("details.person summary").press("Enter")
    expect(dark).to_have_attribute("aria-pressed", "true")


def test_brackets_go_through_the_list(browse: Browse, dub: Sandbox, jane: Json) -> None:
    dub.add_customer("Bo", "bo@acme.example", "user_2")
    page = browse("vera")
    page.goto("/customers/?sort=createdAt")
    page.get_by_role("link", name="Bo bo@").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bo")
    for key, name in {"]": "Jane Cooper", "[": "Bo"}.items():
        page.wait_for_load_state()
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
