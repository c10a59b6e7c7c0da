"""Pacing: all processes of the deployment together keep to the plan's rate (trap A2).

A leaky bucket in one database row. Dub counts a sliding minute, so most of the rate flows evenly
and the rest, 4 % or what one page needs, may be taken at once. Background work may only use half
of that, so that people never wait behind it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest

from dubadmin.dub.answers import LONGEST_WAIT_SECONDS
from dubadmin.dub.errors import RateLimited

from .models import PATIENCE_SECONDS, Pace
from .turns import in_turn

ONE_PAGE = 10.0  # about the most requests that a page sends together
# Beyond the longest pause that Dub may ask for lies only what a clock that was set back has left.
FARTHEST = LONGEST_WAIT_SECONDS + 300


def pace(n: int, *, background: bool = False, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits until `n` requests to Dub may leave together.

    Raises RateLimited when a person would have to wait longer than PATIENCE_SECONDS in all;
    background work waits as long as it takes.
    """
    waited = 0.0
    while (wait := _take(n, background=background)) > 0:
        if waited + wait > PATIENCE_SECONDS and not background:
            raise RateLimited("dubadmin is at the rate that Dub allows.", wait=wait)
        sleep(wait)
        waited += wait


def hold(seconds: float) -> None:
    """Lets nobody's requests leave for `seconds`: Dub has answered 429 to one of them."""
    spacing, burst = _flow()
    until = time.time() + seconds + spacing * burst
    Pace.objects.get_or_create(name=_name(), defaults={"reached": 0.0})
    Pace.objects.filter(name=_name()).update(reached=Greatest(F("reached"), Value(until)))


def give_back(n: int) -> None:
    """Requests that were counted and did not leave; below 0: that left and were not counted."""
    spacing, _ = _flow()
    Pace.objects.filter(name=_name()).update(reached=F("reached") - n * spacing)


def used() -> float:
    """How much of what may leave at once is taken: 1 is all of it, and whoever comes now waits."""
    spacing, burst = _flow()
    reached = Pace.objects.filter(name=_name()).values_list("reached", flat=True).first() or 0.0
    return max(reached - time.time(), 0.0) / (spacing * burst)


def _flow() -> tuple[float, float]:
    """The seconds between two requests, and how many may leave at once: the rate in any minute."""
    rate = settings.DUB_RATE_LIMIT_PER_MINUTE
    burst = max(rate * 0.04, min(ONE_PAGE, rate / 2))
    return 60 / (rate - burst), burst


def _take(n: int, *, background: bool) -> float:
    """0 when the `n` requests are allowed (and counted), else the seconds until they may be."""
    spacing, burst = _flow()
    room = spacing * max(burst / 2 if background else burst, n)
    now = time.time()
    later = "MAX" if connection.vendor == "sqlite" else "GREATEST"
    with in_turn(), _not_waiting_for_the_disk(), connection.cursor() as cursor:
        cursor.execute(  # before every page: not put together by the ORM each time
            f"UPDATE customers_pace SET reached = {later}(reached, %s) + %s"  # noqa: S608
            " WHERE name = %s AND reached <= %s",
            [now, n * spacing, _name(), now + room - n * spacing],
        )
        if cursor.rowcount:
            return 0
    row, is_new = Pace.objects.get_or_create(name=_name(), defaults={"reached": 0.0})
    was_set_back = row.reached > now + FARTHEST
    if was_set_back:
        Pace.objects.filter(pk=row.pk, reached=row.reached).update(reached=now)
    if is_new or was_set_back:
        return _take(n, background=background)
    return max(row.reached - (now + room - n * spacing), 0.001)


@contextmanager
def _not_waiting_for_the_disk() -> Iterator[None]:
    """A pace that a power cut takes back harms nobody, so SQLite need not sync it at once."""
    full = 2
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA synchronous").fetchone()[0]
        if before == full:
            cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA synchronous={before:d}")


def _name() -> str:
    """Dub limits by key, so the bucket is the key's; its hash keeps the key out of the database."""
    return hashlib.sha256(settings.DUB_API_KEY.encode()).hexdigest()
