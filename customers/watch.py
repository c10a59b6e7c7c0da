"""Seeing inside one request: where its time went, its line in the log, its count in the metrics.

The line and the counts name the page, never what it was asked for: a path can hold an e-mail
address, a query can hold a name. The request's ID leads from the line to the audit entry.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse

from dubadmin.dub.calls import Call

from . import logs, metrics

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger("dubadmin.requests")
HEALTH = {"healthz", "readyz", "metrics"}  # asked by machines every few seconds; about nobody
_NUMBER = re.compile(r"<int:(\w+)>")


@dataclass
class Spent:
    """What one request spent so far. Times are seconds."""

    db_queries: int = 0
    db_seconds: float = 0.0
    calls: list[Call] = field(default_factory=list)

    def query(self, execute: Any, *args: Any) -> Any:
        """Django's wrapper around every query of the connection."""
        started = time.monotonic()
        try:
            return execute(*args)
        finally:
            self.db_queries += 1
            self.db_seconds += time.monotonic() - started

    @property
    def dub_seconds(self) -> float:
        """How long at least one call to Dub was on its way: those side by side count once."""
        total, reached = 0.0, 0.0
        for call in sorted(self.calls, key=lambda call: call.started):
            total += max(call.ended - max(call.started, reached), 0.0)
            reached = max(reached, call.ended)
        return total


_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


def dub_called(call: Call) -> None:
    """Counts a call to Dub, and puts its time on the request that made it."""
    metrics.count_call(call)
    spent = _spent.get()
    if spent is not None:
        spent.calls.append(call)


def watched(get_response: GetResponse) -> GetResponse:
    """Times a request, logs its line, counts it; tells administrators by `Server-Timing`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        with spending() as spent, logs.about(request_id=request.request_id):  # type: ignore[attr-defined]
            response = get_response(request)
            seconds = time.monotonic() - started
            if _is_administrator(request):
                response.headers["Server-Timing"] = server_timing(spent, total=seconds)
            _tell(request, response, spent=spent, seconds=seconds)
        return response

    return middleware


@contextmanager
def spending() -> Iterator[Spent]:
    """Gathers what the block spends."""
    spent = Spent()
    before = _spent.set(spent)
    try:
        with connection.execute_wrapper(spent.query):
            yield spent
    finally:
        _spent.reset(before)


def server_timing(spent: Spent, *, total: float) -> str:
    """The header's value; durations in milliseconds."""
    parts = {
        "total": (total, ""),
        "dub": (spent.dub_seconds, f"{len(spent.calls)} calls"),
        "db": (spent.db_seconds, f"{spent.db_queries} queries"),
    }
    return ", ".join(
        f"{name};dur={seconds * 1000:.1f}" + (f';desc="{said}"' if said else "")
        for name, (seconds, said) in parts.items()
    )


def page_of(request: HttpRequest) -> tuple[str, str]:
    """The page's name, and its path with numbers but without customers: "/results/12/".

    Both are "" where there is no such page: any word could be in that path.
    """
    match = request.resolver_match
    if match is None:
        return "", ""
    filled = _NUMBER.sub(lambda found: str(match.kwargs.get(found[1], "")), match.route)
    return match.view_name, f"/{filled}"


def _is_administrator(request: HttpRequest) -> bool:
    user = getattr(request, "user", AnonymousUser())
    return bool(user.is_authenticated and user.has_perm("auth.change_user"))


def _tell(request: HttpRequest, response: HttpResponse, *, spent: Spent, seconds: float) -> None:
    page, path = page_of(request)
    method, status = metrics.known(request.method), response.status_code
    metrics.count_request(page=page, method=method, status=status, seconds=seconds)
    logger.log(
        logging.DEBUG if page in HEALTH and status < 400 else logging.INFO,
        "%s %s %d",
        method,
        path or "(no such page)",
        status,
        extra={
            "method": method,
            "page": page,
            "path": path,
            "status": status,
            "user_id": getattr(request, "user", AnonymousUser()).pk,
            "duration_ms": round(seconds * 1000, 1),
            "dub_ms": round(spent.dub_seconds * 1000, 1),
            "dub_calls": len(spent.calls),
            "db_ms": round(spent.db_seconds * 1000, 1),
            "db_queries": spent.db_queries,
        },
    )
