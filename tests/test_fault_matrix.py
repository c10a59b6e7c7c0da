"""Ten failures of the wire × four writes: the outcome, the log and Dub's own count agree (A7, A8).

An edit or deletion whose answer was lost is settled at once by reading back; a lead or sale stays
unknown, because its event may still be on its way.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from customers import queries, services
from customers.models import AuditEntry, Outcome
from customers.preflight import check_lead, check_sale
from dubadmin.dub.commands import TrackLead, TrackSale
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db

Send = Callable[[], AuditEntry]


@pytest.fixture
def full_socket() -> Iterator[int]:
    """A port whose queue is full, so that connecting to it takes for ever."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        yield port
        for each in waiting:
            each.close()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def writes(dub: Sandbox) -> dict[str, tuple[str, str, Send, Callable[[], int]]]:
    """Per write: method, path at Dub, how to do it, and how often Dub has it."""
    link = dub.add_link(key="go")
    made = dub.add_customer(external_id="u1", email="old@example.com", link=link)
    dub.add_lead(made, event_name="Sign up")
    sale = TrackSale(
        customer_external_id="u1", amount=4900, currency="usd", invoice_id="I", event_name="Buy"
    )
    lead = TrackLead(customer_external_id="u1", event_name="Demo")
    customer = queries.get_customer("ext_u1")
    checked_sale, checked_lead = check_sale(sale), check_lead(lead)
    changes = {"email": "new@example.com"}

    def has_email() -> int:
        return int((dub.customer("u1") or {}).get("email") == "new@example.com")

    return {
        "sale": (
            "POST",
            "/track/sale",
            lambda: services.record_sale(sale, preflight=checked_sale, actor=ALICE),
            lambda: len(dub.sales()),
        ),
        "lead": (
            "POST",
            "/track/lead",
            lambda: services.record_lead(lead, preflight=checked_lead, actor=ALICE),
            lambda: len(dub.leads()) - 1,
        ),
        "edit": (
            "PATCH",
            f"/customers/{made['id']}",
            lambda: services.update_customer(customer, changes=changes, actor=ALICE),
            has_email,
        ),
        "delete": (
            "DELETE",
            f"/customers/{made['id']}",
            lambda: services.delete_customer(customer, events=[], actor=ALICE),
            lambda: int(dub.customer("u1") is None),
        ),
    }


FAULTS: dict[str, dict[str, Any]] = {
    "read timeout": {"delay_ms": 400},
    "hang up before effect": {"hang_up": "before"},
    "hang up after effect": {"hang_up": "after"},
    "429": {"status": 429},
    "500": {"status": 500},
    "502 HTML": {"status": 502},
    "truncated JSON": {"truncate": True},
    "200 garbage": {"status": 200, "body": "<html>All is well</html>"},
}
# Per failure: what happened at Dub; the outcome of a lead or sale, and of an edit or deletion.
EXPECTED = {
    "connect refused": (0, "not_sent", "not_sent"),
    "connect timeout": (0, "not_sent", "not_sent"),
    "read timeout": (1, "unknown", "recorded"),
    "hang up before effect": (0, "unknown", "unknown"),
    "hang up after effect": (1, "unknown", "recorded"),
    "429": (0, "not_sent", "not_sent"),
    "500": (0, "unknown", "unknown"),
    "502 HTML": (0, "unknown", "unknown"),
    "truncated JSON": (1, "unknown", "recorded"),
    "200 garbage": (0, "unknown", "unknown"),
}


@pytest.mark.parametrize("failure", EXPECTED)
@pytest.mark.parametrize("write", ["lead", "sale", "edit", "delete"])
def test_a7_a8_every_failure_of_every_write_is_told_as_it_is(
    failure: str,
    write: str,
    dub: Sandbox,
    writes: dict[str, Any],
    settings: Any,
    full_socket: int,
    closed_port: int,
) -> None:
    method, path, send, count = writes[write]
    settings.DUB_TIMEOUT_SECONDS = 0.2
    if failure == "connect refused":
        settings.DUB_API_URL = f"http://127.0.0.1:{closed_port}"
    elif failure == "connect timeout":
        settings.DUB_API_URL = f"http://127.0.0.1:{full_socket}"
    else:
        dub.fault(method=method, path=path, **FAULTS[failure])

    entry = send()

    happened, of_track, of_customer = EXPECTED[failure]
    expected = of_track if write in {"lead", "sale"} else of_customer
    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.outcome, count()) == (expected, happened)
    assert stored.explanation
    assert dub.count(method, path) <= 1
    if expected == Outcome.RECORDED:
        assert happened == 1
    if expected == Outcome.NOT_SENT:
        assert happened == 0
