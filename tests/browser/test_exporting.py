from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dubadmin.sandbox import Sandbox

from ..worker import work
from .conftest import Browse
from .test_accessibility import Look, look  # noqa: F401  a fixture


@pytest.fixture
def company(dub: Sandbox) -> Sandbox:
    for n in range(5):
        dub.add_customer(f"C{n}", f"c{n}@acme.example", f"u{n}", ("DE", "FR")[n % 2])
    return dub


def export(page: Page) -> tuple[str, list[dict[str, str]]]:
    """Presses the button: the name of the file that comes, and its rows."""
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export", exact=True).click()
    path = Path(coming.value.path())
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return coming.value.suggested_filename, list(csv.DictReader(lines))


def test_what_the_list_shows_is_downloaded(browse: Browse, company: Sandbox) -> None:
    page = browse("max")
    page.goto("/customers/")
    page.locator("#id_country").select_option("DE")
    expect(page.locator("[data-announce]")).to_contain_text("3 customers")
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_role("heading", name="Export 3 customers")).to_be_visible()
    expect(page.get_by_label("Coupon ID")).to_be_hidden()
    page.get_by_label("Only these").check()
    page.get_by_label("Coupon ID").check()
    page.get_by_label("Reason").fill("For the board")
    name, rows = export(page)
    assert name.endswith(".csv")
    assert {row["country"] for row in rows} == {"DE"}
    assert len(rows) == 3
    assert "discount_coupon_id" in rows[0]
    expect(page.locator("#exports [data-state=done]")).to_be_visible()
    expect(page.locator("#exports")).to_contain_text("3 customers.")
    page.get_by_label("For corrections").check()
    _, rows = export(page)  # the same page, once more
    assert next(iter(rows[0])) == "id"
    expect(page.locator("#exports [data-state=done]")).to_have_count(2)


def test_without_javascript(browse: Browse, company: Sandbox) -> None:
    page = browse("max", scripts=False)
    page.goto("/customers/export/")
    assert len(export(page)[1]) == 5
    page.reload()
    page.get_by_role("link", name="CSV").click()
    expect(page.get_by_text("5 customers. As many as Dub counts.")).to_be_visible()


def test_a_file_that_the_worker_makes(
    browse: Browse,
    company: Sandbox,
    look: Look,  # noqa: F811
    settings: Any,
) -> None:
    settings.EXPORT_AT_ONCE = 1
    page = browse("max")
    page.goto("/customers/export/?country=DE")
    look(page, "export form")
    page.get_by_label("Only these").check()
    look(page, "columns")
    page.evaluate("document.querySelectorAll('[name=columns]').forEach((b) => b.checked = false)")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one column")
    look(page, "export form with errors")
    page.get_by_label("All columns").check()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("heading", name="Collecting the customers")).to_be_visible()
    look(page, "export under way")
    work()
    expect(page.get_by_role("heading", name="Complete")).to_be_visible()
    look(page, "export")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").click()
    assert Path(coming.value.path()).read_text("utf-8-sig").count("\n") == 4
    page.goto("/exports/")
    look(page, "exports")
    page.goto("/exports/?who=all")
    look(page, "everybody's exports")
