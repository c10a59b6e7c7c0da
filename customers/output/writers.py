"""The three formats. Each takes names and rows and gives bytes, in memory that does not grow."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

from .cells import Cell, guarded, is_risky, text_of

Row = Sequence[Cell]
Write = Callable[[Sequence[str], Iterable[Row]], Iterator[bytes]]

_PIECE = 8 * 1024  # bytes
_SHEET_ROWS = 1_048_576  # what a sheet holds, the header among them
_SHEET_CELL = 32_767  # characters
_SHEET_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number
_WIDTH = 22


@dataclass(frozen=True, kw_only=True)
class Format:
    """`write(names, rows)` gives the file in pieces: the first ones before the last row is read.

    An XLSX file is the exception: it is packed when all rows are known, so its bytes come at the
    end, from a temporary file.
    """

    name: str
    label: str
    content_type: str
    write: Write

    @property
    def streams(self) -> bool:
        return self.name != "xlsx"


def write_csv(names: Sequence[str], rows: Iterable[Row], *, mark: bool = True) -> Iterator[bytes]:
    """Comma and CRLF, in UTF-8 with its byte order mark, which Excel needs, unless not wanted.

    Text that looks like a formula gets an apostrophe; what is a number stays one.
    """
    buffer = io.StringIO()
    buffer.write("\ufeff" if mark else "")
    writer = csv.writer(buffer)
    writer.writerow([guarded(name) for name in names])
    yield _taken(buffer, "replace")
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else text_of(cell) for cell in row])
        if buffer.tell() >= _PIECE:
            yield _taken(buffer, "replace")
    yield _taken(buffer, "replace")


def write_json_lines(names: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """One JSON object per row, in UTF-8. Half of a surrogate pair stays as its escape."""
    buffer, enough = io.StringIO(), 0  # the first row goes out at once
    for row in rows:
        line = dict(zip(names, row, strict=True))
        buffer.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        if buffer.tell() >= enough:
            yield _taken(buffer, "backslashreplace")
            enough = _PIECE
    yield _taken(buffer, "backslashreplace")


def _taken(buffer: io.StringIO, errors: str) -> bytes:
    data = buffer.getvalue().encode("utf-8", errors)
    buffer.seek(0)
    buffer.truncate()
    return data


def write_xlsx(names: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """A workbook of as many sheets as the rows need; the number of rows is in its properties.

    Text is text, whatever it looks like, and is cut where a cell cannot hold it.
    """
    with TemporaryFile() as file:
        book = xlsxwriter.Workbook(file, {"constant_memory": True})
        try:
            count = _Sheets(book, names).fill(rows)
            book.set_properties({"comments": f"{count:,} rows"})
        finally:
            book.close()  # it has temporary files of its own
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


class _Sheets:
    def __init__(self, book: Any, names: Sequence[str]) -> None:
        self.book, self.names = book, names
        self.head = book.add_format({"bold": True})
        self.kept_as_text = book.add_format({"quote_prefix": True})

    def fill(self, rows: Iterable[Row]) -> int:
        count, number = 0, 0
        sheet = self._new()
        for row in rows:
            number += 1
            if number == _SHEET_ROWS:
                sheet, number = self._new(), 1
            for column, cell in enumerate(row):
                self._write(sheet, number, column, cell)
            count += 1
        return count

    def _new(self) -> Any:
        sheet = self.book.add_worksheet()
        sheet.set_column(0, max(len(self.names) - 1, 0), _WIDTH)
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for column, name in enumerate(self.names):
            sheet.write_string(0, column, _inert(name), self.head)
        return sheet

    def _write(self, sheet: Any, number: int, column: int, cell: Cell) -> None:
        if isinstance(cell, bool):
            sheet.write_boolean(number, column, cell)
        elif isinstance(cell, int | float | Decimal) and -_SHEET_DIGITS < cell < _SHEET_DIGITS:
            sheet.write_number(number, column, cell)
        elif text := text_of(cell):
            kept = self.kept_as_text if is_risky(text) else None
            sheet.write_string(number, column, _inert(text), kept)


def _inert(text: str) -> str:
    """Text as a cell can hold it. The library would write `<r>…</r>` as it is, so that is escaped
    as the one run of text that it then expects."""
    safe = text.encode("utf-8", "replace").decode()
    if len(safe) > _SHEET_CELL:
        safe = f"{safe[: _SHEET_CELL - 1]}…"
    if safe.startswith("<r>") and safe.endswith("</r>"):
        return f'<r><t xml:space="preserve">{escape(safe)}</t></r>'
    return safe


CSV = Format(
    name="csv", label="CSV", content_type="text/csv; charset=utf-8; header=present", write=write_csv
)
JSON_LINES = Format(
    name="jsonl", label="JSON Lines", content_type="application/jsonl", write=write_json_lines
)
XLSX = Format(
    name="xlsx",
    label="Excel (XLSX)",
    content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    write=write_xlsx,
)
FORMATS = {each.name: each for each in (CSV, XLSX, JSON_LINES)}
