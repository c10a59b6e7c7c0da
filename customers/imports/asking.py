"""What a person asks of an import: to send it, to let it rest, to end it, to try rows again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customers.audit import Actor, note, storable
from customers.models import Import, ImportRow, Outcome

State = Import.State
Verdict = ImportRow.Verdict
# Dub's refusals that have nothing to do with the row: the key, the plan, the moment.
PASSING = (
    *("unauthorized", "forbidden", "exceeded_limit", "rate_limit_exceeded"),
    *("invite_pending", "invite_expired"),
)


def start(file: Import, *, actor: Actor, reason: str = "", with_doubts: bool = False) -> bool:
    """Lets the run begin; False when it has begun or was checked again, or has nothing to send.

    Rows that are not to be sent have ended by that.
    """
    with transaction.atomic():
        checked = Import.objects.filter(pk=file.pk, state=State.CHECKED, steps=file.steps)
        now = timezone.now()
        if not sendable(file, with_doubts=with_doubts).exists() or not checked.update(
            state=State.RUNNING,
            started_at=now,
            beat=now,
            sent_by=asdict(actor),
            with_doubts=with_doubts,
            reason=storable(reason) or file.reason,
            place=None,
        ):
            return False
        file.refresh_from_db()
        told = {"rows": sendable(file, with_doubts=with_doubts).count(), "in_doubt": with_doubts}
        _leave_out(file)
        _note("import.start", file, actor, asked=told)
    return True


def sendable(file: Import, *, with_doubts: bool) -> QuerySet[ImportRow]:
    """The rows that are sent, or would be."""
    return file.rows.filter(verdict__in=[Verdict.READY, *([Verdict.DOUBT] if with_doubts else [])])


def _leave_out(file: Import) -> None:
    left = file.rows.filter(state=ImportRow.State.WAITING)
    ended = {"state": ImportRow.State.FINISHED}
    left.filter(verdict=Verdict.SAME).update(**ended)
    not_sent = [Verdict.WRONG, *([] if file.with_doubts else [Verdict.DOUBT])]
    left.filter(verdict__in=not_sent).update(**ended, outcome=Outcome.NOT_SENT)


def check_again(file: Import, *, actor: Actor) -> bool:
    """Another dry run, for what has changed at Dub since; False when the import has moved on."""
    checked = Import.objects.filter(pk=file.pk, state=State.CHECKED)
    with transaction.atomic():
        again = checked.update(state=State.CHECKING, place=None, counts=None, beat=timezone.now())
        if again:
            _note("import.check", file, actor)
    return bool(again)


def pause(file: Import, *, actor: Actor | None = None, why: str = "") -> bool:
    """The next row waits until `resume`; False when nothing was under way."""
    going = Import.objects.filter(pk=file.pk, state__in=(State.CHECKING, State.RUNNING))
    with transaction.atomic():
        paused = going.update(state=State.PAUSED, note=why)
        if paused:
            _note("import.pause", file, actor or Actor(), explanation=why)
    return bool(paused)


def resume(file: Import, *, actor: Actor) -> bool:
    """Lets a paused import go on; False when it was not paused."""
    paused = Import.objects.filter(pk=file.pk, state=State.PAUSED)
    state = State.RUNNING if file.started_at else State.CHECKING
    by = {"sent_by": asdict(actor)} if file.started_at else {}
    with transaction.atomic():
        going = paused.update(state=state, note="", beat=timezone.now(), **by)
        if going:
            _note("import.resume", file, actor)
    return bool(going)


def stop(file: Import, *, actor: Actor) -> bool:
    """Ends the run: rows that were not begun are not sent. False when it had ended.

    What is on its way ends as it does, and the import with it: from now on it has `ended_at`.
    """
    going = Import.objects.filter(pk=file.pk, state__in=(State.RUNNING, State.PAUSED))
    with transaction.atomic():
        ended = {"state": State.RUNNING, "note": "", "ended_at": timezone.now()}
        if not going.exclude(started_at=None).update(**ended):
            return False
        _note("import.stop", file, actor, asked={"rows_not_sent": leave_waiting(file)})
    return True


def leave_waiting(file: Import) -> int:
    """The rows that wait are not sent any more. How many there were."""
    waiting = file.rows.filter(state=ImportRow.State.WAITING)
    return waiting.update(state=ImportRow.State.FINISHED, outcome=Outcome.NOT_SENT)


def retry(file: Import, *, actor: Actor) -> bool:
    """Lets the rows that can be tried again wait for their turn. False when there are none.

    One whose result is unknown is looked up first, and sent only when Dub has nothing of it.
    """
    ended = Import.objects.filter(pk=file.pk, state__in=(State.DONE, State.STOPPED))
    with transaction.atomic():
        now = timezone.now()
        changes: dict[str, Any] = {"sent_by": asdict(actor), "ended_at": None, "beat": now}
        if not retryable(file).exists() or not ended.update(state=State.RUNNING, **changes):
            return False
        waiting = {"state": ImportRow.State.WAITING, "outcome": ""}
        unknown = retryable(file).filter(outcome=Outcome.UNKNOWN).update(**waiting)
        known = retryable(file).update(**waiting, attempt=F("attempt") + 1)
        _note("import.retry", file, actor, asked={"rows": unknown + known})
    return True


def retryable(file: Import) -> QuerySet[ImportRow]:
    """Rows that can end otherwise when they are tried again just as they are."""
    never_begun = Q(outcome=Outcome.NOT_SENT, entry=None)
    not_sent = Q(outcome=Outcome.NOT_SENT, entry__sent__isnull=False)
    passing = Q()
    for code in PASSING:
        passing |= Q(entry__answered__code=code)
    if file.kind == Import.Kind.SALES:
        passing |= Q(entry__answered__status=404)  # also while Dub's analytics is down (trap S3)
    refused = Q(outcome=Outcome.REFUSED) & passing
    tried = sendable(file, with_doubts=file.with_doubts).filter(state=ImportRow.State.FINISHED)
    return tried.filter(never_begun | not_sent | refused | Q(outcome=Outcome.UNKNOWN))


def _note(action: str, file: Import, actor: Actor, *, asked: Any = None, **details: Any) -> None:
    """An entry of the run points to its import, which stays; before that it only names it."""
    if file.started_at:
        details["file"] = file
    else:
        asked = {"import": file.pk, **(asked or {})}
    note(action, actor=actor, reason=file.reason, asked=asked, **details)
