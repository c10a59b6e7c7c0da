"""What every write shares: whom it is about, and the words for an unknown end."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise

from customers.audit import Actor, Target, Verdict, note
from customers.models import AuditEntry, Outcome
from dubadmin.dub.client import Receipt
from dubadmin.dub.errors import Uncertain
from dubadmin.dub.marks import _
from dubadmin.dub.records import Customer

Row = dict[str, Any]
# What the log keeps is English; a page translates the sentences that are marked (`in_words`).
LOST = _("The answer was lost, but reading back shows that it happened.")


def target_of(customer: Customer) -> Target:
    return Target(id=customer.id, external_id=customer.external_id, label=customer.label)


def target_of_entry(entry: AuditEntry) -> Target:
    return Target(
        id=entry.target_id, external_id=entry.target_external_id, label=entry.target_label
    )


def blocked(
    action: str, *, actor: Actor, target: Target, explanation: str | Promise, **details: Any
) -> AuditEntry:
    """Logs a write that a check stopped before it was sent: not sent."""
    return note(
        action,
        actor=actor,
        target=target,
        outcome=Outcome.NOT_SENT,
        explanation=explanation,
        **details,
    )


def unknown(result: Receipt | Uncertain, sentence: str, rows: list[Row] | None = None) -> Verdict:
    first = result.sentence if isinstance(result, Uncertain) else _("Dub answered.")
    return Verdict(
        outcome=Outcome.UNKNOWN, explanation=f"{first} {sentence}", comparison=rows or []
    )
