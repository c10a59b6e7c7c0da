"""Somebody at a keyboard: nothing here clicks, and what has no visible focus is not found."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from ..layout import too_wide
from ..test_accessibility import violations

# More presses of Tab than this to get somewhere, and a person has lost patience.
PATIENCE = 30
# Of all that is called as wanted: whether one of it has the focus, and what is wrong with where the
# focus is, as somebody sees it.
STOP = """(wanted) => {
  const it = document.activeElement;
  const there = wanted.includes(it);
  const where = it.outerHTML.slice(0, 120);
  const wrong = () => {
    if (it === document.body) return ""; // in the browser's own bars, between the end and the start
    const style = getComputedStyle(it);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "no outline";
    const { left, right, top, bottom } = it.getBoundingClientRect(); // a part of it is enough
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
    const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    if (x < left || x > right || y < top || y > bottom) return "out of sight";
    const seen = document.elementFromPoint(x, y);
    return it.contains(seen) || seen?.contains(it) ? "" : "covered";
  };
  return [there, wrong(), where];
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, address: str) -> None:
        """As somebody who types the address."""
        self.page.goto(address)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def paste(self, text: str) -> None:
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.press("ControlOrMeta+v")

    def skip(self) -> None:
        """Past the navigation, by the first stop of a new page."""
        self.press("Tab", "Enter")
        expect(self.page.locator("main")).to_be_focused()

    def tab_to(self, role: Any, name: str) -> None:
        """Presses Tab until it has the focus, and looks at every stop whether one sees it."""
        wanted = self.page.get_by_role(role, name=name, exact=True)
        stops = []
        for _ in range(PATIENCE):
            self.press("Tab")
            there, wrong, where = wanted.evaluate_all(STOP)
            assert not wrong, f"{wrong}: {where}"
            stops.append(where)
            if there:
                return
        raise AssertionError(f"{role} {name!r} is not among the next stops: {stops}")

    def fill(self, name: str, text: str, *, role: Any = "textbox") -> None:
        self.tab_to(role, name)
        self.press("ControlOrMeta+a")
        self.type(text)

    def do(self, role: Any, name: str) -> None:
        """Tabs to a link or button and presses Enter."""
        self.tab_to(role, name)
        self.press("Enter")

    def is_told(self, outcome: str, of: str) -> None:
        """By the title, which is what a screen reader says first of a new page, and once more."""
        expect(self.page).to_have_title(f"{outcome}: {of} · dubadmin")
        self.hears(outcome)

    def hears(self, text: str) -> None:
        """By the live region of every page."""
        expect(self.page.locator("#live")).to_contain_text(text)

    def sees(self, heading: str) -> None:
        """Is on the page with this heading, and neither axe nor the eye finds fault with it."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.looks()

    def looks(self) -> None:
        found = violations(self.page) + too_wide(self.page)
        assert not found, found
