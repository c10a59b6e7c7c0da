"""A sheet of every page and state, at both widths and in both schemes: `make sheet`.

The pictures are taken by the tests of accessibility, which come by all of them: `photograph` does
nothing unless SHEET names a folder. Run as a module this makes one page of the folder's pictures.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from html import escape
from pathlib import Path

from playwright.sync_api import Page

FOLDER = os.environ.get("SHEET", "")
EVERY_WAY = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
_PICTURE = re.compile(r"(?P<name>.+)-(?P<width>\d+)-(?P<scheme>light|dark)\.png")
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Every page and state of dubadmin</title>
<style>
  body {{ font: 16px system-ui; margin: 2rem; background: #888; }}
  div {{ display: flex; gap: 1rem; align-items: start; }}
  img {{ max-height: 40rem; max-width: 38vw; }}
</style>
{body}
</html>
"""


def photograph(page: Page, test: str, name: str, width: int, scheme: str) -> None:
    """Takes the whole page as it stands, under the name of its test and its own."""
    if FOLDER:
        slug = re.sub(r"\W+", "-", f"{test} {name}").strip("-")
        path = Path(FOLDER) / f"{slug}-{width}-{scheme}.png"
        # To hide the caret would leave a style at each field, which htmx may not carry over.
        page.screenshot(path=path, full_page=True, animations="disabled", caret="initial")


def every_way(page: Page, test: str, name: str) -> None:
    """The same at both widths, in both schemes."""
    for width, scheme in EVERY_WAY if FOLDER else []:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        photograph(page, test, name, width, scheme)


def main(folder: Path) -> None:
    shown = defaultdict[str, list[str]](list)
    for path in sorted(folder.glob("*.png")):
        if found := _PICTURE.fullmatch(path.name):
            shown[found["name"]].append(path.name)
    body = [f"<h2>{escape(name)}</h2><div>{_row(files)}</div>" for name, files in shown.items()]
    sheet = folder / "index.html"
    sheet.write_text(_PAGE.format(body="\n".join(body)), encoding="utf-8")
    print(f"{len(shown)} pages and states: {sheet}")  # noqa: T201


def _row(files: list[str]) -> str:
    return "".join(f'<img src="{escape(each)}" alt="">' for each in files)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
