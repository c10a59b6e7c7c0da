"""One door for all kinds of tables: how a file is read, and its rows within the limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from . import delimited, workbook
from .kinds import HAS_NUL, Limits, Record, Unreadable, _, kind_of

_HEAD = 2**16


def look(stream: BinaryIO, *, limits: Limits, **asked: str) -> dict[str, Any]:
    """How a seekable stream is read, to be handed to `read`. Raises Unreadable.

    `asked` holds what a person has chosen, if anything: `encoding`, `delimiter`, `sheet`.
    """
    kind = kind_of(stream.read(_HEAD))
    stream.seek(0)
    if kind == "workbook":
        return workbook.look(stream, sheet=asked.get("sheet", ""), limits=limits)
    return delimited.look(
        stream, encoding=asked.get("encoding", ""), delimiter=asked.get("delimiter", "")
    )


def read(
    stream: BinaryIO,
    *,
    format: dict[str, Any],
    limits: Limits,
    start: int = 0,
    number: int = 1,
) -> Iterator[Record]:
    """The rows that are not blank, from the header on, or from the row `number` on.

    `start` is the `end` of the record before that one. Raises Unreadable, also for what is above
    the limits; the number of rows is for the caller to watch.
    """
    if format["kind"] == "csv":
        start = start or format["start"]
        rows = delimited.read(stream, format=format, limits=limits, start=start, number=number)
    else:
        rows = workbook.read(stream, format=format, limits=limits)
    for record in rows:
        if record.number >= number:
            _check(record, limits)
            yield record


def _check(record: Record, limits: Limits) -> None:
    if len(record.cells) > limits.columns:
        raise Unreadable(
            _("Row {number} has {n} columns; at most {most} are taken."),
            number=record.number,
            n=len(record.cells),
            most=limits.columns,
        )
    for cell in record.cells:
        if isinstance(cell, str) and "\0" in cell:
            raise Unreadable(HAS_NUL)
        if isinstance(cell, str) and len(cell) > limits.cell:
            raise Unreadable(
                _("Row {number} has a value of {n} characters; at most {most} are taken."),
                number=record.number,
                n=len(cell),
                most=limits.cell,
            )
