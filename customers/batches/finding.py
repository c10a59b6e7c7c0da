"""Finding the customers of a batch, page by page, and a look at them before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from customers import queries, walk
from customers.audit import WORKER
from customers.models import Batch, BatchRow
from dubadmin.connect import dub, reserved
from dubadmin.dub.errors import DubError
from dubadmin.dub.reads import CountCustomers, GetCustomer, ListCustomers
from dubadmin.dub.records import Customer

from .asking import note_of

SAMPLE = 10
AT_ONCE = 10  # chosen customers that are read side by side


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
    staging = Batch.objects.filter(pk=batch.pk, state=Batch.State.STAGING)
    if staging.update(found=found, state=state) and state == Batch.State.STOPPED:
        why = f"{found:,} customers match, {batch.total:,} were confirmed. Nothing was sent."
        note_of(batch, "batch.stop", WORKER, explanation=why)


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
