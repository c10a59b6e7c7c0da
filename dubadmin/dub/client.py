"""The client: one pooled session, timeouts, pacing, reads with retries, and one write, `send`.

Reads may be asked again, since asking changes nothing. A write is sent once, whatever happens
(trap A8); its caller learns by the class of the error whether anything can have happened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from .answers import (
    as_dub_error,
    bad_address,
    failed_half_way,
    not_dub,
    parse,
    raise_for,
    read_answer,
)
from .calls import Watch, watched
from .commands import Command
from .errors import Answer, DubError, RateLimited, Unavailable, Uncertain
from .marks import _
from .reads import AnyRead, ListEvents, Read
from .records import Json, Malformed

T = TypeVar("T")

POOL_SIZE = 32
BACKOFF_SECONDS = (0.2, 0.8)
PATIENCE_SECONDS = 5.0  # the longest that a read waits for the rate limit before it says so


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
        if not (self._key.isascii() and self._key.isprintable()):
            raise ValueError("the API key holds characters that no header can")
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def hide(self, text: str) -> str:
        """`text` without the key, should an answer echo it."""
        return text.replace(self._key, "dub_…") if self._key else text


class Client:
    """A connection to one Dub workspace, safe to share between threads.

    `url` is the API's base address, `key` its bearer key, `timeout` the seconds allowed to connect
    and again to answer. `pace(n)` is called before n requests leave and may raise RateLimited
    (trap A2). `hold(seconds)` is called when Dub itself said to wait so long. `watch(call)` is told
    of every request that left or tried to. `sleep` is what a retry waits with.
    """

    def __init__(
        self,
        *,
        url: str,
        key: str,
        timeout: float = 10.0,
        pace: Callable[[int], None] = lambda n: None,
        hold: Callable[[float], None] = lambda seconds: None,
        watch: Watch = lambda call: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._pace = pace
        self._hold = hold
        self._watch = watch
        self._sleep = sleep
        self._key = _BearerKey(key)
        self._session = _session(self._key)
        self._pool = ThreadPoolExecutor(max_workers=POOL_SIZE, thread_name_prefix="dub")

    def fetch(self, read: Read[T]) -> T:
        """The answer to one read. Raises Refused, Unavailable or Uncertain.

        A read that is asked again after a failure is not counted again by `pace`.
        """
        self._pace(1)
        try:
            return self._fetch(read)
        except RateLimited as error:
            self._hold_for(read, error)
            raise

    def fetch_together(self, *reads: AnyRead) -> list[Any]:
        """The answers to several reads asked side by side, in their order.

        An answer that failed is its DubError in the list, so that one of them can be missing.
        """
        self._pace(len(reads))
        others = [
            self._pool.submit(copy_context().run, self._fetch_or_error, read) for read in reads[1:]
        ]
        answers = [self._fetch_or_error(read) for read in reads[:1]]
        answers += [each.result() for each in others]
        for read, answer in zip(reads, answers, strict=True):
            self._hold_for(read, answer)
        return answers

    def send(self, command: Command) -> Receipt:
        """Sends a write, once. Raises Refused, Unavailable or Uncertain; never retries.

        Only `customers.audit.perform` calls this, so that nothing is written untold.
        """
        request = self._prepared(lambda: _write(self.url, command))
        self._pace(1)
        try:
            with watched(command.action, self._watch) as headers:
                return self._send(request, command, headers)
        except RateLimited as error:
            self._hold(error.wait)
            raise

    def _send(
        self, request: requests.PreparedRequest, command: Command, headers: dict[str, str]
    ) -> Receipt:
        answer, text = self._exchange(request, headers)
        if failed_half_way(answer):
            raise Uncertain(_("Dub failed after it had begun to store this."), answer=answer)
        raise_for(answer)
        try:
            return Receipt(data=command.check(parse(text)), answer=answer)
        except (Malformed, ValueError) as error:
            raise not_dub(answer) from error

    def _hold_for(self, read: AnyRead, answer: object) -> None:
        """Events have a limit of their own, by the second, which says nothing about the other."""
        if isinstance(answer, RateLimited) and read.path != ListEvents.path:
            self._hold(answer.wait)

    def _fetch_or_error(self, read: AnyRead) -> Any:
        try:
            return self._fetch(read)
        except DubError as error:
            return error

    def _fetch(self, read: Read[T]) -> T:
        request = self._prepared(
            lambda: requests.Request("GET", self.url + read.path, params=read.params)
        )
        for pause in BACKOFF_SECONDS:
            try:
                return self._fetch_once(request, read)
            except (Unavailable, Uncertain) as error:
                self._sleep(_worth_waiting(error, pause))
        return self._fetch_once(request, read)

    def _fetch_once(self, request: requests.PreparedRequest, read: Read[T]) -> T:
        with watched(type(read).__name__, self._watch) as headers:
            answer, text = self._exchange(request, headers)
            raise_for(answer)
            try:
                return read.parse(parse(text))
            except (Malformed, ValueError) as error:
                raise not_dub(answer) from error

    def _prepared(self, make: Callable[[], requests.Request]) -> requests.PreparedRequest:
        """The request ready to leave. What fails here was never sent."""
        try:
            return self._session.prepare_request(make())
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise bad_address() from None
        except ValueError:
            raise Unavailable(
                _("The request could not be put together, so it was not sent.")
            ) from None

    @cached_property
    def _surroundings(self) -> dict[str, Any]:
        """The machine's proxies and certificates, looked up once; none of those without TLS."""
        found = self._session.merge_environment_settings(self.url, {}, True, None, None)
        return {**found} if self.url.startswith("https:") else {**found, "verify": True}

    def _exchange(
        self, request: requests.PreparedRequest, headers: dict[str, str]
    ) -> tuple[Answer, str]:
        deadline = time.monotonic() + 2 * self.timeout
        try:
            with self._session.send(
                request, timeout=self.timeout, allow_redirects=False, **self._surroundings
            ) as response:
                headers.update((name.lower(), value) for name, value in response.headers.items())
                return read_answer(response, deadline, hide=self._key.hide)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            # Not chained: what it holds on to includes the headers, and so the key.
            raise as_dub_error(error) from None


def _write(url: str, command: Command) -> requests.Request:
    body = command.body
    if body is None:
        return requests.Request(command.method, url + command.path)
    return requests.Request(
        command.method,
        url + command.path,
        data=json.dumps(body, allow_nan=False).encode(),
        headers={"Content-Type": "application/json"},
    )


def _session(key: _BearerKey) -> requests.Session:
    session = requests.Session()
    session.auth = key
    session.headers["Accept"] = "application/json"
    session.headers["User-Agent"] = "dubadmin"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=2 * POOL_SIZE, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


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
