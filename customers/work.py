"""Long work in rows, done by the worker in steps that any process may take.

Batches and imports share this, and exports what is not about sending. Each row's write has the
row's own key in the audit log, so that a row is sent once, whoever takes it and whatever dies in
between: a row that was begun is settled by reading back, never sent again blindly. No step holds
anything but the database's rows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from dubadmin.connect import reserved
from dubadmin.dub.errors import DubError, RateLimited, Refused
from dubadmin.dub.explain import explain

from . import followup
from .audit import Actor
from .kept import in_words
from .language import as_read_by
from .models import (
    AuditEntry,
    Batch,
    BatchRow,
    Export,
    Import,
    ImportRow,
    Outcome,
    pending_timeout,
)

Job = Batch | Import | Export
J = TypeVar("J", Batch, Import, Export)
R = TypeVar("R", BatchRow, ImportRow)

SLICE_SECONDS = 5.0  # how long the worker stays at it before it looks whether it shall stop
LATER_SECONDS = 2.0  # until rows that another process has begun are looked at again
AWAY_SECONDS = 15.0  # until Dub is asked again when it could not be
IDLE_SECONDS = 60


def slice_of(
    job: J,
    *,
    step: Callable[[J], bool],
    stop: Callable[[Any], object],
    may: Collection[str],
    seconds: float = SLICE_SECONDS,
) -> float | None:
    """Steps for some `seconds`. The seconds until the next slice, None when the job is not open.

    `step` says whether there was work. Dub out of reach is waited out; a refusal to even look ends
    in `stop(why)`, and so does an actor who lost one of the permissions `may`; `why` is lazy.
    """
    until = time.monotonic() + seconds
    of(job).update(beat=timezone.now())
    if job.is_open and not _may_still(actor_of(job), may):
        stop(_("Whoever asked for this may not do it any more."))
    while time.monotonic() < until:
        job.refresh_from_db()
        if not job.is_open:
            return None
        try:
            if not step(job):
                return LATER_SECONDS
        except DubError as error:
            return _wait_or_stop(job, error, stop)
        if job.note:
            open_(job).update(note="")
    return 0.0


def of(job: J) -> QuerySet[J]:
    """The job as a query, to change it without what was read of it before."""
    return type(job)._default_manager.filter(pk=job.pk)


def open_(job: J) -> QuerySet[J]:
    return of(job).filter(state__in=job.OPEN)


def actor_of(job: Job) -> Actor:
    """In whose name it is done: of an import, who asked for the run."""
    return Actor(**(getattr(job, "sent_by", None) or job.actor))


def _may_still(actor: Actor, permissions: Collection[str]) -> bool:
    if actor.is_operator:
        return True
    person = User.objects.filter(pk=int(actor.id or 0), is_active=True).first()
    return person is not None and person.has_perms(permissions)


def _wait_or_stop(job: J, error: DubError, stop: Callable[[Any], object]) -> float | None:
    if isinstance(error, Refused):
        stop(lazy(_why, str)(error))
        return None
    again = _("It is tried again by itself.")
    open_(job).update(note=f"{explain(error, translate=in_words).cause} {again}")
    return error.wait if isinstance(error, RateLimited) else AWAY_SECONDS


def _why(error: Refused) -> str:
    words = explain(error, translate=in_words)
    return f"{words.cause} {words.next_step}".strip()


@contextmanager
def in_the_words_of_whom(number: int, *, of: type[Job]) -> Iterator[None]:
    """What is kept of job `number` for its person is in their language."""
    job: Job | None = of._default_manager.filter(pk=number).first()
    person = User.objects.filter(pk=int(actor_of(job).id or 0)).first() if job else None
    with as_read_by(person or AnonymousUser(), otherwise=job.language if job else ""):
        yield


def is_idle(job: Job) -> bool:
    """Whether no process has been at an open job for so long that it must have been lost."""
    since = timezone.now() - job.beat
    return job.is_open and not job.note and since > timedelta(seconds=IDLE_SECONDS)


# Rows


def claim(rows: QuerySet[R], *, most: int = 1) -> list[R]:
    """Rows that no other process has: those that wait, then those whose process must have died."""
    states = rows.model.State
    waiting = rows.filter(state=states.WAITING)
    dead = rows.filter(state=states.CLAIMED, claimed_at__lt=timezone.now() - pending_timeout())
    for free in (waiting, dead):
        while found := list(free.order_by("id").values_list("pk", flat=True)[:most]):
            now = timezone.now()
            if free.filter(pk__in=found).update(state=states.CLAIMED, claimed_at=now):
                mine = rows.model._default_manager.filter(pk__in=found, claimed_at=now)
                return list(mine.filter(state=states.CLAIMED).order_by("id"))
    return []


def release(row: R) -> None:
    """Frees a row that was claimed and not begun."""
    mine = type(row)._default_manager.filter(pk=row.pk, claimed_at=row.claimed_at)
    mine.filter(state=row.State.CLAIMED).update(state=row.State.WAITING)


def finish(row: R, entry: AuditEntry, outcome: str) -> None:
    """Marks a row that was claimed as ended; whoever has claimed it since does that instead."""
    mine = type(row)._default_manager.filter(pk=row.pk, claimed_at=row.claimed_at)
    mine.update(state=row.State.FINISHED, entry=entry, outcome=outcome)


def side_by_side(take: Callable[[], R | None], do: Callable[[R], object], *, most: int) -> int:
    """Does what `take` gives until it gives nothing, up to `most` at a time. How many there were.

    `take` is called in the caller's thread and a little ahead, so that nobody waits for it. What
    it or `do` raises is raised here, when the others have ended what they are at; a row that was
    taken and not begun by then is released. One at a time is done in the caller's thread.
    """
    if most == 1:
        return _one_by_one(take, do)
    taken: SimpleQueue[R | None] = SimpleQueue()
    room, over = threading.Semaphore(most + most // 4), threading.Event()

    def hand() -> int:
        done = 0
        try:
            while not over.is_set() and (row := taken.get()):
                do(row)
                room.release()
                done += 1
        except BaseException:
            over.set()
            room.release()
            raise
        finally:
            connection.close()
        return done

    try:
        with ThreadPoolExecutor(most, thread_name_prefix="rows") as pool:
            hands = [pool.submit(hand) for _ in range(most)]
            try:
                while not over.is_set() and (row := take()):
                    taken.put(row)
                    room.acquire()
            finally:
                for _ in hands:
                    taken.put(None)
    finally:
        while not taken.empty():
            if row := taken.get():
                release(row)
    return sum(each.result() for each in hands)


def _one_by_one(take: Callable[[], R | None], do: Callable[[R], object]) -> int:
    done = 0
    while row := take():
        do(row)
        done += 1
    return done


def outcome_now(entry: AuditEntry, *, actor: Actor) -> str:
    """How a write that was begun has ended; what Dub says where its entry does not know.

    PENDING while it may still be on its way. Raises DubError when Dub could not be asked.
    """
    if entry.shown_outcome != Outcome.UNKNOWN:
        return entry.shown_outcome
    settled = followup.settlement(entry)
    if settled is None:
        with reserved(1):
            settled = followup.settle(entry, actor=actor)
    return settled.outcome


def progress(rows: QuerySet[R]) -> dict[str, Any]:
    """How many rows there are, have ended, and how."""
    counted = rows.values("state", "outcome").annotate(n=Count("id")).order_by()
    outcomes: dict[str, int] = {}
    for each in counted:
        if each["state"] == rows.model.State.FINISHED:
            outcomes[each["outcome"]] = outcomes.get(each["outcome"], 0) + each["n"]
    return {
        "rows": sum(each["n"] for each in counted),
        "ended": sum(outcomes.values()),
        "outcomes": [
            (each.value, each.label, outcomes[each]) for each in Outcome if each in outcomes
        ],
    }
