"""What each column of a file looks like, counted while its rows are read.

So that "1.234" in the last row of a million is known before anybody says how amounts are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from customers.amounts import split_currency
from customers.files import Record

_LONGEST = 30
_ODD_WORDS = 6
_NUMBER = re.compile(
    r"(?P<either>[1-9]\d{0,2}[.,]\d{3})"
    r"|(?P<point>[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|\d+\.\d*)"
    r"|(?P<comma>[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?|\d+,\d*)"
)
_SPACES = re.compile(r"[\s'\u2019]")
_DAY = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2\d{4}\b")

Hint = dict[str, Any]


def empty(columns: int) -> list[Hint]:
    """A hint per column: how many cells show each way of writing, with an example.

    "point" (1,234.56), "comma" (1.234,56) and "either" (1.234, 1,234) for numbers; "dmy", "mdy"
    and "day" (either of them) for days; "odd" has words with letters beyond ASCII.
    """
    return [{} for _ in range(columns)]


def count(hints: list[Hint], records: Iterable[Record], *, odd: bool) -> None:
    """Adds what `records` show. `odd` words are kept where the encoding is only likely."""
    for record in records:
        for hint, cell in zip(hints, record.cells, strict=False):
            if not isinstance(cell, str) or not cell:
                continue
            if len(cell) <= _LONGEST and (cell[0].isdigit() or cell[-1].isdigit()):
                _add(hint, cell)
            if odd and not cell.isascii():
                _keep_odd(hint, cell)


def _add(hint: Hint, cell: str) -> None:
    shape = _shape(cell)
    if shape:
        hint[shape] = hint.get(shape, 0) + 1
        hint.setdefault(f"{shape} example", cell)


def _shape(cell: str) -> str | None:
    bare = cell if cell.replace(".", "").replace(",", "").isdigit() else split_currency(cell)[0]
    number = _NUMBER.fullmatch(_SPACES.sub("", bare))
    if number:
        return number.lastgroup
    day = _DAY.match(cell)
    if not day:
        return None
    if day[2] == "." or int(day[1]) > 12:
        return "dmy"
    return "mdy" if int(day[3]) > 12 else "day"


def _keep_odd(hint: Hint, cell: str) -> None:
    words = hint.setdefault("odd", [])
    if len(words) < _ODD_WORDS and cell not in words:
        words.append(cell[:60])
