"""What a row of a file says, as the fields of the very form that a person would fill in."""

from __future__ import annotations

import json
import re
import zoneinfo
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime

from customers.amounts import parse_metadata
from customers.facts import FIELDS
from customers.forms import EditForm, LeadForm, SaleForm
from customers.models import Import, ImportRow
from customers.output import unguarded

Cell = str | int | float

FORMS: dict[str, type[SaleForm | LeadForm | EditForm]] = {
    Import.Kind.SALES: SaleForm,
    Import.Kind.LEADS: LeadForm,
    Import.Kind.CORRECTIONS: EditForm,
}
OLD = "old_"
_MOST_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number
_POWER = re.compile(r"\d(?:[.,]\d+)?[eE][+-]?\d{1,3}")
_NUMBERS = {
    "point": re.compile(r"(?:[1-9]\d{0,2}(?:([, '])\d{3})(?:\1\d{3})*|\d+)(?:\.\d+)?"),
    "comma": re.compile(r"(?:[1-9]\d{0,2}(?:([. '])\d{3})(?:\1\d{3})*|\d+)(?:,\d+)?"),
}
_DAYS = {
    "dmy": re.compile(r"(?P<d>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<y>\d{4})(?:,?[ T](?P<t>.+))?"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[./-](?P<d>\d{1,2})[./-](?P<y>\d{4})(?:,?[ T](?P<t>.+))?"),
}


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The fields of a row by their form's names, as text, and what is wrong with them by field.

    `problems` under "" are about the whole row. A field with a problem keeps its text in `values`;
    what the form says of it besides is of no use.
    """

    values: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


@cache
def names_of(kind: str) -> tuple[str, ...]:
    """The fields that a column can be matched to, in the order of the form for one.

    For corrections also "id" (Dub's own) and "old_…", the values that the file's author saw.
    """
    form = FORMS[kind]
    shown = [name for name in form.field_order or () if not _is_hidden(form.base_fields[name])]
    if kind != Import.Kind.CORRECTIONS:
        return tuple(shown)
    return ("id", *shown, *(OLD + name for name in FIELDS))


def _is_hidden(form_field: forms.Field) -> bool:
    return bool(form_field.widget.is_hidden)


def form_field(kind: str, name: str) -> forms.Field:
    """The form's field behind a name of `names_of`."""
    return FORMS[kind].base_fields[name.removeprefix(OLD)]


def fields_of(row: ImportRow) -> Fields:
    """What `row` says, ready for the form of its kind: `FORMS[kind](fields.values)`.

    - Only fields that a column or a fixed value gives are there; an empty cell is no value, so a
      correction leaves that field alone. With "empty": "clear" it is "", which clears it.
    - `amount` is in digits with a point, whatever the file's number format ("1234.56").
    - `subscription_canceled_at` is ISO 8601 with its offset, whatever zone is active.
    - `metadata` is a JSON object where columns are metadata, else the cell's text.
    - `currency` and other choices are spelled as the form has them, whatever their case.
    - For corrections `id` and `external_id` say who is meant, in this order; `old_external_id`
      comes before `external_id`, which is then the new one. `old_…` are there when the file has
      the column, "" when the cell is empty.
    - `reason` is the row's, or the import's.

    Reads nothing but `row.cells` and `row.file`: set `row.file` where many rows are looked at.
    """
    file = row.file
    mapping: dict[str, Any] = file.mapping or {}
    result = Fields(values={"reason": file.reason} if file.reason else {})
    if len(row.cells) > len(file.header):
        result.problems[""] = _too_many(len(row.cells), len(file.header))
    for name, text in mapping.get("fixed", {}).items():
        result.values[name] = text
    for name, column in mapping.get("columns", {}).items():
        cell = row.cells[column] if column < len(row.cells) else ""
        _read(file, name, cell, result)
    _read_metadata(row, mapping.get("metadata", {}), result)
    return result


def cells_of(row: ImportRow) -> list[str]:
    """The row's cells as text, for a file of such rows that is written by `output`."""
    return [_text_in(row.file, cell) for cell in row.cells]


def _text_in(file: Import, cell: Cell) -> str:
    """Only CSV has the apostrophe that keeps text from being a formula."""
    is_guarded = isinstance(cell, str) and file.format.get("kind") == "csv"
    return unguarded(str(cell)) if is_guarded else text_of(cell)


def text_of(cell: Cell) -> str:
    """A cell as text, as the spreadsheet would show it without a format."""
    if isinstance(cell, str):
        return cell
    return str(cell) if isinstance(cell, int) else _plain(cell)


def _plain(number: float) -> str:
    text = format(number, ".15g")
    if "e" in text:
        text = format(number, ".15f").rstrip("0").rstrip(".")
    return text


def _too_many(cells: int, columns: int) -> str:
    return (
        f"This row has {cells} cells, and the header {columns}: a value may hold the delimiter "
        f"without quotation marks around it."
    )


def _read(file: Import, name: str, cell: Cell, result: Fields) -> None:
    text = _text_in(file, cell)
    if not text.strip():
        if name.startswith(OLD) or (file.mapping or {}).get("empty") == "clear":
            result.values[name] = ""
        return
    result.values[name] = text
    try:
        if file.format.get("kind") == "csv" and str(cell).lstrip().startswith("="):
            raise ValueError("This is a formula. The file must hold values.")
        result.values[name] = _as_typed(file, name, cell, text)
    except ValueError as error:
        result.problems[name] = str(error)


def _as_typed(file: Import, name: str, cell: Cell, text: str) -> str:
    """The text as the form reads it. Raises ValueError with a sentence."""
    field_name = name.removeprefix(OLD)
    if field_name == "amount":
        return read_amount(cell, file.number_format)
    if field_name == "subscription_canceled_at":
        return read_time(text, date_format=file.date_format, zone=file.time_zone)
    if (isinstance(cell, int | float) and abs(cell) >= _MOST_DIGITS) or _POWER.fullmatch(text):
        raise ValueError(
            f"“{text}” was stored as a number, so its last digits may be lost. Format the column "
            f"as text in the spreadsheet, and enter the value again."
        )
    return _as_choice(form_field(file.kind, name), text)


def _as_choice(form_field: forms.Field, text: str) -> str:
    wanted = text.strip().casefold()
    for value, label in getattr(form_field, "choices", ()):
        if wanted in {str(value).casefold(), str(label).casefold()}:
            return str(value)
    return text


def read_amount(cell: Cell, number_format: str) -> str:
    """Digits with a point. Raises ValueError for what is no number in this format.

    Without a format the text is left to the form, which refuses what could be read in two ways.
    """
    if not isinstance(cell, str):
        digits = text_of(cell)
    elif number_format:
        text = re.sub(r"[^\S\r\n]", " ", cell.strip()).replace("\u2019", "'")
        if not _NUMBERS[number_format].fullmatch(text) or not text.isascii():
            raise ValueError(
                f"“{cell.strip()[:40]}” is no amount written like {_LIKE[number_format]}."
            )
        kept = "." if number_format == "point" else ","
        digits = "".join(each for each in text if each.isdigit() or each == kept)
        digits = digits.replace(",", ".")
    else:
        return cell
    whole, _, part = digits.partition(".")
    part = part.rstrip("0")
    if len(part) > 2:
        raise ValueError("Dub keeps at most two decimals, so this cannot be recorded exactly.")
    return f"{whole}.{part}" if part else whole


_LIKE = {"point": "1,234.56", "comma": "1.234,56"}


def read_time(text: str, *, date_format: str, zone: str) -> str:
    """ISO 8601 with the offset, from ISO or a day in `date_format`. Raises ValueError."""
    text = text.strip()
    found = _DAYS[date_format].fullmatch(text) if date_format else None
    if found:
        day = f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"
        text = f"{day}T{found['t'] or '00:00'}"
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T00:00"
    try:
        when = parse_datetime(text)
    except ValueError:
        when = None
    if when is None:
        raise ValueError(f"“{text[:40]}” is no day or time. Write it like 2026-03-31 14:30.")
    aware = when if when.tzinfo else when.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return aware.astimezone(UTC).isoformat()


def _read_metadata(row: ImportRow, columns: dict[str, int], result: Fields) -> None:
    """Adds the metadata columns to what a column of metadata says."""
    found = {key: row.cells[at] for key, at in columns.items() if at < len(row.cells)}
    added = {
        key: _text_in(row.file, cell) if isinstance(cell, str) else cell
        for key, cell in found.items()
        if str(cell).strip()
    }
    if not added:
        return
    try:
        said = parse_metadata(result.values.get("metadata", "")) or {}
    except ValueError:
        return  # the form says what is wrong with it
    if twice := said.keys() & added.keys():
        result.problems["metadata"] = f"The key “{min(twice)[:60]}” stands twice."
        return
    result.values["metadata"] = json.dumps(said | added, ensure_ascii=False)
