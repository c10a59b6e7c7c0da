"""Customers as a file: downloaded while it is made, or made by the worker and kept for days."""

from .columns import COLUMNS, EVENT_COLUMNS, PRESETS, Layout, shown_by
from .life import (
    PERMISSION,
    agrees,
    ask,
    expire,
    fits_a_request,
    most_at_once,
    progress,
    remove,
    resume,
    settle_lost,
    stop,
    told,
)
from .making import carry_on, kept_file, step
from .streaming import stream
from .visiting import LISTED, count

__all__ = [
    "COLUMNS",
    "EVENT_COLUMNS",
    "LISTED",
    "PERMISSION",
    "PRESETS",
    "Layout",
    "agrees",
    "ask",
    "carry_on",
    "count",
    "expire",
    "fits_a_request",
    "kept_file",
    "most_at_once",
    "progress",
    "remove",
    "resume",
    "settle_lost",
    "shown_by",
    "step",
    "stop",
    "stream",
    "told",
]
