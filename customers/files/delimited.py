"""CSV and its relatives, in flat memory: encoding and delimiter found, rows one by one."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy, pgettext_lazy

from .kinds import HAS_NUL, Limits, Record, Unreadable, _

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": gettext_lazy("UTF-16, big-endian"),
    "cp1252": gettext_lazy("Windows-1252 (Western Europe)"),
    "cp1250": gettext_lazy("Windows-1250 (Central Europe)"),
    "cp1251": gettext_lazy("Windows-1251 (Cyrillic)"),
    "mac_roman": "Mac OS Roman",
    "iso8859-15": "ISO 8859-15",
}
DELIMITERS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": pgettext_lazy("delimiter", "Tab"),
    "|": gettext_lazy("Vertical bar"),
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_SAMPLE = 2**16
_CHUNK = 2**20
_LONGEST_LINE = 1_000_000
_SAYS_DELIMITER = re.compile(r"\ufeff?sep=(.)\r?\n?", re.IGNORECASE)


def look(stream: BinaryIO, *, encoding: str = "", delimiter: str = "") -> dict[str, Any]:
    """How to read the file: {"kind": "csv", "encoding", "delimiter", "start"}, start in bytes.

    What is given is kept, the rest found out. Reads all of it once, for only that shows its
    encoding. Raises Unreadable.
    """
    head = stream.read(_SAMPLE)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    if encoding and not _decodes(stream, head, encoding):
        not_in = _("The file is not written in {encoding}.")
        raise Unreadable(not_in, encoding=ENCODINGS[encoding])
    encoding = encoding or _encoding(stream, head, mark)
    start = len(mark) if _MARKS.get(mark) == encoding else 0
    sample = head[start:].decode(encoding, errors="replace")
    if said := _SAYS_DELIMITER.match(sample):
        start += len(said[0].encode(encoding))
        delimiter, sample = delimiter or said[1], sample[said.end() :]
    delimiter = delimiter or _delimiter(sample, is_cut=len(head) == _SAMPLE)
    return {"kind": "csv", "encoding": encoding, "delimiter": delimiter, "start": start}


def _encoding(stream: BinaryIO, head: bytes, mark: bytes) -> str:
    """By its mark, by being valid, or what Windows would have written. Never by the words in it:
    a few names are too little to tell the one-byte encodings apart, so a person looks at them.
    """
    likely = [_MARKS[mark]] if mark else [_without_mark(head)]
    if _decodes(stream, head, likely[0]):
        return likely[0]
    if mark or likely[0] != "utf-8":
        damaged = _("The file begins as {encoding}, but is damaged further on.")
        raise Unreadable(damaged, encoding=ENCODINGS[likely[0]])
    return "cp1252" if _decodes(stream, head, "cp1252") else "mac_roman"


def _without_mark(head: bytes) -> str:
    """UTF-16 shows by a NUL in every other byte of plain letters."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < len(head):
        return "utf-8"
    return "utf-16-le" if odd > even else "utf-16-be"


def _decodes(stream: BinaryIO, head: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(len(head))
    chunk = head
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = stream.read(_CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(sample: str, *, is_cut: bool) -> str:
    """The one that cuts the first rows into the same number of cells, most of them."""
    return max(DELIMITERS, key=lambda each: _evenness(sample, each, is_cut))


def _evenness(sample: str, delimiter: str, is_cut: bool) -> tuple[float, int]:
    lines = io.StringIO(sample, newline="")
    try:
        rows = list(islice(csv.reader(lines, delimiter=delimiter), 50))
    except csv.Error:
        return 0, 0
    if is_cut and 1 < len(rows) < 50:
        rows.pop()
    widths = [len(row) for row in rows if row]
    if not widths or widths[0] < 2:
        return 0, 0
    width, times = Counter(widths).most_common(1)[0]
    return (times / len(widths), width) if width > 1 else (0, 0)


class _Lines:
    """The lines of a byte stream as text, and how many bytes they took."""

    def __init__(self, stream: BinaryIO, *, encoding: str, start: int) -> None:
        stream.seek(start)
        self.encoding, self.end = encoding, start
        self._text = io.TextIOWrapper(stream, encoding=encoding, newline="")

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST_LINE):
            if "\0" in line:
                raise Unreadable(HAS_NUL)
            if len(line) == _LONGEST_LINE:
                raise _TooLong
            self.end += self._bytes(line)
            yield line
        self._text.detach()

    def _bytes(self, line: str) -> int:
        if self.encoding.startswith("utf-") and not (self.encoding == "utf-8" and line.isascii()):
            return len(line.encode(self.encoding))
        return len(line)


class _TooLong(Exception):
    """A line without an end in sight."""


def read(
    stream: BinaryIO, *, format: dict[str, Any], limits: Limits, start: int, number: int
) -> Iterator[Record]:
    """The rows from byte `start` on, the first of them being `number`. Blank ones are left out.

    Raises Unreadable where a row cannot be read.
    """
    lines = _Lines(stream, encoding=format["encoding"], start=start)
    rows = csv.reader(iter(lines), delimiter=format["delimiter"], strict=True)
    number -= 1
    try:
        for cells in rows:
            number += 1
            if any(map(str.strip, cells)):
                yield Record(number, [*cells], lines.end)
    except _TooLong:
        raise Unreadable(
            _("Row {number} goes on for more than {most} characters."),
            number=number + 1,
            most=_LONGEST_LINE,
        ) from None
    except csv.Error as error:
        why = _AFTER_A_MARK if "expected after" in str(error) else _NEVER_CLOSED
        raise Unreadable(why, number=number + 1, most=limits.cell) from None


_AFTER_A_MARK = _(
    "Row {number}: there is text right after a closing quotation mark. A quotation mark inside a "
    "value is written twice."
)
_NEVER_CLOSED = _(
    "Row {number}: a quotation mark is opened and never closed, or a value is longer than {most} "
    "characters."
)
