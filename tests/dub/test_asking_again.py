"""Reads are asked again after a failure that may pass, with growing pauses (A1, A8)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from dubadmin.dub.answers import retry_after
from dubadmin.dub.client import BACKOFF_SECONDS, Client
from dubadmin.dub.errors import DubError, RateLimited, Refused, Unavailable, Uncertain
from dubadmin.dub.reads import GetCustomer

from .conftest import KEY
from .wire import Step, Wire, answer, hang_up

READ = GetCustomer(id="cus_1")
ADA = answer({"id": "cus_1", "name": "Ada"})
OOPS = {"error": {"code": "internal_server_error", "message": "Oops"}}
NOW = 1_790_000_000.0

Serve = Callable[..., Wire]
Connect = Callable[..., Client]


def limited(**headers: str) -> bytes:
    body = {"error": {"code": "rate_limit_exceeded", "message": "Too many requests."}}
    return answer(body, status=429, **headers)


@pytest.mark.parametrize(
    "step",
    [
        hang_up,
        answer(b"<html>", status=502, Connection="close"),
        answer(OOPS, status=500, Connection="close"),
        answer(b'{"id"', Content_Length="99", Connection="close"),
    ],
    ids=["hang-up", "502", "500", "truncated"],
)
def test_a7_a_read_survives_two_failures(
    step: Step, wire: Serve, client_of: Connect, pauses: list[float]
) -> None:
    def once(connection: socket.socket, closing: object) -> None:
        if isinstance(step, bytes):
            connection.sendall(step)

    server = wire(once, once, ADA)

    assert client_of(server).fetch(READ).name == "Ada"
    assert pauses == list(BACKOFF_SECONDS)
    assert len(server.heard) == 3


def test_a7_the_third_failure_is_told(wire: Serve, client_of: Connect, pauses: list[float]) -> None:
    server = wire(hang_up)

    with pytest.raises(Uncertain):
        client_of(server).fetch(READ)

    assert len(server.heard) == 3
    assert pauses == list(BACKOFF_SECONDS)


def test_a_refused_connection_is_tried_three_times(pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(Unavailable):
        Client(url=url, key=KEY, sleep=pauses.append).fetch(READ)

    assert pauses == list(BACKOFF_SECONDS)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (answer({"error": {"code": "not_found", "message": "No."}}, status=404), Refused),
        (answer(b"<html>", status=404), Uncertain),
        (answer(b"<html>"), Uncertain),
        (answer([]), Uncertain),
    ],
)
def test_what_would_fail_again_is_asked_once(
    step: bytes, kind: type[DubError], wire: Serve, client_of: Connect, pauses: list[float]
) -> None:
    server = wire(step)

    with pytest.raises(kind):
        client_of(server).fetch(READ)

    assert len(server.heard) == 1
    assert pauses == []


def test_a1_a_read_waits_out_a_short_limit(
    wire: Serve, client_of: Connect, pauses: list[float]
) -> None:
    server = wire(limited(Retry_After="3"), ADA)

    assert client_of(server).fetch(READ).name == "Ada"
    assert pauses == [3]


def test_a1_epoch_milliseconds_are_a_short_wait_not_hours(
    wire: Serve, client_of: Connect, pauses: list[float]
) -> None:
    in_three_seconds = str(int((time.time() + 3) * 1000))
    server = wire(limited(Retry_After=in_three_seconds), ADA)

    assert client_of(server).fetch(READ).name == "Ada"
    assert len(pauses) == 1
    assert 1 <= pauses[0] <= 3


def test_a1_a_long_limit_is_told_at_once(
    wire: Serve, client_of: Connect, pauses: list[float]
) -> None:
    server = wire(limited(Retry_After="60"))

    with pytest.raises(RateLimited) as caught:
        client_of(server).fetch(READ)

    assert caught.value.wait == 60
    assert len(server.heard) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (str(int(NOW * 1000) + 12_000), 12),
        (str(int(NOW * 1000) - 12_000), 1),
        (str(int(NOW * 1000) + 86_400_000), 600),
        ("12", 12),
        ("12.5", 12.5),
        (" 12 ", 12),
        ("0", 1),
        ("-5", 1),
        ("86400", 600),
        ("nan", 1),
        ("inf", 600),
        ("-inf", 1),
        ("1e999", 600),
        ("Mon, 21 Sep 2026 14:13:32 GMT", 12),
        ("Mon, 21 Sep 2026 16:13:32 +0200", 12),
        ("Mon, 21 Sep 2020 14:13:32 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 600),
        ("Mon, 99 Sep 2026 99:99:99 GMT", 1),
        ("soon", 1),
        ("", 1),
    ],
)
def test_a1_retry_after(header: str, wait: float) -> None:
    assert retry_after(CaseInsensitiveDict({"Retry-After": header}), now=NOW) == wait


def test_a1_without_retry_after_the_reset_counts() -> None:
    headers = CaseInsensitiveDict({"X-RateLimit-Reset": str(int(NOW * 1000) + 7_000)})

    assert retry_after(headers, now=NOW) == 7
    assert retry_after(CaseInsensitiveDict(), now=NOW) == 1


HEADERS = (
    st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d( \S+)?")
)


@given(header=HEADERS, now=st.floats(min_value=0, max_value=1e11))
def test_a1_no_header_hurries_or_hangs_anybody(header: str, now: float) -> None:
    wait = retry_after(CaseInsensitiveDict({"Retry-After": header}), now=now)

    assert 1 <= wait <= 600
