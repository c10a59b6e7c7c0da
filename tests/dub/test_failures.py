"""Every way a call can fail, sorted by what it means: did anything happen or not? (A7, A8)"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import responses
import urllib3.exceptions
from urllib3 import HTTPConnectionPool

from dubadmin.dub.answers import as_dub_error
from dubadmin.dub.client import Client
from dubadmin.dub.commands import Command, DeleteCustomer, TrackLead, TrackSale, UpdateCustomer
from dubadmin.dub.errors import DubError, RateLimited, Refused, Unavailable, Uncertain
from dubadmin.dub.reads import GetCustomer, ListCustomers

from .conftest import KEY, URL
from .wire import Step, Wire, answer, drip, hang_up, hold

READ = GetCustomer(id="cus_1")
UPDATE = UpdateCustomer(id="cus_1", changes={"name": "Ada"})
DELETE = DeleteCustomer(id="cus_1")
LEAD = TrackLead(customer_external_id="u1", event_name="Sign up", click_id="c1")
SALE = TrackSale(customer_external_id="u1", amount=4900, currency="usd", invoice_id="I1")
COMMANDS = [UPDATE, DELETE, LEAD, SALE]

Ask = Callable[[Client], object]


def _read(client: Client) -> object:
    return client.fetch(READ)


def _send(client: Client) -> object:
    return client.send(UPDATE)


both = pytest.mark.parametrize("ask", [_read, _send])


def failure(ask: Ask, client: Client) -> DubError:
    with pytest.raises(DubError) as caught:
        ask(client)
    return caught.value


def dub_says(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "doc_url": "https://dub.co/docs"}}


@both
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (403, "exceeded_limit"),
        (404, "not_found"),
        (409, "conflict"),
        (409, "invite_pending"),
        (410, "invite_expired"),
        (422, "unprocessable_entity"),
    ],
)
def test_dubs_own_4xx_is_refused(
    ask: Ask, status: int, code: str, dub: responses.RequestsMock, client: Client
) -> None:
    for method in ("GET", "PATCH"):
        dub.add(method, f"{URL}/customers/cus_1", json=dub_says(code, "No."), status=status)

    error = failure(ask, client)

    assert type(error) is Refused
    assert (error.status, error.code, error.message) == (status, code, "No.")
    assert len(dub.calls) == 1


@both
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b"<html><h1>Bad Gateway</h1></html>"),
        (404, b"<html>Not here</html>"),
        (403, b'{"message": "Forbidden by the firewall"}'),
        (429, b"slow down"),
        (413, b'{"error": "too large"}'),
        (413, b'{"error": {"code": 413, "message": "too large"}}'),
        (400, b"[]"),
        (400, b""),
        (204, b""),
        (200, b""),
        (200, b"<html>Sign in to the hotel</html>"),
        (200, b'{"id": "cus_1", "na'),
        (200, b'"cus_1"'),
        (200, b"[]"),
        (200, b"null"),
        (200, b'{"message": "hello"}'),
        (302, b'{"id": "cus_1"}'),
        (304, b""),
    ],
)
def test_a7_an_answer_that_is_not_dubs_is_uncertain(
    ask: Ask, status: int, body: bytes, dub: responses.RequestsMock, client: Client
) -> None:
    for method in ("GET", "PATCH"):
        dub.add(method, f"{URL}/customers/cus_1", body=body, status=status)

    error = failure(ask, client)

    assert type(error) is Uncertain
    assert error.status == status
    assert error.answer
    assert error.answer.body == body.decode()
    assert not error.timed_out


@both
def test_dubs_own_500_is_uncertain(ask: Ask, dub: responses.RequestsMock, client: Client) -> None:
    for method in ("GET", "PATCH"):
        body = dub_says("internal_server_error", "An internal server error occurred.")
        dub.add(method, f"{URL}/customers/cus_1", json=body, status=500)

    error = failure(ask, client)

    assert type(error) is Uncertain
    assert error.code == "internal_server_error"


@both
def test_a1_dubs_429_means_that_nothing_happened(
    ask: Ask, dub: responses.RequestsMock, client: Client
) -> None:
    for method in ("GET", "PATCH"):
        dub.add(
            method,
            f"{URL}/customers/cus_1",
            json=dub_says("rate_limit_exceeded", "Too many requests."),
            status=429,
            headers={"Retry-After": "30"},
        )

    error = failure(ask, client)

    assert isinstance(error, RateLimited)
    assert isinstance(error, Unavailable)
    assert error.wait == 30
    assert error.status == 429


@both
@pytest.mark.parametrize(
    "step",
    [
        hang_up,
        b"",
        b"garbage\r\n\r\n",
        answer(b'{"id": "cus_1"}', Content_Length="5000"),
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{"id"',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        answer(b"this is not gzip", Content_Encoding="gzip"),
    ],
    ids=["hang-up", "nothing", "garbage", "short", "chunk", "bad-chunk", "gzip"],
)
def test_a7_a_broken_connection_is_uncertain(
    ask: Ask, step: Step, wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    def break_off(connection: socket.socket, _: object) -> None:
        if isinstance(step, bytes):
            connection.sendall(step)

    error = failure(ask, client_of(wire(break_off)))

    assert type(error) is Uncertain
    assert error.answer is None
    assert not error.timed_out


@both
@pytest.mark.parametrize("step", [hold, drip])
def test_a7_no_whole_answer_in_time_is_uncertain(
    ask: Ask, step: Step, wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    server = wire(step)

    error = failure(ask, client_of(server, timeout=0.15))

    assert type(error) is Uncertain
    assert error.timed_out
    assert len(server.heard) == 1


@both
def test_hanging_up_before_the_request_is_read_proves_nothing(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def hang_up_at_once() -> None:
            listener.accept()[0].close()

        threads = [threading.Thread(target=hang_up_at_once, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        error = failure(ask, Client(url=url, key=KEY, timeout=2, sleep=lambda _: None))

    assert type(error) is Uncertain


@both
def test_a_refused_connection_was_never_sent(ask: Ask, pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    error = failure(ask, Client(url=url, key=KEY, timeout=2, sleep=pauses.append))

    assert type(error) is Unavailable
    assert error.answer is None


@contextmanager
def full_queue() -> Iterator[str]:
    """The address of a server that lets nobody in."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for caller in waiting:
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for caller in waiting:
            caller.close()


@both
def test_a_connection_that_takes_too_long_was_never_sent(ask: Ask, pauses: list[float]) -> None:
    with full_queue() as url:
        error = failure(ask, Client(url=url, key=KEY, timeout=0.1, sleep=pauses.append))

    assert type(error) is Unavailable
    assert error.timed_out
    assert pauses == []


@both
@pytest.mark.parametrize("url", ["", "api.dub.co", "https://", "ftp://api.dub.co", "https://[oops"])
def test_a_wrong_address_was_never_sent(ask: Ask, url: str) -> None:
    error = failure(ask, Client(url=url, key=KEY, sleep=lambda _: None))

    assert type(error) is Unavailable
    assert "address" in error.sentence


@pytest.mark.parametrize("key", ["dub_é", "dub_\n", "dub_1\r\nHost: evil", "dub_\0"])
@both
def test_a_key_that_no_header_can_hold_was_never_sent(ask: Ask, key: str) -> None:
    error = failure(ask, Client(url=URL, key=key, sleep=lambda _: None))

    assert type(error) is Unavailable
    assert "put together" in error.sentence
    assert key not in repr(error)


def test_a_body_that_is_no_json_was_never_sent(client: Client) -> None:
    command = TrackSale(
        customer_external_id="u",
        amount=1,
        currency="usd",
        invoice_id="",
        metadata={"rate": float("nan")},
    )

    error = failure(lambda dub: dub.send(command), client)

    assert type(error) is Unavailable
    assert "put together" in error.sentence


def test_half_a_surrogate_in_a_question_was_never_sent(client: Client) -> None:
    error = failure(lambda dub: dub.fetch(ListCustomers(search="\ud800")), client)

    assert type(error) is Unavailable
    assert "put together" in error.sentence


@both
def test_a_body_without_end_is_not_kept(
    ask: Ask, wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    bomb = gzip.compress(b" " * (51 * 1024 * 1024), compresslevel=1)
    server = wire(answer(bomb, Content_Encoding="gzip"))

    error = failure(ask, client_of(server, timeout=5))

    assert type(error) is Uncertain
    assert error.answer
    assert error.answer.body == ""
    assert len(server.heard) == 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.action)
@pytest.mark.parametrize(
    "step",
    [
        hang_up,
        answer(b"<html>", status=502),
        answer({"error": {"code": "internal_server_error", "message": "Oops"}}, status=500),
        answer({"error": {"code": "rate_limit_exceeded", "message": "Slow"}}, status=429),
        answer({"error": {"code": "conflict", "message": "Taken"}}, status=409),
        answer({}),
    ],
    ids=["hang-up", "502", "500", "429", "409", "wrong-shape"],
)
def test_a8_a_write_is_never_sent_twice(
    command: Command,
    step: Step,
    wire: Callable[..., Wire],
    client_of: Callable[..., Client],
    pauses: list[float],
) -> None:
    server = wire(step)

    failure(lambda dub: dub.send(command), client_of(server))

    assert len(server.heard) == 1
    assert pauses == []


def test_a8_a_write_that_cannot_connect_is_not_tried_again(pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    failure(_send, Client(url=url, key=KEY, sleep=pauses.append))

    assert pauses == []


PRISMA = "\nInvalid `prisma.customer.update()` invocation:\n\n\n"


@pytest.mark.parametrize(
    "message",
    [
        PRISMA
        + "The provided value for the column is too long for the column's type. Column: name",
        PRISMA + "An operation failed because it depends on one or more records that were required "
        "but not found. No record was found for an update.",
        PRISMA + "Argument `email`: Invalid value provided. Expected String, provided Int.",
        "invalid_format: email: Invalid email address",
        "invalid_format: name: Invalid string: must match pattern /^[a-z]{2}$/",
        "custom: metadata: Metadata must be less than 10,000 characters when stringified",
    ],
)
def test_r3_a_value_that_dub_does_not_take_is_refused(
    message: str, dub: responses.RequestsMock, client: Client
) -> None:
    body = dub_says("unprocessable_entity", message)
    dub.add("PATCH", f"{URL}/customers/cus_1", json=body, status=422)

    error = failure(_send, client)

    assert type(error) is Refused
    assert error.message == message
    assert "prisma" not in error.sentence
    assert "\n" not in error.sentence


@pytest.mark.parametrize(
    "message",
    [
        PRISMA + "Can't reach database server at `db:3306`",
        PRISMA + "Server has closed the connection.",
        json.dumps([{"code": "invalid_type", "path": ["externalId"]}], indent=2),
        "invalid_type: customer.email: Invalid input: expected string, received null",
        "invalid_type: link.shortLink: Invalid input: expected string, received null",
    ],
)
def test_r3_a_422_from_after_the_write_is_uncertain(
    message: str, dub: responses.RequestsMock, client: Client
) -> None:
    """Dub's handlers store, then check what they answer; both failures come as a 422."""
    body = dub_says("unprocessable_entity", message)
    dub.add("PATCH", f"{URL}/customers/cus_1", json=body, status=422)

    error = failure(_send, client)

    assert type(error) is Uncertain
    assert "prisma" not in error.sentence


def test_q10_the_same_422_to_a_read_is_refused(dub: responses.RequestsMock, client: Client) -> None:
    message = "invalid_type: [0].externalId: Invalid input: expected string, received null"
    body = dub_says("unprocessable_entity", message)
    dub.add("GET", f"{URL}/customers/cus_1", json=body, status=422)

    assert type(failure(_read, client)) is Refused


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (UPDATE, {"id": "cus_1"}),
        (DELETE, {"id": "cus_1"}),
        (LEAD, {"click": {"id": "c1"}, "link": None, "customer": {"externalId": "u1"}}),
        (SALE, {"eventName": "Purchase", "customer": None, "sale": None}),
    ],
    ids=lambda part: getattr(part, "action", ""),
)
def test_an_answer_of_the_right_shape_is_a_receipt(
    command: Command, data: object, dub: responses.RequestsMock, client: Client
) -> None:
    dub.add(command.method, URL + command.path, json=data)

    receipt = client.send(command)

    assert receipt.data == data
    assert receipt.answer.status == 200
    assert json.loads(receipt.answer.body) == data
    sent = dub.calls[0].request
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    if command.body is None:
        assert sent.body is None
    else:
        assert sent.body is not None
        assert json.loads(sent.body) == command.body
        assert sent.headers["Content-Type"] == "application/json"


@both
def test_a_proxy_that_cannot_be_reached_means_never_sent(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")

    error = failure(ask, Client(url="http://api.dub.test", key=KEY, sleep=lambda _: None))

    assert type(error) is Unavailable


@both
def test_a_proxy_that_hangs_up_may_have_passed_it_on(
    ask: Ask, wire: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", wire(hang_up).url)
    monkeypatch.setenv("no_proxy", "")

    error = failure(ask, Client(url="http://api.dub.test", key=KEY, sleep=lambda _: None))

    assert type(error) is Uncertain


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ssl.SSLCertVerificationError("certificate verify failed"), Unavailable),
        (ssl.SSLError("decryption failed or bad record mac"), Uncertain),
    ],
)
def test_only_a_certificate_that_fails_means_never_sent(
    cause: ssl.SSLError, kind: type[DubError]
) -> None:
    """A certificate is checked before anything is sent; other TLS errors can come after."""
    reason = urllib3.exceptions.SSLError(cause)
    tried = urllib3.exceptions.MaxRetryError(HTTPConnectionPool("api.dub.test"), "/", reason)

    assert type(as_dub_error(requests.exceptions.SSLError(tried))) is kind
