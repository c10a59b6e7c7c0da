"""What a cell may hold, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Cell = str | int | float | Decimal | bool | Mapping[str, Any] | list[Any] | None

# Also the full-width forms: some spreadsheets read them like the others.
_RISKY = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")


def guarded(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet could take it for a formula.

    Text that looks guarded already gets another one, so that `unguarded` always finds the original.
    """
    return f"'{text}" if is_risky(text) else text


def unguarded(text: str) -> str:
    """The text that was given to `guarded`."""
    return text[1:] if text.startswith("'") and is_risky(text) else text


def is_risky(text: str) -> bool:
    return _RISKY.match(text) is not None


def text_of(cell: Cell) -> str:
    """A cell as text. Numbers have a point and no grouping; lists and mappings are JSON."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool | Mapping | list):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)
