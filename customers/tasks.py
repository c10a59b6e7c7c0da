"""What the worker does. A task is a slice of it, so that a worker can stop between two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskResultStatus, task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from . import batches, exports, imports, work
from .audit import Actor
from .evidence.verify import Report, some_steps, tell
from .models import Batch, Export, Import

AFTER_ERROR_SECONDS = 60.0
LOST = timedelta(minutes=10)  # until a slice that nobody ends must be that of a worker that died

_WENT_WRONG = _(
    "Something went wrong here ({error}). It is tried again by itself; the worker’s log says more."
)


@task()
def carry_on(number: int) -> None:
    """A slice of batch `number`; queues the next one."""
    _slice(carry_on, number, of=Batch, do=batches.carry_on)


@task()
def carry_on_import(number: int) -> None:
    """A slice of import `number`; queues the next one."""
    _slice(carry_on_import, number, of=Import, do=imports.carry_on)


@task()
def carry_on_export(number: int) -> None:
    """A slice of export `number`; queues the next one, or the day when its file is removed."""
    _slice(carry_on_export, number, of=Export, do=exports.carry_on)
    if expires_at := Export.objects.get(pk=number).expires_at:
        remove_old_exports.using(run_after=expires_at).enqueue()


@task()
def remove_old_exports() -> None:
    exports.expire()


def _slice(
    task: Task[[int], None],
    number: int,
    *,
    of: type[Batch] | type[Import] | type[Export],
    do: Callable[[int], float | None],
) -> None:
    """Does a slice and queues the next one. After an error of ours it is tried again, later."""
    try:
        with work.in_the_words_of_whom(number, of=of):
            pause = do(number)
    except Exception as error:
        job: QuerySet[Any] = of._default_manager.filter(pk=number)
        with work.in_the_words_of_whom(number, of=of):
            note = _WENT_WRONG.format(error=type(error).__name__)
        job.filter(state__in=of.OPEN).update(note=note)
        if job.exists():
            _go_on(task, number, AFTER_ERROR_SECONDS)
        raise
    _go_on(task, number, pause)


def _go_on(task: Task[[int], None], number: int, pause: float | None) -> None:
    """Queues the next slice, after a pause of some seconds; None: there is nothing left to do."""
    if pause is not None:
        later = timezone.now() + timedelta(seconds=pause) if pause else None
        task.using(run_after=later).enqueue(number)


@task()
def verify_log(asked_by: dict[str, str], so_far: dict[str, Any]) -> None:
    """A slice of a verification of the audit log; queues the next one."""
    report = Report.go_on(so_far)
    if some_steps(report):
        tell(report, actor=Actor(**asked_by))
    else:
        verify_log.enqueue(asked_by, asdict(report))


def verification() -> DBTaskResult[Any, Any] | None:
    """The slice of a verification that waits for a worker, or that one is at."""
    slices = DBTaskResult.objects.filter(task_path=verify_log.module_path)
    going = slices.exclude(status__in=[TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED])
    return going.filter(enqueued_at__gt=timezone.now() - LOST).order_by("-enqueued_at").first()


def checked_by(going: DBTaskResult[Any, Any] | None) -> int:
    """The place up to which a verification has come."""
    so_far = going.args_kwargs["args"][1] if going else {}
    return int(so_far["head"]["place"]) if so_far else 0


def ask_for_verification(actor: Actor) -> bool:
    """Lets a worker verify the log; False when one is at it already."""
    if verification():
        return False
    verify_log.enqueue(asdict(actor), {})
    return True


def wake(batch: Batch) -> None:
    """Lets a worker take an open batch now. Queued twice is no harm: a row is sent once."""
    _queue(carry_on, batch.pk)


def wake_import(file: Import) -> None:
    """Lets a worker take an open import now. Queued twice is no harm, either."""
    _queue(carry_on_import, file.pk)


def wake_export(export: Export) -> None:
    """Lets a worker take an open export now. Queued twice is no harm, either."""
    _queue(carry_on_export, export.pk)


def _queue(work: Task[[int], None], number: int) -> None:
    waiting = DBTaskResult.objects.ready().filter(
        task_path=work.module_path, args_kwargs__args=[number]
    )
    if not waiting.exists():
        work.enqueue(number)


def wake_all() -> None:
    """Queues what a worker that died has left."""
    for batch in Batch.objects.filter(state__in=Batch.OPEN):
        wake(batch)
    for file in Import.objects.filter(state__in=Import.OPEN) | imports.unconfirmed():
        wake_import(file)
    for export in Export.objects.filter(state__in=Export.OPEN):
        wake_export(export)
    exports.settle_lost()
    exports.expire()
