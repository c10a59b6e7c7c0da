"""The dry run: every row is looked at, and nothing is written to Dub.

In three phases, each in steps that any process may take: `read` looks at the rows by themselves,
`ask` asks Dub about each customer once and judges its rows, `compare` finds rows that would count
only once. An import's `place` is {"phase", "after": the last row, customer or identity, "done",
"of", "since": when the phase began}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Import, ImportRow
from dubadmin.connect import background

from . import findings
from .kinds import KINDS

READ_AT_ONCE = 500  # rows
COMPARE_AT_ONCE = 100  # identities
_FOUND = [
    *("problems", "sendable", "verdict", "customer", "identity", "amount", "currency"),
]
Place = dict[str, Any]


def check_next(file: Import) -> bool:
    """The next step of the dry run. Of two processes at it, one counts. Raises DubError."""
    place: Place = file.place or _phase("read", of=file.rows_found)
    _PHASES[place["phase"]](file, place)
    return True


def _phase(name: str, *, of: int) -> Place:
    since = timezone.now().isoformat()
    return {"phase": name, "after": None, "done": 0, "of": of, "since": since}


def _read(file: Import, place: Place) -> None:
    kind = KINDS[file.kind]
    rows = _of(file, file.rows.filter(pk__gt=place["after"] or 0).order_by("pk")[:READ_AT_ONCE])
    for row in rows:
        kind.read(row)
    if rows:
        _store(file, rows, _moved(place, rows[-1].pk, len(rows)))
        return
    customers = file.rows.exclude(customer="").values("customer").distinct().count()
    _store(file, [], _phase("ask", of=customers), checked_at=timezone.now())


def _ask(file: Import, place: Place) -> None:
    kind = KINDS[file.kind]
    about = file.rows.filter(customer__gt=place["after"] or "").order_by("customer")
    ids = list(about.values_list("customer", flat=True).distinct()[: _at_once()])
    if not ids:
        _store(file, [], _phase("compare", of=file.rows_found))
        return
    with background():
        known = kind.ask(ids)
    rows = in_pages(file.rows.filter(customer__in=ids))
    _store(file, _judged(file, rows, kind.judge, known), _moved(place, ids[-1], len(ids)))


def _at_once() -> int:
    """Customers asked about together: about a second's worth, so that people find room between."""
    return max(1, min(25, settings.DUB_RATE_LIMIT_PER_MINUTE // 60))


def _judged(
    file: Import,
    rows: Iterable[ImportRow],
    judge: Callable[[ImportRow, Any], None],
    known: Mapping[str, Any],
) -> Iterable[ImportRow]:
    for row in rows:
        row.file = file
        judge(row, known[row.customer])
        yield row


def _compare(file: Import, place: Place) -> None:
    """Of rows that would count once, the first that is right is sent, and the others are told."""
    groups = file.rows.filter(identity__gt=place["after"] or "").order_by("identity")
    twice = groups.values("identity").annotate(n=Count("id")).filter(n__gt=1)
    found = list(twice.values_list("identity", flat=True)[:COMPARE_AT_ONCE])
    if found:
        rows = (row for identity in found for row in _repeats(file, identity))
        _store(file, rows, _moved(place, found[-1], len(found)))
    else:
        _store(file, [], None, state=Import.State.CHECKED, counts=_counted(file))


def _repeats(file: Import, identity: str) -> Iterable[ImportRow]:
    same = file.rows.filter(identity=identity).order_by("pk")
    right = same.exclude(verdict=ImportRow.Verdict.WRONG)
    kept = right.first() or same[0]
    for row in in_pages(same.exclude(pk=kept.pk)):
        row.file, (field, words) = file, _SHARED[Import.Kind(file.kind)]
        findings.add(row, field, words % {"number": kept.number})
        findings.judge(row)
        yield row


_SHARED = {
    Import.Kind.SALES: (
        "invoice_id",
        _("Row %(number)s has the same invoice ID. It would count once."),
    ),
    Import.Kind.LEADS: (
        "event_name",
        _("Row %(number)s has the same customer and event name. It would count once."),
    ),
    Import.Kind.CORRECTIONS: (
        "",
        _("Row %(number)s has the same customer. It would count once."),
    ),
}


def in_pages(rows: QuerySet[ImportRow]) -> Iterator[ImportRow]:
    """Rows in their order, a page at a time, so that they can be changed on the way."""
    after = 0
    while page := list(rows.filter(pk__gt=after).order_by("pk")[:READ_AT_ONCE]):
        yield from page
        after = page[-1].pk


def _moved(place: Place, after: Any, n: int) -> Place:
    return {**place, "after": after, "done": place["done"] + n}


def _of(file: Import, rows: Iterable[ImportRow]) -> list[ImportRow]:
    found = list(rows)
    for row in found:
        row.file = file
    return found


def _store(file: Import, rows: Iterable[ImportRow], place: Place | None, **changes: Any) -> None:
    """Keeps what was found, unless another process has been quicker."""
    with transaction.atomic():
        mine = Import.objects.filter(pk=file.pk, state=Import.State.CHECKING, steps=file.steps)
        now = timezone.now()
        if not mine.update(place=place, steps=file.steps + 1, beat=now, note="", **changes):
            return
        left = iter(rows)
        while some := list(islice(left, READ_AT_ONCE)):
            ImportRow.objects.bulk_create(
                some, update_conflicts=True, unique_fields=["file", "number"], update_fields=_FOUND
            )


def _counted(file: Import) -> dict[str, Any]:
    """How many rows have which verdict, and the amounts per currency, in minor units."""
    verdicts = file.rows.values("verdict").annotate(n=Count("id")).order_by()
    amounts = (
        file.rows.exclude(amount=None)
        .values("verdict", "currency")
        .annotate(n=Count("id"), total=Sum("amount"))
        .order_by("currency")
    )
    return {
        "verdicts": {each["verdict"]: each["n"] for each in verdicts},
        "customers": file.rows.exclude(customer="").values("customer").distinct().count(),
        "amounts": [{**each, "total": int(each["total"])} for each in amounts],
    }


_PHASES: dict[str, Callable[[Import, Place], None]] = {
    "read": _read,
    "ask": _ask,
    "compare": _compare,
}
