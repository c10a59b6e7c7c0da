"""The process that reads a spreadsheet: its bytes on standard input, JSON lines on the output.

First {"kind", "sheet", "sheets"}, then [number, cells] for each row that is not blank; or
{"unreadable": text, "values": its values}. See `workbook`.
"""

from __future__ import annotations

import io
import json
import math
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
)

from .kinds import Cell, Unreadable, _

_SECONDS = 120
_VISIBLE = SheetVisibleEnum.Visible
_DAMAGED = _("The file is damaged or was not uploaded completely. Save it again and upload that.")
_LOCKED = _("The spreadsheet is protected by a password. Save it without one and upload that.")


def main(asked: dict[str, Any]) -> None:
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (asked["memory"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS,) * 2)
    try:
        for answer in _answers(sys.stdin.buffer.read(), asked):
            sys.stdout.write(json.dumps(answer) + "\n")
    except Unreadable as error:
        told = {"unreadable": error.text, "values": error.values}
        sys.stdout.write(json.dumps(told) + "\n")


def _answers(data: bytes, asked: dict[str, Any]) -> Iterator[Any]:
    kind = _check(data, most=asked["unpacked"])
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = _sheet(book, asked["sheet"])
    except PasswordError:
        raise Unreadable(_LOCKED) from None
    except CalamineError:
        raise Unreadable(_DAMAGED) from None
    if "\0" in "".join(book.sheet_names):
        raise Unreadable(_DAMAGED)
    yield {"kind": kind, "sheet": sheet.name, "sheets": book.sheet_names}
    if asked["rows"]:
        yield from _rows(sheet)


def _check(data: bytes, *, most: int) -> str:
    """What kind of workbook it is, once all in it was unpacked and found to be no more than it
    says. Raises Unreadable.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            kind = _kind(archive)
            if sum(info.file_size for info in archive.infolist()) > most:
                raise Unreadable(
                    _(
                        "The spreadsheet unpacks to more than {megabytes} MB. Save it as CSV and "
                        "upload that."
                    ),
                    megabytes=most // 2**20,
                )
            for info in archive.infolist():
                if info.flag_bits & 1:
                    raise Unreadable(_LOCKED)
                with archive.open(info) as member:
                    while member.read(2**20):  # its length and checksum are compared
                        pass
    except Unreadable:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise Unreadable(_DAMAGED) from None
    return kind


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "mimetype" in names and b"opendocument.spreadsheet" in archive.open("mimetype").read(200):
        return "ods"
    raise Unreadable(_NO_TABLE)


_NO_TABLE = _(
    "There is no XLSX or ODS table in this archive. Save the table as CSV, XLSX or ODS and upload "
    "that."
)


def _sheet(book: CalamineWorkbook, wanted: str) -> CalamineSheet:
    if wanted in book.sheet_names:
        return book.get_sheet_by_name(wanted)
    for name in _names(book):
        sheet = book.get_sheet_by_name(name)
        if sheet.start is not None:
            return sheet
    raise Unreadable(_("The spreadsheet is empty."))


def _names(book: CalamineWorkbook) -> list[str]:
    """The sheets that can be seen, before those that are hidden."""
    sheets = book.sheets_metadata
    return [each.name for each in sorted(sheets, key=lambda each: each.visible != _VISIBLE)]


def _rows(sheet: CalamineSheet) -> Iterator[list[Any]]:
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = [_cell(value) for value in values]
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            yield [number, cells]


def _cell(value: Any) -> Cell:
    """Text, or a number where it was one: to 15 digits, which is all that a spreadsheet keeps."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and math.isfinite(value):
        rounded = float(f"{value:.15g}")
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
