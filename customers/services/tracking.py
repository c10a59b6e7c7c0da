"""What leads and sales share: their target, their trace at Dub, and waiting for the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone

from customers.audit import Actor, Target
from customers.models import HAPPENED, AuditEntry, FollowUp
from customers.preflight import Preflight
from dubadmin.dub.commands import TrackLead, TrackSale
from dubadmin.dub.marks import _
from dubadmin.dub.records import Customer

from .shared import target_of

C = TypeVar("C", TrackLead, TrackSale)


def target(external_id: str, known: Customer | None) -> Target:
    """With the external ID as it is sent: Dub's dedupe key minds its case, its search does not."""
    about = target_of(known) if known else Target(label=external_id)
    return replace(about, external_id=external_id)


def with_reference(command: C, actor: Actor) -> C:
    """The command with the request's ID in its metadata, where the setting asks for it (S16)."""
    if not settings.ADD_REFERENCE_TO_METADATA:
        return command
    reference = {"dubadmin_ref": actor.request_id}
    return replace(command, metadata={**(command.metadata or {}), **reference})


ABOUT_ANOTHER = _("Dub's answer is about another customer.")
EVENTS_TELL = _("Check again in a minute: Dub's own events will tell.")


def is_of(answered: Mapping[str, Any], external_id: str, *, known: Customer | None) -> bool:
    """Whether an answer is about the customer that was asked for.

    Dub compares in its own way (trap Q1), so its own spelling of the one it has is as good.
    """
    spellings = {external_id.casefold(), known.external_id.casefold() if known else ""}
    return str(answered["externalId"]).casefold() in spellings - {""}


def follow(entry: AuditEntry, *, preflight: Preflight, expected: int = 1) -> None:
    """Starts to watch for the event of an accepted lead or sale (trap D1).

    One that was not recorded, or has no event to expect, is not watched for.
    """
    if entry.outcome not in HAPPENED or not expected:
        return
    known = preflight.attribution.customer
    FollowUp.objects.create(
        entry=entry,
        customer_id=known.id if known else _new_customer_id(entry),
        seen_before=preflight.seen_before,
        expected=expected,
        due=timezone.now() + timedelta(seconds=settings.FOLLOW_UP_SECONDS),
        usd_cents=_stored_cents(entry),
        **FollowUp.copied(entry),
    )


def _stored_cents(entry: AuditEntry) -> int | None:
    """What Dub says that it stored of a sale, in cents; None for a lead, or another currency."""
    sale = (entry.after or {}).get("sale") or {}
    amount, currency = sale.get("amount"), str(sale.get("currency", "")).lower()
    return amount if isinstance(amount, int) and currency == "usd" else None


def _new_customer_id(entry: AuditEntry) -> str:
    """The Dub ID of the customer that a lead or sale created."""
    after = entry.after or {}
    return str(after.get("id") or (after.get("customer") or {}).get("id") or "")
