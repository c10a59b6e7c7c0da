"""The client: one pooled session, timeouts, pacing, reads with retries, and one write, `send`.

Reads may be asked again, since asking changes nothing. A write is sent once, whatever happens
(trap A8); its caller learns by the class of the error whether anything can have happened.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from .commands import Command
from .errors import Answer, DubError, RateLimited, Refused, Unavailable, Uncertain
from .reads import AnyRead, Read
from .records import Json, Malformed

T = TypeVar("T")

POOL_SIZE = 32
MAX_BODY = 50 * 1024 * 1024
BACKOFF_SECONDS = (0.2, 0.8)
PATIENCE_SECONDS = 5.0  # the longest that a read waits for the rate limit before it says so
LONGEST_WAIT_SECONDS = 600.0
_EPOCH_MILLISECONDS_ABOVE = 1e10
_ESCAPES = re.compile(
    r"\\\\"  # an escaped backslash, so that what follows it is not read as an escape
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole surrogate pair
    r"|\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})"  # NUL, or half a pair
)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Dub's 2xx answer to a write: the JSON as parsed, and the answer as it came."""

    data: Json
    answer: Answer


class _BearerKey(AuthBase):
    """Sets the key last, so that no netrc file of the machine can replace it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Client:
    """A connection to one Dub workspace, safe to share between threads.

    `url` is the API's base address, `key` its bearer key, `timeout` the seconds allowed to connect
    and again to answer. `pace(n)` is called before n requests leave and may raise RateLimited
    (trap A2). `sleep` is what a retry waits with.
    """

    def __init__(
        self,
        *,
        url: str,
        key: str,
        timeout: float = 10.0,
        pace: Callable[[int], None] = lambda n: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._pace = pace
        self._sleep = sleep
        self._session = _session(key)
        self._pool = ThreadPoolExecutor(max_workers=POOL_SIZE, thread_name_prefix="dub")

    def fetch(self, read: Read[T]) -> T:
        """The answer to one read. Raises Refused, Unavailable or Uncertain."""
        self._pace(1)
        return self._fetch(read)

    def fetch_together(self, *reads: AnyRead) -> list[Any]:
        """The answers to several reads asked side by side, in their order.

        An answer that failed is its DubError in the list, so that one of them can be missing.
        """
        self._pace(len(reads))
        return list(self._pool.map(self._fetch_or_error, reads))

    def send(self, command: Command) -> Receipt:
        """Sends a write, once. Raises Refused, Unavailable or Uncertain; never retries.

        Only `customers.audit.perform` calls this, so that nothing is written untold.
        """
        self._pace(1)
        answer, text = self._exchange(command.method, command.path, body=command.body)
        _raise_for(answer, text)
        try:
            return Receipt(data=command.check(_parse(text)), answer=answer)
        except (Malformed, ValueError) as error:
            raise _not_dub(answer) from error

    def _fetch_or_error(self, read: AnyRead) -> Any:
        try:
            return self._fetch(read)
        except DubError as error:
            return error

    def _fetch(self, read: Read[T]) -> T:
        for pause in BACKOFF_SECONDS:
            try:
                return self._fetch_once(read)
            except (Unavailable, Uncertain) as error:
                self._sleep(_worth_waiting(error, pause))
        return self._fetch_once(read)

    def _fetch_once(self, read: Read[T]) -> T:
        answer, text = self._exchange("GET", read.path, params=read.params)
        _raise_for(answer, text)
        try:
            return read.parse(_parse(text))
        except (Malformed, ValueError) as error:
            raise _not_dub(answer) from error

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> tuple[Answer, str]:
        deadline = time.monotonic() + 2 * self.timeout
        try:
            with self._session.request(
                method,
                self.url + path,
                params=params,
                data=None if body is None else json.dumps(body).encode(),
                headers={} if body is None else {"Content-Type": "application/json"},
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return _read(response, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _as_dub_error(error) from error
        except (UnicodeError, ValueError) as error:
            raise Unavailable(
                "The request could not be put together, so it was not sent."
            ) from error


def _session(key: str) -> requests.Session:
    session = requests.Session()
    session.auth = _BearerKey(key)
    session.headers["Accept"] = "application/json"
    session.headers["User-Agent"] = "dubadmin"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=POOL_SIZE, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _read(response: requests.Response, deadline: float) -> tuple[Answer, str]:
    """The answer and its whole text, within the deadline and a bound on its size."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(chunk_size=65_536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY or time.monotonic() > deadline:
            raise requests.exceptions.ReadTimeout("the answer was too long or too slow")
    text = b"".join(chunks).decode("utf-8", "replace")
    code, message = _error_of(text) if response.status_code >= 400 else ("", "")
    answer = Answer(
        status=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        body=text[: Answer.BODY_LIMIT],
        code=code,
        message=message,
    )
    if answer.status == 429 and code:
        wait = retry_after(response.headers, now=time.time())
        raise RateLimited("Dub is limiting the rate of requests.", wait=wait, answer=answer)
    return answer, text


def _parse(text: str) -> object:
    """JSON with exact integers. What no database can store (NUL, half a surrogate) is replaced."""
    try:
        return json.loads(_ESCAPES.sub(_replace_unstorable, text), parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _replace_unstorable(match: re.Match[str]) -> str:
    return r"\ufffd" if match.group(1) else match.group()


def _error_of(text: str) -> tuple[str, str]:
    """Code and message when the body has Dub's error shape, two empty strings otherwise."""
    try:
        error = _parse(text)["error"]  # type: ignore[index]
        code, message = error["code"], error["message"]
    except (ValueError, TypeError, KeyError, IndexError):
        return "", ""
    return (code, message) if isinstance(code, str) and isinstance(message, str) else ("", "")


def _raise_for(answer: Answer, text: str) -> None:
    if 200 <= answer.status < 300:
        return
    if 400 <= answer.status < 500 and answer.code:
        raise Refused(f"Dub refused: {answer.message}", answer=answer)
    if answer.code:
        raise Uncertain("Dub had an internal error.", answer=answer)
    raise _not_dub(answer)


def _not_dub(answer: Answer) -> Uncertain:
    return Uncertain(
        f"The answer (status {answer.status}) did not come from Dub, or was damaged on its way.",
        answer=answer,
    )


def _as_dub_error(error: Exception) -> DubError:
    """Unavailable for the shapes that prove the request never left, Uncertain for all others."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unavailable("Dub could not be reached: connecting took too long.", timed_out=True)
    if isinstance(error, requests.exceptions.ConnectionError) and _never_connected(error):
        return Unavailable("Dub could not be reached: no connection.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return Unavailable("The address of Dub's API is not valid, so nothing was sent.")
    if isinstance(error, requests.exceptions.Timeout):
        return Uncertain("Dub did not answer in time.", timed_out=True)
    return Uncertain("The connection to Dub broke before the answer was complete.")


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def retry_after(headers: requests.structures.CaseInsensitiveDict[str], *, now: float) -> float:
    """Seconds to wait by `Retry-After`: epoch milliseconds (trap A1), seconds, or an HTTP date.

    Between 1 and 600, so that a wrong header neither hurries nor hangs anybody.
    """
    value = headers.get("Retry-After", "").strip()
    try:
        number = float(value)
        wait = number / 1000 - now if number > _EPOCH_MILLISECONDS_ABOVE else number
    except ValueError:
        wait = _until_date(value, now=now)
    return min(max(wait, 1.0), LONGEST_WAIT_SECONDS) if wait == wait else 1.0


def _until_date(value: str, *, now: float) -> float:
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 1.0


def _worth_waiting(error: DubError, pause: float) -> float:
    """How long to wait before a read is asked again; raises the error when that is no use."""
    if isinstance(error, RateLimited):
        if error.wait > PATIENCE_SECONDS:
            raise error
        return error.wait
    if error.timed_out or (error.answer and error.answer.status < 500):
        raise error
    return pause


def first_error(results: Iterable[object]) -> DubError | None:
    """The first failure among the answers of `fetch_together`, None when all came."""
    return next((result for result in results if isinstance(result, DubError)), None)
