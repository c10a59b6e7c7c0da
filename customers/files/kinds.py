"""What a file is, by its first bytes, and what is too much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Cell = str | int | float

_OTHERS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"MZ\x90\0": "a program",
    b"\x7fELF": "a program",
    b"\xcf\xfa\xed\xfe": "a program",
    b"{\\rtf": "a text document (RTF)",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML document",
    b"SQLite format 3": "a database",
}
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "Zstandard",
}
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Unreadable(ValueError):
    """A file that cannot be taken; its text is a sentence for the person."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is taken: rows without the header, columns, characters in a cell; the rest bytes.

    `unpacked` is what a spreadsheet may hold, `memory` what reading one may need.
    """

    rows: int = 1_000_000
    columns: int = 200
    cell: int = 32_767
    unpacked: int = 500 * 2**20
    memory: int = 1000 * 2**20


class Record(NamedTuple):
    """A row as it stands in the file. `number` is its row in a spreadsheet program, from 1.

    `end` is the byte after it, where reading can go on; 0 where that is not known.
    """

    number: int
    cells: list[Cell]
    end: int = 0


def kind_of(start: bytes) -> str:
    """ "csv" or "workbook", by the first bytes of a file. Raises Unreadable."""
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise Unreadable("The file is empty.")
    if start.startswith(ZIP):
        return "workbook"
    if start.startswith(_OLE):
        raise Unreadable(_why_not_ole(start))
    for magic, name in _PACKED.items():
        if start.startswith(magic):
            raise Unreadable(f"This is a packed file ({name}). Unpack it and upload what is in it.")
    for magic, name in _OTHERS.items():
        if start.lstrip().startswith(magic):
            raise Unreadable(f"This is {name}, whatever its name says. {WANTED}")
    return "csv"


HAS_NUL = (
    "The file holds NUL bytes, as programs and pictures do, or was damaged on its way. Save the "
    "table again as CSV or XLSX."
)
WANTED = "Save the table as CSV, XLSX or ODS and upload that."


def _why_not_ole(start: bytes) -> str:
    if _ENCRYPTED in start:
        return "The spreadsheet is protected by a password. Save it without one and upload that."
    return (
        "This is an old Excel file (.xls), or one protected by a password. Save it as XLSX "
        "without a password and upload that."
    )
