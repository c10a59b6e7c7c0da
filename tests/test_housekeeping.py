"""What has expired does not stay for ever: a worker removes it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from customers import housekeeping
from customers.models import AuditEntry, SharedCache
from customers.tasks import remove_old_exports

from .worker import work

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    session = client.session
    session["seen_at"] -= 61  # so that the next page lists it under Sessions
    session.save()
    client.get("/accounts/")
    return client


def test_what_is_over_goes_and_what_is_not_stays(
    people: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=4)):
        signed_in(people["alice"])
        cache.set("attempt", 1, timeout=300)
        remove_old_exports.enqueue()
        work()
    vera = signed_in(people["vera"])
    cache.set("attempt-of-now", 1, timeout=300)
    remove_old_exports.enqueue()
    entries = AuditEntry.objects.count()
    with caplog.at_level(logging.INFO, logger="dubadmin.worker"):
        removed = housekeeping.tidy()
    assert list(removed.values()) == [1, 1, 1, 1]
    assert "1 sessions, 1 lines about sessions that are over, 1 counters" in caplog.text
    assert vera.get("/accounts/").status_code == 200
    assert [Session.objects.count(), UserSession.objects.count()] == [1, 1]
    assert [SharedCache.objects.count(), DBTaskResult.objects.count()] == [1, 1]
    assert AuditEntry.objects.count() == entries + 1  # vera’s last look


def test_where_there_is_nothing_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="dubadmin.worker"):
        assert not any(housekeeping.tidy().values())
    assert caplog.text == ""
