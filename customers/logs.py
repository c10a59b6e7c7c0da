"""The log on standard error: a line each, JSON or text, with the request's ID, without people.

Every line is masked as a whole, messages and tracebacks alike: e-mail addresses, external IDs in
addresses, keys and tokens. Who it was about is in the audit log, under the request's ID.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_MASKS = (
    (re.compile(r"[^\s\"'<>()\[\]{}=,;:/\\]*(@|%40)[^\s\"'<>()\[\]{}=,;:/\\]+"), "…@…"),
    (re.compile(r"\bext_[^\s\"'<>/\\]+"), "ext_…"),
    (re.compile(r"\bdub_[A-Za-z0-9_]+"), "dub_…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), r"\1 …"),
    (re.compile(r"://[^\s/@\"']+:[^\s/@\"']+@"), "://…@"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


@contextmanager
def about(*, request_id: str) -> Iterator[None]:
    """Puts the request's ID on every line that is logged in the block."""
    before = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(before)


def masked(text: str) -> str:
    """`text` without what tells who somebody is, or opens anything."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


class Request(logging.Filter):
    """Lets everything through, with the request's ID on it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        return True


class Json(JsonFormatter):
    """One JSON object a line: time, level, logger, request_id, message, and what else was given."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{request_id}{message}",
            datefmt="%Y-%m-%dT%H:%M:%S%z",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Before it is JSON: a mask that takes half an escape with it would leave none."""
        return {
            key: masked(value) if isinstance(value, str) else value
            for key, value in super().process_log_record(log_data).items()
        }


class Text(logging.Formatter):
    """One line for people; a message cannot make a second one, a traceback has its own."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} [{request_id}]: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _CONTROLS.sub("\ufffd", record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
