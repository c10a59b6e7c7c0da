"""An export that is downloaded while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from django.utils import timezone

from customers.models import Export
from customers.output import FORMATS, Row, Sent, sending

from .columns import Layout, event_cells
from .life import break_off, complete, layout_of
from .visiting import events_of, rank_of, visit


def stream(export: Export) -> Iterator[bytes]:
    """The file, in pieces. What ends before the last customer is on record as incomplete."""
    format = FORMATS[export.format]

    def done(sent: Sent) -> None:
        export.size, export.sha256 = sent.size, sent.sha256
        complete(export, kept=False)

    def broken(sent: Sent, why: str) -> None:
        export.size = sent.size
        break_off(export, why)

    pieces = format.write(layout_of(export).names, _rows(export))
    return sending(pieces, format=format, complete=done, break_off=broken)


def _rows(export: Export) -> Iterator[Row]:
    layout = layout_of(export)
    visited = _visited(export, layout)
    for _, id, cells in sorted(visited, key=itemgetter(0, 1)) if export.sort else visited:
        events = map(event_cells, events_of(id)) if export.with_events else None
        for row in layout.rows(cells, events):
            export.rows += 1
            yield row


def _visited(export: Export, layout: Layout) -> Iterator[tuple[int, str, list[Any]]]:
    """Rank, ID and cells of every customer, as they are visited."""
    seen: set[str] = set()
    place = export.place
    while place is not None:
        found = visit(export.filters, place, seen=seen.intersection)
        place, export.left_out = found.place, found.left_out
        seen.update(customer.id for customer in found.customers)
        export.customers, export.beat = len(seen), timezone.now()
        export.save(update_fields=["customers", "left_out", "beat"])
        for customer in found.customers:
            rank = rank_of(customer, sort=export.sort, order=export.order)
            yield rank, customer.id, layout.cells(customer)
