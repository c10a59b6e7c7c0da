"""One place lists what is open: until it is settled it stays, and it is found without a scan."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers import batches, followup
from customers.audit import note
from customers.models import (
    PATIENCE_SECONDS,
    AuditEntry,
    Batch,
    FollowUp,
    Import,
    Outcome,
    Relation,
    pending_timeout,
)

from .conftest import ALICE, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dub")]


def write(outcome: str = "unknown", **details: Any) -> AuditEntry:
    given: dict[str, Any] = {"action": "sale.record", "actor_name": "alice", **details}
    return AuditEntry.objects.create(outcome=outcome, **given)


def awaited(state: str, due: datetime) -> AuditEntry:
    entry = write("recorded")
    FollowUp.objects.create(entry=entry, state=state, due=due, customer_id="cus_1")
    return entry


def stopped(**details: Any) -> Batch:
    given = {"action": "customer.update", "field": "country", "actor": {"name": "max"}, "total": 6}
    return Batch.objects.create(**{"state": Batch.State.STOPPED, "key": "a", **given, **details})


def opened() -> set[int]:
    return {entry.pk for entry in followup.unsettled()}


def listed(page: Any) -> list[int]:
    return [int(number) for number in re.findall(r'href="/results/(\d+)/"', page.content.decode())]


def test_what_is_open_is_listed_and_nothing_else() -> None:
    now = datetime.now(UTC)
    unknown = write()
    overdue = write("pending", at=now - 2 * pending_timeout())
    missing = awaited("missing", now - timedelta(hours=1))
    unreadable = awaited("pending", now - timedelta(hours=1))
    write("pending", at=now)
    write("recorded")
    write("refused")
    awaited("confirmed", now)
    awaited("pending", now + timedelta(hours=1))
    write("unknown", action="write.settle")
    assert opened() == {unknown.pk, overdue.pk, missing.pk, unreadable.pk}


@pytest.mark.parametrize(("outcome", "stays"), [("recorded", False), ("unknown", True)])
def test_it_stays_until_it_is_settled(outcome: str, stays: bool) -> None:
    entry = write()
    settled = {"outcome": Outcome(outcome), "earlier": entry, "relation": Relation.SETTLE}
    note("write.settle", actor=ALICE, **settled)
    assert opened() == ({entry.pk} if stays else set())


@pytest.mark.parametrize("timeout", [1, 10])
def test_a_write_that_waited_for_the_rate_is_not_overdue_while_dub_answers(
    settings: Any, timeout: int
) -> None:
    settings.DUB_TIMEOUT_SECONDS = timeout
    longest = timedelta(seconds=PATIENCE_SECONDS + 3 * timeout)
    entry = write("pending", at=datetime.now(UTC) - longest)
    assert entry.shown_outcome == Outcome.PENDING


def test_what_is_overdue_is_shown_as_unknown_everywhere(
    sign_in: Callable[[str], Client],
) -> None:
    entry = write("pending", at=datetime.now(UTC) - 2 * pending_timeout())
    ada = sign_in("ada")
    for address in (
        "/",
        "/attention/",
        "/audit/",
        "/audit/?outcome=unknown",
        f"/audit/{entry.pk}/",
        f"/results/{entry.pk}/",
    ):
        html = ada.get(address).content.decode()
        assert 'data-outcome="unknown"' in html, address
        assert 'data-outcome="pending"' not in html, address


def test_a_stopped_batch_stays_until_it_goes_on_or_is_left(max_: Client) -> None:
    batch = stopped(note="Dub refused to look.")
    text = text_of(max_.get("/attention/"))
    assert "Correction of 6 customers Stopped" in text
    assert "Dub refused to look." in text
    assert "Correction of 6 customers" in text_of(max_.get("/"))
    assert "Leave it stopped" in text_of(max_.get(f"/batches/{batch.pk}/"))
    max_.post(f"/batches/{batch.pk}/leave/")
    assert "Correction of 6 customers" not in text_of(max_.get("/attention/"))
    left = AuditEntry.objects.get(action="batch.leave")
    assert (left.batch, left.actor_name) == (batch, "max")
    assert "Leave it stopped" not in text_of(max_.get(f"/batches/{batch.pk}/"))
    max_.post(f"/batches/{batch.pk}/leave/")
    assert AuditEntry.objects.filter(action="batch.leave", outcome="blocked").count() == 1


def test_a_batch_that_stops_again_is_listed_again(max_: Client) -> None:
    batch = stopped()
    batches.leave(batch, actor=ALICE)
    batches.resume(batch, actor=ALICE)
    batches.stop(batch, actor=ALICE)
    assert "Correction of 6 customers" in text_of(max_.get("/attention/"))


def test_a_paused_import_is_listed(max_: Client) -> None:
    Import.objects.create(
        kind="sales", name="May.csv", size=1, state="paused", actor={"name": "max"}, key="b"
    )
    assert "Sales from May.csv Paused" in text_of(max_.get("/attention/"))


def test_pages_go_back_by_the_entry_and_home_shows_the_first(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.views.attention.ROWS", 3)
    entries = [write().pk for _ in range(7)][::-1]
    stopped()
    first = alice.get("/attention/")
    assert listed(first) == entries[:3]
    second = alice.get(f"/attention/?before={entries[2]}")
    assert listed(second) == entries[3:6]
    assert "Stopped on the way" not in text_of(second)
    assert listed(alice.get(f"/attention/?before={entries[5]}")) == entries[6:]
    assert listed(alice.get("/attention/?before=nonsense")) == entries[:3]
    home = alice.get("/")
    assert listed(home)[:5] == entries[:5]
    assert "All, more than 5" in text_of(home)


def test_nothing_open_is_said_and_the_log_leads_there(sign_in: Callable[[str], Client]) -> None:
    otto = sign_in("otto")
    assert "Nothing is open" in text_of(otto.get("/attention/"))
    assert 'href="/attention/"' in otto.get("/audit/").content.decode()


def test_it_is_found_without_going_through_the_log() -> None:
    for number in range(40):
        write("recorded" if number % 8 else "unknown")
    awaited("missing", datetime.now(UTC))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = followup.all_unsettled().order_by("-id")[:51].explain()
    assert not re.search(r"Seq Scan|SCAN customers_auditentry$", plan, re.MULTILINE), plan
    assert "follow_up_due" in plan or "customers_followup" in plan
