"""Writing to each customer of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers import queries, services, work
from customers.audit import WORKER, AlreadyAsked, Target
from customers.facts import LABELS, facts_of, same
from customers.language import in_english
from customers.models import AuditEntry, Batch, BatchRow, Outcome
from dubadmin.connect import reserved
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.marks import _
from dubadmin.dub.records import Customer

from .asking import note_of

FOR_AN_UPDATE = 5  # requests: two or three reads, the write, reading back
FOR_A_DELETION = 8  # the events of three kinds besides


def run_next(batch: Batch) -> bool:
    """Takes the next customer and writes to it. False when none is left to take.

    Raises DubError when Dub could not be asked; the row is then free again.
    """
    row = claim_next(batch)
    if row is None:
        return False
    try:
        with in_english():  # what it tells goes into the log
            _run(batch, row)
    except DubError:
        work.release(row)
        raise
    return True


def claim_next(batch: Batch) -> BatchRow | None:
    """A row that no other process has."""
    return next(iter(work.claim(batch.rows.all())), None)


def _run(batch: Batch, row: BatchRow) -> None:
    try:
        if entry := AuditEntry.objects.filter(key=row.key).first():
            _take_up(batch, row, entry)
        elif batch.action == "customer.delete":
            _delete(batch, row)
        else:
            _update(batch, row)
    except AlreadyAsked:
        pass  # another process has begun it after all, and ends it
    except services.Overtaken:
        _leave_out(batch, row, _OVERTAKEN)
    except Refused as error:
        if not queries.is_unknown_customer(error):
            raise
        _leave_out(batch, row, _("Dub no longer has this customer. Nothing was sent."))


_OVERTAKEN = _("Somebody else saved this customer in the same moment. Nothing was sent.")


def _take_up(batch: Batch, row: BatchRow, entry: AuditEntry) -> None:
    """A row that was begun before. One that is on its way is looked at again later."""
    outcome = work.outcome_now(entry, actor=work.actor_of(batch))
    if outcome != Outcome.PENDING:
        work.finish(row, entry, outcome)


def _update(batch: Batch, row: BatchRow) -> None:
    with reserved(FOR_AN_UPDATE):
        since = timezone.now()
        customer = queries.get_customer(row.customer_id)
        obstacle = _mismatch(batch, customer) or _conflict(batch, row, facts_of(customer))
        if obstacle:
            _leave_out(batch, row, obstacle)
            return
        entry = services.update_customer(
            customer,
            changes={batch.field: batch.value},
            actor=work.actor_of(batch),
            reason=batch.reason,
            key=row.key,
            batch=batch,
            since=since,
        )
    work.finish(row, entry, entry.outcome)


def _conflict(batch: Batch, row: BatchRow, present: Mapping[str, Any]) -> str:
    """Why the field must not be set: somebody changed it since, or it is as wanted (trap R7)."""
    label, now = LABELS[batch.field], present.get(batch.field)
    if same(batch.field, now, batch.value):
        return _HAS_IT.format(label=label)
    if not same(batch.field, now, row.base):
        return _CHANGED.format(label=label, before=row.base or "empty", now=now or "empty")
    return ""


_HAS_IT = _("{label}: Dub already has this value, so nothing was sent.")
_CHANGED = _(
    "{label} was changed by somebody else since this batch began: from “{before}” to “{now}”. "
    "Nothing was sent."
)


def _mismatch(batch: Batch, customer: Customer) -> str:
    """Why this customer is not meant any more: it has left what was filtered meanwhile."""
    filters = batch.filters or {}
    present = {
        "country": customer.country,
        "link_id": customer.link.id if customer.link else "",
        "partner_id": customer.partner.id if customer.partner else "",
    }
    if all(filters.get(name) in {None, "", value} for name, value in present.items()):
        return ""
    return _("It no longer matches what was filtered. Nothing was sent.")


def _delete(batch: Batch, row: BatchRow) -> None:
    with reserved(FOR_A_DELETION):
        since = timezone.now()
        customer, timeline = queries.customer_to_delete(row.customer_id)
        if obstacle := _mismatch(batch, customer):
            _leave_out(batch, row, obstacle)
            return
        entry = services.delete_customer(
            customer,
            events=timeline.events,
            actor=work.actor_of(batch),
            reason=batch.reason,
            key=row.key,
            batch=batch,
            since=since,
        )
    work.finish(row, entry, entry.outcome)


def _leave_out(batch: Batch, row: BatchRow, why: str) -> None:
    try:
        with transaction.atomic():
            entry = services.blocked(
                batch.action,
                actor=work.actor_of(batch),
                target=Target(id=row.customer_id, external_id=row.external_id, label=row.label),
                explanation=why,
                asked={batch.field: batch.value} if batch.field else None,
                reason=batch.reason,
                key=row.key,
                batch=batch,
            )
    except IntegrityError:
        return  # another process was quicker
    work.finish(row, entry, entry.outcome)


def end(batch: Batch) -> bool:
    """Done when every row is finished; rows that another process has begun are waited for."""
    if batch.rows.exclude(state=BatchRow.State.FINISHED).exists():
        return False
    running = Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING)
    with transaction.atomic():
        if running.update(state=Batch.State.DONE, ended_at=timezone.now(), note=""):
            note_of(batch, "batch.end", WORKER, explanation=_how_it_ended(batch))
    return True


def _how_it_ended(batch: Batch) -> str:
    with in_english():
        progress = work.progress(batch.rows.all())
        ends = ", ".join(f"{n:,} {label.lower()}" for value, label, n in progress["outcomes"])
    return f"{progress['rows']:,} customers: {ends or 'nothing to do'}."
