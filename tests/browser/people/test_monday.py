"""Monday, with a spreadsheet of sales: every row is known for what it is before it is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dubadmin.sandbox import Sandbox

from ...imports.conftest import buyers, one_by_one  # noqa: F401  fixtures
from ...worker import work
from .conftest import SitDown

pytestmark = pytest.mark.usefixtures("buyers", "one_by_one")

MONDAY = """Kunde;Betrag;Rechnung
u1;1.234,56;RE-1
u2;99,00;RE-2
nobody;5,00;RE-3
"""


def test_a_spreadsheet_is_checked_and_sent(sit_down: SitDown, dub: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "monday.csv"
    file.write_text(MONDAY)
    max_ = sit_down("max")
    max_.page.on("filechooser", lambda chooser: chooser.set_files(file))
    max_.press("g", "i")
    max_.sees("Imports")
    max_.skip()
    max_.do("link", "Import a file")
    max_.sees("Import a file")
    max_.skip()
    max_.tab_to("radio", "Sales")
    max_.press("Space")
    max_.tab_to("button", "File")
    max_.press("Enter")
    expect(max_.page.get_by_label("File", exact=True)).to_have_value(re.compile("monday.csv"))
    max_.fill("Reason", "Bank transfers of October", role="combobox")
    max_.do("button", "Upload")
    max_.sees("What is in each column?")
    max_.skip()
    max_.tab_to("combobox", "Currency")
    max_.type("EUR")
    max_.do("button", "Check 3 rows")
    max_.sees("monday.csv")
    work()
    state = max_.page.get_by_role("region", name="Checked")
    expect(state).to_be_visible()
    max_.looks()
    expect(max_.page.get_by_role("row", name="nobody")).to_contain_text("no customer")

    max_.skip()
    max_.do("button", "Send 2 sales")
    expect(max_.page.get_by_role("heading", name="Under way")).to_be_visible()
    max_.looks()
    work()
    expect(max_.page.get_by_role("heading", name="Done")).to_be_visible()
    max_.looks()
    max_.skip()
    with max_.page.expect_download() as download:
        max_.do("link", "The 1 row that did not make it")
    assert "RE-3" in Path(download.value.path()).read_text()
    assert [sale["invoice_id"] for sale in dub.sales()] == ["RE-1", "RE-2"]
