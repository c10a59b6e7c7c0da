from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dubadmin.sandbox import Sandbox

from .conftest import Browse
from .layout import too_wide

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'


@dataclass(frozen=True, kw_only=True)
class Hostile:
    name: str
    email: str
    external_id: str
    text: str  # what is written into reasons, metadata and event names


KINDS = {
    "markup": Hostile(
        name=f"{SCRIPT} {IMAGE} {{{{ 7*7 }}}} &lt;b&gt; ${{7*7}}",
        email=f"{IMAGE}@acme.example",
        external_id=f"'{IMAGE}{SCRIPT}",
        text=f"</textarea></pre>{SCRIPT}{IMAGE} javascript:alert(3)",
    ),
    "long": Hostile(
        name="W" * 190,
        email="m" * 178 + "@acme.example",
        external_id="i" * 100,
        text="_" * 250,
    ),
    "scripts and control characters": Hostile(
        name="\u202eגרסא 👩🏽‍🚀 ليلى\u202e Z̸͔͝a̶l̵g̷o bell\x07 escape\x1b[31m delete\x7f tab\t",
        email="𝓳𝓪𝓷𝓮@пример.example",
        external_id="\u202e山田/花子?#%00\x01",
        text="\u200fשלום\u2028🏴\u200d☠️\u200b one\ttwo\x0bthree",
    ),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def hostile(request: pytest.FixtureRequest) -> Hostile:
    kind: Hostile = request.param
    return kind


@pytest.fixture
def customer(dub: Sandbox, hostile: Hostile) -> dict[str, Any]:
    partner = dub.add_partner(hostile.name, hostile.email)
    link = dub.add_link("x", url=f"https://example.com/?{hostile.text}", partner=partner)
    customer = dub.add_customer(
        hostile.name, hostile.email, hostile.external_id, hostile.text[:60], link=link
    )
    dub.add_lead(customer, hostile.text, metadata='{"key": "<script>alert(4)</script>"}')
    dub.add_sale(customer, 100, invoice_id=hostile.text[:190], processor="custom")
    return customer


def shows(page: Page, text: str) -> None:
    """The text stands there as it is, made nothing else, and fits the window."""
    expect(page.locator("main")).to_contain_text(plain(text))
    fits(page)


def plain(text: str) -> re.Pattern[str]:
    """Control characters and white space may look like anything, all else is as it is."""
    words = re.split(r"[\x00-\x20\x7f\u2028\u200b]+", text)
    return re.compile(r"[\s\x00-\x20\x7f\u2028\u200b]*".join(map(re.escape, words)))


def fits(page: Page) -> None:
    assert too_wide(page) == []
    assert page.locator("img[src=x], main script").count() == 0


def test_it_only_shows(browse: Browse, hostile: Hostile, customer: dict[str, Any]) -> None:
    page = browse("ada", width=390, failing=(410,))
    is_looked_at(page, hostile, customer["id"])
    is_corrected(page, hostile, customer["id"])
    is_in_the_log(page, hostile)
    is_sold_to(page, hostile, customer["id"])
    is_deleted(page, hostile, customer["id"])


def is_looked_at(page: Page, hostile: Hostile, id: str) -> None:
    page.goto("/customers/")
    shows(page, hostile.name)
    shows(page, hostile.email)
    page.goto("/")
    page.get_by_label("Find a customer").last.fill(id)
    expect(page.get_by_role("option").first).to_contain_text(plain(hostile.name))
    fits(page)
    page.get_by_role("option").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(plain(hostile.name))
    for text in (hostile.external_id, hostile.email, hostile.text):
        shows(page, text)
    page.set_viewport_size({"width": 1440, "height": 900})
    fits(page)
    page.set_viewport_size({"width": 390, "height": 900})


def is_corrected(page: Page, hostile: Hostile, id: str) -> None:
    page.goto(f"/customers/{id}/edit/")
    shows(page, hostile.name)
    page.get_by_label("Stripe customer ID").fill(f"cus_{IMAGE}")
    page.get_by_label("Reason").fill(hostile.text)
    page.get_by_role("button", name="Review the change").click()
    expect(page.get_by_role("heading", name="Review the change")).to_be_visible()
    shows(page, hostile.name)
    shows(page, f"cus_{IMAGE}")
    page.get_by_role("button", name="Save to Dub").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    shows(page, hostile.text)


def is_in_the_log(page: Page, hostile: Hostile) -> None:
    page.get_by_role("link", name=re.compile(r"^#\d+$")).click()
    expect(page.get_by_role("region", name="Facts")).to_contain_text(plain(hostile.text))
    shows(page, f"cus_{IMAGE}")
    page.goto("/audit/")
    shows(page, hostile.text[:100])
    page.goto("/")
    shows(page, hostile.text)


def is_sold_to(page: Page, hostile: Hostile, id: str) -> None:
    page.goto(f"/customers/{id}/")
    page.locator("main").get_by_role("link", name="Record a sale").click()
    page.get_by_label("Amount", exact=True).fill("1")
    page.get_by_label("Metadata key").fill(hostile.text[:40])
    page.get_by_label("Metadata value").fill(hostile.text)
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_role("heading", name="Check the sale")).to_be_visible()
    shows(page, hostile.external_id)
    shows(page, hostile.name)
    page.get_by_role("button", name="Record this sale").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    fits(page)


def is_deleted(page: Page, hostile: Hostile, id: str) -> None:
    page.goto(f"/customers/{id}/delete/")
    page.get_by_label("To confirm").fill("no")
    page.get_by_role("button", name="Delete at Dub").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shows(page, hostile.name)
    page.get_by_label("To confirm").fill(page.locator("label strong").first.inner_text())
    page.get_by_role("button", name="Delete at Dub").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    fits(page)
    page.goto(f"/customers/{id}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(plain(hostile.name))
    shows(page, hostile.text)


def test_what_comes_in_an_address_only_shows(browse: Browse, dub: Sandbox) -> None:
    page = browse("ada", failing=(404, 400))
    for address in (
        f"/customers/?sort=createdAt&q={IMAGE}{SCRIPT}",
        f"/customers/?country={SCRIPT}&link={IMAGE}&page={SCRIPT}",
        f"/customers/ext_{SCRIPT}/",
        f"/sales/new/?customer={IMAGE}{SCRIPT}",
        f"/leads/new/?again={SCRIPT}",
        f"/audit/?person={SCRIPT}&action={IMAGE}&since={SCRIPT}",
        f"/accounts/login/?next={SCRIPT}",
        f"/{SCRIPT}/",
    ):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        fits(page)
