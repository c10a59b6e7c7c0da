"""What the worker does when something of ours goes wrong in the middle of long work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from customers import tasks
from customers.models import Batch, Export, Import

from .worker import work

pytestmark = pytest.mark.django_db

JOBS: dict[str, tuple[Any, Any]] = {
    "batches": (
        lambda: Batch.objects.create(action="customer.update", actor={}, total=1, key="a"),
        tasks.wake,
    ),
    "imports": (
        lambda: Import.objects.create(kind="sales", actor={}, size=1, key="a"),
        tasks.wake_import,
    ),
    "exports": (
        lambda: Export.objects.create(format="csv", columns=["id"], actor={}, state="walking"),
        tasks.wake_export,
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_a_slice_that_goes_wrong_is_told_and_tried_again_later(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, wake = JOBS[name]
    job, done = make(), []

    def fail(number: int) -> None:
        raise KeyError("of ours")

    monkeypatch.setattr(f"customers.{name}.carry_on", fail)
    wake(job)
    with pytest.raises(KeyError):
        work()
    job.refresh_from_db()
    assert "Something went wrong here (KeyError)" in job.note
    monkeypatch.setattr(f"customers.{name}.carry_on", done.append)
    assert work() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=tasks.AFTER_ERROR_SECONDS)):
        assert work() == 1
    assert done == [job.pk]


def test_what_is_gone_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(number: int) -> None:
        Import.objects.all().delete()
        raise KeyError("of ours")

    monkeypatch.setattr("customers.imports.carry_on", gone)
    make, wake = JOBS["imports"]
    wake(make())
    with pytest.raises(KeyError):
        work()
    assert not DBTaskResult.objects.filter(status=TaskResultStatus.READY).exists()
