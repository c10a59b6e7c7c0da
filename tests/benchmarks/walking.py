"""Walks 120,000 customers while some are added and deleted, and checks that none is lost.

.venv/bin/python -m pytest tests/benchmarks/walking.py -s
"""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from customers.walk import Filters, Place, step
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db

CUSTOMERS = 120_000


def test_every_customer_present_throughout_is_visited_exactly_once(dub: Sandbox, settings) -> None:
    rng = random.Random(11)
    with Sandbox(customers=CUSTOMERS, resettable=False) as crowd:
        settings.DUB_API_URL, settings.DUB_API_KEY = crowd.url, crowd.api_key
        with crowd.store.read() as db:
            ids = [row["id"] for row in db.execute("SELECT id FROM customers")]
        steady, found, seen = set(ids), Counter[str](), set[str]()
        place, steps, started = Place(), 0, time.monotonic()
        while not place.is_end:
            stretch = step(Filters(), place, seen=seen.intersection)
            new = [customer.id for customer in stretch.customers]
            found.update(new)
            seen.update(new)
            place, steps = stretch.place, steps + 1
            for id in rng.sample(ids, 3):
                if id in steady:
                    steady.discard(id)
                    crowd.delete_customer(id)
            crowd.add_customer("New", created_at=rng.randrange(1_800_000_000_000))
        took = time.monotonic() - started
        assert all(found[id] == 1 for id in steady)
        assert max(found.values()) == 1
        requests = crowd.count("GET", "/customers")
    print(
        f"\n{len(steady):,} present throughout, {len(ids) - len(steady):,} deleted meanwhile, "
        f"{steps:,} added: {sum(found.values()):,} visited, each once, in {requests:,} requests "
        f"and {took:.0f} s"
    )
