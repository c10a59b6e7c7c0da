from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from customers import imports
from customers.models import Import

from .conftest import Browse
from .test_accessibility import Look, look  # noqa: F401  a fixture

SALES = "Kunde;Betrag;Rechnung;Name\nu1;1.234;RE-1;Jürgen Groß\nu2;5;RE-2;\n"


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    path = tmp_path / "monday.csv"
    path.write_bytes(SALES.encode("cp1252"))
    return path


def test_a_file_comes_in_without_scripts(browse: Browse, monday: Path) -> None:
    page = browse("max", scripts=False)
    page.goto("/imports/")
    page.get_by_role("link", name="Import a file").first.click()
    page.get_by_label("Sales", exact=True).check()
    page.get_by_label("File", exact=True).set_input_files(monday)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="What is in each column?")).to_be_visible()
    expect(page.get_by_label("Betrag")).to_have_value("amount")
    page.get_by_role("button", name="Check 2 rows").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Currency: choose the column, or give a value for all rows.")
    expect(alert).to_contain_text("“1.234” can be read in two ways.")
    page.get_by_label("1.234,56").check()
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Remember these choices as").fill("Bank")
    page.get_by_role("button", name="Check 2 rows").click()
    expect(page.get_by_role("heading", name="monday.csv")).to_be_visible()
    file = Import.objects.get()
    assert file.number_format == "comma"
    assert file.mapping is not None
    assert file.mapping["fixed"] == {"currency": "EUR"}


def test_a_file_is_dropped_on_its_box(browse: Browse, monday: Path) -> None:
    page = browse("max")
    page.goto("/imports/new/?kind=sales")
    box = page.get_by_label("File", exact=True).bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        devtools.send(
            "Input.dispatchDragEvent",
            {
                "type": step,
                "x": box["x"] + box["width"] - 20,
                "y": box["y"] + box["height"] - 10,
                "data": {"items": [], "files": [str(monday)], "dragOperationsMask": 1},
            },
        )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="What is in each column?")).to_be_visible()
    assert Import.objects.get().name == "monday.csv"


def test_reading_is_watched_until_the_columns_can_be_matched(
    browse: Browse, monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 10)
    page = browse("max")
    page.goto("/imports/new/?kind=sales")
    page.get_by_label("File", exact=True).set_input_files(monday)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Reading the file")).to_be_visible()
    assert imports.carry_on(Import.objects.get().pk) is None
    expect(page.get_by_role("heading", name="What is in each column?")).to_be_visible()


def test_pages_of_imports(browse: Browse, monday: Path, look: Look) -> None:  # noqa: F811
    page = browse("max")
    page.goto("/imports/new/?kind=sales")
    page.get_by_role("button", name="Upload").click()
    look(page, "nothing chosen")
    page.get_by_label("File", exact=True).set_input_files(monday)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="What is in each column?")).to_be_visible()
    look(page, "columns")
    page.get_by_label("Remember these choices as").fill("Bank")
    page.get_by_label("1.234,56").check()
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Check 2 rows").click()
    expect(page.get_by_role("heading", name="monday.csv")).to_be_visible()
    number = Import.objects.get().pk
    for address in ("/imports/", "/imports/mappings/", f"/imports/{number}/delete/"):
        page.goto(address)
        look(page, address)
    Import.objects.update(state="failed", note="Row 2: a quotation mark is never closed.")
    page.goto(f"/imports/{number}/")
    look(page, "failed")
