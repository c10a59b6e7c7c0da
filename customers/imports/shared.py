"""What leads, sales and corrections from a file share."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from customers import services
from customers.audit import Actor, AlreadyAsked, Target
from customers.models import AuditEntry, ImportRow

NO_KEY = "0" * 32  # for the one-time key of a form: a row has its own


def own_reason(row: ImportRow, reason: str) -> str:
    """The reason that the row itself gives, "" when it is the import's."""
    return reason if reason != row.file.reason else ""


def reason_of(row: ImportRow) -> str:
    return str(row.told["reason"] or row.file.reason)


def leave_out(
    row: ImportRow, action: str, *, actor: Actor, target: Target, why: str, asked: Any = None
) -> AuditEntry:
    """Logs that a row is not sent after all. Raises AlreadyAsked when this attempt is on record."""
    try:
        with transaction.atomic():
            return services.blocked(
                action,
                actor=actor,
                target=target,
                explanation=why,
                asked=asked,
                reason=reason_of(row),
                key=row.key,
                file=row.file,
            )
    except IntegrityError:
        earlier = AuditEntry.objects.filter(key=row.key).first()
        if earlier is None:
            raise
        raise AlreadyAsked(earlier) from None
