"""Moments as Dub writes and reads them. Inside the sandbox a moment is epoch milliseconds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 24 * 60 * 60 * 1000
WEEK = 7 * DAY
FOUNDED = int(datetime(2022, 9, 22, tzinfo=UTC).timestamp() * 1000)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def milliseconds(value: datetime | date | str | int | None, *, default: int = 0) -> int:
    """Epoch milliseconds from a datetime (naive means UTC), an ISO text, or themselves."""
    if value is None:
        return default
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - _EPOCH) // timedelta(milliseconds=1)


def iso(ms: int) -> str:
    at = moment(ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def iso_or_none(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


def javascript_date(ms: int) -> str:
    """What String(new Date(ms)) gives on a server in UTC: the timestamp of events (trap R10)."""
    at = moment(ms)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day} {month} {at:%d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)"


def zone(name: str | None) -> ZoneInfo:
    """The time zone of that name; UTC for none or an unknown one, as Dub does."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def day_start(ms: int, *, tz: ZoneInfo) -> int:
    at = moment(ms).astimezone(tz)
    return milliseconds(at.replace(hour=0, minute=0, second=0, microsecond=0))


def day_end(ms: int, *, tz: ZoneInfo) -> int:
    at = moment(ms).astimezone(tz)
    return milliseconds(at.replace(hour=23, minute=59, second=59, microsecond=999000))
