"""Who changed a customer while somebody had a form about it open, as far as our log knows (R7)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from dubadmin.dub.records import Customer

from .audit import storable
from .facts import facts_of, same
from .models import NOTHING_HAPPENED, AuditEntry, Backwards, Outcome

LATEST = 50


def corrections_of(
    customer: Customer, keys: Collection[str], *, since: datetime
) -> dict[str, AuditEntry]:
    """For each of `keys` (Dub's) the correction that set it after `since` to what Dub has now.

    A key is missing where it was changed somewhere else, or changed there again. Dub moves an
    avatar to its own storage (trap R6), so of it the last correction is taken, whatever it set.
    """
    ended = Q(settled_at__gt=since) & ~Q(outcome__in=NOTHING_HAPPENED)
    ours = AuditEntry.objects.filter(
        ended | Q(outcome=Outcome.PENDING),
        action="customer.update",
        target_id=storable(customer.id),
    )
    now, last = facts_of(customer), dict[str, AuditEntry]()
    for entry in ours.alias(place=Backwards("pk")).order_by("place")[:LATEST]:
        for key in entry.body.keys() & set(keys):
            last.setdefault(key, entry)
    return {
        key: entry
        for key, entry in last.items()
        if key == "avatar" or any(same(key, value, now.get(key)) for value in _set_by(entry, key))
    }


def _set_by(entry: AuditEntry, key: str) -> tuple[object, object]:
    """What was asked for, and what Dub stored."""
    asked = entry.body[key]
    return asked, (entry.after or {}).get(key, asked)
