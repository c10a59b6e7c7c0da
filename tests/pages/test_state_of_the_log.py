"""The page that shows whether the log is whole, and lets an auditor have it verified."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from customers import chain
from customers.audit import Target, note
from customers.evidence import anchors, verify
from customers.models import AuditEntry, Outcome, lifted

from ..conftest import ALICE, text_of
from ..worker import work

pytestmark = pytest.mark.django_db

STATE, FOLLOW, VERIFY = "/audit/state/", "/audit/state/follow/", "/audit/state/verify/"


@pytest.fixture(autouse=True)
def _nothing_is_linked_after_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "_pulse", chain._Pulse(next=float("inf")))


@pytest.fixture
def otto(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("otto")


@pytest.fixture
def log() -> list[AuditEntry]:
    return [note("customer.view", actor=ALICE, target=Target(id=f"cus_{n}")) for n in range(5)]


def test_it_works(otto: Client, log: list[AuditEntry]) -> None:
    AuditEntry.objects.create(action="customer.update", outcome=Outcome.PENDING)
    says = text_of(otto.get(STATE))
    assert "The log has never been verified." in says
    assert "The checksum has not been written down outside yet." in says
    place = chain.head().place
    assert f"Secured entries {place} Not secured yet 0 Pending 1 Checksum {chain.head()}" in says
    assert "Database Refuses changes Kept For good" in says


def test_the_list_leads_here_and_back(otto: Client) -> None:
    assert f'href="{STATE}"' in otto.get("/audit/").content.decode()
    assert 'href="/audit/"' in otto.get(STATE).content.decode()


def test_an_auditor_has_it_verified(otto: Client, log: list[AuditEntry]) -> None:
    page = otto.post(VERIFY, follow=True)
    assert "Verifying … 0 of" in text_of(page)
    assert f'hx-get="{FOLLOW}"' in page.content.decode()
    assert work() == 1
    says = text_of(otto.get(FOLLOW))
    assert "Nothing is wrong:" in says
    assert "by otto" in says
    assert "Verify now" in says
    entry = AuditEntry.objects.get(action="audit.verify")
    assert (entry.actor_name, entry.outcome) == ("otto", Outcome.DONE)


def test_what_is_wrong_is_shown(otto: Client, log: list[AuditEntry]) -> None:
    with lifted():
        AuditEntry.objects.filter(pk=log[2].pk).update(reason="forged")
    otto.post(VERIFY)
    work()
    page = otto.get(STATE)
    assert f"Entry {log[2].pk} was changed: it does not fit its seal." in text_of(page)
    assert "notice danger" in page.content.decode()


def test_a_long_one_goes_on_slice_by_slice(
    otto: Client, log: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "AT_ONCE", 2)
    monkeypatch.setattr(verify, "SLICE_SECONDS", 0)
    chain.link_all()
    last = chain.head().place
    otto.post(VERIFY)
    work(slices=1)
    assert "Verifying … 2 of" in text_of(otto.get(FOLLOW))
    assert work() >= last // 2
    entry = AuditEntry.objects.get(action="audit.verify")
    assert entry.after["checked"] >= last


def test_one_at_a_time(otto: Client) -> None:
    otto.post(VERIFY)
    page = otto.post(VERIFY, follow=True)
    assert "A verification is under way already." in text_of(page)
    assert DBTaskResult.objects.count() == 1
    asked = AuditEntry.objects.filter(action="audit.ask").order_by("pk")
    assert [entry.outcome for entry in asked] == [Outcome.DONE, Outcome.BLOCKED]


def test_without_a_worker_it_says_so(otto: Client) -> None:
    otto.post(VERIFY)
    assert "No worker has been at this" not in text_of(otto.get(FOLLOW))
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=2))
    assert "No worker has been at this" in text_of(otto.get(FOLLOW))
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(hours=1))
    assert "Verify now" in text_of(otto.get(FOLLOW))  # given up, so that it can be asked for again


def test_a_database_that_does_not_protect_the_log(otto: Client) -> None:
    on = " ON customers_auditentry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER customers_auditentry_before_delete{on}")
    says = text_of(otto.get(STATE))
    assert "The database does not protect the log." in says
    assert "customers_auditentry_before_delete is missing" in says


def test_anchors(otto: Client, log: list[AuditEntry], settings: Any, tmp_path: Any) -> None:
    anchors.write(actor=ALICE)
    says = text_of(otto.get(STATE))
    place = chain.head().place - 1
    assert f"written down over the first {place} entries; 1 entry has been secured since" in says
    assert "It is only written to the worker’s own log." in says
    settings.AUDIT_ANCHOR_FILE = str(tmp_path)
    anchors.write(actor=ALICE)
    says = text_of(otto.get(STATE))
    assert "Not to AUDIT_ANCHOR_FILE: Is a directory." in says
    assert "It is only written" not in says
    settings.AUDIT_ANCHOR_MINUTES = 0
    assert "it is not written down by itself" in text_of(otto.get(STATE))


def test_what_was_removed_and_redacted(otto: Client, settings: Any) -> None:
    settings.AUDIT_RETENTION_DAYS = 90
    for action in ("audit.prune", "audit.redact"):
        note(action, actor=ALICE, after={})
    says = text_of(otto.get(STATE))
    assert "Kept 90 days Last removal" in says
    assert "Last redaction" in says


def test_following_leaves_no_entry(otto: Client) -> None:
    otto.get(STATE)
    before = AuditEntry.objects.count()
    otto.get(FOLLOW)
    assert AuditEntry.objects.count() == before


def test_the_english_of_the_log_is_read_in_the_language_of_its_reader(
    otto: Client, log: list[AuditEntry]
) -> None:
    report = verify.verify()
    verify.tell(report, actor=ALICE)
    anchors.write(actor=ALICE)
    says = text_of(otto.get(STATE, headers={"accept-language": "de"}))
    assert f"Alles stimmt: {report.checked} Einträge sind so, wie sie abgeschlossen wurden" in says
    assert "In das Log geschrieben." in says
    english = AuditEntry.objects.get(action="audit.verify").explanation
    assert english.startswith(f"Nothing is wrong: {report.checked} entries are as they were")
    assert english in text_of(otto.get(STATE))
