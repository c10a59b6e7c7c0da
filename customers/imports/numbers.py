"""Amounts and times as files write them, made into what the forms read without a doubt."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

_NUMBERS = {
    "point": re.compile(r"(?:[1-9]\d{0,2}(?:([, '])\d{3})(?:\1\d{3})*|\d+)(?:\.\d+)?"),
    "comma": re.compile(r"(?:[1-9]\d{0,2}(?:([. '])\d{3})(?:\1\d{3})*|\d+)(?:,\d+)?"),
}
_LIKE = {"point": "1,234.56", "comma": "1.234,56"}
_DAYS = {
    "dmy": re.compile(r"(?P<d>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<y>\d{4})(?:,?[ T](?P<t>.+))?"),
    "mdy": re.compile(r"(?P<m>\d{1,2})[./-](?P<d>\d{1,2})[./-](?P<y>\d{4})(?:,?[ T](?P<t>.+))?"),
}


def read_number(text: str, number_format: str) -> str:
    """Digits with a point. Raises ValueError for what is no amount in this format.

    Without a format the text is left to the form, which refuses what could be read in two ways.
    """
    if not number_format:
        return text
    digits = re.sub(r"[^\S\r\n]", " ", text.strip()).replace("\u2019", "'")
    if not _NUMBERS[number_format].fullmatch(digits) or not digits.isascii():
        words = _("“%(typed)s” is no amount written like %(example)s.")
        raise ValueError(words % {"typed": text.strip()[:40], "example": _LIKE[number_format]})
    kept = "." if number_format == "point" else ","
    whole, _point, part = "".join(c for c in digits if c.isdigit() or c == kept).partition(kept)
    part = part.rstrip("0")
    if len(part) > 2:
        raise ValueError(_("Dub keeps at most two decimals, so this cannot be recorded exactly."))
    return f"{whole}.{part}" if part else whole


def read_time(text: str, *, date_format: str, zone: str) -> str:
    """ISO 8601 in UTC, from ISO or a day in `date_format`. Raises ValueError."""
    text = text.strip()
    found = _DAYS[date_format].fullmatch(text) if date_format else None
    iso = text
    if found:
        iso = f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}T{found['t'] or '00:00'}"
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        iso = f"{text}T00:00"
    try:
        when = parse_datetime(iso)
        if when is not None:
            aware = when if when.tzinfo else when.replace(tzinfo=zoneinfo.ZoneInfo(zone))
            return aware.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        pass
    words = _("“%(typed)s” is no day or time. Write it like 2026-03-31 14:30.")
    raise ValueError(words % {"typed": text[:40]})
