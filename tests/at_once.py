"""Running things at the same time, each on a database connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

AtOnce = Callable[..., list[Any]]


@pytest.fixture
def at_once(transactional_db: None, tmp_path: Path) -> Iterator[AtOnce]:
    """Calls functions in a thread each, and gives back what each returned or raised.

    SQLite's in-memory database knows no waiting for a lock, so there the threads share a file, as
    the processes of a deployment do. What they wrote is seen from threads only.
    """
    shared = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        path = tmp_path / "shared.sqlite3"
        connection.ensure_connection()
        file = sqlite3.connect(path)
        connection.connection.backup(file)
        file.execute("PRAGMA journal_mode=WAL")
        file.close()
        connection.settings_dict["NAME"] = str(path)
    try:
        yield _call_together
    finally:
        connection.settings_dict["NAME"] = shared


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
