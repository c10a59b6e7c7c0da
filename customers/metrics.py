"""What each process counts for Prometheus: requests to the site, and requests to Dub.

With several processes on one machine, prometheus_client adds up their counts by files in
PROMETHEUS_MULTIPROC_DIR, which `gunicorn.conf.py` makes.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from dubadmin.dub.calls import Call

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

_requests = Counter("dubadmin_requests", "Requests to the site", ["page", "method", "status"])
_request_seconds = Histogram(
    "dubadmin_request_seconds", "How long the site took to answer", ["page"], buckets=_SECONDS
)
_calls = Counter("dubadmin_dub_calls", "Requests to Dub", ["operation", "result"])
_call_seconds = Histogram(
    "dubadmin_dub_call_seconds", "How long Dub took to answer", ["operation"], buckets=_SECONDS
)


def known(method: str | None) -> str:
    """The method, or "OTHER": anybody can invent one, and each would be a series of its own."""
    return method if method in METHODS else "OTHER"


def count_request(*, page: str, method: str | None, status: int, seconds: float) -> None:
    """`page` is the page's name, "" where there is none."""
    _requests.labels(page, known(method), str(status)).inc()
    _request_seconds.labels(page).observe(seconds)


def count_call(call: Call) -> None:
    _calls.labels(call.operation, call.result).inc()
    _call_seconds.labels(call.operation).observe(call.ended - call.started)
