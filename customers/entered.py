"""Which of Dub's events were entered here by hand or from a file, and which are still awaited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from dubadmin.dub.commands import lead_key
from dubadmin.dub.records import Event

from .models import HAPPENED, AuditEntry, FollowUp, Outcome, pending_timeout

BOTH_CLOCKS = timedelta(minutes=2)  # how far Dub's clock may be from ours
LATE = timedelta(minutes=15)  # how long Dub may be at a request whose answer nobody waits for
_MAY_HAVE_ARRIVED = {*HAPPENED, Outcome.UNKNOWN, Outcome.PENDING}


def entered_here(events: Sequence[Event], entries: Iterable[AuditEntry]) -> list[AuditEntry | None]:
    """For each event the entry that sent it, None where it came from elsewhere.

    Dub keeps no actor (trap S16). It dates an event by when it was told (S9), so an event of the
    same invoice ID or lead name, from the minutes in which it was sent, is ours.
    """
    sent: dict[tuple[str, str], list[AuditEntry]] = {}
    for entry in entries:
        if (mark := _mark_of(entry)) and entry.outcome in _MAY_HAVE_ARRIVED:
            sent.setdefault(mark, []).append(entry)
    return [
        next((entry for entry in sent.get(_mark(event), []) if _is_of(event, entry)), None)
        for event in events
    ]


def awaited(entries: Iterable[AuditEntry], found: Iterable[AuditEntry | None]) -> list[AuditEntry]:
    """The leads and sales that Dub accepted and whose events have not been seen (trap D1)."""
    seen = {entry.pk for entry in found if entry}
    return [entry for entry in entries if entry.pk not in seen and _is_awaited(entry)]


def not_of_others(
    entry: AuditEntry, events: list[Event], *, customer_id: str, again: set[int]
) -> list[Event]:
    """The events that `entry` may have made, sent once or `again`, and no other write has made.

    Dub has answered to the others, so an event that may be theirs is theirs.
    """
    sendings = AuditEntry.objects.filter(pk__in={entry.pk, *again})
    left = [each for each in events if any(_is_of(each, one, late=LATE) for one in sendings)]
    since = entry.at - BOTH_CLOCKS - pending_timeout()
    accepted = FollowUp.objects.filter(customer_id=customer_id, at__gte=since)
    others = accepted.exclude(entry__in=sendings).exclude(state=FollowUp.State.MISSING)
    for other in others.select_related("entry"):
        if _mark_of(other.entry) == _mark_of(entry):
            theirs = [event for event in left if _is_of(event, other.entry)][: other.expected]
            left = [event for event in left if not any(event is each for each in theirs)]
    return left


def _is_awaited(entry: AuditEntry) -> bool:
    follow_up: FollowUp | None = getattr(entry, "follow_up", None)
    return follow_up is not None and follow_up.state != FollowUp.State.CONFIRMED


def _mark_of(entry: AuditEntry) -> tuple[str, str] | None:
    """What the event of an entry would be told by; None where the entry is no lead or sale."""
    if entry.action == "sale.record":
        return ("sale", str(entry.body.get("invoiceId", "")))
    if entry.action == "lead.record":
        return ("lead", lead_key(str(entry.body.get("eventName", ""))))
    return None


def _mark(event: Event) -> tuple[str, str]:
    return (event.kind, event.invoice_id if event.kind == "sale" else lead_key(event.name))


def _is_of(event: Event, entry: AuditEntry, *, late: timedelta = timedelta()) -> bool:
    """Whether an event of the mark of `entry` is from the minutes in which that was sent."""
    until = (entry.settled_at or entry.at) + BOTH_CLOCKS + late
    return event.at is not None and entry.at - BOTH_CLOCKS <= event.at <= until
