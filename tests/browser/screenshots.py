"""Makes the README's pictures: `make screenshots`.

Taken like the tests are run, on a sandbox with a company's data; what they show of dubadmin's own
work is done through its pages first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Page

from dubadmin.sandbox import Sandbox

README = (settings.BASE_DIR / "README.md").read_text()
FOLDER = settings.BASE_DIR / "docs" / "screenshots"


def shoot(page: Page, name: str) -> None:
    """Takes the picture if the README shows it."""
    if name in README:
        page.screenshot(path=FOLDER / name)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(customers=2000) as running:
        yield running


def test_pictures(browse: Callable[..., Page], dub: Sandbox) -> None:
    customer = next(each for each in dub.customers() if each["sales"] > 3 and each.get("link"))
    for width, scheme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        page = browse("ada", width=width, scheme=scheme)
        name = f"{width}-{scheme}.png"
        page.goto("/customers/")
        shoot(page, f"customers-{name}")
        page.goto(f"/customers/{customer['id']}/")
        shoot(page, f"customer-{name}")
        page.goto(f"/sales/new/?customer={customer['externalId']}")
        page.get_by_label("Amount").fill("1250.50")
        page.get_by_label("Currency").select_option("EUR")
        shoot(page, f"sale-{name}")
        page.get_by_role("button", name="Check the sale").click()
        page.get_by_role("button", name="Record this sale").click()
        page.get_by_text("Confirmed").wait_for()
        shoot(page, f"result-{name}")
        page.goto("/audit/")
        shoot(page, f"audit-{name}")
