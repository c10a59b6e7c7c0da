"""What became of each row, and the rows that did not make it as a file to be uploaded again."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from customers import followup
from customers.models import NOTHING_HAPPENED, Import, ImportRow, Outcome
from customers.output import Row

from . import findings
from .checking import in_pages

STOPPED = "The import was stopped before this row was sent."
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
        return (settled or row.entry).explanation
    if row.verdict == ImportRow.Verdict.WRONG:
        return findings.sentence(row.problems, findings.STOP)
    if row.verdict == ImportRow.Verdict.DOUBT and not row.file.with_doubts:
        return "In doubt: " + findings.sentence(row.problems, findings.DOUBT)
    return STOPPED if row.outcome == Outcome.NOT_SENT else ""


def left_over(file: Import) -> QuerySet[ImportRow]:
    """Rows of which nothing is at Dub; before the run, those that would not be sent.

    What is unknown is not among them: it may have made it.
    """
    if file.started_at:
        return file.rows.filter(state=ImportRow.State.FINISHED, outcome__in=NOTHING_HAPPENED)
    verdicts = (ImportRow.Verdict.WRONG, ImportRow.Verdict.DOUBT)
    return file.rows.filter(verdict__in=verdicts)


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
