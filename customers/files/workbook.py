"""XLSX and ODS, read in a process of its own.

A spreadsheet of one kilobyte can claim a cell in the last row and the last column, and the library
then asks for half a terabyte and takes its process down. So that process is a small one, with a
limit on memory and time and without our secrets; what comes back is rows as lines of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from .kinds import Limits, Record, Unreadable, _

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_TOO_MUCH = _(
    "The spreadsheet cannot be read within the memory and time that are allowed, or is damaged. "
    "Save it as CSV and upload that."
)


def look(stream: BinaryIO, *, sheet: str = "", limits: Limits) -> dict[str, Any]:
    """How to read it: {"kind": "xlsx" or "ods", "sheet", "sheets"}. Raises Unreadable.

    Without a `sheet` the first that is not empty.
    """
    with closing(_lines(stream, sheet=sheet, rows=False, limits=limits)) as lines:
        found: dict[str, Any] = next(lines)
    return found


def read(stream: BinaryIO, *, format: dict[str, Any], limits: Limits) -> Iterator[Record]:
    """The rows of its sheet. Blank ones are left out. Raises Unreadable."""
    lines = _lines(stream, sheet=format["sheet"], rows=True, limits=limits)
    next(lines)
    with closing(lines):
        for number, cells in lines:
            yield Record(number, cells)


def _lines(stream: BinaryIO, *, sheet: str, rows: bool, limits: Limits) -> Generator[Any]:
    asked = {
        "sheet": sheet,
        "rows": rows,
        "unpacked": limits.unpacked,
        "memory": limits.memory,
    }
    with subprocess.Popen(  # noqa: S603  our own module, and no word of the file
        [sys.executable, "-m", "customers.files.workbook_reader", json.dumps(asked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join([_ROOT, *sys.path])},
    ) as process:
        try:
            _hand_over(stream, process.stdin)
            yield from _answers(process.stdout)
            if process.wait():
                raise Unreadable(_TOO_MUCH)
        finally:
            process.kill()


def _hand_over(stream: BinaryIO, pipe: Any) -> None:
    stream.seek(0)
    try:
        with pipe:
            while chunk := stream.read(2**20):
                pipe.write(chunk)
    except BrokenPipeError:
        pass  # it says why, or has died: both is seen below


def _answers(lines: Any) -> Iterator[Any]:
    said = False
    for line in lines:
        answer = json.loads(line)
        if isinstance(answer, dict) and "unreadable" in answer:
            raise Unreadable(answer["unreadable"], **answer["values"])
        said = True
        yield answer
    if not said:
        raise Unreadable(_TOO_MUCH)
