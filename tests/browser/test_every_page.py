"""Every page, one after the other: what a screen reader is told, and how it fits when enlarged."""

from __future__ import annotations

from collections.abc import Iterator

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


def test_every_page(browse: Browse, addresses: dict[str, str]) -> None:  # noqa: F811
    """Each that an administrator can open, once: opening it is what takes longest."""
    page, found, seen = browse("ada", failing=(404,)), [], 0
    for name, address in addresses.items():
        if name in OPEN or "ada" not in (ALLOWED[name][0] or ()):
            continue
        if not page.context.request.get(address).text().lstrip().startswith("<!doctype"):
            continue
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        wrong = [*what_a_screen_reader_is_told(page), *when_enlarged(page)]
        found += [(name, each) for each in wrong + stops_of_the_tab_key(page, skip=bool(seen))]
        seen += 1
    assert seen > 40
    assert not found, "\n".join(map(str, found))


def what_a_screen_reader_is_told(page: Page) -> list[str]:
    expect(page.locator("#live[aria-live=polite]")).to_have_count(1)
    return faults(page) + [f"silent: {each}" for each in page.evaluate(_SILENT)]


def when_enlarged(page: Page) -> Iterator[str]:
    """1440 by 900 at 200 %, and 1280 at 400 %: what is 320 wide to the page."""
    for width, height in ((320, 256), (720, 450)):
        page.set_viewport_size({"width": width, "height": height})
        yield from (f"scrolls sideways at {width}: {each}" for each in too_wide(page))


def stops_of_the_tab_key(page: Page, *, skip: bool) -> list[str]:
    """In a small window, where what sticks to an edge takes most.

    What stands before the page's own content is the same everywhere and can be skipped.
    """
    found, stops, is_over = [], 0, False
    if skip:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
    look = f"({STOP})([document.body])"
    while not is_over:
        page.keyboard.press("Tab")
        is_over, wrong, where = page.evaluate(look)
        stops += 1
        found += [f"{wrong}: {where}"] if wrong else []
        assert stops < 200, f"{page.url} has no end"
    return found


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
