"""Several customers at once: find them, then write to each, in steps that any process may take.

Each customer is a write of its own in the audit log. Its entry's key is the row's, so that a row
is sent once, whoever takes it and whatever dies in between: a row that was begun is settled by
reading back, never sent again blindly. No step holds anything but the database's rows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from dubadmin.connect import dub, reserved
from dubadmin.dub.errors import DubError, RateLimited, Refused
from dubadmin.dub.explain import explain
from dubadmin.dub.reads import CountCustomers, GetCustomer, ListCustomers
from dubadmin.dub.records import Customer

from . import followup, queries, services, walk
from .audit import Actor, AlreadyAsked, Target, note, storable
from .facts import LABELS, facts_of, same
from .models import AuditEntry, Batch, BatchRow, Outcome, pending_timeout

SETTABLE = ("country", "subscriptionCanceledAt", "avatar")
PERMISSIONS = {
    "customer.update": "customers.edit_customers",
    "customer.delete": "customers.delete_customers",
}
SLICE_SECONDS = 5.0  # how long the worker stays at it before it looks whether it shall stop
SAMPLE = 10
AT_ONCE = 10  # chosen customers that are read side by side
FOR_AN_UPDATE = 5  # requests: two or three reads, the write, reading back
FOR_A_DELETION = 8  # the events of three kinds besides
LATER_SECONDS = 2.0  # until rows that another process has begun are looked at again
AWAY_SECONDS = 15.0  # until Dub is asked again when it could not be


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
            _note("batch.start", asked, actor, asked={"total": total, **_wanted(asked)})
    except IntegrityError:
        return Batch.objects.get(key=key)
    return asked


def _wanted(batch: Batch) -> dict[str, Any]:
    wanted = {batch.field: batch.value} if batch.field else {}
    return {"action": batch.action, **wanted, "filters": batch.filters, "chosen": batch.chosen}


def _note(action: str, batch: Batch, actor: Actor, **details: Any) -> None:
    note(action, actor=actor, batch=batch, reason=batch.reason, **details)


def stop(batch: Batch, *, actor: Actor | None = None, why: str = "") -> bool:
    """No further customer is begun; False when none would have been anyway.

    What is on its way ends as it does.
    """
    going = Batch.objects.filter(pk=batch.pk, state__in=Batch.OPEN)
    with transaction.atomic():
        stopped = going.update(state=Batch.State.STOPPED, note=why)
        if stopped:
            _note("batch.stop", batch, actor or Actor(), explanation=why)
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
    if stopped.update(state=state, total=total, note="", beat=timezone.now()):
        _note("batch.resume", batch, actor, asked={"total": total})
    return True


def carry_on(number: int) -> float | None:
    """A slice of a batch: steps for some seconds. The seconds until the next one, None at the end.

    Dub out of reach is waited out; a refusal to even look stops the batch and says why.
    """
    until = time.monotonic() + SLICE_SECONDS
    batch = Batch.objects.get(pk=number)
    Batch.objects.filter(pk=number).update(beat=timezone.now())
    if batch.is_open and not _may_still(batch):
        stop(batch, why="Whoever asked for this may not do it any more.")
    while time.monotonic() < until:
        batch.refresh_from_db(fields=["state", "pages", "place", "total", "note"])
        if not batch.is_open:
            return None
        try:
            if not step(batch):
                return LATER_SECONDS
        except DubError as error:
            return _wait_or_stop(batch, error)
        if batch.note:
            Batch.objects.filter(pk=number, state__in=Batch.OPEN).update(note="")
    return 0.0


def _may_still(batch: Batch) -> bool:
    person = User.objects.filter(pk=int(batch.actor["id"] or 0), is_active=True).first()
    return person is not None and person.has_perm(PERMISSIONS[batch.action])


def _wait_or_stop(batch: Batch, error: DubError) -> float | None:
    words = explain(error)
    if isinstance(error, Refused):
        stop(batch, why=f"{words.cause} {words.next_step}".strip())
        return None
    why = f"{words.cause} It is tried again by itself."
    Batch.objects.filter(pk=batch.pk, state__in=Batch.OPEN).update(note=why)
    return error.wait if isinstance(error, RateLimited) else AWAY_SECONDS


def step(batch: Batch) -> bool:
    """The next step of an open batch: whether there was work. Raises DubError."""
    if batch.state == Batch.State.STAGING:
        return stage_next(batch)
    return run_next(batch) or _end(batch)


# Finding the customers


def stage_next(batch: Batch) -> bool:
    """Finds the next page of customers. Of two processes at it, one counts. Raises DubError."""
    rows, place, left_out, is_end = _walked(batch) if batch.filters is not None else _read(batch)
    with transaction.atomic():
        staging = Batch.objects.filter(pk=batch.pk, state=Batch.State.STAGING, pages=batch.pages)
        if staging.update(pages=batch.pages + 1, place=place, left_out=left_out, note=""):
            BatchRow.objects.bulk_create(rows, ignore_conflicts=True)
            if is_end:
                _staged(batch)
    return True


Staged = tuple[list[BatchRow], dict[str, Any], int, bool]


def _walked(batch: Batch) -> Staged:
    """The next page of those that match the filters, once each (trap Q4)."""

    def seen(ids: Sequence[str]) -> set[str]:
        known = batch.rows.filter(customer_id__in=ids)
        return set(known.values_list("customer_id", flat=True))

    place = walk.Place.read(batch.place) if batch.place else walk.Place()
    stretch = walk.step(walk.Filters(**(batch.filters or {})), place, seen=seen)
    queries.remember(stretch.customers)
    rows = [_row(batch, customer) for customer in stretch.customers]
    return rows, asdict(stretch.place), stretch.place.left_out, stretch.place.is_end


def _read(batch: Batch) -> Staged:
    """The next few of those that were chosen. One that is gone by now is listed, too."""
    chosen: list[str] = batch.chosen or []
    begun = batch.place["read"] if batch.place else 0
    ids = chosen[begun : begun + AT_ONCE]
    with reserved(max(len(ids), 1)):
        answers = dub().fetch_together(*(GetCustomer(id=id, expanded=False) for id in ids))
    rows = []
    for id, answer in zip(ids, answers, strict=True):
        if isinstance(answer, DubError) and not queries.is_unknown_customer(answer):
            raise answer
        is_known = isinstance(answer, Customer)
        rows.append(
            _row(batch, answer) if is_known else BatchRow(batch=batch, customer_id=id[:300])
        )
    read = begun + len(ids)
    return rows, {"read": read}, 0, read >= len(chosen)


def _row(batch: Batch, customer: Customer) -> BatchRow:
    return BatchRow(
        batch=batch,
        customer_id=customer.id,
        external_id=customer.external_id[:300],
        label=customer.label[:300],
        base=customer.raw.get(batch.field) if batch.field else None,
    )


def _staged(batch: Batch) -> None:
    """All are found. More than were confirmed: nothing is sent before somebody looked again."""
    found = batch.rows.count()
    state = Batch.State.STOPPED if found > batch.total else Batch.State.RUNNING
    Batch.objects.filter(pk=batch.pk, state=Batch.State.STAGING).update(found=found, state=state)


# Writing to each


def run_next(batch: Batch) -> bool:
    """Takes the next customer and writes to it. False when none is left to take.

    Raises DubError when Dub could not be asked; the row is then free again.
    """
    row = claim_next(batch)
    if row is None:
        return False
    try:
        _run(batch, row)
    except DubError:
        mine = BatchRow.objects.filter(pk=row.pk, state=row.state, claimed_at=row.claimed_at)
        mine.update(state=BatchRow.State.WAITING)
        raise
    return True


def claim_next(batch: Batch) -> BatchRow | None:
    """A row that no other process has: one that is waiting, or one whose process must have died."""
    dead = Q(state=BatchRow.State.CLAIMED, claimed_at__lt=timezone.now() - pending_timeout())
    free = batch.rows.filter(dead | Q(state=BatchRow.State.WAITING))
    while rows := list(free.order_by("id")[:10]):
        for row in rows:
            now = timezone.now()
            mine = BatchRow.objects.filter(pk=row.pk, state=row.state, claimed_at=row.claimed_at)
            if mine.update(state=BatchRow.State.CLAIMED, claimed_at=now):
                row.state, row.claimed_at = BatchRow.State.CLAIMED, now
                return row
    return None


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
    except Refused as error:
        if not queries.is_unknown_customer(error):
            raise
        _leave_out(batch, row, "Dub no longer has this customer. Nothing was sent.")


def _take_up(batch: Batch, row: BatchRow, entry: AuditEntry) -> None:
    """A row that was begun before: what its entry says, or what Dub says where that is unknown."""
    if entry.shown_outcome == Outcome.PENDING:
        return  # still on its way; looked at again when its process must have died
    outcome = entry.shown_outcome
    if outcome == Outcome.UNKNOWN:
        settled = followup.settlement(entry)
        if settled is None:
            with reserved(1):
                settled = followup.settle(entry, actor=_actor(batch))
        outcome = settled.outcome
    _finish(row, entry, outcome)


def _update(batch: Batch, row: BatchRow) -> None:
    with reserved(FOR_AN_UPDATE):
        customer = queries.get_customer(row.customer_id)
        obstacle = _mismatch(batch, customer) or _conflict(batch, row, facts_of(customer))
        if obstacle:
            _leave_out(batch, row, obstacle)
            return
        entry = services.update_customer(
            customer,
            changes={batch.field: batch.value},
            actor=_actor(batch),
            reason=batch.reason,
            key=row.key,
            batch=batch,
        )
    _finish(row, entry, entry.outcome)


def _conflict(batch: Batch, row: BatchRow, present: Mapping[str, Any]) -> str:
    """Why the field must not be set: somebody changed it since, or it is as wanted (trap R7)."""
    label, now = LABELS[batch.field], present.get(batch.field)
    if same(batch.field, now, batch.value):
        return f"{label}: Dub already has this value, so nothing was sent."
    if not same(batch.field, now, row.base):
        return (
            f"{label} was changed by somebody else since this batch began: from "
            f"“{row.base or 'empty'}” to “{now or 'empty'}”. Nothing was sent."
        )
    return ""


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
    return "It no longer matches what was filtered. Nothing was sent."


def _delete(batch: Batch, row: BatchRow) -> None:
    with reserved(FOR_A_DELETION):
        customer, timeline = queries.customer_with_timeline(row.customer_id)
        if obstacle := _mismatch(batch, customer):
            _leave_out(batch, row, obstacle)
            return
        for error in timeline.errors:
            if not isinstance(error, Refused):
                raise error  # its events must be kept, so this waits until they can be read
        entry = services.delete_customer(
            customer,
            events=timeline.events,
            actor=_actor(batch),
            reason=batch.reason,
            key=row.key,
            batch=batch,
        )
    _finish(row, entry, entry.outcome)


def _leave_out(batch: Batch, row: BatchRow, why: str) -> None:
    try:
        with transaction.atomic():
            entry = services.blocked(
                batch.action,
                actor=_actor(batch),
                target=Target(id=row.customer_id, external_id=row.external_id, label=row.label),
                explanation=why,
                asked={batch.field: batch.value} if batch.field else None,
                reason=batch.reason,
                key=row.key,
                batch=batch,
            )
    except IntegrityError:
        return  # another process was quicker
    _finish(row, entry, entry.outcome)


def _finish(row: BatchRow, entry: AuditEntry, outcome: str) -> None:
    BatchRow.objects.filter(pk=row.pk).update(
        state=BatchRow.State.FINISHED, entry=entry, outcome=outcome
    )


def _end(batch: Batch) -> bool:
    """Done when every row is finished; rows that another process has begun are waited for."""
    if batch.rows.exclude(state=BatchRow.State.FINISHED).exists():
        return False
    Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING).update(
        state=Batch.State.DONE, ended_at=timezone.now(), note=""
    )
    return True


def _actor(batch: Batch) -> Actor:
    return Actor(**batch.actor)


# What the pages show


@dataclass(frozen=True, kw_only=True)
class Look:
    """How many customers an action would touch, and the first of them. None: Dub does not say."""

    total: int | None
    sample: list[Customer]


def look(*, filters: Mapping[str, str] | None, chosen: Sequence[str]) -> Look:
    """What somebody is about to confirm, in one round trip. Raises DubError."""
    if filters is None:
        reads = [GetCustomer(id=id) for id in chosen[:SAMPLE]]
        found = dub().fetch_together(*reads)
        return Look(total=len(chosen), sample=[each for each in found if _is_customer(each)])
    asked = vars(walk.Filters(**filters))
    total, page = dub().fetch_together(
        CountCustomers(**asked), ListCustomers(**asked, page_size=SAMPLE)
    )
    if isinstance(page, DubError):
        raise page
    return Look(total=total if isinstance(total, int) else None, sample=page)


def _is_customer(answer: object) -> bool:
    return isinstance(answer, Customer)


def progress(batch: Batch) -> dict[str, Any]:
    """How many rows there are, have ended, and how."""
    counted = batch.rows.values("state", "outcome").annotate(n=Count("id")).order_by()
    outcomes: dict[str, int] = {}
    for each in counted:
        if each["state"] == BatchRow.State.FINISHED:
            outcomes[each["outcome"]] = outcomes.get(each["outcome"], 0) + each["n"]
    return {
        "rows": sum(each["n"] for each in counted),
        "ended": sum(outcomes.values()),
        "outcomes": [
            (each.value, each.label, outcomes[each]) for each in Outcome if each in outcomes
        ],
    }


def is_idle(batch: Batch) -> bool:
    """Whether no process has been at an open batch for so long that it must have been lost."""
    since = timezone.now() - batch.beat
    return batch.is_open and not batch.note and since > timedelta(seconds=60)
