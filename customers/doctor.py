"""Looks at everything that an installation needs, and says what to do about what is wrong.

Each check gives back findings. One that falls over is a finding, too: the others still run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dubadmin.connect import dub
from dubadmin.dub.calls import Call
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.explain import explain
from dubadmin.dub.reads import AnyRead, ListCustomers, ListEvents, ListLinks

from . import chain, followup, heartbeat
from .models import triggers
from .watch import spending

CLOCK_SECONDS = 30  # Dub tells whole seconds, and its answer takes a while
QUEUE_SECONDS = 300
LAG = 1_000


class Finding(NamedTuple):
    """`state` is ok, note (nothing to do), warn or fail; `do` is what to do about it."""

    state: str
    sentence: str
    do: str = ""


Findings = Iterator[Finding]


def examine() -> Iterator[tuple[str, Finding]]:
    """What was looked at, and what was found. Nothing here changes anything at Dub."""
    for subject, check in CHECKS.items():
        try:
            for finding in check():
                yield subject, finding
        except Exception as error:  # whatever is wrong with an installation, it is told
            # Only its kind: the words of a database's error can hold its address.
            yield subject, Finding("fail", f"could not be checked: {type(error).__name__}.")


def _settings() -> Findings:
    yield Finding("ok", f"are read; this works on {'Dub' if settings.LIVE else 'the sandbox'}.")
    if settings.IS_PUBLIC and not settings.HTTPS:
        yield Finding(
            "warn",
            "let others reach the site without HTTPS.",
            "Put a proxy with TLS in front, and set HTTPS=on and TRUSTED_PROXIES=1.",
        )


def _database() -> Findings:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    yield Finding("ok", f"{name} answers in {(time.monotonic() - started) * 1000:.0f} ms.")


def _migrations() -> Findings:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    migrate = "Run: manage.py migrate"
    if missing:
        yield Finding("fail", f"{missing} are not applied.", migrate)
    elif names := triggers.missing():
        guards = f"The database does not guard the audit log: {', '.join(names)} missing."
        yield Finding("fail", guards, migrate)
    else:
        yield Finding("ok", "are all applied.")


def _dub() -> Findings:
    with spending() as spent:
        customers, events, _ = dub().fetch_together(*_QUESTIONS)
    yield _answered("customers", customers)
    yield _answered("events", events)
    yield _rate([call for call in spent.calls if call.operation == "ListLinks"])
    yield Finding(
        "note",
        "The key's scopes do not limit what it can do to customers; the roles here do. "
        "Dub tells the role of its user only when something is written.",
    )


_QUESTIONS: tuple[AnyRead, ...] = (
    ListCustomers(page_size=1, expanded=False),
    ListEvents(kind="leads", limit=1),
    ListLinks(page_size=1),
)


def _answered(what: str, answer: object) -> Finding:
    if not isinstance(answer, DubError):
        return Finding("ok", f"The key may read {what}.")
    words = explain(answer)
    state = "warn" if what == "events" and isinstance(answer, Refused) else "fail"
    return Finding(state, f"Reading {what}: {words.cause}", words.next_step)


def _rate(calls: list[Call]) -> Finding:
    """Dub tells the plan's rate on its answers about links (trap A2)."""
    ours = settings.DUB_RATE_LIMIT_PER_MINUTE
    told = calls[-1].headers.get("x-ratelimit-limit", "")
    if not told.isdigit():
        return Finding("note", f"Dub does not tell the plan's rate; {ours} a minute is assumed.")
    if int(told) < ours:
        allows = f"The plan allows {told} requests a minute, and dubadmin would send {ours}."
        return Finding("fail", allows, f"Set DUB_RATE_LIMIT_PER_MINUTE={told}")
    return Finding("ok", f"The plan allows {told} requests a minute; dubadmin keeps to {ours}.")


def _clock() -> Findings:
    with spending() as spent:
        dub().fetch_together(ListCustomers(page_size=1, expanded=False))
    told = spent.calls[-1].headers.get("date", "")
    if not told:
        yield Finding("note", "Dub has told no time to compare with.")
        return
    away = round((timezone.now() - parsedate_to_datetime(told)).total_seconds())
    if abs(away) <= CLOCK_SECONDS:
        yield Finding("ok", "agrees with Dub's.")
        return
    which = "ahead of" if away > 0 else "behind"
    do = "Let the machine keep its time by NTP: the log tells what was done when by it."
    yield Finding("fail", f"is {abs(away)} seconds {which} Dub's.", do)


def _worker() -> Findings:
    alive = heartbeat.alive()
    if alive:
        yield Finding("ok", f"{alive} heard of lately.")
    else:
        none = "None was heard of in the last two minutes."
        yield Finding("fail", none, "Start one: manage.py worker")
    oldest = DBTaskResult.objects.ready().order_by("enqueued_at").first()
    waits = (timezone.now() - oldest.enqueued_at).total_seconds() if oldest else 0
    if waits > QUEUE_SECONDS:
        waiting = f"A task has been waiting for {waits / 60:.0f} minutes."
        yield Finding("warn", waiting, "Start another worker, or look at what this one logs.")


def _static() -> Findings:
    if settings.WHITENOISE_USE_FINDERS:
        yield Finding("ok", "come from their sources.")
        return
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    known = json.loads(manifest.read_text())["paths"] if manifest.exists() else {}
    sources = {path for finder in finders.get_finders() for path, _ in finder.list(None)}
    if missing := len(sources - set(known)):
        collect = "Run: manage.py collectstatic --noinput"
        yield Finding("fail", f"{missing} of {len(sources)} are not collected.", collect)
    else:
        yield Finding("ok", "are collected.")


def _log() -> Findings:
    waiting = chain.unlinked()
    entries = "1 entry waits for its" if waiting == 1 else f"{waiting} entries wait for their"
    lag = f"{entries} place in the chain."
    if waiting > LAG:
        yield Finding("warn", lag, "A worker links them: is one running?")
    else:
        yield Finding("ok", lag)
    if open_ := followup.all_unsettled().count():
        yield Finding("note", f"{open_} need a person; the home page lists them.")


def _cache() -> Findings:
    hints = caches["hints"]
    hints.set("doctor", "well", 10)
    if hints.get("doctor") == "well":
        yield Finding("ok", "keeps hints.")
    else:
        slower = "does not answer. Pages are slower, and nothing else."
        yield Finding("warn", slower, "Look at CACHE_URL and the server behind it.")


CHECKS: dict[str, Callable[[], Findings]] = {
    "settings": _settings,
    "database": _database,
    "migrations": _migrations,
    "Dub": _dub,
    "clock": _clock,
    "worker": _worker,
    "static files": _static,
    "audit log": _log,
    "cache": _cache,
}
