"""Running things at the same time, each on a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

AtOnce = Callable[..., list[Any]]


@pytest.fixture
def at_once(transactional_db: None) -> AtOnce:
    """Calls functions in a thread each, and gives back what each returned or raised."""
    return _call_together


def _call_together(*functions: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(max_workers=len(functions)) as pool:
        return list(pool.map(_call, functions))


def _call(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:
        return error
    finally:
        connection.close()
