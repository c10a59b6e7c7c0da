"""Sending again what may not have arrived."""

from __future__ import annotations

import re
from typing import Any

from customers.audit import Actor
from customers.entered import BOTH_CLOCKS
from customers.models import NOTHING_HAPPENED, AuditEntry, Relation
from customers.preflight import check_lead, check_sale
from dubadmin.dub.commands import TrackLead, TrackSale

from .leads import record_lead
from .sales import record_sale


def resend(entry: AuditEntry, *, actor: Actor) -> AuditEntry:
    """Sends an unknown lead or sale again with the same invoice ID or event name (trap A8).

    Only where `followup.can_resend`. Raises AlreadyAsked when it is being sent again already.
    """
    command = _command_of(entry)
    common: dict[str, Any] = {
        "actor": actor,
        "reason": entry.reason or f"Entry {entry.pk}, sent again",
        "key": _key(entry),
        "earlier": entry,
        "relation": Relation.RESEND,
    }
    since = _first_sending(entry).at - BOTH_CLOCKS
    if isinstance(command, TrackSale):
        checked = check_sale(command, since=since)
        return record_sale(command, preflight=checked, override=True, **common)
    return record_lead(command, preflight=check_lead(command, since=since), **common)


def sendings_of(entry: AuditEntry) -> set[int]:
    """The IDs of every sending of this lead or sale: the first one, and those again."""
    found = newest = {_first_sending(entry).pk}
    while newest:
        again = AuditEntry.objects.filter(earlier__in=newest, relation=Relation.RESEND)
        newest = set(again.values_list("pk", flat=True))
        found = found | newest
    return found


def _first_sending(entry: AuditEntry) -> AuditEntry:
    while entry.relation == Relation.RESEND and entry.earlier:
        entry = entry.earlier
    return entry


def _key(entry: AuditEntry) -> str:
    """The same key until a resend came to nothing, so that two at once are one (trap S7)."""
    in_vain = entry.later.filter(relation=Relation.RESEND, outcome__in=NOTHING_HAPPENED)
    return f"{entry.pk}/again-{in_vain.count() + 1}"


def _command_of(entry: AuditEntry) -> TrackLead | TrackSale:
    """The very command that an entry recorded, from the body that was sent."""
    body = entry.body
    kind = TrackSale if entry.action == "sale.record" else TrackLead
    return kind(**{snake(key): value for key, value in body.items()})


def snake(key: str) -> str:
    """Dub's JSON key as a form field's name: customerExternalId is customer_external_id."""
    return re.sub(r"([A-Z])", lambda match: "_" + match.group().lower(), key)
