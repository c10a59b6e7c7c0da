"""The home page and the two health checks."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from customers import charts, exports, finding, followup, imports, pacing, queries
from customers.audit import actor_of
from customers.guard import page
from customers.http import Request
from customers.imports.kinds import MAY_IMPORT
from customers.models import (
    WRITES,
    AuditEntry,
    Backwards,
    Batch,
    Export,
    Import,
    Outcome,
    pending_timeout,
)
from customers.problems import problem_of
from dubadmin.dub.errors import DubError

from .attention import opened, resting

SHOWN = 5
RECENT = 10
LATELY = timedelta(days=1)
READY_SECONDS = 5  # anybody may ask /readyz; Dub is asked no more often than this
SCOPES = gettext_lazy(
    "The scopes of an API key do not limit what it can do to customers; the roles here do."
)


@require_safe
@page("home.view", permission="customers.view_customers")
def home(request: Request) -> HttpResponse:
    followup.check_due(actor=actor_of(request))
    found = opened(limit=SHOWN + 1)
    own = _own(request)
    context = {
        "attention": found[:SHOWN],
        "more_attention": len(found) > SHOWN,
        "resting": resting(SHOWN),
        "own": own,
        "recent": _recent(besides=own),
        "connection": _connection(),
        "imports": _imports(request),
        "trouble": _last_trouble(),
        "pace": {
            "percent": round(min(pacing.used(), 1) * 100),
            "rate": settings.DUB_RATE_LIMIT_PER_MINUTE,
        },
        "jobs": _under_way(request),
        "ready": _ready(request),
    }
    return render(request, "home.html", context | _lately())


def _own(request: Request) -> list[AuditEntry]:
    mine = finding.Filters(person=request.user.get_username(), action="writes")
    return finding.newest(mine, limit=SHOWN)


def _recent(*, besides: list[AuditEntry]) -> list[AuditEntry]:
    """The newest writes of all, without those that the page shows anyway."""
    shown = {entry.pk for entry in besides}
    newest = AuditEntry.objects.filter(action__in=WRITES).order_by("-id")[: RECENT + len(shown)]
    return [entry for entry in newest if entry.pk not in shown][:RECENT]


def _under_way(request: Request) -> list[Batch | Import | Export]:
    """What the worker is at, the newest first; files only for who may see them."""
    jobs: list[Batch | Import | Export] = list(Batch.objects.filter(state__in=Batch.OPEN)[:SHOWN])
    if request.user.has_perm(MAY_IMPORT):
        jobs += Import.objects.filter(state__in=Import.OPEN)[:SHOWN]
    if request.user.has_perm(exports.PERMISSION):
        jobs += Export.objects.filter(state__in=Export.OPEN)[:SHOWN]
    return sorted(jobs, key=lambda job: job.at, reverse=True)[:SHOWN]


def _ready(request: Request) -> list[Export]:
    """The person's own files that the worker has made lately."""
    if not request.user.has_perm(exports.PERMISSION):
        return []
    lately = timezone.now() - timedelta(days=1)
    mine = Export.objects.filter(actor__id=str(request.user.pk), ended_at__gt=lately)
    return [export for export in mine[:SHOWN] if export.is_kept]


def _last_trouble() -> AuditEntry | None:
    """The last write that Dub did not get, or whose answer was lost."""
    writes = AuditEntry.objects.filter(action__in=WRITES).defer(*finding.LONG)
    newest = writes.alias(place=Backwards("pk")).order_by("place")
    overdue = Q(outcome=Outcome.PENDING, at__lt=timezone.now() - pending_timeout())
    lost = Q(outcome=Outcome.NOT_SENT, sent__isnull=False)  # what a check stopped was never sent
    kinds = [lost, Q(outcome=Outcome.UNKNOWN), overdue]
    found = [entry for kind in kinds if (entry := newest.filter(kind).first())]
    return max(found, key=lambda entry: entry.pk, default=None)


def _lately() -> dict[str, Any]:
    """What was recorded in the last days, as figures, as bars, and as the table behind them."""
    found = charts.recorded(timezone.localdate())
    days, figures = list(found.days), list(found.days.values())
    return {
        "lately": found,
        "sales_bars": charts.bars(days, [each.cents for each in figures]),
        "leads_bars": charts.bars(days, [each.leads for each in figures]),
        "people": list(found.people.items())[:SHOWN],
        "days": reversed(found.days.items()),
        "first_day": days[0],
        "last_day": days[-1],
    }


def _imports(request: Request) -> list[dict[str, Any]]:
    """Imports that are checked and wait for somebody, or have ended lately."""
    if not request.user.has_perm(MAY_IMPORT):
        return []
    ended = (Import.State.DONE, Import.State.STOPPED)
    lately = Q(ended_at__gte=timezone.now() - LATELY, state__in=ended)
    found = Import.objects.filter(Q(state=Import.State.CHECKED) | lately)
    told = found.defer("header", "hints", "mapping")[:SHOWN]
    return [{"file": file, "summary": imports.summary(file)} for file in told]


def _connection() -> dict[str, Any]:
    """Whether Dub answers, and how fast."""
    started = time.monotonic()
    try:
        queries.ping()
    except DubError as error:
        problem = problem_of(error)
        return {"ok": False, "sentence": problem.title, "detail": problem.cause}
    latency = round((time.monotonic() - started) * 1000)
    return {"ok": True, "sentence": _("Dub answers."), "detail": SCOPES, "latency_ms": latency}


@require_safe
def healthz(request: Request) -> HttpResponse:
    """The process is up."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: Request) -> HttpResponse:
    """Database and Dub are reachable; 503 names what is not, and nothing more."""
    dub_answers = caches["hints"].get_or_set(
        "dub-answers", lambda: _connection()["ok"], READY_SECONDS
    )
    checks = {"database": _database_answers(), "dub": dub_answers}
    ready = all(checks.values())
    words = {name: "ok" if good else "unreachable" for name, good in checks.items()}
    return JsonResponse(words, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return False
    return True
