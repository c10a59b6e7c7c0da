"""Every page, one after the other: what a screen reader is told, and how it fits when enlarged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ..test_roles import ALLOWED, OPEN, addresses  # noqa: F401  a fixture
from .accessibility_tree import faults
from .conftest import Browse
from .layout import too_wide
from .people.keyboard import STOP

# A part of a page that changes by itself or by a filter, and says nothing of it: there is no live
# region around it, nor a sentence in it that page.js reads out.
_SILENT = """() => [...document.querySelectorAll("[hx-get], [hx-post]")]
  .filter((each) => each.getAttribute("hx-swap") !== "none")
  .map((each) => [each, htmx.find(each.closest("[hx-target]")?.getAttribute("hx-target") ?? "#-")])
  .filter(([each, part]) => !(part ?? each).closest("[aria-live]"))
  .filter(([each, part]) => !(part ?? each).querySelector("[data-announce]"))
  .map(([each]) => each.outerHTML.slice(0, 160))"""


@pytest.fixture
def pages(browse: Browse, addresses: dict[str, str]) -> Iterator[tuple[str, Page]]:  # noqa: F811
    """A window on each page that an administrator can open."""
    page = browse("ada", failing=(404,))

    def each() -> Iterator[tuple[str, Page]]:
        for name, address in addresses.items():
            if name not in OPEN and "ada" in (ALLOWED[name][0] or ()):
                answer = page.context.request.get(address)
                if answer.text().lstrip().startswith("<!doctype"):
                    page.goto(address)
                    yield name, page

    return each()


def test_what_a_screen_reader_is_told(pages: Iterator[tuple[str, Page]]) -> None:
    found, seen = [], 0
    for name, page in pages:
        seen += 1
        found += [(name, each) for each in faults(page)]
        found += [(name, f"silent: {each}") for each in page.evaluate(_SILENT)]
        expect(page.locator("#live[aria-live=polite]")).to_have_count(1)
    assert seen > 40
    assert not found, "\n".join(map(str, found))


def test_a_fault_would_be_found(browse: Browse) -> None:
    page = browse("otto")
    page.goto("/accounts/preferences/")  # so that there is an entry
    for spoiled, noticed in {
        "main.querySelector('a').replaceChildren()": "link without a name",
        "main.querySelector('h1').remove()": "headings of levels []",
        "main.append(document.createElement('h4'))": "heading of level 4 after 1",
        "main.querySelector('thead').remove()": "without heads",
        "main.querySelector('table').after(new Image(9, 9))": "image without a name",
        "main.append(document.createElement('main'))": "not one main",
        "main.querySelector('[role=region]').role = 'none'": "table without a name",
    }.items():
        page.goto("/audit/")
        page.evaluate(f"const main = document.querySelector('main'); {spoiled}")
        assert noticed in " ".join(faults(page))


def test_nothing_scrolls_sideways_when_enlarged(pages: Iterator[tuple[str, Page]]) -> None:
    """1440 by 900 at 200 %, and 1280 at 400 %: what is 320 wide to the page."""
    found = []
    for name, page in pages:
        for width, height in ((720, 450), (320, 256)):
            page.set_viewport_size({"width": width, "height": height})
            found += [(name, width, each) for each in too_wide(page)]
    assert not found, "\n".join(map(str, found))


def test_every_stop_of_the_tab_key_is_seen(pages: Iterator[tuple[str, Page]]) -> None:
    """In a small window, where what sticks to an edge takes most."""
    found = []
    for name, page in pages:
        page.set_viewport_size({"width": 720, "height": 450})
        body, is_over, stops = page.locator("body"), False, 0
        while not is_over:
            page.keyboard.press("Tab")
            is_over, wrong, where = body.evaluate_all(STOP)
            stops += 1
            found += [(name, wrong, where)] if wrong else []
            assert stops < 200, f"{name} has no end"
    assert not found, "\n".join(map(str, found))
