"""An export that is downloaded while it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from django.utils import timezone

from customers.models import Export
from customers.output import CSV, FORMATS, JSON_LINES, Row
from customers.output.writers import write_csv
from dubadmin.dub.errors import DubError
from dubadmin.dub.explain import explain

from .columns import Layout, event_cells
from .life import break_off, complete, layout_of
from .visiting import events_of, rank_of, visit


def stream(export: Export) -> Iterator[bytes]:
    """The file, in pieces. What ends before the last customer is on record as incomplete.

    Then its last line says so, and the error is raised: the server breaks the connection off, so
    that a browser knows it, too.
    """
    digest = hashlib.sha256()
    try:
        for piece in FORMATS[export.format].write(layout_of(export).names, _rows(export)):
            digest.update(piece)
            export.size += len(piece)
            yield piece
        export.sha256 = digest.hexdigest()
        complete(export, kept=False)
    except GeneratorExit:
        break_off(export, "The download was broken off by the browser or the network.")
        raise
    except Exception as error:
        why = _words(error)
        break_off(export, why)
        yield from _last_line(export, why)
        raise


def _words(error: Exception) -> str:
    if isinstance(error, DubError):
        words = explain(error)
        return f"{words.cause} {words.next_step}".strip()
    return f"dubadmin failed ({type(error).__name__})."


def _last_line(export: Export, why: str) -> Iterator[bytes]:
    said = f"INCOMPLETE: only {export.customers:,} customers. {why}"
    if export.format == CSV.name:
        yield from write_csv([said], [], mark=False)
    elif export.format == JSON_LINES.name:
        yield from JSON_LINES.write(["incomplete"], [[said]])


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
