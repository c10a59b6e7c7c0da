"""Finding entries of the log: any filters together, a page at a time, at any size of the log.

Nothing here counts, and nothing sorts what it does not show. A page is found by keyset: what comes
before an entry, or after it. One filter leads: its index has the entries in order (see
`AuditEntry.Meta`), and the others only narrow them down. Where that filter stands for several
values each of them is a strand of its own, and the strands are merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils import timezone

from .aliases import aliases_of
from .audit import storable
from .models import LOOKS, WRITES, AuditEntry, Backwards, Outcome, pending_timeout

Entries = QuerySet[AuditEntry]
GROUPS = {"writes": WRITES, "looks": LOOKS}
_ABOUT_SOMEBODY = Q(target_id__gt="") | Q(target_external_id__gt="")
BOTH_CLOCKS = timedelta(days=1)  # by how much the clocks of two servers may ever have differed
CHUNK = 500
NEAR = 2000  # entries that are looked through before the index of words is asked
_WORD = re.compile(r"(?:[A-Za-z0-9]|[^\x00-\x7f])+\*?")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# What a list does not show is long.
LONG = ("asked", "sent", "answered", "before", "after", "comparison")
_HAS_WORDS = "customers_auditentry.words @@ to_tsquery('simple', %s)"
_HAS_WORDS_AND_MARKS = "customers_auditentry.words @@ (to_tsquery('simple', %s) && %s::tsquery)"
MARKS = {"action", "outcome", "actor_name"}
# SQLite has no column of words. What has the letters of a word anywhere is looked at closely.
_FIELDS = (
    *("target_id", "target_external_id", "target_label"),
    *("reason", "explanation", "request_id"),
)
_HAS_LETTERS = " || ' ' || ".join([*_FIELDS, "coalesce(sent, '')", "coalesce(asked, '')"])
_TEXT = " || ' ' || ".join(
    [
        *_FIELDS,
        "coalesce(json_extract(sent, '$.body.invoiceId'), '')",
        "coalesce(json_extract(asked, '$.query.q'), '')",
        "coalesce(json_extract(asked, '$.username'), '')",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What to look for. What is empty does not matter.

    `action` is one of ACTIONS or of GROUPS; `customer` a Dub ID, an external ID (with or without
    `ext_`) or a label; `file` the ID of an import. `since` is the first moment, `until` the one
    after the last. Each word of `text` must be there; one that ends with `*` is the beginning of a
    word.
    """

    person: str = ""
    action: str = ""
    outcome: str = ""
    customer: str = ""
    batch: int | None = None
    file: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class _Span:
    """IDs from `first` to `last`, both included; None has no end."""

    first: int | None = None
    last: int | None = None
    newest_first: bool = True


def newest(filters: Filters, *, before: int | None = None, limit: int) -> list[AuditEntry]:
    """The newest `limit` entries that match, of those before the ID `before`; newest first."""
    return _find(filters, _Span(last=before - 1 if before else None), limit=limit)


def oldest(filters: Filters, *, after: int, limit: int) -> list[AuditEntry]:
    """The oldest `limit` entries that match, of those after the ID `after`; oldest first."""
    return _find(filters, _Span(first=after + 1, newest_first=False), limit=limit)


def all_of(filters: Filters) -> Iterator[AuditEntry]:
    """Every entry that matches, oldest first and whole, in flat memory."""
    last = 0
    while found := oldest(filters, after=last, limit=CHUNK):
        last = found[-1].pk
        whole = AuditEntry.objects.in_bulk([entry.pk for entry in found])
        yield from (whole[pk] for pk in sorted(whole))


def _find(filters: Filters, span: _Span, *, limit: int) -> list[AuditEntry]:
    span = _within_time(filters, span)
    strands = _strands(filters)
    found = {pk for each in strands for pk in _first_of(each, filters.text, span, limit=limit)}
    page = sorted(found, reverse=span.newest_first)[:limit]
    shown = AuditEntry.objects.filter(pk__in=page).defer(*LONG)
    return list(shown.order_by("-pk" if span.newest_first else "pk"))


@dataclass(frozen=True, kw_only=True)
class _Strand:
    """What must be true of an entry but for its words; `leads` is whose index has the order."""

    leads: Q
    others: tuple[Q, ...]

    def within(self, span: _Span) -> Entries:
        entries = AuditEntry.objects.filter(self.leads, *self.others)
        return _led(entries, span) if self.leads else _by_id(entries, span)

    @property
    def marks(self) -> list[str]:
        """What the index of words knows of it (see migration 0017)."""
        return [f"#{field} {value}" for field, value in self._plain if field in MARKS]

    @property
    def unmarked(self) -> list[Q]:
        rest = [Q(each) for each in self._plain if each[0] not in MARKS]
        return rest + [each for each in self.others if not _is_plain(each)]

    @property
    def _plain(self) -> list[Any]:
        """The conditions that are a field and its value."""
        return [
            pair for each in (self.leads, *self.others) if _is_plain(each) for pair in each.children
        ]


def _is_plain(condition: Q) -> bool:
    return condition.connector == Q.AND and all(isinstance(c, tuple) for c in condition.children)


def _strands(filters: Filters) -> list[_Strand]:
    """What matches but for the text, by what each filter may mean."""
    wanted = [each for each in _alternatives(filters) if each]
    if filters.outcome and len(wanted) > 1:  # unknown is two outcomes, either quick to find
        *wanted, outcomes = wanted
        wanted[0] = [leads & outcome for leads in wanted[0] for outcome in outcomes]
    others = [reduce(or_, each) for each in wanted[1:]]
    others += [_ABOUT_SOMEBODY] if filters.action == "looks" else []
    others += [Q(at__gte=filters.since)] if filters.since else []
    others += [Q(at__lt=filters.until)] if filters.until else []
    return [_Strand(leads=each, others=tuple(others)) for each in (wanted or [[Q()]])[0]]


def _within_time(filters: Filters, span: _Span) -> _Span:
    """The time as a span of IDs, which every index has in order.

    IDs follow the time, but for the clocks: an entry that is older than `since` by more than they
    may differ was written before all that match. They are asked for their time, too.
    """
    by_time = AuditEntry.objects.order_by("at").values_list("pk", flat=True)
    if filters.since:
        older = by_time.filter(at__lt=filters.since - BOTH_CLOCKS).last()
        span = replace(span, first=max(span.first or 0, (older or 0) + 1))
    if filters.until and (newer := by_time.filter(at__gte=filters.until + BOTH_CLOCKS).first()):
        span = replace(span, last=newer - 1 if span.last is None else min(span.last, newer - 1))
    return span


def _alternatives(filters: Filters) -> list[list[Q]]:
    """What each filter may mean, the most selective filter first: that one leads."""
    return [
        _customer(filters.customer),
        [Q(batch=filters.batch)] if filters.batch else [],
        [Q(file=filters.file)] if filters.file else [],
        [Q(actor_name=filters.person)] if filters.person else [],
        _action(filters.action),
        _outcome(filters.outcome),
    ]


def _customer(called: str) -> list[Q]:
    """By either ID or the label in any capitals, and by all IDs that the log knows behind it.

    Entries that name another Dub ID beside a known external ID are about another customer.
    """
    if not called:
        return []
    known = aliases_of(called)
    ids = [Q(target_id=each) for each in known.ids or [called]]
    external = Q(target_external_id=called.removeprefix("ext_"))
    also = [Q(target_id="", target_external_id=each) for each in known.external_ids]
    label = Q(target_label__lower=Lower(Value(called)))
    return [*ids, external, label, *also]


def _action(action: str) -> list[Q]:
    return [Q(action=each) for each in sorted(GROUPS.get(action, [action]))] if action else []


def _outcome(outcome: str) -> list[Q]:
    """As it is shown: what has been on its way for too long is unknown."""
    overdue = timezone.now() - pending_timeout()
    if outcome == Outcome.UNKNOWN:
        return [Q(outcome=outcome), Q(outcome=Outcome.PENDING, at__lt=overdue)]
    if outcome == Outcome.PENDING:
        return [Q(outcome=outcome, at__gte=overdue)]
    return [Q(outcome=outcome)] if outcome else []


# One strand, in order


def _by_id(entries: Entries, span: _Span, *, place: Any = None) -> Entries:
    entries = entries.alias(place=place or F("pk"))
    if span.first is not None:
        entries = entries.filter(pk__gte=span.first)
    if span.last is not None:
        entries = entries.filter(pk__lte=span.last)
    return entries.order_by("-place" if span.newest_first else "place")


def _led(entries: Entries, span: _Span) -> Entries:
    """By the index of the filter that leads, which has the newest first."""
    entries = entries.alias(place=Backwards("pk"))
    if span.first is not None:
        entries = entries.filter(place__lte=-span.first)
    if span.last is not None:
        entries = entries.filter(place__gte=-span.last)
    return entries.order_by("place" if span.newest_first else "-place")


def words_of(text: str) -> list[str]:
    """The words of a text as they are looked for: without ASCII's signs around and between them."""
    words = _WORD.findall(storable(text))
    return [word for word in words if any(letter.isalnum() for letter in word)]


def _first_of(strand: _Strand, text: str, span: _Span, *, limit: int) -> list[int]:
    """The IDs of the first entries of a strand that have all words of `text`."""
    if text and connection.vendor == "postgresql":
        return _first_with_words(strand, text, span, limit=limit)
    return list(_with_words(strand.within(span), text).values_list("pk", flat=True)[:limit])


def _with_words(entries: Entries, text: str) -> Entries:
    """For SQLite, which goes through the entries one by one."""
    words = words_of(text)
    for word in words:
        letters = _NOT_ASCII.sub("%", word.rstrip("*"))  # LIKE knows the case of ASCII's alone
        entries = entries.filter(_sql(f"({_HAS_LETTERS}) LIKE %s", f"%{letters}%"))
    for word in words:
        end = "" if word.endswith("*") else r"(?![^\W_])"
        whole = rf"(?i)(?<![^\W_]){re.escape(word.rstrip('*'))}{end}"
        entries = entries.filter(_sql(f"({_TEXT}) REGEXP %s", whole))
    return entries


def _sql(condition: str, *values: str) -> Any:
    return RawSQL(condition, values, output_field=BooleanField())  # noqa: S611  our own text


def _first_with_words(strand: _Strand, text: str, span: _Span, *, limit: int) -> list[int]:
    """Through the nearest entries first, where frequent words are found at once.

    Only then by the index of words: it has no order, so all that it finds is sorted. PostgreSQL
    cannot choose between the two: it does not know how old the entries with a word are. And it
    must not look up in other indexes what is marked in that one: that takes seconds.
    """
    words = (f"'{word.rstrip('*')}':*" if "*" in word else f"'{word}'" for word in words_of(text))
    query = " & ".join(words)
    unordered = Backwards(Backwards("pk"))  # the ID, in a form that no index has in order
    nearest = strand.within(span)
    near = AuditEntry.objects.filter(_sql(_HAS_WORDS, query), pk__in=nearest.values("pk")[:NEAR])
    found = list(_by_id(near, span, place=unordered).values_list("pk", flat=True)[:limit])
    if len(found) == limit or not nearest[NEAR : NEAR + 1].exists():
        return found
    marks = " & ".join(map(_lexeme, strand.marks))
    marked = _sql(_HAS_WORDS_AND_MARKS, query, marks) if marks else _sql(_HAS_WORDS, query)
    everywhere = _by_id(AuditEntry.objects.filter(marked, *strand.unmarked), span, place=unordered)
    return list(everywhere.values_list("pk", flat=True)[:limit])


def _lexeme(mark: str) -> str:
    """A mark as PostgreSQL's tsquery quotes it."""
    return "'{}'".format(mark.replace("\\", r"\\").replace("'", "''"))
