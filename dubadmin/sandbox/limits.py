"""Rate limits: a sliding window for each key, and the headers that tell of it (trap A1)."""

import threading
import time
from dataclasses import dataclass

from dubadmin.sandbox.knobs import Knobs

_PER_MINUTE = {"free": 60, "pro": 600, "business": 1200, "advanced": 3000, "enterprise": 3000}
_EVENTS_PER_SECOND = {"free": 0, "pro": 2, "business": 4, "advanced": 8, "enterprise": 16}
_TRIAL_PER_MINUTE = 120
_TRIAL_EVENTS_PER_SECOND = 2
_UNLIMITED = 10**9


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    headers: dict[str, str]


class Limiter:
    """Counts what was allowed in this window and the one before, by the real clock.

    The window before counts in proportion to how much of it still lies within reach.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int, int], int] = {}

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()

    def ask(self, key: str, *, limit: int, window_ms: int) -> Verdict:
        now = int(time.time() * 1000)
        window, elapsed = divmod(now, window_ms)
        with self._lock:
            before = self._counts.get((key, window_ms, window - 1), 0)
            used = self._counts.get((key, window_ms, window), 0)
            carried = int(before * (window_ms - elapsed) / window_ms)
            allowed = carried + used < limit
            if allowed:
                used += 1
                self._counts[key, window_ms, window] = used
                self._counts.pop((key, window_ms, window - 2), None)
        reset = str((window + 1) * window_ms)
        headers = {
            "Retry-After": reset,
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - carried - used) if allowed else 0),
            "X-RateLimit-Reset": reset,
        }
        return Verdict(allowed=allowed, headers=headers)


def limit_for(knobs: Knobs, path: str, *, plan: str) -> tuple[int, int]:
    """How many requests in how many milliseconds; events and analytics go by the second."""
    if "/events" in path or "/analytics" in path:
        return _events_limit(knobs, plan), 1000
    if knobs.rate_limit is not None:
        return knobs.rate_limit or _UNLIMITED, 60_000
    return (_TRIAL_PER_MINUTE if knobs.trial else _of_plan(_PER_MINUTE, plan)), 60_000


def _events_limit(knobs: Knobs, plan: str) -> int:
    if knobs.events_rate_limit is not None:
        return knobs.events_rate_limit
    if not knobs.enforce_plan_limits:
        return _UNLIMITED
    return _TRIAL_EVENTS_PER_SECOND if knobs.trial else _of_plan(_EVENTS_PER_SECOND, plan)


def _of_plan(limits: dict[str, int], plan: str) -> int:
    """Old plans such as "business plus" count as their first word, unknown ones as free."""
    return limits.get(plan.lower().partition(" ")[0], limits["free"])
