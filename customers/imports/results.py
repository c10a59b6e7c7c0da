"""What became of each row, and the rows that did not make it as a file to be uploaded again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import followup
from customers.kept import in_words
from customers.models import (
    NOTHING_HAPPENED,
    AuditEntry,
    Import,
    ImportRow,
    Outcome,
    Relation,
)
from customers.output import Row

from . import findings
from .checking import in_pages
from .mapping import label_of

STOPPED = gettext_lazy("The import was stopped before this row was sent.")
ERROR = "error"


def outcome_of(row: ImportRow) -> str:
    """How the row ended; where that was unknown, what a later look at Dub has found."""
    if row.outcome == Outcome.UNKNOWN and row.entry:
        settled = followup.settlement(row.entry)
        return settled.outcome if settled else row.outcome
    return row.outcome


def why(row: ImportRow) -> str:
    """What happened to the row, in a sentence. `row.file` must be the import."""
    if row.entry:
        lost = row.entry.shown_outcome == Outcome.UNKNOWN
        settled = followup.settlement(row.entry) if lost else None
        return in_words((settled or row.entry).explanation)
    if row.verdict == ImportRow.Verdict.WRONG:
        return findings.sentence(row.problems, findings.STOP)
    if row.verdict == ImportRow.Verdict.DOUBT and not row.file.with_doubts:
        problems = findings.sentence(row.problems, findings.DOUBT)
        return _("In doubt: %(problems)s") % {"problems": problems}
    return str(STOPPED) if row.outcome == Outcome.NOT_SENT else ""


def told(file: Import) -> Iterator[str]:
    """A line for each problem of a row; after the run, for each row that was sent in vain."""
    rows = left_over(file).select_related("entry")
    if file.started_at:
        rows = rows.exclude(entry=None) | unknown(file)
    for row in in_pages(rows):
        row.file = file
        yield from (f"Row {row.number}: {said}" for said in _said(row))


def _said(row: ImportRow) -> Iterator[str]:
    if row.file.started_at:
        yield f"{Outcome(outcome_of(row)).label}: {why(row)}"
        return
    for each in row.problems or []:
        if each["level"] != findings.NOTE:
            name = f"{label_of(row.file.kind, each['field'])}: " if each["field"] else ""
            yield f"{name}{each['problem']}"


def left_over(file: Import) -> QuerySet[ImportRow]:
    """Rows of which nothing is at Dub; before the run, those that would not be sent.

    What is unknown is not among them: it may have made it.
    """
    if file.started_at:
        settled = Q(_settled(outcome__in=NOTHING_HAPPENED), outcome=Outcome.UNKNOWN)
        ended = file.rows.filter(state=ImportRow.State.FINISHED)
        return ended.filter(Q(outcome__in=NOTHING_HAPPENED) | settled)
    verdicts = (ImportRow.Verdict.WRONG, ImportRow.Verdict.DOUBT)
    return file.rows.filter(verdict__in=verdicts)


def unknown(file: Import) -> QuerySet[ImportRow]:
    """Rows of which nobody knows yet whether they are at Dub."""
    settled = _settled(outcome__in=[each for each in Outcome if each != Outcome.UNKNOWN])
    return file.rows.filter(~settled, state=ImportRow.State.FINISHED, outcome=Outcome.UNKNOWN)


def _settled(**how: Any) -> Exists:
    later = AuditEntry.objects.filter(earlier=OuterRef("entry"), relation=Relation.SETTLE)
    return Exists(later.filter(**how))


def name_of(file: Import) -> str:
    """What the file of the rows that are left over is called: it says what it leaves out."""
    name, without = file.name.rpartition(".")[0] or file.name, unknown(file).count()
    return f"{name}-left-without-{without}-unknown.csv" if without else f"{name}-left.csv"


def as_file(file: Import) -> tuple[list[str], Iterator[Row]]:
    """Names and rows as they came, with what is wrong in a last column."""
    names: list[str] = list(file.header)
    if names and names[-1] == ERROR:
        names.pop()  # it was uploaded with the problems of the time before
    return [*names, ERROR], _rows(file, len(names))


def _rows(file: Import, width: int) -> Iterator[Row]:
    for row in in_pages(left_over(file).select_related("entry")):
        row.file = file
        cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
        yield [*cells, why(row)]
