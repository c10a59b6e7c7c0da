"""Manners on the wire: the key and nothing else, no redirects, no cookies, connections kept."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import responses

from dubadmin.dub.client import Client, first_error
from dubadmin.dub.commands import DeleteCustomer, UpdateCustomer
from dubadmin.dub.errors import Answer, DubError, RateLimited, Refused, Uncertain
from dubadmin.dub.reads import CountCustomers, GetCustomer, ListEvents

from .conftest import KEY, URL
from .wire import Wire, answer, hang_up

READ = GetCustomer(id="cus_1")
UPDATE = UpdateCustomer(id="cus_1", changes={"name": "Ada"})
ADA = answer({"id": "cus_1", "name": "Ada"})

Serve = Callable[..., Wire]
Connect = Callable[..., Client]


def test_it_works(wire: Serve, client_of: Connect) -> None:
    server = wire(ADA)

    assert client_of(server).fetch(READ).name == "Ada"

    heard = server.heard[0]
    assert (heard.method, heard.body) == ("GET", b"")
    assert heard.target == "/customers/cus_1?includeExpandedFields=true"
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.headers["accept"] == "application/json"


def test_a_base_address_may_have_a_path_and_a_slash(wire: Serve) -> None:
    server = wire(ADA)

    Client(url=server.url + "/proxy/dub/", key=KEY).fetch(READ)

    assert server.heard[0].target.startswith("/proxy/dub/customers/cus_1?")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int, wire: Serve, client_of: Connect) -> None:
    elsewhere = wire(ADA)
    server = wire(answer(b"", status=status, Location=elsewhere.url + "/customers/cus_1"))

    for ask in (lambda: client_of(server).fetch(READ), lambda: client_of(server).send(UPDATE)):
        with pytest.raises(Uncertain):
            ask()

    assert elsewhere.heard == []
    assert len(server.heard) == 2


def test_no_netrc_file_replaces_the_key(
    wire: Serve, client_of: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password guess\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = wire(ADA)

    client_of(server).fetch(READ)

    assert server.heard[0].headers["authorization"] == f"Bearer {KEY}"


def test_cookies_are_not_kept(wire: Serve, client_of: Connect) -> None:
    body = b'{"id": "cus_1"}'
    server = wire(answer(body, Set_Cookie="session=1; Path=/"))
    client = client_of(server)

    client.fetch(READ)
    client.fetch(READ)

    assert "cookie" not in server.heard[1].headers


def test_connections_are_kept(wire: Serve, client_of: Connect) -> None:
    server = wire(ADA)
    client = client_of(server)

    for _ in range(20):
        client.fetch(READ)
    client.send(UPDATE)

    assert len(server.heard) == 21
    assert server.connections == 1


def test_connections_are_kept_after_errors(wire: Serve, client_of: Connect) -> None:
    no = answer({"error": {"code": "not_found", "message": "No."}}, status=404)
    server = wire(no, answer(b"<html>", status=404), ADA)
    client = client_of(server)

    for kind in (Refused, Uncertain):
        with pytest.raises(kind):
            client.fetch(READ)
    client.fetch(READ)

    assert server.connections == 1


def test_a_write_goes_over_a_new_connection_when_the_old_one_has_ended(
    wire: Serve, client_of: Connect
) -> None:
    ended = threading.Event()

    def answer_and_end(connection: socket.socket, _: object) -> None:
        connection.sendall(ADA)
        connection.shutdown(socket.SHUT_RDWR)
        ended.set()

    server = wire(answer_and_end, ADA)
    client = client_of(server)
    client.fetch(READ)
    assert ended.wait(2)

    assert client.send(UPDATE).data["name"] == "Ada"


# Several reads


def together(count: int) -> Callable[[socket.socket, threading.Event], None]:
    """Answers only once `count` requests are there at the same time."""
    barrier = threading.Barrier(count, timeout=3)

    def step(connection: socket.socket, _: threading.Event) -> None:
        barrier.wait()
        connection.sendall(ADA)

    return step


@pytest.mark.parametrize("count", [2, 8, 32])
def test_reads_are_asked_side_by_side(count: int, wire: Serve, client_of: Connect) -> None:
    answers = client_of(wire(together(count))).fetch_together(*[READ] * count)

    assert [customer.name for customer in answers] == ["Ada"] * count
    assert first_error(answers) is None


FORBIDDEN = answer(
    {"error": {"code": "forbidden", "message": "Unauthorized: Need higher plan."}}, status=403
)


def test_a3_answers_and_errors_come_in_the_order_of_the_questions(client: Client) -> None:
    with responses.RequestsMock() as dub:
        dub.get(f"{URL}/events", status=403, body=FORBIDDEN.partition(b"\r\n\r\n")[2])
        dub.get(f"{URL}/customers/cus_1", json={"id": "cus_1", "name": "Ada"})
        dub.get(f"{URL}/customers/count", json=7)

        events, customer, count = client.fetch_together(
            ListEvents(kind="leads", customer_id="cus_1"), READ, CountCustomers()
        )

    assert isinstance(events, Refused)
    assert customer.name == "Ada"
    assert count == 7
    assert first_error([customer, events, count]) is events


def test_nothing_to_ask_is_no_question(wire: Serve, client_of: Connect) -> None:
    assert client_of(wire(ADA)).fetch_together() == []


# Pacing


def test_a2_pace_is_told_before_anything_leaves(wire: Serve) -> None:
    server = wire(ADA)
    told: list[tuple[int, int]] = []
    client = Client(
        url=server.url, key=KEY, pace=lambda count: told.append((count, len(server.heard)))
    )

    client.fetch(READ)
    client.fetch_together(READ, READ, READ)
    client.send(UPDATE)

    assert told == [(1, 0), (3, 1), (1, 4)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.fetch(READ),
        lambda client: client.fetch_together(READ, READ),
        lambda client: client.send(UPDATE),
    ],
)
@pytest.mark.parametrize("error", [RateLimited("Full.", wait=9), RuntimeError("broken")])
def test_a2_what_pace_raises_is_passed_on(
    ask: Callable[[Client], object], error: Exception, wire: Serve
) -> None:
    server = wire(ADA)

    def refuse(count: int) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        ask(Client(url=server.url, key=KEY, pace=refuse))

    assert caught.value is error
    assert server.heard == []


# The key


def everything(error: BaseException) -> str:
    """All that a log may show of an error and of what led to it."""
    return "".join(traceback.format_exception(error)) + f"{error} {error!r} {vars(error)}"


def variables(error: BaseException) -> str:
    """What an error page shows besides: the local variables below the test."""
    below = error.__traceback__.tb_next if error.__traceback__ else None
    told = traceback.TracebackException(type(error), error, below, capture_locals=True)
    return "".join(told.format())


def test_the_key_is_in_no_text_of_the_client() -> None:
    client = Client(url="https://api.dub.co", key=KEY)

    assert KEY not in f"{client} {client!r} {vars(client)}"


@pytest.mark.parametrize(
    "step",
    [
        hang_up,
        answer(f"<html>Bearer {KEY}</html>".encode(), status=502),
        answer({"error": {"code": "forbidden", "message": f"{KEY} may not"}}, status=403),
        answer({"error": {"code": KEY, "message": "no"}}, status=403),
        answer({"error": {"code": "rate_limit_exceeded", "message": KEY}}, status=429),
        answer({"error": {"code": "unprocessable_entity", "message": f"`{KEY}`"}}, status=422),
        answer(b"x", status=404, Content_Type=f"text/{KEY}"),
        answer(f'{{"key": "{KEY}"}}'.encode()),
        answer(b" " * (Answer.BODY_LIMIT - 12) + KEY.encode(), status=500),
    ],
)
def test_the_key_is_in_no_error(step: Any, wire: Serve, client_of: Connect) -> None:
    client = client_of(wire(step))

    for ask in (lambda: client.fetch(READ), lambda: client.send(UPDATE)):
        with pytest.raises(DubError) as caught:
            ask()
        assert KEY not in everything(caught.value)
        assert KEY[:8] not in repr(caught.value.answer)


def test_the_key_is_in_no_variable_of_a_broken_call(wire: Serve) -> None:
    client = Client(url=wire(hang_up).url, key=KEY, sleep=lambda _: None)

    with pytest.raises(Uncertain) as caught:
        client.send(UPDATE)

    shown = variables(caught.value)
    assert "_exchange" in shown
    assert KEY not in shown


def test_the_key_is_in_no_receipt(wire: Serve, client_of: Connect) -> None:
    receipt = client_of(wire(answer({"id": "cus_1", "echo": "x" + KEY}))).send(UPDATE)

    assert KEY not in receipt.answer.body
    assert json.loads(receipt.answer.body)["echo"] == "xdub_…"


def test_a_client_without_a_key_leaves_answers_alone(wire: Serve) -> None:
    server = wire(answer({"id": "cus_1", "name": "Ada"}))

    receipt = Client(url=server.url, key="").send(UPDATE)

    assert json.loads(receipt.answer.body) == {"id": "cus_1", "name": "Ada"}


def test_a_delete_has_no_body(wire: Serve, client_of: Connect) -> None:
    server = wire(answer({"id": "cus_1"}))

    client_of(server).send(DeleteCustomer(id="cus_1"))

    assert server.heard[0].method == "DELETE"
    assert server.heard[0].body == b""
    assert "content-type" not in server.heard[0].headers


def test_a_long_answer_is_kept_in_part(wire: Serve, client_of: Connect) -> None:
    long = {"id": "cus_1", "name": "x" * 30_000}

    receipt = client_of(wire(answer(long))).send(UPDATE)

    assert len(receipt.answer.body) == Answer.BODY_LIMIT
    assert receipt.data == long
