"""Looking at what Dub records meanwhile: what was sent is confirmed, what others sent is held back.

One read of the workspace's newest events serves a thousand rows. An import's `place` is then
{"looked": when, "blind": whether Dub refuses to show events, "rate": rows per minute}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from customers import followup, queries, work
from customers.audit import note
from customers.entered import BOTH_CLOCKS
from customers.models import FollowUp, Import, ImportRow
from dubadmin.connect import background
from dubadmin.dub.commands import lead_key
from dubadmin.dub.errors import Refused
from dubadmin.dub.marks import _
from dubadmin.dub.records import Event

from .kinds import KINDS

LOOK_SECONDS = 60.0
CONFIRM_SECONDS = 5.0  # between two looks when all is sent
OVERDUE_AT_ONCE = 20


def look_around(file: Import, *, every: float = LOOK_SECONDS) -> None:
    """Reads what leads or sales Dub has recorded since the last look. Raises DubError.

    Those of this import's rows are confirmed (trap D1). A row that waits and whose invoice ID
    somebody else has used since the dry run is not sent (trap S6).
    """
    place: dict[str, Any] = file.place or {}
    kind, now = KINDS[file.kind], timezone.now()
    since = parse_datetime(place.get("looked", "")) or file.checked_at or now
    is_due = "looked" not in place or (now - since).total_seconds() >= every
    if not kind.events or place.get("blind") or not is_due:
        return
    found: defaultdict[Any, list[datetime]] = defaultdict(list)
    try:
        for events in _pages_since(kind.events, since - BOTH_CLOCKS):
            _hold_back(file, {event.invoice_id for event in events})
            for event in events:
                if event.at:
                    found[_mark(event)].append(event.at)
        place = {**place, "looked": now.isoformat()}
    except Refused:
        place = {**place, "blind": True}
    _confirm(file, found)
    work.of(file).update(place=place)
    file.place = place


def _pages_since(kind: str, since: datetime) -> Iterator[list[Event]]:
    page = 1
    with background():
        while events := queries.newest_events(kind, page=page):
            recent = [event for event in events if event.at and event.at >= since]
            yield recent
            if len(recent) < len(events):
                return
            page += 1


def _hold_back(file: Import, invoice_ids: set[str]) -> None:
    waiting = file.rows.filter(state=ImportRow.State.WAITING, entry=None)
    used = waiting.filter(identity__in=invoice_ids - {""})
    while rows := work.claim(used, most=100):
        for row in rows:
            row.file = file
            why = _(
                "Dub has recorded a sale with this invoice ID since the check. Nothing was sent."
            )
            entry = KINDS[file.kind].leave_out(row, why, actor=work.actor_of(file))
            work.finish(row, entry, entry.outcome)


def _confirm(file: Import, found: dict[Any, list[datetime]]) -> None:
    """Confirms in one go all that are there; the page of each result then says so."""
    awaited = pending(file).filter(seen_before=0).select_related("entry")
    there = [each.pk for each in awaited if _is_there(each, found)]
    if there and FollowUp.objects.filter(pk__in=there).update(state=FollowUp.State.CONFIRMED):
        note(
            "delivery.confirm",
            actor=work.actor_of(file),
            file=file,
            explanation=f"{len(there)} of what was sent is at Dub.",
        )


def _mark(event: Event) -> tuple[str, str]:
    if event.kind == "sale":
        return event.customer_id, event.invoice_id
    return event.customer_id, lead_key(event.name)


def _is_there(awaited: FollowUp, found: dict[Any, list[datetime]]) -> bool:
    body = awaited.entry.body
    name = body.get("invoiceId") or lead_key(body["eventName"])
    since = awaited.entry.at - BOTH_CLOCKS
    events = found.get((awaited.customer_id, name), [])
    return sum(at >= since for at in events) >= awaited.expected


def pending(file: Import) -> Any:
    return FollowUp.objects.filter(entry__file=file, state=FollowUp.State.PENDING)


def unconfirmed() -> QuerySet[Import]:
    """Imports that have ended, with something sent that is not seen at Dub yet."""
    waiting = FollowUp.objects.filter(state=FollowUp.State.PENDING, entry__file__isnull=False)
    ended = (Import.State.DONE, Import.State.STOPPED)
    return Import.objects.filter(pk__in=waiting.values("entry__file"), state__in=ended)


def confirm(file: Import) -> float | None:
    """Looks after what was sent and is not seen yet. The seconds until the next look, if any."""
    look_around(file, every=CONFIRM_SECONDS)
    actor, overdue = work.actor_of(file), pending(file).filter(due__lt=timezone.now())
    with background():
        for each in overdue.select_related("entry")[:OVERDUE_AT_ONCE]:
            followup.check(each, actor=actor)
    return CONFIRM_SECONDS if pending(file).exists() else None
