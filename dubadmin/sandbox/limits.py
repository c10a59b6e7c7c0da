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


@dataclass
class _Window:
    number: int
    used: int = 0
    before: int = 0

    def moved_to(self, number: int) -> "_Window":
        if number == self.number:
            return self
        return _Window(number, before=self.used if number == self.number + 1 else 0)


class Limiter:
    """Counts what was allowed in this window and the one before, by the real clock.

    The window before counts in proportion to how much of it still lies within reach.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, int], _Window] = {}

    def reset(self) -> None:
        with self._lock:
            self._windows.clear()

    def ask(self, key: str, *, limit: int, window_ms: int) -> Verdict:
        number, elapsed = divmod(int(time.time() * 1000), window_ms)
        with self._lock:
            window = self._windows.get((key, window_ms), _Window(number)).moved_to(number)
            carried = int(window.before * (window_ms - elapsed) / window_ms)
            allowed = carried + window.used < limit
            window.used += allowed
            self._windows[key, window_ms] = window
            remaining = max(0, limit - carried - window.used)
        headers = rate_headers(limit=limit, remaining=remaining, reset=(number + 1) * window_ms)
        return Verdict(allowed=allowed, headers=headers)


def rate_headers(*, limit: int, remaining: int, reset: int) -> dict[str, str]:
    """A1: `Retry-After` too is the moment of the reset in epoch milliseconds."""
    return {
        "Retry-After": str(reset),
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
    }


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
