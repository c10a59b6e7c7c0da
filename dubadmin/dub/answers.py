"""What came back, or did not: read within bounds, parsed exactly, sorted by what it means."""

from __future__ import annotations

import json
import math
import re
import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3.exceptions

from .errors import (
    Answer,
    DubError,
    RateLimited,
    Refused,
    Unavailable,
    Uncertain,
    is_database_text,
)
from .marks import _
from .records import as_object

MAX_BODY = 50 * 1024 * 1024
MAX_DEPTH = 100
_CONTAINERS = {dict, list}
LONGEST_WAIT_SECONDS = 600.0
_EPOCH_MILLISECONDS_ABOVE = 1e10
_CHUNK = 65_536
_ESCAPES = re.compile(
    r"\\\\"  # an escaped backslash, so that what follows it is not read as an escape
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole surrogate pair
    r"|\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})"  # NUL, or half a pair
)

# Dub read its own answer back, after it had stored the change, and found fault with it.
_ANSWER_REJECTED = re.compile(r"\w+: (click|link|customer|sale)\.|\s*\[\s*\{")
# Dub's validator or its database did not take a value: nothing was stored.
_INPUT_REJECTED = re.compile(r"[a-z_]+: [^:\n]*: ")
_VALUE_REJECTED = re.compile(
    r"too long for the column|required but not found|No record was found|out of range"
    r"|Unique constraint|Argument|Unknown arg"
)


def read_answer(
    response: requests.Response, deadline: float, *, hide: Callable[[str], str]
) -> tuple[Answer, str]:
    """The answer and its whole text, without the key should whoever answered have echoed it."""
    text = hide(_body(response, deadline))
    code, message = _error_of(text) if response.status_code >= 400 else ("", "")
    answer = Answer(
        status=response.status_code,
        content_type=hide(response.headers.get("Content-Type", "")),
        body=text[: Answer.BODY_LIMIT],
        code=hide(code),
        message=hide(message),
        cut_from=len(text) if len(text) > Answer.BODY_LIMIT else 0,
    )
    if answer.status == 429 and code:
        wait = retry_after(response.headers, now=time.time())
        raise RateLimited(_("Dub is limiting the rate of requests."), wait=wait, answer=answer)
    return answer, text


def _body(response: requests.Response, deadline: float) -> str:
    """The decoded body, within the deadline and a bound on its size.

    Takes what has come, however little, so that a body which drips in cannot outlast the deadline.
    """
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_BODY:
            raise not_dub(Answer(status=response.status_code, content_type="", body=""))
        if time.monotonic() > deadline:
            raise requests.exceptions.ReadTimeout("the answer was too slow")
    return body.decode("utf-8", "replace")


def parse(text: str) -> object:
    """JSON with exact integers. What no database can store (NUL, half a surrogate) is replaced."""
    try:
        data = json.loads(
            _ESCAPES.sub(_replace_unstorable, text),
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return _shallow(data)


def _shallow(data: object) -> object:
    """`data`, unless it is nested so deeply that whatever walks through it later could fall."""
    level: list[Any] = [data] if type(data) in _CONTAINERS else []
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return data
    raise ValueError("nested too deeply")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_constant(digits)


def _replace_unstorable(match: re.Match[str]) -> str:
    return r"\ufffd" if match.group(1) else match.group()


def _error_of(text: str) -> tuple[str, str]:
    """Code and message when the body has Dub's error shape, two empty strings otherwise."""
    try:
        error = as_object(as_object(parse(text)).get("error"))
    except ValueError:
        return "", ""
    code, message = error.get("code"), error.get("message")
    return (code, message) if isinstance(code, str) and isinstance(message, str) else ("", "")


def raise_for(answer: Answer) -> None:
    if 200 <= answer.status < 300:
        return
    if 400 <= answer.status < 500 and answer.code:
        said = "" if is_database_text(answer.message) else f": {answer.message}"
        raise Refused(f"Dub refused{said or ' the request.'}", answer=answer)
    if answer.code:
        raise Uncertain(_("Dub had an internal error."), answer=answer)
    raise not_dub(answer)


def failed_half_way(answer: Answer) -> bool:
    """Whether a 422 to a write may have come after Dub had stored it.

    Dub turns every failure while it stores a customer into a 422, a lost database among them.
    """
    said = answer.message
    if answer.status != 422 or not said:
        return False
    if _ANSWER_REJECTED.match(said):
        return True
    refused = _INPUT_REJECTED.match(said) or _VALUE_REJECTED.search(said)
    return is_database_text(said) and not refused


_NOT_DUB = _("The answer (status {status}) did not come from Dub, or was damaged on its way.")


def not_dub(answer: Answer) -> Uncertain:
    return Uncertain(
        _NOT_DUB.format(status=answer.status),
        answer=answer,
    )


def as_dub_error(error: Exception) -> DubError:
    """Unavailable for the shapes that prove the request never left, Uncertain for all others."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unavailable(_("Dub could not be reached: connecting took too long."), timed_out=True)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return bad_address()
    reason = _reason(error)
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return Unavailable(_("Dub could not be reached: no connection."))
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Unavailable(_("Dub's certificate could not be verified, so nothing was sent."))
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        return Uncertain(_("Dub did not answer in time."), timed_out=True)
    return Uncertain(_("The connection to Dub broke before the answer was complete."))


def bad_address() -> Unavailable:
    return Unavailable(_("The address of Dub's API is not valid, so nothing was sent."))


def _reason(error: Exception) -> object:
    """What made a connection fail, out of the wrappings of requests, urllib3 and a proxy."""
    if not isinstance(error, requests.exceptions.ConnectionError) or not error.args:
        return None
    reason = getattr(error.args[0], "reason", None)
    if isinstance(reason, urllib3.exceptions.ProxyError):
        return reason.original_error
    if isinstance(reason, urllib3.exceptions.SSLError) and reason.args:
        return reason.args[0]
    return reason


def retry_after(headers: requests.structures.CaseInsensitiveDict[str], *, now: float) -> float:
    """Seconds to wait by what Dub says: epoch milliseconds (trap A1), seconds, or an HTTP date.

    Between 1 and 600, so that a wrong header neither hurries nor hangs anybody.
    """
    value = (headers.get("Retry-After") or headers.get("X-RateLimit-Reset", "")).strip()
    try:
        number = float(value)
        wait = number / 1000 - now if number > _EPOCH_MILLISECONDS_ABOVE else number
    except ValueError:
        wait = _until_date(value, now=now)
    return 1.0 if math.isnan(wait) else min(max(wait, 1.0), LONGEST_WAIT_SECONDS)


def _until_date(value: str, *, now: float) -> float:
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 1.0
