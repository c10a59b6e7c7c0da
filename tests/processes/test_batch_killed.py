"""A batch whose worker is killed while it writes: each customer is written once, or is unknown."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from django.contrib.auth.models import User

from customers import batches
from customers.audit import Actor, person
from customers.models import AuditEntry, Batch, BatchRow, Outcome
from dubadmin.sandbox import Sandbox

from .workers import Deaths, Workers

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMERS = 90
FILTERS = {"search": "", "country": "DE", "link_id": "", "partner_id": ""}


def test_each_customer_is_written_once_or_is_listed_as_unknown(
    dub: Sandbox, workers: Workers, deaths: Deaths, people: dict[str, User]
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
    deaths.path = "/customers/cus_"
    deaths.at |= {n: rng.choice(["lost", "done"]) for n in rng.sample(range(3 * CUSTOMERS), 2)}
    assert workers.run_while(lambda: Batch.objects.get(pk=batch.pk).is_open) == 2
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.DONE
    rows = BatchRow.objects.filter(batch=batch)
    outcomes = Counter(rows.values_list("outcome", flat=True))
    assert sum(outcomes.values()) == CUSTOMERS
    # A busy machine may keep Dub's answer away for too long: what was read back then stands.
    assert set(outcomes) <= {Outcome.RECORDED, Outcome.UNKNOWN, Outcome.NOT_RECORDED}
    assert outcomes[Outcome.UNKNOWN] <= 2

    sent = Counter(request.path for request in dub.requests if request.method == "PATCH")
    assert max(sent.values()) == 1
    stored = {customer["id"]: customer["country"] for customer in dub.customers()}
    for row in rows.select_related("entry"):
        if row.outcome == Outcome.RECORDED:
            assert stored[row.customer_id] == "JP"
        else:
            assert stored[row.customer_id] == "DE"
        if row.outcome == Outcome.UNKNOWN:
            settled = AuditEntry.objects.get(earlier=row.entry, action="write.settle")
            assert "none of the values" in settled.explanation
    assert AuditEntry.objects.filter(batch=batch, action="customer.update").count() == CUSTOMERS
