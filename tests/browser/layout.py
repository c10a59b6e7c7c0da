"""Whether a page fits its window."""

from __future__ import annotations

from playwright.sync_api import Page

# What reaches over the right edge and neither scrolls by itself nor sits in what does.
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen"))
  .filter((each) => !each.parentElement.closest(".scroll, .raw, .cut, dialog"))
  .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 160))"""


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways, or would if it were not cut off."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    if not found and page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        return ["the page"]
    return found
