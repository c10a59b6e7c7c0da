"""The audit log: its list and one entry."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers import finding
from customers.aliases import aliases_of
from customers.audit import actor_of
from customers.evidence.export import export_log
from customers.facts import LABELS, differences
from customers.finding import LONG
from customers.forms import AuditExportForm, AuditListForm
from customers.guard import page
from customers.http import Request
from customers.models import AuditEntry, Relation
from customers.output import CSV, FORMATS, JSON_LINES
from customers.services import target_of_entry
from customers.undo import can_undo, is_undone

from .shared import address, download, errors_of, pretty, render_part, tell_errors

ROWS = 50
ASKED = {
    "query": _("In the address"),
    "fields": _("Typed"),
    "checks": _("Checks"),
    "override": _("Override"),
}
QUICK = {"": _("Everything"), "writes": _("Writes"), "looks": _("Looks at customers")}
EARLIER = {
    Relation.UNDO: _("Undid"),
    Relation.RESEND: _("Sent again"),
    Relation.SETTLE: _("Settled"),
    Relation.FOLLOW: _("Followed"),
}
LATER = {
    Relation.UNDO: _("Undone by"),
    Relation.RESEND: _("Sent again as"),
    Relation.SETTLE: _("Settled by"),
    Relation.FOLLOW: _("Followed by"),
}


@require_safe
@page("audit.list", permission="customers.view_audit")
def audit_list(request: Request) -> HttpResponse:
    form = AuditListForm(request.GET)
    context: dict[str, Any] = {"form": form, "entries": [], "quick": _quick(request)}
    if form.is_valid():
        context |= _links(request, form, *page_of(form))
        called = form.cleaned_data["customer"]
        context["aliases"] = aliases_of(called) if called else None
    tell_errors(request, form)
    return render_part(request, "audit/list.html", context, part="table")


def _quick(request: Request) -> list[tuple[str | Promise, str, bool]]:
    """Links to what is asked for most, with all other filters as they are."""
    chosen = request.GET.get("action", "")
    return [
        (label, address(request, action=name or None, before=None, after=None), name == chosen)
        for name, label in QUICK.items()
    ]


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
        messages.error(request, errors_of(form))
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
    entries = AuditEntry.objects.select_related("earlier", "batch", "file")
    entry = get_object_or_404(entries, pk=number)
    request.looked = target_of_entry(entry)
    context = {
        "entry": entry,
        "differences": differences(entry),
        "asked": _asked(entry),
        "sent": entry.sent and {**entry.sent, "text": pretty(entry.sent.get("body"))},
        "answered": entry.answered and {**entry.answered, "text": _indented(entry.answered)},
        "before": pretty(entry.before) if entry.before else "",
        "after": pretty(entry.after) if entry.after else "",
        "related": _related(entry),
        "same_request": _same_request(entry),
        "can_undo": can_undo(entry) and not is_undone(entry),
    }
    return render(request, "audit/entry.html", context)


def _asked(entry: AuditEntry) -> list[tuple[str, Any]]:
    """What was asked for: method and address of a page, its query, what was typed, checks."""
    asked = entry.asked if isinstance(entry.asked, dict) else {"asked": entry.asked}
    if entry.asked is None or asked == entry.body:
        return []
    told: dict[str, Any] = {**LABELS, **ASKED}
    return [(told.get(k, k.replace("_", " ").capitalize()), value) for k, value in asked.items()]


def _indented(answered: dict[str, Any]) -> str:
    """The body of an answer, indented where it is JSON; as it came where it is not."""
    body = str(answered.get("body", ""))
    try:
        return pretty(json.loads(body))
    except (ValueError, RecursionError):
        return body


def _related(entry: AuditEntry) -> list[dict[str, Any]]:
    """What it undid, sent again, settled or followed, and what did so with it."""
    later = entry.later.exclude(relation="").defer(*LONG).order_by("pk")
    related: list[dict[str, Any]] = [
        {"label": LATER[Relation(each.relation)], "entry": each} for each in later
    ]
    if entry.earlier:
        label = EARLIER[Relation(entry.relation)] if entry.relation else _("About")
        related.insert(0, {"label": label, "entry": entry.earlier})
    return related


def _same_request(entry: AuditEntry) -> list[AuditEntry]:
    """Other entries that the same request left; those of a batch are too many, and in its list."""
    if not entry.request_id or entry.batch_id or entry.file_id:
        return []
    same = AuditEntry.objects.filter(request_id=entry.request_id).exclude(pk=entry.pk)
    return list(same.defer(*LONG).order_by("pk")[:ROWS])
