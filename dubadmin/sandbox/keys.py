"""Keys that expire, as Dub keeps them in Redis; here a table, so that they survive a restart."""

import json
import sqlite3
from typing import Any


def claim(db: sqlite3.Connection, name: str, value: Any, *, now: int, seconds: int) -> bool:
    """Set the key unless a live one exists; False when it was taken."""
    if get(db, name, now=now) is not None:
        return False
    put(db, name, value, now=now, seconds=seconds)
    return True


def put(db: sqlite3.Connection, name: str, value: Any, *, now: int, seconds: int) -> None:
    db.execute(
        "INSERT OR REPLACE INTO keys (name, value, expires) VALUES (?, ?, ?)",
        (name, json.dumps(value, ensure_ascii=False), now + seconds * 1000),
    )


def get(db: sqlite3.Connection, name: str, *, now: int) -> Any:
    row = db.execute("SELECT value FROM keys WHERE name = ? AND expires > ?", (name, now))
    found = row.fetchone()
    return None if found is None else json.loads(found["value"])
