"""The run: every row that is ready is sent, several at a time, each its own audited write.

A row's attempt has its own key in the audit log, so that it is sent once whatever dies. Where the
answer was lost, Dub's own records tell what became of it; only when they show, after the time that
an event may take, that nothing did, is the row sent again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from customers import queries, work
from customers.audit import AlreadyAsked
from customers.language import in_english
from customers.models import NOTHING_HAPPENED, AuditEntry, Import, ImportRow, Outcome
from customers.pacing import give_back, pace
from customers.turns import in_turn
from dubadmin.connect import counted
from dubadmin.dub.errors import DubError, Refused, Unavailable, Uncertain

from . import following
from .asking import leave_waiting
from .kinds import KINDS

IN_FLIGHT = 16
MOST_ATTEMPTS = 5  # of one row, before it is left to a person


def run_some(file: Import) -> bool:
    """Sends rows for some seconds: whether there were any. Raises DubError when Dub is away.

    After trouble one row at a time feels its way, behind a look whether Dub answers at all.
    """
    if file.ended_at:  # it was stopped, and these were in hand then
        leave_waiting(file)
    is_careful = bool(file.note)
    if is_careful:
        queries.ping()
    following.look_around(file)
    run, started = _Run(file), time.monotonic()
    try:
        n = work.side_by_side(run.take, run.send, most=1 if is_careful else IN_FLIGHT)
    finally:
        run.close()
    if n:
        _note_rate(file, 60 * n / (time.monotonic() - started))
        return True
    return _end(file)


def _note_rate(file: Import, rate: float) -> None:
    """Keeps how many rows a minute are sent, lately, for whoever looks on."""
    place = file.place or {}
    lately = (place.get("rate", rate) + rate) / 2
    work.of(file).update(place={**place, "rate": round(lately, 1)})


class _Run:
    """A slice of the run. `take` and `close` are called by one thread, `send` by several."""

    def __init__(self, file: Import) -> None:
        self.file, self.kind = file, KINDS[file.kind]
        self.actor = work.actor_of(file)
        self.until = time.monotonic() + work.SLICE_SECONDS
        self.taken: deque[ImportRow] = deque()
        self.ended: deque[tuple[ImportRow, AuditEntry, str]] = deque()
        self.is_over = False
        self.turns: dict[str, threading.Lock] = {}

    def take(self) -> ImportRow | None:
        """The next row, its requests being counted already."""
        self.is_over = self.is_over or time.monotonic() > self.until
        if not self.taken and not self.is_over:
            self._take_some()
        return self.taken.popleft() if self.taken else None

    def _take_some(self) -> None:
        self.finish_ended()
        most = _at_once()
        pace(most * self.kind.requests, background=True)
        going = Import.objects.filter(pk=self.file.pk, state=Import.State.RUNNING).exists()
        with in_turn():
            rows = work.claim(self.file.rows.all(), most=most) if going else []
        for row in rows:
            row.file = self.file
        self.taken.extend(rows)
        self.is_over = not rows
        if unused := (most - len(rows)) * self.kind.requests:
            give_back(unused)

    def close(self) -> None:
        """Leaves no row behind that is in nobody's hands."""
        self.finish_ended()
        for row in self.taken:
            work.release(row)

    def finish_ended(self) -> None:
        """Marks the rows that have ended, together, since each commit waits for the disk.

        Their entries tell already how they ended: a row that is lost here is marked by the next
        who takes it, and not sent again.
        """
        if not self.ended:
            return
        with in_turn(), transaction.atomic():
            for _ in range(len(self.ended)):
                work.finish(*self.ended.popleft())

    def send(self, row: ImportRow) -> None:
        """Sends a row, or finds out what became of it. Raises DubError to slow the run down."""
        with in_english(), counted(self.kind.requests), self._turn(row):  # the log is told
            if not self._is_left_out(row):
                self._settle(row, self._sent(row))

    def _is_left_out(self, row: ImportRow) -> bool:
        """Whether the import was stopped before this attempt was begun: then it is not sent."""
        if not self.file.ended_at or AuditEntry.objects.filter(key=row.key).exists():
            return False
        mine = ImportRow.objects.filter(pk=row.pk, claimed_at=row.claimed_at)
        mine.update(state=ImportRow.State.FINISHED, outcome=Outcome.NOT_SENT)
        return True

    def _turn(self, row: ImportRow) -> threading.Lock:
        """Rows about one customer go one after the other: the first may have to create it."""
        return self.turns.setdefault(row.customer, threading.Lock())

    def _sent(self, row: ImportRow) -> AuditEntry:
        """The entry of this attempt, which another process may have begun."""
        try:
            return self.kind.send(row, actor=self.actor)
        except AlreadyAsked as begun:
            return begun.entry
        except DubError:
            work.release(row)
            raise

    def _settle(self, row: ImportRow, entry: AuditEntry) -> None:
        if entry.outcome == Outcome.NOT_SENT and entry.sent and row.attempt < MOST_ATTEMPTS:
            _again(row, entry)
            if entry.answered is None:
                raise Unavailable(entry.explanation)
        elif entry.shown_outcome == Outcome.UNKNOWN:
            self._look_up(row, entry)
        elif entry.outcome != Outcome.PENDING:
            self.ended.append((row, entry, entry.outcome))

    def _look_up(self, row: ImportRow, entry: AuditEntry) -> None:
        """What Dub's records say of a lost answer; while they cannot tell, the row waits."""
        try:
            outcome = work.outcome_now(entry, actor=self.actor)
        except Refused:
            self.ended.append((row, entry, Outcome.UNKNOWN))
            return
        if outcome in NOTHING_HAPPENED and row.attempt < MOST_ATTEMPTS:
            _again(row, entry)
        elif outcome != Outcome.UNKNOWN:
            self.ended.append((row, entry, outcome))
        elif timezone.now() - entry.at < timedelta(seconds=work.AWAY_SECONDS):
            raise Uncertain(entry.explanation)


def _at_once() -> int:
    """Rows that are taken together: a fifth of a second's worth, since a taken row must be sent."""
    return max(1, min(IN_FLIGHT, settings.DUB_RATE_LIMIT_PER_MINUTE // 300))


def _again(row: ImportRow, entry: AuditEntry) -> None:
    """Nothing came of this attempt: the row waits for the next one."""
    ImportRow.objects.filter(pk=row.pk, attempt=row.attempt).update(
        state=ImportRow.State.WAITING, attempt=row.attempt + 1, entry=entry
    )


def _end(file: Import) -> bool:
    """Done when every row has ended; one whose answer was lost is waited for."""
    unfinished = (ImportRow.State.WAITING, ImportRow.State.CLAIMED)
    if file.rows.filter(state__in=unfinished).exists():
        return False
    left = file.rows.filter(outcome=Outcome.NOT_SENT, entry=None, sendable__isnull=False)
    if not file.with_doubts:
        left = left.exclude(verdict=ImportRow.Verdict.DOUBT)
    state = Import.State.STOPPED if left.exists() else Import.State.DONE
    Import.objects.filter(pk=file.pk, state=Import.State.RUNNING).update(
        state=state, ended_at=timezone.now(), note=""
    )
    return True
