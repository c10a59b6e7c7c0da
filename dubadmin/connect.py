"""The one place where settings become a Dub client."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from customers.pacing import hold, pace

from .dub.client import Client


def dub() -> Client:
    """The process's client for the configured workspace: one session, kept-alive connections."""
    return _client(
        settings.DUB_API_URL,
        settings.DUB_API_KEY,
        settings.DUB_TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=8)
def _client(url: str, key: str, timeout: float) -> Client:
    return Client(url=url, key=key, timeout=timeout, pace=pace, hold=hold)
