"""A batch whose worker is killed while it writes: each customer is written once, or is unknown."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from customers import batches
from customers.audit import Actor, person
from customers.models import AuditEntry, Batch, BatchRow, Outcome
from dubadmin.sandbox import Sandbox
from dubadmin.sandbox.server import HungUp

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 500
FILTERS = {"search": "", "country": "DE", "link_id": "", "partner_id": ""}


class Workers:
    """Worker processes of their own, one after the other, on the database of this test."""

    def __init__(self, dub: Sandbox) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": _database_url(),
            "DUB_API_URL": dub.url,
            "DUB_API_KEY": dub.api_key,
            "DUB_TIMEOUT_SECONDS": "1",
            "DUB_RATE_LIMIT_PER_MINUTE": "100000",
        }

    def run(self) -> int:
        """Until nothing is left to do, or until it is killed."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--once"], cwd=ROOT, env=self.environment
        )
        return self.process.wait()

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


def _database_url() -> str:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


@pytest.fixture
def workers(dub: Sandbox) -> Iterator[Workers]:
    workers = Workers(dub)
    yield workers
    if workers.process and workers.process.poll() is None:
        workers.kill()


@pytest.fixture
def kill_at(dub: Sandbox, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Kills the worker at its n-th request for one customer: {n: "lost" or "done"}.

    A request that is lost has no effect at Dub; one that is done has, and no answer comes.
    """
    moments: dict[int, str] = {}
    server: Any = dub._server
    respond, count = server.respond, iter(range(1, 1_000_000))

    def deadly(method: str, path: str, *rest: Any) -> Any:
        if not path.startswith("/customers/cus_"):
            return respond(method, path, *rest)
        moment = moments.pop(next(count), "")
        if moment == "lost":
            workers.kill()
            raise HungUp
        delivery = respond(method, path, *rest)
        if moment == "done":
            workers.kill()
        return delivery

    monkeypatch.setattr(server, "respond", deadly)
    return moments


def test_each_customer_is_written_once_or_is_listed_as_unknown(
    dub: Sandbox, workers: Workers, kill_at: dict[int, str], people: dict[str, User]
) -> None:
    dub.rate_limit = 0  # its own 1,200 per minute would only be waited out
    for n in range(CUSTOMERS):
        dub.add_customer(email=f"c{n}@example.com", external_id=f"u{n}", country="DE")
    batch = batches.ask(
        action="customer.update",
        field="country",
        value="JP",
        total=CUSTOMERS,
        filters=FILTERS,
        actor=Actor(**person(people["max"])),
        key="k",
    )
    rng = random.Random(7)
    kill_at |= {n: rng.choice(["lost", "done"]) for n in rng.sample(range(3 * CUSTOMERS), 3)}
    killed = 0
    while Batch.objects.get(pk=batch.pk).is_open:
        killed += workers.run() != 0

    assert killed == 3
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.DONE
    rows = BatchRow.objects.filter(batch=batch)
    outcomes = Counter(rows.values_list("outcome", flat=True))
    assert sum(outcomes.values()) == CUSTOMERS
    assert set(outcomes) <= {Outcome.RECORDED, Outcome.UNKNOWN}
    assert outcomes[Outcome.RECORDED] >= CUSTOMERS - 3

    sent = Counter(request.path for request in dub.requests if request.method == "PATCH")
    assert max(sent.values()) == 1
    stored = {customer["id"]: customer["country"] for customer in dub.customers()}
    for row in rows.select_related("entry"):
        if row.outcome == Outcome.RECORDED:
            assert stored[row.customer_id] == "JP"
        else:
            assert stored[row.customer_id] == "DE"
            settled = AuditEntry.objects.get(earlier=row.entry, action="write.settle")
            assert "none of the values" in settled.explanation
    assert AuditEntry.objects.filter(batch=batch, action="customer.update").count() == CUSTOMERS
