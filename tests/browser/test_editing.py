from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse

Json = dict[str, Any]
both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


def open_form(page: Page) -> Page:
    page.goto("/customers/ext_user_1/edit/")
    return page


def review(page: Page) -> None:
    page.get_by_role("button", name="Review the change").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save to Dub").click()


@both
def test_a_changed_email_is_seen_before_and_after(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool
) -> None:
    page = open_form(browse("alice", scripts=scripts))
    expect(page.get_by_label("E-mail")).to_have_value("jane@acme.example")
    page.get_by_label("E-mail").fill("jane.new@acme.example")
    page.get_by_label("Reason").fill("Ticket 42")
    review(page)
    rows = page.get_by_role("region", name="Will be sent to Dub").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("jane@acme.example")
    expect(rows).to_contain_text("jane.new@acme.example")
    assert dub.count("PATCH") == 0
    save(page)
    expect(page.locator("[data-outcome=recorded]")).to_contain_text("stored every change")
    expect(page.get_by_role("region", name="Asked and stored")).to_contain_text("Same")
    expect(page.get_by_role("region", name="Record")).to_contain_text("Ticket 42")
    assert dub.count("PATCH") == 1
    changed = dub.customer("user_1")
    assert changed
    assert (changed["email"], changed["name"]) == ("jane.new@acme.example", "Jane Cooper")


def test_back_keeps_what_was_typed(browse: Browse, jane: Json) -> None:
    page = open_form(browse("alice"))
    page.get_by_label("Name", exact=True).fill("Janet Cooper")
    page.get_by_label("Country").select_option("FR")
    review(page)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Janet Cooper")
    expect(page.get_by_label("Country")).to_have_value("FR")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_nothing_changed_is_said_and_not_sent(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = open_form(browse("alice"))
    review(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(page.get_by_role("alert")).to_be_focused()
    assert dub.count("PATCH") == 0


def test_what_the_form_refuses_stands_at_the_field(
    browse: Browse, dub: Sandbox, jane: Json
) -> None:
    page = open_form(browse("alice"))
    page.get_by_label("E-mail").fill("jane at acme")
    page.get_by_label("External ID").fill("")
    review(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent to Dub.")
    expect(page.get_by_label("E-mail")).to_have_value("jane at acme")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("alert").get_by_role("link", name="External ID").click()
    expect(page.get_by_label("External ID")).to_be_focused()
    assert dub.count("PATCH") == 0


@both
def test_what_dub_refuses_stands_at_the_field(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool
) -> None:
    dub.add_customer("Taken", "taken@acme.example", "user_2")
    page = open_form(browse("alice", scripts=scripts))
    page.get_by_label("External ID").fill("user_2")
    page.get_by_label("Reason").fill("Typo")
    review(page)
    expect(page.locator("main")).to_contain_text("must use the new external ID")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Dub refused this. Nothing was changed.")
    field = page.get_by_label("External ID")
    expect(field).to_have_value("user_2")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Reason")).to_have_value("Typo")
    field.fill("user_3")
    review(page)
    save(page)
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    assert dub.customer("user_3")


@pytest.mark.parametrize(
    ("scripts", "choice", "stands"), [(True, "Replace", "mine"), (False, "Keep", "theirs")]
)
def test_who_wins_a_conflict_is_chosen(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool, choice: str, stands: str
) -> None:
    page = open_form(browse("alice", scripts=scripts))
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_label("Country").select_option("FR")
    dub.change_customer(jane, name="theirs", email="kept@acme.example")
    review(page)
    expect(page.get_by_role("alert")).to_contain_text("The same field was changed meanwhile")
    expect(page.get_by_role("region", name="kept")).to_contain_text("kept@acme.example")
    save(page)  # the browser asks for the choice first
    expect(page.get_by_role("alert")).to_be_visible()
    assert dub.count("PATCH") == 0
    page.get_by_label(choice).check()
    save(page)
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    now = dub.customer("user_1")
    assert now
    assert (now["name"], now["email"]) == (stands, "kept@acme.example")
    assert now["country"] == "FR"


def test_what_dub_does_not_store_is_said(browse: Browse, dub: Sandbox, jane: Json) -> None:
    dub.patch_stores_country = False
    page = open_form(browse("alice"))
    page.get_by_label("Country").select_option("FR")
    page.get_by_label("Name", exact=True).fill("Janet")
    review(page)
    save(page)
    expect(page.locator("[data-outcome=differs]")).to_contain_text("Country")
    expect(page.get_by_role("row", name="Country")).to_contain_text("Differs")


def test_saved_once_however_often_it_is_clicked(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = open_form(browse("alice"))
    page.get_by_label("Name", exact=True).fill("Janet")
    review(page)
    page.get_by_role("button", name="Save to Dub").dblclick()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    first = page.url
    page.go_back()
    save(page)
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    assert page.url == first
    assert dub.count("PATCH") == 1
