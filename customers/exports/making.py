"""An export that the worker makes, in steps that any process may take.

No step holds anything but the database's rows: whoever is killed is followed by another one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customers import work
from customers.models import Export, ExportPart, ExportRow
from customers.output import FORMATS, Row
from dubadmin.dub.records import Customer

from .columns import Layout, event_cells
from .life import PERMISSION, complete, layout_of, stop
from .visiting import events_of, rank_of, visit

State = Export.State
AT_ONCE = 5  # customers whose events are read in one step
CHUNK = 1_000  # rows that are written between two signs of life
PART = 2**20  # bytes


class Overtaken(Exception):
    """Another process writes this file, or somebody has stopped it."""


def carry_on(number: int, *, seconds: float = work.SLICE_SECONDS) -> float | None:
    """A slice of an export: the seconds until the next one, None at the end."""
    export = Export.objects.get(pk=number)

    def end(why: str) -> None:
        stop(export, why=why)

    try:
        return work.slice_of(export, step=step, stop=end, may=[PERMISSION], seconds=seconds)
    except Overtaken:
        return None


def step(export: Export) -> bool:
    """The next step of an open export. Raises DubError, and Overtaken when another one writes."""
    steps = {State.WALKING: walk_next, State.READING: read_next, State.WRITING: write}
    steps[State(export.state)](export)
    return True


def walk_next(export: Export) -> None:
    """Visits the next customers. Of two processes at it, one counts."""

    def seen(ids: Sequence[str]) -> set[str]:
        known = export.visited.filter(customer_id__in=ids)
        return set(known.values_list("customer_id", flat=True))

    found = visit(export.filters, export.place or {}, seen=seen)
    rows = [_row(export, customer) for customer in found.customers]
    place: dict[str, Any] | None = found.place
    state = State.WALKING
    if place is None:
        state = State.READING if export.with_events else State.WRITING
        place = _begin_reading() if export.with_events else None
    gone_on = {"state": state, "place": place, "left_out": found.left_out}
    with transaction.atomic():
        if _advance(export, customers=F("customers") + len(rows), **gone_on):
            ExportRow.objects.bulk_create(rows)


def _begin_reading() -> dict[str, Any]:
    return {"read": 0, "last": 0, "since": timezone.now().isoformat()}


def _row(export: Export, customer: Customer) -> ExportRow:
    return ExportRow(
        export=export,
        customer_id=customer.id,
        rank=rank_of(customer, sort=export.sort, order=export.order),
        cells=layout_of(export).cells(customer),
    )


def _advance(export: Export, **changes: Any) -> int:
    """Whether this process is the one whose step counts."""
    mine = Export.objects.filter(pk=export.pk, state=export.state, steps=export.steps)
    return mine.update(steps=export.steps + 1, beat=timezone.now(), note="", **changes)


def read_next(export: Export) -> None:
    """Reads the events of the next few customers."""
    place = export.place or {}
    rows = list(export.visited.filter(pk__gt=place["last"]).order_by("pk")[:AT_ONCE])
    for row in rows:
        row.events = [event_cells(event) for event in events_of(row.customer_id)]
    gone_on: dict[str, Any] = {"state": State.WRITING, "place": None}
    if rows:
        gone_on = {"place": {**place, "read": place["read"] + len(rows), "last": rows[-1].pk}}
    with transaction.atomic():
        if _advance(export, **gone_on):
            ExportRow.objects.bulk_update(rows, ["events"])


def write(export: Export) -> None:
    """Makes the file of what was visited, then forgets the rows. Raises Overtaken."""
    _claim(export)
    export.parts.all().delete()
    export.rows = export.size = 0
    digest = hashlib.sha256()
    layout = layout_of(export)
    pieces = FORMATS[export.format].write(layout.names, _rows(export, layout))
    for number, data in enumerate(_parts(pieces)):
        digest.update(data)
        export.size += len(data)
        with transaction.atomic():
            _live(export)
            ExportPart.objects.create(export=export, number=number, data=data)
    export.sha256 = digest.hexdigest()
    complete(export, kept=True, claim=_live)
    export.visited.all().delete()


def _claim(export: Export) -> None:
    """Takes the file for this process: who is still at it, or was when it died, is overtaken."""
    export.writer = uuid.uuid4().hex
    if not work.of(export).filter(state=State.WRITING).update(writer=export.writer, note=""):
        raise Overtaken


def _live(export: Export) -> None:
    """A sign of life of the process that writes. Raises Overtaken when it is not this one."""
    mine = Export.objects.filter(pk=export.pk, state=State.WRITING, writer=export.writer)
    if not mine.update(beat=timezone.now()):
        raise Overtaken


def _rows(export: Export, layout: Layout) -> Iterator[Row]:
    for cells, events in _in_order(export):
        for row in layout.rows(cells, events):
            export.rows += 1
            yield row


def _in_order(export: Export) -> Iterator[tuple[Any, Any]]:
    """Cells and events by rank, then as they were visited; no query stays open meanwhile."""
    rows = export.visited.order_by("rank", "pk")
    visited = rows.values_list("rank", "pk", "cells", "events")
    found = list(visited[:CHUNK])
    while found:
        _live(export)
        yield from ((cells, events) for _, _, cells, events in found)
        rank, last = found[-1][:2]
        found = list(visited.filter(rank=rank, pk__gt=last)[:CHUNK])
        found = found or list(visited.filter(rank__gt=rank)[:CHUNK])


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    kept = bytearray()
    for piece in pieces:
        kept += piece
        if len(kept) >= PART:
            yield bytes(kept)
            kept.clear()
    if kept:
        yield bytes(kept)


def kept_file(export: Export) -> Iterator[bytes]:
    """The finished file, part by part."""
    numbers = list(export.parts.values_list("number", flat=True))
    for number in numbers:
        yield bytes(export.parts.get(number=number).data)
