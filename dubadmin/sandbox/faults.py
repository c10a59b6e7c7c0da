"""Faults on request (trap A7): what goes wrong, and with which of the coming requests."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from dubadmin.sandbox.call import Answer, write_json
from dubadmin.sandbox.errors import code_for, error_body, status_for, unexpected
from dubadmin.sandbox.limits import rate_headers

HANG_UPS = (None, "before", "after")
_MESSAGES = {
    "unauthorized": "Unauthorized: Invalid API key.",
    "forbidden": "Unauthorized: Need higher plan.",
    "not_found": "Workspace not found.",
    "conflict": "A customer with this external ID already exists.",
    "invite_pending": "Workspace invite pending.",
    "invite_expired": "Workspace invite expired.",
    "rate_limit_exceeded": "Too many requests.",
    "internal_server_error": unexpected().message,
}


@dataclass(kw_only=True)
class Fault:
    """Strikes the `nth` matching request from now, and the `times - 1` after it.

    `path` is compared with the raw path, still percent-encoded; a `*` at its end stands for
    any ending. `times=0` means all of them from the `nth` on. With `status` or `body` the
    request is answered so (a 502, 503 or 504 without a body or code as a proxy would, with a
    web page), and has no effect unless `effect` is set. `truncate` announces the
    whole body and sends half. `hang_up` closes the connection before or after the effect.
    `delay_ms` passes after the effect and before the answer.
    """

    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int = 1
    status: int | None = None
    code: str | None = None
    message: str | None = None
    body: Any = None
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    truncate: bool = False
    hang_up: str | None = None
    effect: bool = False
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.hang_up not in HANG_UPS:
            raise ValueError('hang_up is "before" or "after"')
        if self.nth < 1 or self.times < 0:
            raise ValueError("nth counts from 1, and times is not negative")
        self.headers = dict(self.headers or {})

    def strikes(self, method: str, path: str) -> bool:
        """Whether it strikes this request; counts the matching ones."""
        if not self._matches(method, path):
            return False
        self.seen += 1
        past = self.seen - self.nth
        return past >= 0 and (self.times == 0 or past < self.times)

    @property
    def answers(self) -> bool:
        return self.status is not None or self.body is not None or self.code is not None

    @property
    def prevents(self) -> bool:
        """Whether the request must not take effect."""
        return self.hang_up == "before" or (self.answers and not self.effect)

    def answer(self) -> Answer:
        """What it answers in place of the handler."""
        status = self.status or (500 if self.code is None else status_for(self.code))
        body = self.body
        if body is None:
            by_proxy = status in (502, 503, 504) and self.code is None
            body = _page(status) if by_proxy else self._error(status)
        if isinstance(body, (str, bytes)):
            raw = body.encode() if isinstance(body, str) else body
            kind = self.content_type or "text/html; charset=utf-8"
        else:
            raw, kind = write_json(body), self.content_type or "application/json"
        return Answer(raw=raw, status=status, content_type=kind, headers=_headers(status))

    def _error(self, status: int) -> dict[str, Any]:
        code = self.code or code_for(status)
        return error_body(code, self.message or _MESSAGES.get(code, "A fault on request."))

    def _matches(self, method: str, path: str) -> bool:
        if self.method not in (None, "*") and str(self.method).upper() != method:
            return False
        if self.path is None or self.path == path:
            return True
        return self.path.endswith("*") and path.startswith(self.path[:-1])


def _headers(status: int) -> dict[str, str]:
    """A 429 says when to come back: in a second."""
    if status != 429:
        return {}
    return rate_headers(limit=1200, remaining=0, reset=int(time.time() * 1000) + 1000)


def _page(status: int) -> str:
    return f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"


class Faults:
    """The faults that have been asked for; the first that strikes a request has it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(method, path)]
        return struck[0] if struck else None

    def __len__(self) -> int:
        return len(self._faults)
