from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse

Json = dict[str, Any]
both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
SEND = "Delete at Dub for good"


@both
def test_a_wrong_confirmation_sends_nothing(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool
) -> None:
    page = browse("max", scripts=scripts)
    page.goto("/customers/ext_user_1/")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("region", name="What goes")).to_contain_text("1 sale, 49.00 USD")
    expect(page.get_by_role("region", name="What stays")).to_contain_text("Deleted Customer")
    page.get_by_label("To confirm").fill("user_2")
    page.get_by_label("Reason").fill("She asked for it")
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent to Dub.")
    expect(page.get_by_label("To confirm")).to_have_value("user_2")
    expect(page.get_by_label("To confirm")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Reason")).to_have_value("She asked for it")
    assert dub.count("DELETE") == 0
    assert dub.customer("user_1")


@both
def test_the_right_confirmation_deletes(
    browse: Browse, dub: Sandbox, jane: Json, scripts: bool
) -> None:
    page = browse("max", scripts=scripts, failing=(410,))
    page.goto(f"/customers/{jane['id']}/delete/")
    page.get_by_label("To confirm").fill("jane@acme.example")
    page.get_by_label("Reason").fill("She asked for it")
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("[data-outcome=recorded]")).to_contain_text("no longer has")
    assert dub.count("DELETE") == 1
    assert dub.customer("user_1") is None
    for id in (jane["id"], "ext_user_1"):
        page.goto(f"/customers/{id}/")
        expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()
        kept = page.locator(".notice", has_text="Deleted with dubadmin.")
        expect(kept).to_contain_text("max")
        expect(kept).to_contain_text("She asked for it")
        expect(page.get_by_role("region", name="Events")).to_contain_text("Invoice INV-0")
        expect(page.get_by_role("region", name="Facts")).to_contain_text("Derek Forbes")


def test_twice_is_once(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = browse("max")
    page.goto("/customers/ext_user_1/delete/")
    page.get_by_label("To confirm").fill("user_1")
    page.get_by_role("button", name=SEND).dblclick()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    assert dub.count("DELETE") == 1


def test_it_can_be_left(browse: Browse, dub: Sandbox, jane: Json) -> None:
    page = browse("max")
    page.goto("/customers/ext_user_1/delete/")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()
    assert dub.count("DELETE") == 0
