"""Which step of its life an import takes next (see `models.imports`)."""

from __future__ import annotations

from customers import work
from customers.models import Import
from dubadmin.dub.errors import DubError, Refused

from . import asking, following
from .checking import check_next
from .kinds import KINDS, MAY_IMPORT
from .running import run_some
from .staging import stage

State = Import.State


def carry_on(number: int, *, seconds: float = work.SLICE_SECONDS) -> float | None:
    """A slice of what is to be done. The seconds until the next one, None when there is none."""
    try:
        file = Import.objects.get(pk=number)
        if file.state == State.STAGING:
            return 0.0 if stage(file) else None
        pause = _slice(file, seconds) if file.state in {State.CHECKING, State.RUNNING} else None
    except Import.DoesNotExist:
        return None  # it was deleted
    return _confirm(file) if file.has_ended else pause


def _slice(file: Import, seconds: float) -> float | None:
    running = file.state == State.RUNNING
    return work.slice_of(
        file,
        step=step,
        stop=lambda why: asking.pause(file, why=why),
        may=KINDS[file.kind].permissions if running else [MAY_IMPORT],
        seconds=seconds,
    )


def step(file: Import) -> bool:
    """The next step of the dry run or of the run: whether there was work. Raises DubError."""
    return check_next(file) if file.state == State.CHECKING else run_some(file)


def _confirm(file: Import) -> float | None:
    try:
        return following.confirm(file)
    except Refused:
        return None  # Dub does not show its events; each result's page says so
    except DubError:
        return work.AWAY_SECONDS
