"""Removing what has expired, with a checkpoint in the log for each slice that is removed.

The seals stay: the chain can be verified as before, and nothing can be read out of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from customers import chain, formats
from customers.audit import Actor, note
from customers.language import as_read_by
from customers.models import AuditEntry, Batch, Export, FollowUp, Import, Seal, lifted

from .expiry import Choice, Expiry
from .vouchers import PRUNE

AT_ONCE = 1_000


@dataclass(kw_only=True)
class Pruned:
    """How many entries went, how many expired ones stay and why, and whose rows went."""

    expiry: Expiry
    removed: int = 0
    stays: Counter[str] = field(default_factory=Counter)
    jobs: list[str] = field(default_factory=list)


def expiry_now() -> Expiry | None:
    """What has expired by AUDIT_RETENTION_DAYS; None when everything is kept."""
    days = settings.AUDIT_RETENTION_DAYS
    return Expiry(timezone.now() - timedelta(days=days)) if days else None


def look(expiry: Expiry) -> Pruned:
    """What a prune would do now."""
    pruned = Pruned(expiry=expiry)
    pruned.jobs = [_name(job) for kind in (Batch, Import) for job in _jobs_with_rows(expiry, kind)]
    pruned.jobs += [_name(export) for export in expiry.jobs_over(Export)]
    for ids in _slices(expiry):
        choice = expiry.choose(ids)
        pruned.removed += len(choice.goes.intersection(ids))
        pruned.stays += choice.stays
    return pruned


def prune(expiry: Expiry, *, actor: Actor) -> Pruned:
    """Removes what has expired. Each slice is one transaction with its checkpoint."""
    chain.link_all()
    pruned = Pruned(expiry=expiry)
    for kind in (Batch, Import):
        for job in _jobs_with_rows(expiry, kind):
            _remove_rows(job, expiry, actor=actor)
            pruned.jobs.append(_name(job))
    for export in expiry.jobs_over(Export):
        pruned.jobs.append(_name(export))
        _remove_export(export, expiry, actor=actor)
    for ids in _slices(expiry):
        choice = expiry.choose(ids)
        if choice.goes:
            choice = _remove(ids, expiry, actor=actor)
        pruned.removed += len(choice.goes)
        pruned.stays += choice.stays
    for kind in (Batch, Import):
        expiry.jobs_over(kind).filter(rows=None, entries=None).delete()
    return pruned


def _slices(expiry: Expiry) -> Iterator[list[int]]:
    last = 0
    while ids := list(
        expiry.entries().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    ):
        yield ids
        last = ids[-1]


def _remove(ids: list[int], expiry: Expiry, *, actor: Actor) -> Choice:
    with transaction.atomic():
        with lifted():
            choice = expiry.choose(ids)  # anew: nobody writes now
            FollowUp.objects.filter(entry__in=choice.goes).delete()
            doomed = AuditEntry.objects.filter(pk__in=choice.goes)
            doomed._raw_delete(doomed.db)  # what refers to them is known to go, too
        _vouch(choice.goes, expiry, actor=actor)
    return choice


def _vouch(gone: set[int], expiry: Expiry, *, actor: Actor) -> None:
    """The checkpoint: which places' entries are gone, exactly."""
    places = Seal.objects.filter(entry__in=gone, place__isnull=False).order_by("place")
    note(
        PRUNE,
        actor=actor,
        asked=_asked(expiry),
        explanation=f"{_entries(len(gone))} removed: settled before {_day(expiry)}. Seals stay.",
        after={
            "entries": len(gone),
            "places": _spans(places.values_list("place", flat=True)),
            "head": str(chain.head()),
        },
    )


def _spans(places: Iterable[int | None]) -> list[list[int]]:
    """Numbers in order as ranges: [1, 2, 3, 7] as [[1, 3], [7, 7]]."""
    spans: list[list[int]] = []
    for place in filter(None, places):
        if spans and spans[-1][1] == place - 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
    return spans


def _asked(expiry: Expiry) -> dict[str, Any]:
    return {"retention_days": settings.AUDIT_RETENTION_DAYS, "before": _day(expiry)}


def _day(expiry: Expiry) -> str:
    return expiry.before.isoformat(timespec="seconds")


def _entries(number: int) -> str:
    return "1 entry was" if number == 1 else f"{number:,} entries were"


# Batches and imports: their rows hold people's data, too


def _jobs_with_rows(expiry: Expiry, kind: type[Batch] | type[Import]) -> list[Any]:
    return list(expiry.jobs_over(kind).filter(rows__isnull=False).distinct())


def _name(job: Batch | Import | Export) -> str:
    return f"{job._meta.verbose_name} {job.pk}"


def _remove_rows(job: Any, expiry: Expiry, *, actor: Actor) -> None:
    """Without its rows it can never go on: what it has sent would not be known any more."""
    said = _why_without_rows(job, actor)
    over = expiry.jobs_over(type(job)).filter(pk=job.pk)
    with transaction.atomic():
        if not over.update(note=said, **_final(job)):
            return  # somebody has let it go on just now
        rows, _ = job.rows.all().delete()
        said = f"The {rows:,} rows of {_name(job)} were removed; it ended long ago."
        note(PRUNE, actor=actor, asked=_asked(expiry), explanation=said)


def _why_without_rows(job: Batch | Import, actor: Actor) -> str:
    """For the job's page, in the language in which it was begun."""
    with as_read_by(AnonymousUser(), otherwise=job.language):
        day = formats.current().moment(timezone.localdate(), "date")
        words = gettext("The rows have expired and were removed by %(person)s on %(day)s.")
        return words % {"person": actor.name, "day": day}


def _remove_export(export: Export, expiry: Expiry, *, actor: Actor) -> None:
    said = f"What was left of {_name(export)} was removed; it ended long ago."
    with transaction.atomic():
        export.delete()
        note(PRUNE, actor=actor, asked=_asked(expiry), explanation=said)


def _final(job: Batch | Import) -> dict[str, Any]:
    if isinstance(job, Batch):
        return {"state": Batch.State.DONE, "filters": None, "chosen": [], "place": None}
    is_final = job.state in {Import.State.DONE, Import.State.FAILED}
    return {"state": job.state if is_final else Import.State.STOPPED, "place": None}
