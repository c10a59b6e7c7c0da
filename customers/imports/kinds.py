"""What differs between sales, leads and corrections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customers.models import AuditEntry, Import, ImportRow

from . import corrections, tracks

MAY_IMPORT = "customers.move_files"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`read` looks at a row by itself, `ask` at customers at Dub, `judge` at a row by the answer.

    `send` sends a row that is ready, `leave_out` logs that it is not sent. `requests` is how many
    sending takes as a rule. `events` are those that Dub shows of it, "" when there are none.
    """

    permission: str
    action: str
    requests: int
    events: str
    read: Callable[[ImportRow], None]
    ask: Callable[[Sequence[str]], Mapping[str, Any]]
    judge: Callable[[ImportRow, Any], None]
    send: Callable[..., AuditEntry]
    leave_out: Callable[..., AuditEntry]

    @property
    def permissions(self) -> list[str]:
        return [MAY_IMPORT, self.permission]


KINDS: Mapping[str, Kind] = {
    Import.Kind.SALES: Kind(
        permission="customers.record_events",
        action="sale.record",
        requests=1,
        events="sales",
        read=tracks.read,
        ask=tracks.ask_sales,
        judge=tracks.judge,
        send=tracks.send,
        leave_out=tracks.leave_out,
    ),
    Import.Kind.LEADS: Kind(
        permission="customers.record_events",
        action="lead.record",
        requests=2,  # the lead, and reading the customer back
        events="leads",
        read=tracks.read,
        ask=tracks.ask_leads,
        judge=tracks.judge,
        send=tracks.send,
        leave_out=tracks.leave_out,
    ),
    Import.Kind.CORRECTIONS: Kind(
        permission="customers.edit_customers",
        action="customer.update",
        requests=3,  # reading the customer, the correction, reading back
        events="",
        read=corrections.read,
        ask=corrections.ask,
        judge=corrections.judge,
        send=corrections.send,
        leave_out=corrections.leave_out,
    ),
}
