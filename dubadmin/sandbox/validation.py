"""Checks with the messages of Dub's schemas (contract section 5).

A check takes a value, or MISSING, and returns what is to be used or raises Issue. A schema is
a dict of checks: the first failing one, in its order, is the one that is reported.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dubadmin.sandbox.errors import Issue
from dubadmin.sandbox.times import FOUNDED, milliseconds

Check = Callable[[Any], Any]
MISSING: Any = object()
SAFE = 2**53 - 1

_EMAIL = re.compile(
    r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}"
)


def parse(schema: Mapping[str, Check], value: Any) -> dict[str, Any]:
    """The known keys of an object, checked; a key that is absent and has no default stays out."""
    if not isinstance(value, dict):
        raise _wrong_type("object", value)
    parsed = {}
    for key, check in schema.items():
        try:
            result = check(value.get(key, MISSING))
        except Issue as issue:
            raise issue.at(key) from None
        if result is not MISSING:
            parsed[key] = result
    return parsed


def optional(check: Check, *, default: Any = MISSING) -> Check:
    return lambda value: default if value is MISSING else check(value)


def nullish(check: Check, *, default: Any = MISSING) -> Check:
    return lambda value: default if value is MISSING else None if value is None else check(value)


def text(
    *,
    trim: bool = False,
    at_least: int = 0,
    at_most: int | None = None,
    empty: str = "",
    message: str | None = None,
) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise _wrong_type("string", value, message=message)
        result = value.strip() if trim else value
        if len(result) < at_least:
            raise Issue("too_small", empty)
        if at_most is not None and javascript_length(result) > at_most:
            raise Issue("too_big", f"Too big: expected string to have <={at_most} characters")
        return result

    return check


def email(*, at_most: int | None = None) -> Check:
    string = text()
    bounded = text(at_most=at_most)

    def check(value: Any) -> str:
        if not _EMAIL.fullmatch(string(value)):
            raise Issue("invalid_format", "Invalid email address")
        return str(bounded(value))

    return check


def url(value: Any) -> str:
    string = str(text()(value))
    try:
        parts = urlsplit(string.strip())
    except ValueError:
        raise Issue("invalid_format", "Invalid URL") from None
    needs_host = parts.scheme in ("http", "https", "ftp", "ws", "wss")
    if not parts.scheme or (needs_host and not parts.hostname):
        raise Issue("invalid_format", "Invalid URL")
    return string


def integer(
    *,
    message: str | None = None,
    minimum: int | None = None,
    above: int | None = None,
    maximum: int = SAFE,
    too_small: str = "",
) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong_type("number", value, message=message)
        if not float(value).is_integer():
            raise Issue("invalid_type", "Invalid input: expected int, received number")
        if abs(value) > SAFE:
            raise Issue("too_big", f"Too big: expected int to be <={SAFE}")
        if minimum is not None and value < minimum:
            raise Issue("too_small", too_small)
        if above is not None and value <= above:
            raise Issue("too_small", f"Too small: expected number to be >{above}")
        if value > maximum:
            raise Issue("too_big", f"Too big: expected number to be <={maximum}")
        return int(value)

    return check


def one_of(options: Sequence[str]) -> Check:
    listed = "|".join(f'"{option}"' for option in options)

    def check(value: Any) -> Any:
        if value not in options:
            raise Issue("invalid_value", f"Invalid option: expected one of {listed}")
        return value

    return check


def flag(value: Any) -> bool:
    """A query parameter that is `true` or `false`, and nothing else."""
    return bool(one_of(("true", "false"))(value) == "true")


def page_number(*, name: str = "Page", at_most: int | None = None) -> Check:
    def check(value: Any) -> int:
        try:
            number = float(value.replace("_", "?") or 0)
        except ValueError:
            raise Issue("invalid_type", f"{name} must be a number.") from None
        if not math.isfinite(number):
            raise Issue("invalid_type", f"{name} must be a number.")
        if not number.is_integer():
            raise Issue("invalid_type", f"{name} must be an integer.")
        if number <= 0:
            raise Issue("too_small", f"{name} must be greater than 0.")
        if at_most is not None and number > at_most:
            raise Issue("too_big", f"Max page size is {at_most}.")
        return int(number)

    return check


def metadata(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_type("record", value)
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if javascript_length(written) > 10_000:
        message = "Metadata must be less than 10,000 characters when stringified"
        raise Issue("custom", message)
    return value


def day(*, since_founding: bool = False) -> Check:
    """A date or a moment in a query parameter, as epoch milliseconds."""

    def check(value: Any) -> int:
        try:
            at = milliseconds(datetime.fromisoformat(str(value)))
        except ValueError:
            raise Issue("custom", "Invalid date") from None
        if since_founding and at < FOUNDED:
            message = "The start date cannot be earlier than September 22, 2022."
            raise Issue("custom", message)
        return at

    return check


def date_or_none(value: Any) -> int | None:
    """A date in a body; the servers that store `subscriptionCanceledAt` take null too."""
    if value is None:
        return None
    try:
        return milliseconds(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        raise Issue("invalid_type", "Invalid input: expected date, received Date") from None


def javascript_length(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def _wrong_type(expected: str, value: Any, *, message: str | None = None) -> Issue:
    received = _javascript_type(value)
    default = f"Invalid input: expected {expected}, received {received}"
    return Issue("invalid_type", message or default)


def _javascript_type(value: Any) -> str:
    if value is MISSING:
        return "undefined"
    names = {bool: "boolean", str: "string", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "number")
