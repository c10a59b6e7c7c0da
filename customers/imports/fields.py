"""What a row of a file says, as the fields of the very form that a person would fill in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from customers.amounts import parse_metadata, split_currency
from customers.facts import FIELDS
from customers.forms import EditForm, LeadForm, SaleForm
from customers.models import Import, ImportRow
from customers.output import unguarded

from .numbers import read_number, read_time

Cell = str | int | float

FORMS: dict[str, type[SaleForm | LeadForm | EditForm]] = {
    Import.Kind.SALES: SaleForm,
    Import.Kind.LEADS: LeadForm,
    Import.Kind.CORRECTIONS: EditForm,
}
OLD = "old_"
LANGUAGES = [code for code, name in settings.LANGUAGES]
_MOST_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number
_POWER = re.compile(r"\d(?:[.,]\d+)?E[+-]\d{2,3}")  # as spreadsheets write it into CSV


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
    - `amount` is in digits with a point, whatever the file's number format ("1234.56"), without
      the currency that may stand beside it.
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
    _agree_on_currency(row, mapping.get("columns", {}).get("amount"), result)
    _read_metadata(row, mapping.get("metadata", {}), result)
    return result


def _agree_on_currency(row: ImportRow, column: int | None, result: Fields) -> None:
    """The currency in a cell like "12,50 €" counts where the row says none, and must not differ."""
    if column is None or column >= len(row.cells):
        return
    said = split_currency(str(row.cells[column]))[1]
    if said and result.values.setdefault("currency", said) != said:
        differ = _("The amount is in %(said)s, but the currency of the row is %(currency)s.")
        result.problems["amount"] = differ % {"said": said, "currency": result.values["currency"]}


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
    return _(
        "This row has %(cells)s cells, and the header %(columns)s: a value may hold the delimiter "
        "without quotation marks around it."
    ) % {"cells": cells, "columns": columns}


def _read(file: Import, name: str, cell: Cell, result: Fields) -> None:
    text = _text_in(file, cell)
    if not text.strip():
        if name.startswith(OLD) or (file.mapping or {}).get("empty") == "clear":
            result.values[name] = ""
        return
    result.values[name] = text
    try:
        if file.format.get("kind") == "csv" and str(cell).lstrip().startswith("="):
            raise ValueError(_("This is a formula. The file must hold values."))
        result.values[name] = _as_typed(file, name, cell, text)
    except ValueError as error:
        result.problems[name] = str(error)


def _as_typed(file: Import, name: str, cell: Cell, text: str) -> str:
    """The text as the form reads it. Raises ValueError with a sentence."""
    field_name = name.removeprefix(OLD)
    if field_name == "amount":
        way = file.number_format if isinstance(cell, str) else "point"
        return read_number(split_currency(text)[0], way)
    if field_name == "subscription_canceled_at":
        return read_time(text, date_format=file.date_format, zone=file.time_zone)
    if _is_rounded(file, cell):
        rounded = _(
            "“%(value)s” was stored as a number, so its last digits may be lost. Format the column "
            "as text in the spreadsheet, and enter the value again."
        )
        raise ValueError(rounded % {"value": text})
    return _choices(file.kind, name).get(text.strip().casefold(), text)


def _is_rounded(file: Import, cell: Cell) -> bool:
    """Whether a spreadsheet may have cut the digits. What a workbook holds as text is whole."""
    if isinstance(cell, int | float):
        return abs(cell) >= _MOST_DIGITS
    return file.format.get("kind", "csv") == "csv" and bool(_POWER.fullmatch(cell))


@cache
def _choices(kind: str, name: str) -> dict[str, str]:
    """The choices of a field by how they are written: as values, and in all languages."""
    choices = list(getattr(form_field(kind, name), "choices", ()))
    known = {str(value).casefold(): str(value) for value, label in choices}
    for language in LANGUAGES:
        with translation.override(language):
            for value, label in choices:
                known.setdefault(str(label).casefold(), str(value))
    return known


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
        words = _("The key “%(key)s” stands twice.")
        result.problems["metadata"] = words % {"key": min(twice)[:60]}
        return
    result.values["metadata"] = json.dumps(said | added, ensure_ascii=False)
