"""The worker's tasks, done by the test itself."""

from __future__ import annotations

from django_tasks_db.models import DBTaskResult


def work(*, slices: int = 100) -> int:
    """What a worker does with the tasks that are waiting: how many there were."""
    done = 0
    while done < slices and (waiting := DBTaskResult.objects.ready().first()):
        waiting.claim("worker")
        waiting.task.call(*waiting.args_kwargs["args"])
        waiting.set_successful(None)
        done += 1
    return done
