"""Where the system chooses the colours, or somebody wants more contrast: focus and states are seen.

What somebody sees is compared, not what the style sheet says: a picture with the state, and one
without it.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from customers.models import preferences_of

from . import sheet
from .conftest import Browse
from .test_accessibility import violations

Json = dict[str, Any]
WAYS = [("forced", "light"), ("forced", "dark"), ("system", "light"), ("chosen", "dark")]


@pytest.fixture(params=WAYS, ids=" ".join)
def page(
    request: pytest.FixtureRequest, browse: Browse, jane: Json, people: dict[str, User]
) -> Page:
    """In colours of the system, or in more contrast: as the system wants it, or as chosen here."""
    how, scheme = request.param
    if how == "chosen":
        preferences = preferences_of(people["ada"])
        preferences.contrast = "more"
        preferences.save()
    page: Page = browse("ada")
    page.emulate_media(
        color_scheme=scheme,
        forced_colors="active" if how == "forced" else "none",
        contrast="more" if how == "system" else "no-preference",
    )
    return page


def is_seen(state: Locator, without: str) -> bool:
    """Whether it looks different once `without` was done to it, a little around it included."""
    each = state.element_handle()
    box = each.bounding_box()
    assert box
    x, y = max(0, box["x"] - 6), max(0, box["y"] - 6)
    clip: Any = {"x": x, "y": y, "width": box["width"] + 12, "height": box["height"] + 12}

    def picture() -> bytes:
        """Once it has come to rest."""
        before, now = b"", state.page.screenshot(clip=clip, caret="hide", animations="disabled")
        while now != before:
            before, now = now, state.page.screenshot(clip=clip, caret="hide", animations="disabled")
        return now

    before = picture()
    each.evaluate(without)
    return picture() != before


def test_states_are_seen(page: Page, request: pytest.FixtureRequest) -> None:
    page.goto("/customers/")
    here = page.locator(".side > .nav [aria-current]")
    assert is_seen(here, "each => each.removeAttribute('aria-current')")
    page.keyboard.press("j")
    page.keyboard.press("x")
    box = page.get_by_role("checkbox").last
    expect(box).to_be_checked()
    sheet.photograph(page, request.node.name, "list", 1440, "light")
    assert is_seen(box, "each => (each.checked = false)")
    page.locator("details.person summary").press("Enter")
    chosen = page.locator(".side > .person [aria-pressed=true]")
    assert is_seen(chosen, "each => each.setAttribute('aria-pressed', 'false')")
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+k")
    page.keyboard.type("audit")
    option = page.get_by_role("option", name="Audit log")
    expect(option).to_have_attribute("aria-selected", "true")
    assert is_seen(option, "each => each.setAttribute('aria-selected', 'false')")


def test_what_is_wrong_is_seen(page: Page, request: pytest.FixtureRequest) -> None:
    page.goto("/sales/new/?customer=user_1")
    page.get_by_label("Amount", exact=True).fill("x")
    page.get_by_role("button", name="Check the sale").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    sheet.photograph(page, request.node.name, "form", 1440, "light")
    wrong = page.get_by_label("Amount", exact=True)
    assert is_seen(wrong, "each => each.removeAttribute('aria-invalid')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_contrast_is_enough(browse: Browse, jane: Json, scheme: str) -> None:
    page = browse("ada", scheme=scheme)
    page.emulate_media(contrast="more")
    for address in ("/", "/customers/", "/customers/ext_user_1/", "/sales/new/", "/audit/"):
        page.goto(address)
        assert violations(page) == []


def test_the_focus_is_seen(page: Page) -> None:
    page.goto("/customers/")
    page.keyboard.press("Tab")
    for each in (
        page.locator(".side .brand"),
        page.locator("#find"),
        page.locator(".side > .nav [aria-current]"),
        page.locator("details.person summary"),
        page.locator("#id_country"),
        page.get_by_role("checkbox").last,
        page.locator("[data-rows] .who").first,
        page.get_by_role("button", name="Set a field"),
    ):
        each.focus()
        assert is_seen(each, "each => each.blur()"), each
