"""Asking for a batch, stopping it and letting it go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.audit import WORKER, Actor, note, storable
from customers.models import Batch

PERMISSIONS = {
    "customer.update": "customers.edit_customers",
    "customer.delete": "customers.delete_customers",
}


def ask(
    *,
    action: str,
    total: int,
    actor: Actor,
    key: str,
    field: str = "",
    value: Any = None,
    reason: str = "",
    filters: Mapping[str, str] | None = None,
    chosen: Sequence[str] | None = None,
) -> Batch:
    """A new batch, or the one that this form (its `key`) has asked for before.

    `total` is the number that was confirmed. Either `filters` (those of `walk.Filters`) or the
    `chosen` Dub IDs say which customers.
    """
    asked = Batch(
        action=action,
        total=total,
        actor=asdict(actor),
        key=key,
        field=field,
        value=storable(value),
        reason=storable(reason),
        filters=storable(filters),
        chosen=storable(list(dict.fromkeys(chosen))) if chosen is not None else None,
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
            note_of(asked, "batch.start", actor, asked={"total": total, **_wanted(asked)})
    except IntegrityError:
        return Batch.objects.get(key=key)
    return asked


def _wanted(batch: Batch) -> dict[str, Any]:
    wanted = {batch.field: batch.value} if batch.field else {}
    return {"action": batch.action, **wanted, "filters": batch.filters, "chosen": batch.chosen}


def note_of(batch: Batch, action: str, actor: Actor, **details: Any) -> None:
    note(action, actor=actor, batch=batch, reason=batch.reason, **details)


def stop(batch: Batch, *, actor: Actor | None = None, why: str = "") -> bool:
    """No further customer is begun; False when none would have been anyway.

    What is on its way ends as it does.
    """
    going = Batch.objects.filter(pk=batch.pk, state__in=Batch.OPEN)
    with transaction.atomic():
        stopped = going.update(state=Batch.State.STOPPED, note=why)
        if stopped:
            note_of(batch, "batch.stop", actor or WORKER, explanation=why)
    return bool(stopped)


def resume(batch: Batch, *, actor: Actor, confirmed: int | None = None) -> bool:
    """Lets a stopped batch go on; False when more match than were confirmed.

    `confirmed` is the number that somebody has confirmed anew.
    """
    total = batch.total if confirmed is None else confirmed
    if batch.found is not None and batch.found > total:
        return False
    state = Batch.State.STAGING if batch.found is None else Batch.State.RUNNING
    stopped = Batch.objects.filter(pk=batch.pk, state=Batch.State.STOPPED, found=batch.found)
    if stopped.update(state=state, total=total, note="", beat=timezone.now(), ended_at=None):
        note_of(batch, "batch.resume", actor, asked={"total": total})
    return True


def leave(batch: Batch, *, actor: Actor) -> bool:
    """Lets a stopped batch be, so that it needs nobody's attention; it can still go on."""
    stopped = Batch.objects.filter(pk=batch.pk, state=Batch.State.STOPPED, ended_at=None)
    with transaction.atomic():
        left = stopped.update(ended_at=timezone.now())
        if left:
            note_of(batch, "batch.leave", actor)
    return bool(left)
