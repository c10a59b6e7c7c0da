"""The caches of hints: each process's own, or one that several machines share (CACHE_URL).

A hint only saves a question to Dub. So a cache that is away costs time, never a page; `manage.py
doctor` tells that it is.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from contextlib import suppress
from threading import Lock
from typing import Any, ClassVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class OwnHints(BaseCache):
    """This process's own. Values are kept as they are, not as copies: nobody changes one."""

    _lock = Lock()
    _kept: ClassVar[OrderedDict[str, tuple[float, Any]]] = OrderedDict()  # until when, and what

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        until, value = self._kept.get(key, (0.0, None))
        return value if until > time.time() else default

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self.set_many({key: value}, *args, **kwargs)

    def set_many(
        self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        until = self.get_backend_timeout(timeout) or math.inf
        with self._lock:
            for key, value in data.items():
                self._kept[key] = until, value
                self._kept.move_to_end(key)
            while len(self._kept) > self._max_entries:
                self._kept.popitem(last=False)
        return []

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        is_new = self.get(key) is None
        if is_new:
            self.set(key, value, *args, **kwargs)
        return is_new

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._kept.pop(key, None) is not None

    def clear(self) -> None:
        self._kept.clear()


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
