"""Pacing: all processes of the deployment together keep to the plan's rate (trap A2).

A leaky bucket in one database row. Dub counts a sliding minute, so 95 % of the rate flows evenly
and the other 5 % are what a page may take at once. Background work may only use half of that, so
that people never wait behind it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Greatest

from dubadmin.dub.errors import RateLimited

from .models import Pace

PATIENCE_SECONDS = 5.0


def pace(n: int, *, background: bool = False, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits until `n` requests to Dub may leave together.

    Raises RateLimited when a person would have to wait longer than PATIENCE_SECONDS; background
    work waits as long as it takes.
    """
    while (wait := _take(n, background=background)) > 0:
        if wait > PATIENCE_SECONDS and not background:
            raise RateLimited("dubadmin is at the rate that Dub allows.", wait=wait)
        sleep(wait)


def _take(n: int, *, background: bool) -> float:
    """0 when the `n` requests are allowed (and counted), else the seconds until they may be."""
    spacing = 60 / (settings.DUB_RATE_LIMIT_PER_MINUTE * 0.95)
    burst = max(settings.DUB_RATE_LIMIT_PER_MINUTE * 0.05, 10.0)
    room = spacing * (max(burst / 2, n) if background else max(burst, n))
    now = time.time()
    allowed = Pace.objects.filter(name=_name(), reached__lte=now + room - n * spacing)
    if allowed.update(reached=Greatest(F("reached"), Value(now)) + n * spacing):
        return 0
    row, _ = Pace.objects.get_or_create(name=_name(), defaults={"reached": 0.0})
    return max(row.reached - (now + room - n * spacing), 0.001)


def _name() -> str:
    """Dub limits by key, so the bucket is the key's; its hash keeps the key out of the database."""
    return hashlib.sha256(settings.DUB_API_KEY.encode()).hexdigest()
