"""Makes the README's pictures: `make screenshots`.

They are taken as the tests are run, from a sandbox with a whole company in it. What they show of
dubadmin's own work is done through its pages first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from .conftest import Browse

FOLDER = settings.BASE_DIR / "docs" / "screenshots"
HEIGHTS = {1440: 700, 390: 780}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(customers=2000, seed=1) as running:
        yield running


@pytest.fixture
def regular(dub: Sandbox) -> dict[str, Any]:
    """Somebody with a partner, a country, a discount and a handful of sales."""
    return next(
        customer
        for customer in dub.customers()
        if 4 <= customer["sales"] <= 8
        and customer["externalId"].startswith("user_")
        and all(customer.get(key) for key in ("country", "partner", "discount"))
    )


def test_pictures(browse: Browse, regular: dict[str, Any]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    correct(browse("alice"), regular)
    look_around(browse, regular)
    result = record(browse("max"), regular)
    customer = f"/customers/{regular['id']}/"
    take(browse, "customers-1440-light", "/customers/")
    take(browse, "customers-390-light", "/customers/")
    take(browse, "customer-1440-light", customer)
    take(browse, "customer-1440-dark", customer)
    take(browse, "result-390-dark", result)
    take(browse, "audit-1440-dark", "/audit/")
    page = window(browse, "sale-1440-light")
    fill_sale(page, regular)
    picture(page, "sale-1440-light")


def correct(page: Page, customer: dict[str, Any]) -> None:
    page.goto(f"/customers/{customer['id']}/edit/")
    page.get_by_label("Stripe customer ID").fill("cus_QpL8sNf2Zt")
    page.get_by_label("Reason").fill("Moved to the new Stripe account, ticket 4711")
    page.get_by_role("button", name="Review the change").click()
    page.get_by_role("button", name="Save to Dub").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()


def look_around(browse: Browse, customer: dict[str, Any]) -> None:
    """What others do on a day, so that the log has something to show."""
    vera = browse("vera", failing=(403,))
    vera.goto(f"/customers/?sort=createdAt&q={customer['email']}")
    vera.goto(f"/customers/{customer['id']}/")
    vera.goto(f"/customers/{customer['id']}/delete/")
    alice = browse("alice")
    alice.goto("/leads/new/?customer=no-link")
    alice.get_by_role("button", name="Check the lead").click()
    alice.get_by_label("Why send it").fill("Signed up at the fair in Berlin")
    alice.get_by_role("button", name="Record this lead").click()
    expect(alice.locator("[data-outcome]").first).to_be_visible()


def record(page: Page, customer: dict[str, Any]) -> str:
    fill_sale(page, customer)
    page.get_by_role("button", name="Check the sale").click()
    page.get_by_role("button", name="Record this sale").click()
    expect(page.locator("[data-follow=confirmed]")).to_be_visible()
    return page.url


def fill_sale(page: Page, customer: dict[str, Any]) -> None:
    sold = AuditEntry.objects.filter(action="sale.record").exists()
    page.goto(f"/sales/new/?customer={customer['externalId']}")
    page.get_by_label("Amount", exact=True).fill("890.00" if sold else "1,249.50")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Invoice ID").fill("2026-0344" if sold else "2026-0342")
    page.get_by_label("Metadata key").fill("order")
    page.get_by_label("Metadata value").fill("A-20519")
    page.get_by_label("Reason").fill("Paid by bank transfer")
    expect(page.locator("#minor")).to_contain_text("sent as")


def take(browse: Browse, name: str, address: str) -> None:
    page = window(browse, name)
    page.goto(address)
    picture(page, name)


def window(browse: Browse, name: str) -> Page:
    """`name` ends with a width and a scheme."""
    _, width, scheme = name.split("-")
    page: Page = browse("ada", width=int(width), scheme=scheme)
    page.set_viewport_size({"width": int(width), "height": HEIGHTS[int(width)]})
    return page


def picture(page: Page, name: str) -> None:
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")
