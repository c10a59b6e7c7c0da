"""What the worker does. A task is a slice of it, so that a worker can stop between two."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from . import batches, imports
from .models import Batch, Import

KEPT = timedelta(days=1)


@task()
def carry_on(number: int) -> None:
    """A slice of batch `number`; queues the next one."""
    pause = batches.carry_on(number)
    if pause is not None:
        later = timezone.now() + timedelta(seconds=pause) if pause else None
        carry_on.using(run_after=later).enqueue(number)


@task()
def carry_on_import(number: int) -> None:
    """A slice of import `number`; queues the next one."""
    pause = imports.carry_on(number)
    if pause is not None:
        later = timezone.now() + timedelta(seconds=pause) if pause else None
        carry_on_import.using(run_after=later).enqueue(number)


def wake(batch: Batch) -> None:
    """Lets a worker take an open batch now. Queued twice is no harm: a row is sent once."""
    _queue(carry_on, batch.pk)


def wake_import(file: Import) -> None:
    """Lets a worker take an open import now. Queued twice is no harm, either."""
    _queue(carry_on_import, file.pk)


def _queue(work: Task[[int], None], number: int) -> None:
    waiting = DBTaskResult.objects.ready().filter(
        task_path=work.module_path, args_kwargs__args=[number]
    )
    if not waiting.exists():
        work.enqueue(number)


def wake_all() -> None:
    """Queues what a worker that died has left, and forgets the tasks of yesterday."""
    for batch in Batch.objects.filter(state__in=Batch.OPEN):
        wake(batch)
    for file in Import.objects.filter(state__in=Import.OPEN):
        wake_import(file)
    DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - KEPT).delete()
