"""Leads and sales from a file: what a row would send, what speaks against it, and sending it.

`sendable` is {"command": the fields of TrackLead or TrackSale, "reason": the row's own, "customer":
Dub's record of it or None, "seen_before", "checks"}: what `services.record_…` need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from customers import formats, queries, services
from customers.audit import Actor, storable
from customers.kept import in_words
from customers.ledger import InvoiceTaken, conflict_text
from customers.models import AuditEntry, Import, ImportRow, Relation
from customers.preflight import IGNORED, Check, Preflight, as_logged, check_lead, check_sale
from customers.queries import Attribution
from customers.services.tracking import target
from dubadmin.dub.commands import TrackLead, TrackSale, lead_key
from dubadmin.dub.errors import Refused
from dubadmin.dub.explain import explain
from dubadmin.dub.records import Customer

from . import findings, shared
from .fields import FORMS, fields_of
from .shared import NO_KEY, own_reason, reason_of

_REPEATED = {"invoice_id", "event_name"}
_MISSING = {"minor": 0, "currency": "USD", "metadata": None, "event_quantity": None}


def read(row: ImportRow) -> None:
    """Looks at the row by itself: by the very form that a person would fill in."""
    given = fields_of(row)
    form: Any = FORMS[row.file.kind](given.values | {"key": NO_KEY})
    form.is_valid()
    findings.begin(row, given)
    findings.add_errors(row, form)
    for field in findings.fields_with_problems(row) & form.cleaned_data.keys():
        del form.cleaned_data[field]
    _draft(row, form)
    _large(row, form.cleaned_data)
    if not row.customer:
        findings.judge(row)


def _draft(row: ImportRow, form: Any) -> None:
    """What would be sent, as far as it could be understood."""
    known = form.cleaned_data
    about, reason = known.get("customer_external_id", ""), known.get("reason", "")
    row.customer = f"ext_{about}" if about else ""
    row.amount, row.currency = known.get("minor"), known.get("currency", "")
    form.cleaned_data = dict.fromkeys(form.base_fields, "") | _MISSING | known
    command = form.command()
    row.identity = _identity(command)
    row.sendable = {"command": asdict(command), "reason": own_reason(row, reason)}
    form.cleaned_data = known


def _identity(command: TrackSale | TrackLead) -> str:
    """What two rows must not share: they would count once (traps S6, L2)."""
    if isinstance(command, TrackSale):
        return command.invoice_id
    about, name = command.customer_external_id, command.event_name
    return f"{about}\n{lead_key(name)}" if about and name and command.mode != "deferred" else ""


def _large(row: ImportRow, known: dict[str, Any]) -> None:
    limit = settings.RETYPE_AMOUNT_ABOVE
    if "minor" in known and known["major"] > limit:
        number = formats.current().number
        amount = f"{number(known['major'])} {known['currency']}"
        text = _("%(amount)s is above %(limit)s. Is it meant?")
        findings.add(
            row, "amount", text % {"amount": amount, "limit": number(limit)}, findings.DOUBT
        )


def ask_sales(ids: Sequence[str]) -> dict[str, Attribution | Refused]:
    return queries.attributions(ids, with_sales=True)


def ask_leads(ids: Sequence[str]) -> dict[str, Attribution | Refused]:
    return queries.attributions(ids, with_sales=False)


def judge(row: ImportRow, known: Attribution | Refused) -> None:
    """What Dub and our own records say of the row."""
    if isinstance(known, Refused):
        findings.add(row, "customer_external_id", explain(known, translate=in_words).cause)
        findings.judge(row)
        return
    command = _command(row)
    if isinstance(command, TrackSale):
        preflight = check_sale(command, known=known)
    else:
        preflight = check_lead(command, known=known)
    _add_checks(row, preflight)
    customer = known.customer
    row.sendable = row.told | {
        "customer": dict(customer.raw) if customer else None,
        "seen_before": preflight.seen_before,
        "checks": storable(as_logged(preflight)),
    }
    findings.judge(row)


def _add_checks(row: ImportRow, preflight: Preflight) -> None:
    known = findings.fields_with_problems(row)
    for check in preflight.checks:
        if check.level != "ok" and check.field not in known:
            field = "" if check.field == IGNORED else check.field
            findings.add(row, field, check.text, _level(check, preflight))


def _level(check: Check, preflight: Preflight) -> str:
    """By hand a repeat is a doubt; out of a file it is a file that was sent before."""
    if check.level == "stop" or (preflight.is_repeat and check.field in _REPEATED):
        return findings.STOP
    return findings.NOTE if check.field == IGNORED else findings.DOUBT


def _command(row: ImportRow) -> TrackSale | TrackLead:
    kind = TrackSale if row.file.kind == Import.Kind.SALES else TrackLead
    return kind(**row.told["command"])


def send(row: ImportRow, *, actor: Actor) -> AuditEntry:
    """Sends the row once. Raises AlreadyAsked when this attempt is on record."""
    told, command = row.told, _command(row)
    customer = Customer.read(told["customer"]) if told["customer"] else None
    common: dict[str, Any] = {
        "actor": actor,
        "reason": reason_of(row),
        "key": row.key,
        "file": row.file,
        "earlier": row.entry,
        "relation": Relation.RESEND if row.entry else "",
        "preflight": Preflight(
            checks=[Check(**each) for each in told["checks"]],
            attribution=Attribution(customer=customer),
            seen_before=told["seen_before"],
        ),
    }
    if isinstance(command, TrackLead):
        return services.record_lead(command, **common)
    try:
        return services.record_sale(command, **common)
    except InvoiceTaken as taken:
        return leave_out(row, conflict_text(taken.earlier, command), actor=actor)


def leave_out(row: ImportRow, why: str, *, actor: Actor) -> AuditEntry:
    """Logs that the row is not sent after all."""
    command = _command(row)
    told = row.told["customer"]
    about = target(command.customer_external_id, Customer.read(told) if told else None)
    return shared.leave_out(row, command.action, actor=actor, target=about, why=why)
