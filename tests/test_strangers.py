"""Nobody who is signed in can fill the log; of what they do nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers import strangers
from customers.models import AuditEntry, Strangers

from .at_once import AtOnce

pytestmark = pytest.mark.django_db
PASSKEY = "/accounts/login/passkey/"
MANY = strangers.ONE_BY_ONE + 7


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 11, 21, 12, 0, 5), tick=False) as clock:
        yield clock


def later(clock: Any) -> list[AuditEntry]:
    """What the worker has written when the minute is over."""
    before = AuditEntry.objects.count()
    clock.shift(timedelta(minutes=4))
    strangers.tell()
    return list(AuditEntry.objects.order_by("id")[before:])


def test_the_first_have_an_entry_each_and_the_rest_of_the_minute_one(
    client: Client, clock: Any
) -> None:
    for number in range(MANY):
        assert client.get(f"/customers/cus_{number}/").status_code == 302
    each = AuditEntry.objects.all()
    assert {(entry.action, entry.outcome) for entry in each} == {("customer.view", "blocked")}
    assert len(each) == strangers.ONE_BY_ONE
    [rest] = later(clock)
    assert (rest.action, rest.outcome, rest.ip) == ("page.closed", "blocked", "127.0.0.1")
    assert rest.asked == {"count": 7, "minute": "2026-11-21T12:00:00+00:00"}
    assert "7 more within the minute" in rest.explanation
    assert not Strangers.objects.exists()
    assert later(clock) == []


def test_few_are_no_flood(client: Client, clock: Any) -> None:
    client.get("/")
    assert AuditEntry.objects.get().action == "home.view"
    assert later(clock) == []
    assert not Strangers.objects.exists()


def test_what_is_going_on_is_not_told_yet(client: Client) -> None:
    for _ in range(MANY):
        client.get("/")
    strangers.tell()
    assert AuditEntry.objects.count() == strangers.ONE_BY_ONE


def test_each_address_is_counted_for_itself(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    for address in ["10.0.0.1"] * MANY + ["10.0.0.2", "2001:db8::1", "2001:db8::ffff"]:
        client.get("/", headers={"X-Forwarded-For": address})
    assert AuditEntry.objects.filter(ip="10.0.0.2").exists()
    counted = {each.address: each.told for each in Strangers.objects.all()}
    assert counted == {"10.0.0.1": strangers.ONE_BY_ONE, "10.0.0.2": 1, "2001:db8::/64": 2}


def test_who_is_signed_in_has_an_entry_for_everything(alice: Client) -> None:
    for _ in range(MANY):
        alice.get("/accounts/")
    assert AuditEntry.objects.filter(action="account.view").count() == MANY
    assert not Strangers.objects.exists()


def test_failed_attempts_to_sign_in_are_counted_by_what_they_are(
    client: Client, clock: Any
) -> None:
    for _ in range(50):
        client.get(PASSKEY, headers={"Accept": "application/json"})
        client.post(PASSKEY, {"credential": '{"id": "AA"}'})
    told = Counter(AuditEntry.objects.values_list("action", flat=True))
    assert (told["passkey.fail"], told["session.lock"]) == (10, strangers.ONE_BY_ONE)
    [rest] = [entry for entry in later(clock) if entry.action == "session.lock"]
    assert rest.asked["count"] == 50 - 10 - strangers.ONE_BY_ONE


def test_two_at_once_are_both_counted(at_once: AtOnce) -> None:
    def count() -> bool:
        return strangers.is_counted("10.0.0.1", "page.closed")

    assert at_once(count, count) == [False, False]
    assert Strangers.objects.get().told == 2
