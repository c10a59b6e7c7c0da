"""Requests to Dub as somebody who watches sees them: what, how it ended, how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import DubError, RateLimited, Refused, Unavailable, Uncertain

_RESULTS = {
    RateLimited: "rate_limited",
    Refused: "refused",
    Unavailable: "unavailable",
    Uncertain: "uncertain",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to Dub that is over.

    `operation` is the name of the read or the action of the command. `result` is ok, refused,
    rate_limited, unavailable, uncertain or stopped. Both times are of the monotonic clock.
    `headers` are those that came back, with names in lower case.
    """

    operation: str
    result: str
    started: float
    ended: float
    headers: Mapping[str, str]


Watch = Callable[[Call], None]


@contextmanager
def watched(operation: str, watch: Watch) -> Iterator[dict[str, str]]:
    """Tells `watch` of one request; the block puts in the headers that come back."""
    started, result = time.monotonic(), "stopped"
    headers: dict[str, str] = {}
    try:
        yield headers
        result = "ok"
    except DubError as error:
        result = _RESULTS[type(error)]
        raise
    finally:
        ended = time.monotonic()
        watch(
            Call(operation=operation, result=result, started=started, ended=ended, headers=headers)
        )
