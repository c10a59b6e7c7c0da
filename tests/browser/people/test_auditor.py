"""An auditor: the log is complete and unaltered, and who looked at a person is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from ...worker import work
from ..conftest import Browse
from .conftest import SitDown

Json = dict[str, Any]


def test_the_log_is_whole_and_says_who_looked(
    sit_down: SitDown, browse: Browse, jane: Json
) -> None:
    browse("vera").goto("/customers/ext_user_1/")
    otto = sit_down("otto", width=390, scheme="dark")
    otto.press("/")
    otto.type("jane@acme.example")
    otto.press("Enter")
    otto.sees("Jane Cooper")
    otto.skip()
    otto.do("link", "Who looked")
    otto.sees("Audit log")
    looks = otto.page.get_by_role("row", name="vera")
    expect(looks).to_contain_text("Looked at a customer")
    otto.press("j", "j")
    expect(looks.get_by_role("link").first).to_be_focused()
    otto.press("Enter")
    otto.sees("Looked at a customer")
    expect(otto.page.get_by_role("region", name="Facts")).to_contain_text("127.0.0.1")

    otto.press("g", "a")
    otto.sees("Audit log")
    otto.skip()
    otto.fill("Person", "vera", role="combobox")
    otto.press("Enter")
    otto.hears("1 entry")
    expect(otto.page.get_by_label("Person")).to_be_focused()
    otto.looks()
    otto.tab_to("link", "CSV")
    with otto.page.expect_download() as download:
        otto.press("Enter")
    assert "vera" in Path(download.value.path()).read_text()

    otto.press("g", "a")
    otto.sees("Audit log")
    otto.skip()
    otto.do("link", "State of the log")
    otto.sees("State of the log")
    otto.skip()
    otto.do("button", "Verify now")
    expect(otto.page.get_by_text("Verifying")).to_be_visible()
    work()
    expect(otto.page.get_by_text("Nothing is wrong")).to_be_visible()
    otto.looks()
