"""What a file is, by its first bytes, and what is too much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy

from customers import formats

Cell = str | int | float


def _(text: str) -> str:
    """Marks a text for translation. Django's own marker needs settings; a reader has none."""
    return text


_OTHERS = {
    b"%PDF": _("a PDF document"),
    b"\x89PNG": _("a picture (PNG)"),
    b"\xff\xd8\xff": _("a picture (JPEG)"),
    b"GIF8": _("a picture (GIF)"),
    b"MZ\x90\0": _("a program"),
    b"\x7fELF": _("a program"),
    b"\xcf\xfa\xed\xfe": _("a program"),
    b"{\\rtf": _("a text document (RTF)"),
    b"<!DOCTYPE": _("a web page"),
    b"<!doctype": _("a web page"),
    b"<html": _("a web page"),
    b"<?xml": _("an XML document"),
    b"SQLite format 3": _("a database"),
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
    """A file that cannot be taken. As text it is a sentence for the person, in their language.

    `text` is that in English, with the names of `values` in braces.
    """

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text)
        self.text, self.values = text, values

    def __str__(self) -> str:
        number = formats.current().number
        values = {
            name: number(value) if isinstance(value, int) else value
            for name, value in self.values.items()
        }
        return gettext(self.text).format(**values)

    @property
    def sentence(self) -> str:
        """For what is shown and logged, too: the log's language is not the person's."""
        return lazy(str, str)(self)


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
        raise Unreadable(_("The file is empty."))
    if start.startswith(ZIP):
        return "workbook"
    if start.startswith(_OLE):
        raise Unreadable(_why_not_ole(start))
    for magic, name in _PACKED.items():
        if start.startswith(magic):
            packed = _("This is a packed file ({name}). Unpack it and upload what is in it.")
            raise Unreadable(packed, name=name)
    for magic, what in _OTHERS.items():
        if start.lstrip().startswith(magic):
            raise Unreadable(_IS_NO_TABLE, what=gettext_lazy(what))
    return "csv"


_IS_PACKED = _("This is a packed file ({name}). Unpack it and upload what is in it.")
_IS_NO_TABLE = _(
    "This is {what}, whatever its name says. Save the table as CSV, XLSX or ODS and upload that."
)
HAS_NUL = _(
    "The file holds NUL bytes, as programs and pictures do, or was damaged on its way. Save the "
    "table again as CSV or XLSX."
)


def _why_not_ole(start: bytes) -> str:
    if _ENCRYPTED in start:
        return _("The spreadsheet is protected by a password. Save it without one and upload that.")
    return _(
        "This is an old Excel file (.xls), or one protected by a password. Save it as XLSX "
        "without a password and upload that."
    )
