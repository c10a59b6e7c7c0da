"""What the worker does. A task is a slice of a batch, so that a worker can stop between two."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from . import batches
from .models import Batch

KEPT = timedelta(days=1)


@task()
def carry_on(number: int) -> None:
    """A slice of batch `number`; queues the next one."""
    pause = batches.carry_on(number)
    if pause is not None:
        later = timezone.now() + timedelta(seconds=pause) if pause else None
        carry_on.using(run_after=later).enqueue(number)


def wake(batch: Batch) -> None:
    """Lets a worker take an open batch now. Queued twice is no harm: a row is sent once."""
    waiting = DBTaskResult.objects.ready().filter(
        task_path=carry_on.module_path,
        args_kwargs__args=[batch.pk],
    )
    if not waiting.exists():
        carry_on.enqueue(batch.pk)


def wake_all() -> None:
    """Queues what a worker that died has left, and forgets the tasks of yesterday."""
    for batch in Batch.objects.filter(state__in=Batch.OPEN):
        wake(batch)
    DBTaskResult.objects.finished().filter(finished_at__lt=timezone.now() - KEPT).delete()
