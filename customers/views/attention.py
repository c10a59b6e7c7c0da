"""Everything that is open and needs a person, in one place."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers import followup
from customers.audit import actor_of
from customers.guard import page
from customers.http import Request
from customers.models import AuditEntry, Batch, Import

from .shared import address

ROWS = 50
Opened = tuple[AuditEntry, str]


@require_safe
@page("attention.view", permission="customers.view_customers")
def attention(request: Request) -> HttpResponse:
    """The newest first, a page at a time; what rests is on the first page."""
    followup.check_due(actor=actor_of(request))
    before = _number(request.GET.get("before", ""))
    found = opened(limit=ROWS + 1, before=before)
    context: dict[str, Any] = {
        "opened": found[:ROWS],
        "older_url": address(request, before=found[ROWS - 1][0].pk) if len(found) > ROWS else "",
        "newest_url": address(request, before=None) if before else "",
        "resting": [] if before else resting(),
    }
    return render(request, "attention.html", context)


def opened(*, limit: int, before: int | None = None) -> list[Opened]:
    """Unknown and overdue writes and missing events, each with why it needs a person."""
    entries = followup.unsettled(limit=limit, before=before)
    return [(entry, followup.attention_text(entry)) for entry in entries]


def resting(limit: int = ROWS) -> list[Batch | Import]:
    """Batches and imports that stopped on the way, and nobody said that it shall stay so."""
    found: list[Batch | Import] = [
        *Batch.objects.filter(state=Batch.State.STOPPED, ended_at=None)[:limit],
        *Import.objects.filter(state=Import.State.PAUSED)[:limit],
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def _number(text: str) -> int | None:
    """The ID in the address; none where it is not one."""
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 19 else None
