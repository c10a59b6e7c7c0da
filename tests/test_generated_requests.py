"""Thousands of odd requests by every role: whatever is sent, dubadmin never falls over.

GENERATED_REQUESTS=10000 makes it ten thousand, GENERATED_SEED others.
"""

from __future__ import annotations

import os
import time
import traceback
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from customers.models import AuditEntry, Batch, Outcome
from dubadmin.sandbox import Sandbox

from .conftest import PEOPLE
from .random_requests import Asked, Generator
from .test_recording_a_sale import a_sale

COUNT = int(os.environ.get("GENERATED_REQUESTS", "120"))
SEED = int(os.environ.get("GENERATED_SEED", "1"))
AGAIN = 8  # requests until somebody signs in anew: some of them sign out


@pytest.fixture
def ids(dub: Sandbox) -> list[str]:
    """Customers with awkward IDs, and something in each table."""
    link = dub.add_link(key="go")
    made = [
        dub.add_customer(email=f"c{n}@example.com", external_id=external, link=link, lead="Sign up")
        for n, external in enumerate(["u1", "a/b c", "é%2F", "una@example.com"])
    ]
    AuditEntry.objects.create(
        action="sale.record",
        outcome=Outcome.UNKNOWN,
        target_external_id="u1",
        target_id=made[0]["id"],
        sent={"method": "POST", "path": "/track/sale", "body": a_sale().body},
    )
    AuditEntry.objects.create(
        action="customer.update",
        outcome=Outcome.RECORDED,
        target_id=made[0]["id"],
        before={"email": "old@example.com"},
        sent={"method": "PATCH", "path": "", "body": {"email": "c0@example.com"}},
    )
    Batch.objects.create(action="customer.update", field="country", actor={}, total=1)
    return [each["id"] for each in made] + [f"ext_{each['externalId']}" for each in made]


def sign_in(name: str) -> Client:
    """Whoever it is, whatever an administrator has done to the account meanwhile."""
    client = Client(raise_request_exception=True)
    if not name:
        return client
    user, _ = User.objects.update_or_create(username=name, defaults={"is_active": True})
    user.groups.set([Group.objects.get(name=PEOPLE[name])])
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    return client


def fault_of(asked: Asked, client: Client) -> str:
    """Where it fell over, "" where it did not."""
    try:
        answer: Any = asked.send(client)
    except Exception as error:
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "/customers/" in f.filename]
        return f"{type(error).__name__}: {error}, by {ours[-1].filename}:{ours[-1].lineno}"
    return f"status {answer.status_code}" if answer.status_code == 500 else ""


@pytest.mark.django_db
def test_no_request_makes_it_fall_over(people: dict[str, User], ids: list[str]) -> None:
    generator = Generator(SEED, ids=ids)
    names, faults = [*PEOPLE, ""], {}
    client, name = Client(), ""
    for number in range(COUNT):
        if number % AGAIN == 0:
            name = names[number // AGAIN % len(names)]
            client = sign_in(name)
        asked = generator.next(client)
        if fault := fault_of(asked, client):
            faults.setdefault(fault, (number, name, asked))
    assert not faults, "\n".join(f"{fault}\n    {who}" for fault, who in faults.items())
