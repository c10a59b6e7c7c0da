"""The audit log: its list and one entry."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from customers import finding
from customers.audit import actor_of
from customers.evidence.export import export_log
from customers.facts import stored_changes
from customers.forms import AuditExportForm, AuditListForm
from customers.guard import page
from customers.http import Request
from customers.models import AuditEntry, Relation
from customers.output import CSV, FORMATS, JSON_LINES
from customers.services import target_of_entry
from customers.undo import can_undo

from .shared import address, download, pretty, render_part, tell_errors

ROWS = 50


@require_safe
@page("audit.list", permission="customers.view_audit")
def audit_list(request: Request) -> HttpResponse:
    form = AuditListForm(request.GET)
    context: dict[str, Any] = {"form": form, "entries": []}
    if form.is_valid():
        context |= _links(request, form, *page_of(form))
    tell_errors(request, form)
    return render_part(request, "audit/list.html", context, part="table")


def page_of(form: AuditListForm) -> tuple[list[AuditEntry], bool, bool]:
    """Fifty entries, newest first, and whether there are newer and older ones."""
    filters, given = form.filters(), form.cleaned_data
    if given["after"] is not None:
        rows = finding.oldest(filters, after=given["after"], limit=ROWS + 1)
        return rows[:ROWS][::-1], len(rows) > ROWS, given["after"] > 0
    rows = finding.newest(filters, before=given["before"], limit=ROWS + 1)
    return rows[:ROWS], given["before"] is not None, len(rows) > ROWS


def _links(
    request: Request, form: AuditListForm, entries: list[AuditEntry], newer: bool, older: bool
) -> dict[str, Any]:
    def to(wanted: bool, **place: int | None) -> str:
        return address(request, **{"before": None, "after": None, **place}) if wanted else ""

    first, last = (entries[0].pk, entries[-1].pk) if entries else (None, None)
    return {
        "entries": entries,
        "newest_url": to(newer),
        "newer_url": to(newer and bool(entries), after=first),
        "older_url": to(older and bool(entries), before=last),
        "oldest_url": to(older, after=0),
        "export_urls": _export_urls(request),
        "filtered": form.is_filtered,
    }


@require_safe
@page("audit.export", permission="customers.view_audit", confirm=True)
def audit_export(request: Request) -> HttpResponseBase:
    """What the list with this query shows, on all its pages, as a file."""
    form = AuditExportForm(request.GET)
    if not form.is_valid():
        tell_errors(request, form)
        messages.error(request, request.explanation)
        return redirect("audit_list")
    if request.method == "HEAD":
        return HttpResponse()  # nothing is read for it
    format = FORMATS[form.cleaned_data["format"]]
    pieces = export_log(form.filters(), format=format, actor=actor_of(request), asked=form.asked)
    name = f"audit-{timezone.now():%Y-%m-%d-%H%M}.{format.name}"
    return download(pieces, name=name, content_type=format.content_type)


def _export_urls(request: Request) -> list[tuple[str, str]]:
    query = {name: str(value) for name, value in request.GET.items()}
    query = {name: value for name, value in query.items() if name not in {"before", "after"}}
    return [
        (each.label, f"{reverse('audit_export')}?{urlencode({**query, 'format': each.name})}")
        for each in (CSV, JSON_LINES)
    ]


@require_safe
@page("audit.view", permission="customers.view_audit")
def audit_entry(request: Request, number: int) -> HttpResponse:
    entry = get_object_or_404(AuditEntry.objects.select_related("earlier"), pk=number)
    request.looked = target_of_entry(entry)
    context = {
        "entry": entry,
        "differences": stored_changes(entry),
        "asked": pretty(entry.asked) if entry.asked else "",
        "sent": pretty(entry.sent) if entry.sent else "",
        "answered": pretty(entry.answered) if entry.answered else "",
        "before": pretty(entry.before) if entry.before else "",
        "after": pretty(entry.after) if entry.after else "",
        "related": _related(entry),
        "can_undo": can_undo(entry),
    }
    return render(request, "audit/entry.html", context)


def _related(entry: AuditEntry) -> list[dict[str, Any]]:
    related = [
        {"label": Relation(later.relation).label, "entry": later}
        for later in entry.later.order_by("pk")
        if later.relation
    ]
    if entry.earlier:
        related.insert(0, {"label": "About", "entry": entry.earlier})
    return related
