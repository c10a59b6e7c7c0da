"""A customer and an audit entry, printed: one page, all that they say, nothing that they offer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers import queries, services

from ..conftest import ALICE
from . import sheet
from .conftest import Browse


def pages(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4")))


def test_a_customer_on_one_page(
    browse: Browse, jane: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    page = browse("alice")
    page.goto("/customers/ext_user_1/")
    assert pages(page) == 1
    page.emulate_media(media="print")
    sheet.photograph(page, request.node.name, "on paper", 1440, "light")
    for shown in (
        page.get_by_role("region", name="Raw record"),
        page.get_by_text("INV-0"),
        page.get_by_text("dubadmin, alice, "),
    ):
        expect(shown).to_be_visible()
    for offer in (
        page.get_by_role("navigation"),
        page.get_by_role("button"),
        page.get_by_role("link", name="Edit", exact=True),
        page.get_by_label("New note"),
    ):
        expect(offer.locator("visible=true")).to_have_count(0)


def test_an_audit_entry_on_one_page(
    browse: Browse, jane: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    customer = queries.get_customer("ext_user_1")
    entry = services.update_customer(customer, changes={"name": "Jane Doe"}, actor=ALICE)
    page = browse("otto")
    page.goto(f"/audit/{entry.pk}/")
    assert pages(page) == 1
    page.emulate_media(media="print")
    sheet.photograph(page, request.node.name, "on paper", 1440, "light")
    for name in ("What was sent", "What came back", "Whole record before", "Whole record after"):
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("navigation").locator("visible=true")).to_have_count(0)
