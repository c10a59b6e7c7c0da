"""What a process does for a batch: slices of steps, each the next page or the next customer."""

from __future__ import annotations

from customers import work
from customers.models import Batch

from .asking import PERMISSIONS, stop
from .finding import stage_next
from .rows import end, run_next


def carry_on(number: int) -> float | None:
    """A slice of a batch: steps for some seconds. The seconds until the next one, None at the end.

    Dub out of reach is waited out; a refusal to even look stops the batch and says why.
    """
    batch = Batch.objects.get(pk=number)
    return work.slice_of(
        batch,
        step=step,
        stop=lambda why: stop(batch, why=why),
        may=[PERMISSIONS[batch.action]],
    )


def step(batch: Batch) -> bool:
    """The next step of an open batch: whether there was work. Raises DubError."""
    if batch.state == Batch.State.STAGING:
        return stage_next(batch)
    return run_next(batch) or end(batch)
