"""The caches of hints: each process's own, or one that several machines share (CACHE_URL).

A hint only saves a question to Dub. So a cache that is away costs time, never a page; `manage.py
doctor` tells that it is.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class OwnHints(LocMemCache):
    """This process's own. Keys need not suit memcached, and a list sets a hundred of them."""

    def validate_key(self, key: Any) -> None:
        pass


class SharedHints(RedisCache):
    """Redis; while it is away nothing is known, and nothing kept."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        with suppress(RedisError):
            return super().get(key, default, version)
        return default

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        with suppress(RedisError):
            return super().add(key, value, *args, **kwargs)
        return False

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        with suppress(RedisError):
            super().set(key, value, *args, **kwargs)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> list[Any]:
        with suppress(RedisError):
            return super().set_many(data, *args, **kwargs)
        return list(data)
