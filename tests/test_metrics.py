"""/metrics: for who has the token, in as many series as there are pages and operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from customers.models import AuditEntry, Outcome
from customers.watch import Spent
from dubadmin.dub.calls import Call
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-prometheus"


@pytest.fixture
def figures(client: Client, settings: Any) -> Callable[[], dict[tuple[str, ...], float]]:
    """The figures as /metrics tells them: {(name, label, …): value}, labels by their names."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[tuple[str, ...], float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        families = text_string_to_metric_families(answer.content.decode())
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    return read


def test_requests_and_calls_are_counted_by_page_and_operation(
    figures: Any, alice: Client, dub: Sandbox
) -> None:
    before = figures()
    alice.get("/customers/cus_nobody/")
    after = figures()

    def rise(*key: str) -> float:
        return after.get(key, 0.0) - before.get(key, 0.0)

    assert rise("dubadmin_requests_total", "GET", "customer_detail", "404") == 1
    assert rise("dubadmin_request_seconds_count", "customer_detail") == 1
    assert rise("dubadmin_dub_calls_total", "GetCustomer", "refused") > 0
    assert rise("dubadmin_dub_call_seconds_count", "GetCustomer") > 0


def test_what_is_open_is_counted_in_the_database(figures: Any) -> None:
    assert figures()["dubadmin_unsettled_entries",] == 0
    AuditEntry.objects.create(action="sale.record", outcome=Outcome.UNKNOWN)
    found = figures()
    assert found["dubadmin_unsettled_entries",] == 1
    assert found["dubadmin_queue_tasks",] == 0
    assert found["dubadmin_queue_oldest_seconds",] == 0


def test_invented_methods_and_addresses_make_no_series(figures: Any, client: Client) -> None:
    client.get("/nothing-1/")
    client.generic("GRAB", "/healthz")
    before = set(figures())
    client.get("/nothing-2/")
    client.generic("SNATCH", "/healthz")
    assert set(figures()) == before


@pytest.mark.parametrize("given", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ", "Bearer ü"])
def test_without_the_token_there_is_no_such_page(client: Client, settings: Any, given: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_without_the_setting_nobody_sees_them(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_administrators_see_where_the_time_went(
    sign_in: Callable[[str], Client], dub: Sandbox
) -> None:
    dub.add_customer(email="una@example.com", external_id="u1")
    answer = sign_in("ada").get("/customers/ext_u1/")
    total, calls, queries = (part.split(";") for part in answer["Server-Timing"].split(", "))
    assert (total[0], calls[0], queries[0]) == ("total", "dub", "db")
    assert float(total[1].removeprefix("dur=")) > float(calls[1].removeprefix("dur=")) > 0
    assert calls[2].endswith(' calls"')
    for name in ("alice", "otto"):
        assert "Server-Timing" not in sign_in(name).get("/customers/ext_u1/").headers


def test_calls_side_by_side_count_once() -> None:
    calls = [
        Call(operation="", result="ok", started=started, ended=ended, headers={})
        for started, ended in [(3.0, 4.0), (1.0, 2.0), (1.5, 2.5)]
    ]
    assert Spent(calls=calls).dub_seconds == 2.5
