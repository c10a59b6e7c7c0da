"""The audit log: its list and one entry."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.facts import stored_changes
from customers.forms import AuditListForm
from customers.guard import page
from customers.http import Request
from customers.models import AuditEntry, Relation
from customers.services import target_of_entry
from customers.undo import can_undo

from .shared import address, pretty, render_part, tell_errors

ROWS = 50


@require_safe
@page("audit.list", permission="customers.view_audit")
def audit_list(request: Request) -> HttpResponse:
    form = AuditListForm(request.GET)
    context: dict[str, Any] = {"form": form, "entries": []}
    if form.is_valid():
        context |= _page_of(request, form.cleaned_data)
    tell_errors(request, form)
    return render_part(request, "audit/list.html", context, part="table")


def _page_of(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Fifty entries by keyset: before an ID going back in time, after one coming forward."""
    entries = _filtered(given)
    if given["after"] is not None:
        newer = entries.filter(pk__gt=given["after"]).order_by("pk")[: ROWS + 1]
        rows = list(reversed(newer))
        more_new, more_old = len(rows) > ROWS, True
        rows = rows[-ROWS:]
    else:
        older = entries.filter(pk__lt=given["before"]) if given["before"] else entries
        rows = list(older.order_by("-pk")[: ROWS + 1])
        more_new, more_old = given["before"] is not None, len(rows) > ROWS
        rows = rows[:ROWS]
    return {
        "entries": rows,
        "previous_url": address(request, after=rows[0].pk, before=None)
        if rows and more_new
        else "",
        "next_url": address(request, before=rows[-1].pk, after=None) if rows and more_old else "",
        "filtered": any(given[name] for name in given if name not in {"before", "after"}),
    }


def _filtered(given: dict[str, Any]) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.all()
    if given["person"]:
        entries = entries.filter(actor_name=given["person"])
    if given["action"]:
        entries = entries.filter(action=given["action"])
    if given["outcome"]:
        entries = entries.filter(outcome=given["outcome"])
    if given["customer"]:
        id = given["customer"].removeprefix("ext_")
        entries = entries.filter(Q(target_id=id) | Q(target_external_id=id) | Q(target_label=id))
    if given["since"]:
        entries = entries.filter(at__gte=_midnight(given["since"]))
    if given["until"]:
        entries = entries.filter(at__lte=_midnight(given["until"], end=True))
    return entries


def _midnight(day: Any, *, end: bool = False) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max if end else time.min))


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
