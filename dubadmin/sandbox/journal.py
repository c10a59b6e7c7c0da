"""The requests that came in."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from dubadmin.sandbox.call import Call, read_json

_KEPT = 100_000


@dataclass(kw_only=True)
class Request:
    """`path` is raw, still percent-encoded; `body` is parsed JSON, or text that is none.

    `status` is what was answered: None while it is under way, and 0 after a hang-up.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    status: int | None = None
    at: float = field(default_factory=time.time)


class Journal:
    def __init__(self) -> None:
        self._requests: deque[Request] = deque(maxlen=_KEPT)

    def note(self, call: Call) -> Request:
        request = Request(
            method=call.method,
            path=call.path,
            query=dict(call.query),
            body=_readable(call.body),
            headers=dict(call.headers),
        )
        self._requests.append(request)
        return request

    def clear(self) -> None:
        self._requests.clear()

    def all(self) -> list[Request]:
        return list(self._requests)


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return read_json(body)
    except ValueError:
        return body.decode(errors="replace")
