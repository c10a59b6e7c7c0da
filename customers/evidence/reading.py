"""Reading a table of any size in flat memory, even one that is changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def in_order(rows: QuerySet[M], *, at_once: int = 500) -> Iterator[M]:
    """The rows by primary key, some at a time."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:at_once]):
        yield from chunk
        last = chunk[-1].pk
