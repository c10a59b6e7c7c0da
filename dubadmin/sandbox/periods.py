"""From when to when: `start` and `end` before `interval` (contract section 6)."""

from datetime import datetime
from typing import Any

from dubadmin.sandbox.times import DAY, FOUNDED, day_end, day_start, milliseconds, moment, zone

_DAYS = {"24h": 1, "7d": 7, "30d": 30, "90d": 90, "1y": 365}


def period(query: dict[str, Any], *, now: int) -> tuple[int, int]:
    """Milliseconds from and to. `start` and `end` are widened to whole days of `timezone`."""
    tz = zone(query.get("timezone"))
    if query["start"] is not None:
        start = day_start(query["start"], tz=tz)
        end = day_end(now if query["end"] is None else query["end"], tz=tz)
        return min(start, end), max(start, end)
    interval = query["interval"]
    if interval == "all":
        return FOUNDED, day_end(now, tz=tz)
    if interval in _DAYS:
        end = now if interval == "24h" else day_end(now, tz=tz)
        return now - _DAYS[interval] * DAY, end
    return milliseconds(_first_day(interval, moment(now).astimezone(tz))), day_end(now, tz=tz)


def _first_day(interval: str, today: datetime) -> datetime:
    """The first midnight of this month (mtd), quarter (qtd) or year (ytd)."""
    month = {"mtd": today.month, "qtd": today.month - (today.month - 1) % 3, "ytd": 1}[interval]
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(month=month, day=1)
