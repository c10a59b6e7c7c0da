"""What the tables beside the log hold of a customer: notes, ledger, batches, imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, Q

from customers.models import (
    Batch,
    BatchRow,
    Export,
    FollowUp,
    Import,
    ImportPart,
    ImportRow,
    Invoice,
    Note,
)

from .person import Person, Words
from .reading import in_order

# Texts and JSON of jobs in which a customer may be mentioned.
MENTIONING: list[tuple[type[Model], tuple[str, ...]]] = [
    (Batch, ("value", "reason", "filters", "chosen", "place", "note")),
    (Export, ("filters", "reason", "note", "place")),
    (Import, ("name", "header", "hints", "mapping", "counts", "place", "reason", "note")),
]
OVER = {Import.State.DONE, Import.State.STOPPED, Import.State.FAILED}


def obstacles(person: Person, words: Words) -> Iterator[str]:
    """Why nothing can be redacted yet: work that still needs the customer's data."""
    rows = BatchRow.objects.filter(_row_of(person), batch__state__in=Batch.OPEN)
    for number in sorted(set(rows.values_list("batch_id", flat=True))):
        yield f"Batch {number} is at this customer. Stop it, or wait for its end."
    for file in Import.objects.exclude(state__in=OVER):
        if any(words.replaced_in(row.cells) != row.cells for row in in_order(file.rows.all())):
            yield f"Import {file.pk} has a row of this customer and is not over. Stop or delete it."
    unread = ImportPart.objects.filter(file__state__in=[Import.State.STAGING, Import.State.FAILED])
    for number in sorted(set(unread.values_list("file_id", flat=True))):
        yield f"Import {number} still holds its file, unread. Wait until it is read, or delete it."
    made = Export.objects.filter(Q(parts__isnull=False) | Q(visited__isnull=False)).distinct()
    for number in made.order_by("pk").values_list("pk", flat=True):
        yield f"Export {number} keeps a file of customers. Remove it, or wait until it expires."


def redacted(person: Person, words: Words) -> Iterator[tuple[str, Any]]:
    """Each row that holds something, as it is without it; with a word for its kind. Not saved."""
    yield from _rows_of(person, words)
    for row in in_order(ImportRow.objects.all()):
        said = [row.cells, row.sendable, row.customer, row.identity]
        if words.replaced_in(said) != said:
            row.cells = [words.marker if cell else cell for cell in row.cells]
            row.customer = row.identity = words.marker
            row.problems, row.sendable = row.problems and [], None
            yield "row of an import", row
    for note in in_order(Note.objects.all()):
        is_about = note.customer_id in person.ids
        text = words.marker if is_about else words.replaced(note.text)
        if is_about or text != note.text:
            note.text = text
            note.customer_id = words.marker if is_about else note.customer_id
            yield "note", note
    for model, names in MENTIONING:
        for job in model._default_manager.order_by("pk"):
            before = [getattr(job, name) for name in names]
            after = words.replaced_in(before)
            if after != before:
                for name, value in zip(names, after, strict=True):
                    setattr(job, name, value)
                yield str(model._meta.verbose_name), job


def _rows_of(person: Person, words: Words) -> Iterator[tuple[str, Any]]:
    for invoice in Invoice.objects.filter(customer_external_id__in=person.external_ids):
        invoice.customer_external_id = words.marker
        yield "invoice ID", invoice
    for follow_up in FollowUp.objects.filter(customer_id__in=person.ids):
        follow_up.customer_id = words.marker
        yield "awaited event", follow_up
    for row in BatchRow.objects.filter(_row_of(person)):
        row.customer_id = f"{words.marker} {row.pk}"  # one batch may hold two IDs of one customer
        row.external_id, row.label, row.base = "", words.marker, None
        yield "row of a batch", row


def _row_of(person: Person) -> Q:
    return Q(customer_id__in=person.ids) | Q(external_id__in=person.external_ids)
