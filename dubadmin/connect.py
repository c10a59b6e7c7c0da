"""The one place where settings become a Dub client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings

from customers.pacing import give_back, hold, pace
from customers.watch import dub_called

from .dub.client import Client


def dub() -> Client:
    """The process's client for the configured workspace: one session, kept-alive connections."""
    return _client(settings.DUB_API_URL, settings.DUB_API_KEY, settings.DUB_TIMEOUT_SECONDS)


@lru_cache(maxsize=8)
def _client(url: str, key: str, timeout: float) -> Client:
    return Client(url=url, key=key, timeout=timeout, pace=_pace, hold=hold, watch=dub_called)


def _pace(n: int) -> None:
    _pacing.get()(n)


def _for_a_person(n: int) -> None:
    pace(n)


def _behind_people(n: int) -> None:
    pace(n, background=True)


_pacing: ContextVar[Callable[[int], None]] = ContextVar("pacing", default=_for_a_person)


@contextmanager
def _paced_by(how: Callable[[int], None]) -> Iterator[None]:
    before = _pacing.set(how)
    try:
        yield
    finally:
        _pacing.reset(before)


@contextmanager
def background() -> Iterator[None]:
    """Background reads: each waits behind people until it may leave."""
    with _paced_by(_behind_people):
        yield


@contextmanager
def reserved(n: int) -> Iterator[None]:
    """Background work: waits behind people until `n` requests may leave, then runs the block.

    So its requests do not wait once a write is on record as being on its way, however long the
    wait before it was.
    """
    pace(n, background=True)
    with counted(n):
        yield


@contextmanager
def counted(n: int) -> Iterator[None]:
    """A block whose requests do not wait: `n` are counted already. What it did not use of them is
    given back at its end, what it used besides is counted then."""
    kept = _Kept(n)
    try:
        with _paced_by(kept.use):
            yield
    finally:
        if kept.left:
            give_back(kept.left)


class _Kept:
    """Requests that are counted already."""

    def __init__(self, n: int) -> None:
        self.left = n

    def use(self, n: int) -> None:
        self.left -= n
