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

from customers.models import AuditEntry
from customers.templatetags import show
from dubadmin.dub.records import Event

Row = tuple[Event, AuditEntry | None]


def by_day(events: Sequence[Event], entered: Sequence[AuditEntry | None] = ()) -> SafeString:
    """The events, newest first, under the days of the viewer's time zone.

    `entered` says for each which entry of ours sent it; none of them where it is left out.
    """
    rows = zip(events, entered or [None] * len(events), strict=True)
    return SafeString("".join(_day(list(day)) for _, day in groupby(rows, _day_of)))


def _day_of(row: Row) -> str:
    at = row[0].at
    return f"{timezone.localtime(at):%Y-%m-%d}" if at else ""


def _day(rows: list[Row]) -> str:
    at = rows[0][0].at
    called = show.moment(at, "day") if at else "Without a date"
    items = "".join(_event(event, entry) for event, entry in rows)
    return f'<section class="day"><h3>{called}</h3><ol class="rows">{items}</ol></section>\n'


def _event(event: Event, entry: AuditEntry | None) -> str:
    at = show.moment(event.at, "time") if event.at else show.DASH
    name = f" <bdi>{escape(event.name)}</bdi>" if event.name else ""
    amount = "" if event.amount is None else show.money(event.amount, event.currency)
    more = "".join(f"<span>{each}</span>" for each in _details(event))
    return (
        f'<li class="event {escape(event.kind)}">{at}{show.event_icon(event.kind)}'
        f"<div><strong>{escape(event.kind.capitalize())}</strong>{name}</div>"
        f'<div class="num">{amount}</div>'
        f'<div class="more">{more}{_entered(entry) if entry else ""}</div>'
        f"{_metadata(event)}</li>\n"
    )


def _details(event: Event) -> Iterable[str]:
    if event.link:
        yield f"<bdi>{escape(event.link.label)}</bdi>"
    if event.invoice_id:
        yield f'Invoice <bdi class="mono">{escape(event.invoice_id)}</bdi>'
    if event.payment_processor:
        yield escape(event.payment_processor.capitalize())
    if event.kind == "click":
        if event.referer:
            yield f"from <bdi>{escape(event.referer)}</bdi>"
        if used := ", ".join(filter(None, [event.device, event.browser])):
            yield escape(used)
        if place := ", ".join(filter(None, [event.city, show.country_name(event.country)])):
            yield f"<bdi>{escape(place)}</bdi>"


def _entered(entry: AuditEntry) -> str:
    """Who recorded it here, leading to what became of it and why it was done."""
    file = ", from a file" if entry.file_id else ""
    return (
        f'<a class="by" href="{reverse("result", args=[entry.pk])}">{show.icon("pencil-square")}'
        f"Recorded here by <bdi>{escape(entry.actor_name)}</bdi>{file}</a>"
    )


def _metadata(event: Event) -> str:
    pairs = show.pairs(event.metadata)
    if not pairs:
        return ""
    values = "".join(
        f"<div><dt><bdi>{escape(key)}</bdi></dt><dd><bdi>{escape(value)}</bdi></dd></div>"
        for key, value in pairs
    )
    return (
        f'<details class="fold"><summary>{show.icon("chevron-right")}Metadata '
        f'<span class="num">{len(pairs)}</span></summary><dl class="data">{values}</dl></details>'
    )
