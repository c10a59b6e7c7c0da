"""What the dry run says of a row: rows of {"field", "problem", "level"}, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise

from customers.models import ImportRow

from .fields import Fields, names_of

STOP = "stop"  # the row is not sent
DOUBT = "doubt"  # it is sent only when somebody says so
NOTE = "note"  # good to know


def begin(row: ImportRow, given: Fields) -> None:
    """The problems of the cells themselves; whatever was found before is forgotten."""
    row.problems, row.verdict = [], ""
    for field, problem in given.problems.items():
        add(row, field, problem)


def add(row: ImportRow, field: str, problem: str | Promise, level: str = STOP) -> None:
    found = {"field": field, "problem": str(problem), "level": level}
    row.problems = [*_problems(row), found]


def add_errors(row: ImportRow, form: forms.Form) -> None:
    """What the form says, but for fields of which something was said before."""
    known = fields_with_problems(row)
    for field in sorted(form.errors, key=[*form.fields].index):
        if field not in known:
            add(row, field, " ".join(map(str, form.errors[field])))


def fields_with_problems(row: ImportRow) -> set[str]:
    return {each["field"] for each in _problems(row) if each["level"] == STOP}


def _problems(row: ImportRow) -> list[dict[str, str]]:
    return row.problems or []


def judge(row: ImportRow, *, otherwise: str = ImportRow.Verdict.READY) -> None:
    """The verdict that follows from what was found, which is put in the order of the form.

    A row that is wrong sends nothing.
    """
    order = ("", *names_of(row.file.kind))
    row.problems = sorted(_problems(row), key=lambda each: order.index(each["field"]))
    levels = {each["level"] for each in row.problems}
    if STOP in levels:
        row.verdict, row.sendable = ImportRow.Verdict.WRONG, None
    else:
        row.verdict = ImportRow.Verdict.DOUBT if DOUBT in levels else otherwise


def sentence(problems: list[Mapping[str, Any]] | None, *levels: str) -> str:
    """The problems in one line of text, each once."""
    told = (each["problem"] for each in problems or [] if each["level"] in levels)
    return " ".join(dict.fromkeys(told))
