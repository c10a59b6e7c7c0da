"""The state of the audit log: its chain, its last verification, and what is known of it outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from customers import chain, tasks
from customers.audit import actor_of
from customers.guard import page
from customers.http import Request, stop
from customers.models import AuditEntry, Backwards, Outcome, triggers

IDLE = timedelta(seconds=60)
UNDER_WAY = _("A verification is under way already.")


@require_safe
@page("audit.state", permission="customers.view_audit")
def audit_state(request: Request) -> HttpResponse:
    chain.link_next()
    anchor, head = _last("audit.anchor"), chain.head()
    anchored = (anchor.after or {}).get("place", 0) if anchor else 0
    context = _verification() | {
        "head": head,
        "waiting": chain.unlinked(),
        "pending": AuditEntry.objects.filter(outcome=Outcome.PENDING).count(),
        "missing": triggers.missing(),
        "anchor": anchor,
        "anchored": anchored,
        "since": max(head.place - anchored, 0),
        "anchor_minutes": settings.AUDIT_ANCHOR_MINUTES,
        "is_outside": bool(settings.AUDIT_ANCHOR_FILE or settings.AUDIT_ANCHOR_URL),
        "retention_days": settings.AUDIT_RETENTION_DAYS,
        "pruned": _last("audit.prune"),
        "redacted": _last("audit.redact"),
    }
    return render(request, "audit/state.html", context)


@require_safe
@page("audit.state", permission="customers.view_audit", logged=False)
def audit_state_follow(request: Request) -> HttpResponse:
    """The fragment that the page polls while a verification is under way."""
    return render(request, "audit/state.html#verification", _verification())


@require_POST
@page("audit.ask", permission="customers.view_audit")
def audit_verify(request: Request) -> HttpResponse:
    if tasks.ask_for_verification(actor_of(request)):
        request.explanation = "A worker verifies it."
    else:
        stop(request, UNDER_WAY)
        messages.warning(request, UNDER_WAY)
    return redirect("audit_state")


def _verification() -> dict[str, Any]:
    """The last verification, and how far the present one has come."""
    going = tasks.verification()
    return {
        "verified": _last("audit.verify"),
        "going": going,
        "checked": tasks.checked_by(going),
        "of": chain.head().place,
        "idle": going is not None and timezone.now() - going.enqueued_at > IDLE,
    }


def _last(action: str) -> AuditEntry | None:
    return AuditEntry.objects.filter(action=action).order_by(Backwards("id")).first()
