"""Who writes next: on SQLite the threads of a process queue up for it.

SQLite lets one write at a time. Whoever finds another at it looks again now and then, up to a tenth
of a second later, and in no order: sixteen threads that write mostly sleep. A queue wastes none of
that. Other processes are waited for as before; PostgreSQL lets all write at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_turn = threading.RLock()


@contextmanager
def in_turn() -> Iterator[None]:
    """A block, or the transaction inside it, that writes when it is this thread's turn.

    Inside a transaction it is this thread's turn already.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with _turn:
        yield
