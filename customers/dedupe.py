"""The dedupe clock: which lead names Dub swallows, for whom, and until when (traps L1 to L4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from dubadmin.dub.commands import DEDUPE_DAYS, lead_key
from dubadmin.dub.records import Event

from .models import AuditEntry, Outcome

DEDUPE_WINDOW = timedelta(days=DEDUPE_DAYS)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A running dedupe key at Dub: what set it, when it ends, and our entry if it was ours."""

    because: str
    expires: datetime
    entry: AuditEntry | None = None


def open_window(
    external_id: str, *, event_name: str, events: Iterable[Event] = (), at: datetime | None = None
) -> Window | None:
    """The dedupe key that swallows a lead of this name now, None when there is none (L1 to L3).

    Known from our own attempts, failed ones included, and from Dub's lead events. A repeat does
    not prolong a key, so the earliest attempt that found no running key counts.
    """
    now = at or timezone.now()
    open_: Window | None = None
    for moment, because, entry in sorted(
        [*_attempts(external_id, event_name, now), *_recorded(events, event_name)],
        key=lambda each: each[0],
    ):
        if moment < now and (open_ is None or moment >= open_.expires):
            open_ = Window(because=because, expires=moment + DEDUPE_WINDOW, entry=entry)
    return open_ if open_ and open_.expires > now else None


def open_windows(external_id: str, *, events: Iterable[Event] = ()) -> list[str]:
    """A sentence for each lead name whose key still runs; a deletion does not end it (R8)."""
    leads = [event for event in events if event.kind == "lead"]
    tried = AuditEntry.objects.filter(
        action="lead.record",
        target_external_id=external_id,
        at__gte=timezone.now() - DEDUPE_WINDOW,
    ).values_list("lead_key", flat=True)
    names = {lead_key(event.name) for event in leads} | set(tried)
    windows = {
        name: open_window(external_id, event_name=name, events=leads) for name in sorted(names)
    }
    return [
        f"A new lead named “{name}” is swallowed until "
        f"{timezone.localtime(window.expires):%d %b %Y %H:%M %Z}, even for a new customer. (L4)"
        for name, window in windows.items()
        if window
    ]


_Set = tuple[datetime, str, AuditEntry | None]


def _attempts(external_id: str, event_name: str, now: datetime) -> list[_Set]:
    entries = AuditEntry.objects.filter(
        action="lead.record",
        target_external_id=external_id,
        lead_key=lead_key(event_name)[:300],
        at__gte=now - 2 * DEDUPE_WINDOW,
    )
    return [(entry.at, _attempt_text(entry), entry) for entry in entries if _set_the_key(entry)]


def _set_the_key(entry: AuditEntry) -> bool:
    """Dub sets the key before it looks up the click, so a 404 has set it too (L1)."""
    if entry.outcome == Outcome.NOT_SENT:
        return False
    return entry.outcome != Outcome.REFUSED or (entry.answered or {}).get("status") == 404


def _attempt_text(entry: AuditEntry) -> str:
    how = {
        Outcome.RECORDED: "recorded",
        Outcome.DIFFERS: "recorded",
        Outcome.REFUSED: "tried, and refused by Dub,",
        Outcome.UNKNOWN: "sent, with an unknown result,",
    }.get(Outcome(entry.shown_outcome), "tried")
    return f"A lead of this name was {how} here on {timezone.localtime(entry.at):%d %b %Y %H:%M}."


def _recorded(events: Iterable[Event], event_name: str) -> list[_Set]:
    key = lead_key(event_name)
    return [
        (
            e.at,
            f"Dub recorded a lead of this name on {timezone.localtime(e.at):%d %b %Y %H:%M}.",
            None,
        )
        for e in events
        if e.at and lead_key(e.name) == key
    ]
