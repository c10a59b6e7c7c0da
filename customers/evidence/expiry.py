"""Which entries may go when their time is over, and which are still needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers import followup
from customers.models import AuditEntry, Batch, BatchRow, Export, Import, ImportRow, Invoice

from .vouchers import PRUNE, REDACT

LEDGER = "the ledger of invoice IDs needs them"
UNSETTLED = "they are not settled"
JOB = "their batch or import has not expired"
EXPORT = "their export has not expired"
LINKED = "an entry that stays belongs to them"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Of some expired entries: the IDs of those that may go, and how many stay, and why.

    What is linked with them (sent again, settled, undone) goes with them, or they stay with it.
    """

    goes: set[int]
    stays: Counter[str] = field(default_factory=Counter)


@dataclass
class Expiry:
    """What has expired `before` a time. Open work, the ledger and checkpoints never expire."""

    before: datetime

    def entries(self) -> QuerySet[AuditEntry]:
        """Settled before, and in the chain. `at` is there because it has an index."""
        old = AuditEntry.objects.filter(at__lt=self.before, settled_at__lt=self.before)
        return old.filter(seal__place__isnull=False).exclude(action__in=[PRUNE, REDACT])

    def choose(self, ids: Collection[int]) -> Choice:
        """`ids` are expired."""
        links = _links_of(ids)
        family = {*ids, *(id for link in links for id in link)}
        why = self._needed(family)
        for id in family - set(self.entries().filter(pk__in=family).values_list("pk", flat=True)):
            why[id] = LINKED
        _spread(why, links)
        return Choice(goes=family - why.keys(), stays=Counter(why[id] for id in ids if id in why))

    def _needed(self, ids: Collection[int]) -> dict[int, str]:
        """Why an entry is needed, however old it is."""
        in_a_job = Q(batch__in=self._batches) | Q(file__in=self._imports)
        entries = AuditEntry.objects.filter(pk__in=ids)
        found = [
            (JOB, entries.filter(in_a_job).values_list("pk", flat=True)),
            (UNSETTLED, followup.all_unsettled().filter(pk__in=ids).values_list("pk", flat=True)),
            (EXPORT, self._exports().filter(entry__in=ids).values_list("entry_id", flat=True)),
            (LEDGER, Invoice.objects.filter(entry__in=ids).values_list("entry_id", flat=True)),
        ]
        return {id: reason for reason, needed in found for id in needed}

    def jobs_over(self, kind: type[Batch] | type[Import] | type[Export]) -> QuerySet[Any]:
        """Batches, imports or exports that nobody has been at since, and no worker is at."""
        jobs: QuerySet[Any] = kind._default_manager.filter(beat__lt=self.before)
        return jobs.exclude(state__in=kind.OPEN)

    def _exports(self) -> QuerySet[Export]:
        return Export.objects.exclude(pk__in=self.jobs_over(Export).values("pk"))

    @cached_property
    def _batches(self) -> list[int]:
        return self._with_rows(Batch, BatchRow.objects.filter(batch=OuterRef("pk")))

    @cached_property
    def _imports(self) -> list[int]:
        return self._with_rows(Import, ImportRow.objects.filter(file=OuterRef("pk")))

    def _with_rows(self, kind: type[Batch] | type[Import], rows: QuerySet[Any]) -> list[int]:
        """Those that need their entries: a row that was begun is known by its entry."""
        over = self.jobs_over(kind).values("pk")
        jobs = kind._default_manager.filter(Exists(rows)).exclude(pk__in=over)
        return list(jobs.values_list("pk", flat=True))


def _links_of(ids: Collection[int]) -> set[tuple[int, int]]:
    """All pairs of an entry and an earlier one that lead from `ids`, directly or by others."""
    links: set[tuple[int, int]] = set()
    new = set(ids)
    while new:
        touching = Q(earlier__in=new) | Q(pk__in=new, earlier__isnull=False)
        found = set(AuditEntry.objects.filter(touching).values_list("pk", "earlier_id"))
        new = {id for link in found - links for id in link} - new
        links |= found
    return links


def _spread(why: dict[int, str], links: set[tuple[int, int]]) -> None:
    """What is linked with an entry that stays, stays."""
    spreading = True
    while spreading:
        spreading = False
        for one, other in links:
            if (one in why) != (other in why):
                why.setdefault(one, LINKED)
                why.setdefault(other, LINKED)
                spreading = True
