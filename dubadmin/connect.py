"""The one place where settings become a Dub client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings

from customers.pacing import hold, pace
from customers.watch import dub_called

from .dub.client import Client

_reserved = ContextVar("reserved", default=False)


def dub() -> Client:
    """The process's client for the configured workspace: one session, kept-alive connections."""
    return _client(
        settings.DUB_API_URL,
        settings.DUB_API_KEY,
        settings.DUB_TIMEOUT_SECONDS,
        paced=not _reserved.get(),
    )


@contextmanager
def reserved(n: int) -> Iterator[None]:
    """Background work: waits behind people until `n` requests may leave, then runs the block.

    Its requests, `n` at most, are counted already. So they do not wait once a write is on record
    as being on its way, however long the wait before it was.
    """
    pace(n, background=True)
    before = _reserved.set(True)
    try:
        yield
    finally:
        _reserved.reset(before)


@lru_cache(maxsize=8)
def _client(url: str, key: str, timeout: float, *, paced: bool) -> Client:
    paces = pace if paced else _is_counted
    return Client(url=url, key=key, timeout=timeout, pace=paces, hold=hold, watch=dub_called)


def _is_counted(n: int) -> None:
    """Requests that `reserved` has counted."""
