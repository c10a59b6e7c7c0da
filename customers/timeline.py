"""A customer's events by day, drawn as HTML.

Plain functions, not template nodes, as in `columns`: a page may show three hundred events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from customers.models import AuditEntry
from customers.templatetags import show
from dubadmin.dub.records import Event

Row = tuple[Event, AuditEntry | None]
Words = dict[str, str]
ICONS = {"click": "cursor-arrow-rays", "lead": "user-plus", "sale": "banknotes"}


def by_day(events: Sequence[Event], entered: Sequence[AuditEntry | None] = ()) -> SafeString:
    """The events, newest first, under the days of the viewer's time zone.

    `entered` says for each which entry of ours sent it; none of them where it is left out.
    """
    rows = zip(events, entered or [None] * len(events), strict=True)
    words = _words()
    return SafeString("".join(_day(list(day), words) for _, day in groupby(rows, _day_of)))


def _words() -> Words:
    """What is said about events in the language of the reader, looked up once for all of them."""
    return {
        "click": gettext("Click"),
        "lead": gettext("Lead"),
        "sale": gettext("Sale"),
        "no date": gettext("Without a date"),
        "invoice": gettext("Invoice %(id)s"),
        "from": gettext("from %(site)s"),
        "by": gettext("Recorded here by %(person)s"),
        "by file": gettext("Recorded here by %(person)s, from a file"),
        "metadata": gettext("Metadata"),
    }


def _day_of(row: Row) -> str:
    at = row[0].at
    return f"{timezone.localtime(at):%Y-%m-%d}" if at else ""


def _day(rows: list[Row], words: Words) -> str:
    at = rows[0][0].at
    called = show.moment(at, "day") if at else words["no date"]
    items = "".join(_event(event, entry, words) for event, entry in rows)
    return f'<section class="day"><h3>{called}</h3><ol class="rows">{items}</ol></section>\n'


def _event(event: Event, entry: AuditEntry | None, words: Words) -> str:
    at = show.moment(event.at, "time") if event.at else show.DASH
    kind = words.get(event.kind, event.kind.capitalize())
    name = f" <bdi>{escape(event.name)}</bdi>" if event.name else ""
    amount = "" if event.amount is None else show.money(event.amount, event.currency)
    more = "".join(f"<span>{each}</span>" for each in _details(event, words))
    return (
        f'<li class="event {escape(event.kind)}">{at}{show.icon(ICONS.get(event.kind, "bolt"))}'
        f"<div><strong>{escape(kind)}</strong>{name}</div>"
        f'<div class="num">{amount}</div>'
        f'<div class="more">{more}{_entered(entry, words) if entry else ""}</div>'
        f"{_metadata(event, words)}</li>\n"
    )


def _details(event: Event, words: Words) -> Iterable[str]:
    if event.link:
        yield f"<bdi>{escape(event.link.label)}</bdi>"
    if event.invoice_id:
        invoice = f'<bdi class="mono">{escape(event.invoice_id)}</bdi>'
        yield words["invoice"] % {"id": invoice}
    if event.payment_processor:
        yield escape(event.payment_processor.capitalize())
    if event.kind == "click":
        if event.referer:
            yield words["from"] % {"site": f"<bdi>{escape(event.referer)}</bdi>"}
        if used := ", ".join(filter(None, [event.device, event.browser])):
            yield escape(used)
        if place := ", ".join(filter(None, [event.city, show.country_name(event.country)])):
            yield f"<bdi>{escape(place)}</bdi>"


def _entered(entry: AuditEntry, words: Words) -> str:
    """Who recorded it here, leading to what became of it and why it was done."""
    by, person = words["by file" if entry.file_id else "by"], escape(entry.actor_name)
    return (
        f'<a class="by" href="{reverse("result", args=[entry.pk])}">{show.icon("pencil-square")}'
        f"{by % {'person': f'<bdi>{person}</bdi>'}}</a>"
    )


def _metadata(event: Event, words: Words) -> str:
    pairs = show.pairs(event.metadata)
    if not pairs:
        return ""
    values = "".join(
        f"<div><dt><bdi>{escape(key)}</bdi></dt><dd><bdi>{escape(value)}</bdi></dd></div>"
        for key, value in pairs
    )
    return (
        f'<details class="fold"><summary>{show.icon("chevron-right")}{words["metadata"]} '
        f'<span class="num">{len(pairs)}</span></summary><dl class="data">{values}</dl></details>'
    )
