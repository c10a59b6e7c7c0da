"""What a handler is given, and what it gives back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

from dubadmin.sandbox.errors import ApiError
from dubadmin.sandbox.knobs import Knobs
from dubadmin.sandbox.store import Store

WORKSPACE = "clsandbox0002vs9mzn93p8ik"
PROGRAM = "prog_1SANDBOX00000000000000000"


@dataclass(kw_only=True)
class Call:
    knobs: Knobs
    store: Store
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    id: str = ""
    limit_headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def now(self) -> int:
        return self.knobs.now()

    def json(self) -> Any:
        try:
            return read_json(self.body)
        except ValueError:
            raise ApiError(
                "bad_request",
                "Invalid JSON format in request body. "
                "Please ensure the request body is a valid JSON object.",
            ) from None


@dataclass(kw_only=True)
class Answer:
    """`payload` becomes JSON; `raw`, when given, is sent as it is."""

    payload: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json"

    def content(self) -> bytes:
        return write_json(self.payload) if self.raw is None else self.raw


Handler = Callable[[Call], Answer]


def read_json(raw: bytes) -> Any:
    """JSON as JavaScript reads it: no NaN, and lone surrogates cannot be stored."""
    value = json.loads(raw.decode(), parse_constant=_refuse)
    if b"\\ud" not in raw.lower():
        return value
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def write_json(value: Any) -> bytes:
    """JSON as Node writes it: compact, and non-ASCII characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
