"""Dub's two ways of paging, which must not be mixed (trap Q4)."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from dubadmin.sandbox.errors import ApiError

_UNKNOWN_CURSOR = "Invalid cursor: the provided ID does not exist."
_DEEPEST_PAGE = 1000


@dataclass
class Where:
    """Conditions joined by AND, and their values."""

    conditions: list[str]
    values: list[Any]

    @classmethod
    def everything(cls) -> "Where":
        return cls([], [])

    def add(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values.extend(values)

    def sql(self) -> str:
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def check_paging(query: dict[str, Any]) -> str | None:
    """The cursor, or None for paging by number; ApiError 422 for what Dub refuses (trap Q6)."""
    after, before = query.get("startingAfter"), query.get("endingBefore")
    if after and before:
        _refuse("You cannot use both startingAfter and endingBefore at the same time.")
    if (after or before) and query["sortBy"] != "createdAt":
        _refuse(
            "Cursor-based pagination only supports sorting by `createdAt`. "
            "Use offset-based pagination (page/pageSize) for other sort fields."
        )
    if (after or before) and query.get("page"):
        _refuse(
            "You cannot use both page and startingAfter/endingBefore at the same time. "
            "Please use one pagination method."
        )
    if query.get("page", 1) > _DEEPEST_PAGE:
        _refuse(
            f"Page is too big (cannot be more than {_DEEPEST_PAGE}), "
            "recommend using cursor-based pagination instead."
        )
    return after or before or None


def fetch_page(
    db: sqlite3.Connection,
    query: dict[str, Any],
    *,
    select: str,
    table: str,
    where: Where,
    sort: str,
) -> list[sqlite3.Row]:
    """One page of `select`: by `id` from a cursor, otherwise by the column `sort`.

    As in Dub the cursor row itself is skipped by position: when it does not match the filter,
    the first row that does is lost in its place (trap Q4). An unknown cursor is a 422 (Q5).
    """
    cursor = check_paging(query)
    descending = query["sortOrder"] == "desc"
    size = query["pageSize"]
    if cursor is None:
        start = (query.get("page", 1) - 1) * size
        order = f"{table}.{sort} {'DESC' if descending else 'ASC'}"
        return _run(db, f"{select} {where.sql()} ORDER BY {order}", (*where.values, size, start))
    if not db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (cursor,)).fetchone():
        _refuse(_UNKNOWN_CURSOR)
    backwards = bool(query.get("endingBefore"))
    downwards = descending != backwards
    where.add(f"{table}.id {'<=' if downwards else '>='} ?", cursor)
    order = f"{table}.id {'DESC' if downwards else 'ASC'}"
    rows = _run(db, f"{select} {where.sql()} ORDER BY {order}", (*where.values, size, 1))
    return rows[::-1] if backwards else rows


def _run(db: sqlite3.Connection, ordered: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
    return db.execute(f"{ordered} LIMIT ? OFFSET ?", values).fetchall()


def _refuse(message: str) -> None:
    raise ApiError("unprocessable_entity", message)
