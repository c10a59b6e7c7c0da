"""Imports at full size: the figures for the rate, for latency, and for what must never go wrong.

    .venv/bin/python -m pytest tests/benchmarks/imports.py -s

The worker is a process of its own with the settings of a deployment, the sandbox answers from this
one. DATABASE_URL chooses the database.
"""

from __future__ import annotations

import random
import resource
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.db import connection

from customers import imports
from customers.audit import Actor, person
from customers.models import Import, Outcome
from dubadmin.sandbox import Sandbox

from ..imports.rows import SALE, checked, import_of, now, outcomes
from ..processes.conftest import Browser, Site, sign_in_at, start_site  # noqa: F401
from ..processes.workers import Deaths, Workers, deaths, workers  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

RATE = 600


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def deployed(workers: Workers) -> Workers:  # noqa: F811
    """Workers that write to the disk as in a deployment."""
    workers.environment["DJANGO_SETTINGS_MODULE"] = "dubadmin.settings"
    return workers


@pytest.fixture
def ready(dub: Sandbox, max_acts: Actor, settings: Any) -> Callable[[int], Import]:
    """An import of so many sales, checked and asked for, each about a customer of its own."""

    def made(rows: int) -> Import:
        dub.rate_limit, settings.DUB_TIMEOUT_SECONDS = 0, 30
        link = dub.add_link()
        for n in range(rows):
            dub.add_customer(email=f"c{n}@x.com", external_id=f"u{n}", link=link, lead="Sign up")
        cells = [(f"u{n}", f"{n + 1}.00", "USD", f"INV-{n}") for n in range(rows)]
        file = checked(import_of("sales", SALE, *cells, actor=max_acts))
        assert imports.start(file, actor=max_acts)
        return now(file)

    return made


def per_minute(requests: list[Any]) -> float:
    return 60 * (len(requests) - 1) / (requests[-1].at - requests[0].at)


def in_half_a_minute(requests: list[Any]) -> tuple[int, int]:
    """The fewest and the most requests in 30 seconds that the run was at it throughout."""
    times = [each.at for each in requests]
    whole = [at for at in times if at + 30 <= times[-1]]
    counts = [bisect_left(times, at + 30) - bisect_left(times, at) for at in whole]
    return min(counts), max(counts)


def test_the_rate_is_used_up_and_no_person_is_turned_away(
    ready: Any,
    deployed: Workers,
    start_site: Callable[[], Site],  # noqa: F811
    sign_in_at: Callable[[Site, str], Browser],  # noqa: F811
    dub: Sandbox,
    settings: Any,
) -> None:
    """Counted is every request that reaches the sandbox, those to read included."""
    file = ready(1_000)
    dub.rate_limit = settings.DUB_RATE_LIMIT_PER_MINUTE = RATE
    deployed.environment |= {"DUB_RATE_LIMIT_PER_MINUTE": str(RATE)}
    dub._limiter.reset()  # it has counted the dry run, which knew no limit
    person = sign_in_at(start_site(), "vera")
    begun = len(dub.requests)

    def some_are_to_go(least: int) -> Callable[[], bool]:
        return lambda: file.rows.filter(state="waiting").count() > least

    deployed.run_while(some_are_to_go(480))
    alone = dub.requests[begun:]
    begun += len(alone)
    seen: list[tuple[int, float]] = []

    def somebody_looks_on() -> bool:
        started = time.monotonic()
        answer = person.get("/customers/")
        seen.append((answer.status_code, time.monotonic() - started))
        time.sleep(3)
        return some_are_to_go(0)()

    deployed.run_while(somebody_looks_on)
    together = dub.requests[begun:]
    times = sorted(took for _, took in seen)
    refused = [each for each in [*alone, *together] if each.status == 429]
    for name, came in (("alone", alone), ("beside a person", together)):
        sales = [each for each in came if each.method == "POST"]
        print(
            f"\n{connection.vendor}, {RATE} per minute allowed, {name}: {per_minute(came):.0f} "
            f"requests per minute over {came[-1].at - came[0].at:.0f} s, {per_minute(sales):.0f} "
            f"of them sales; {in_half_a_minute(came)} in any 30 s"
        )
    print(
        f"The person opened {len(seen)} pages: {dict(Counter(status for status, _ in seen))}, "
        f"median {times[len(times) // 2]:.2f} s, slowest {times[-1]:.2f} s. "
        f"Answers 429: {len(refused)}"
    )
    assert {status for status, _ in seen} == {200}
    assert not refused
    assert per_minute(alone) >= 0.95 * RATE


def test_several_are_in_flight_where_latency_is_the_limit(
    ready: Any, deployed: Workers, dub: Sandbox
) -> None:
    """From the first sale to the last, and with the worker's start and its looks besides."""
    rows, alone = 1_500, 60
    file = ready(rows)
    dub.latency_ms = 100
    started = time.monotonic()
    _one_by_one(dub, alone)
    bare = alone / (time.monotonic() - started)
    begun, used, started = len(dub.requests), processor_seconds(), time.monotonic()
    deployed.run_while(lambda: now(file).is_open)
    took = time.monotonic() - started
    sales = [each for each in dub.requests[begun:] if each.method == "POST"]
    import_ = per_minute(sales) / 60
    assert outcomes(file) == {Outcome.RECORDED: rows}
    print(
        f"\n{connection.vendor}, 100 ms latency: {import_:.0f} rows per second by the import "
        f"({rows / took:.0f} with the start of its process and its end), {bare:.1f} by a bare "
        f"loop that sends one after the other: {import_ / bare:.1f} times. The worker used "
        f"{1000 * (processor_seconds() - used) / rows:.1f} ms of processor time per row."
    )
    assert import_ >= 8 * bare


def processor_seconds() -> float:
    """Of the workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _one_by_one(dub: Sandbox, n: int) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {dub.api_key}"
        for number in range(n):
            sale = {"customerExternalId": "u0", "amount": 1, "currency": "usd"}
            sale["invoiceId"] = f"LOOP-{number}"
            session.post(f"{dub.url}/track/sale", json=sale).raise_for_status()


def test_each_sale_is_there_once_however_often_the_worker_is_killed(
    ready: Any,
    workers: Workers,  # noqa: F811
    deaths: Deaths,  # noqa: F811
    dub: Sandbox,
) -> None:
    """Killed by SIGKILL: before Dub has a sale, before its answer comes, and at any moment."""
    rows, kills = 1_000, 20
    file = ready(rows)
    workers.environment["FOLLOW_UP_SECONDS"] = "5"
    rng = random.Random(3)
    deaths.path = "/track/sale"
    # Apart by more than are in flight: a worker that is dead already cannot be killed.
    moments = [48 * n + rng.randrange(10, 28) for n in range(kills)]
    rng.shuffle(moments)
    deaths.at = dict(zip(moments[:12], ["lost", "done"] * 6, strict=True))
    at_any_time = sorted(moments[12:])

    def is_going_on() -> bool:
        if at_any_time and deaths.came >= at_any_time[0]:
            at_any_time.pop(0)
            time.sleep(rng.random() / 5)
            workers.kill()
        return now(file).is_open

    started = time.monotonic()
    died = workers.run_while(is_going_on)
    sales = Counter(sale["invoice_id"] for sale in dub.sales())
    print(
        f"\n{connection.vendor}, {rows} rows, the worker killed {died} times: {len(sales)} sales, "
        f"at most {max(sales.values())} of each, {dict(outcomes(file))}, "
        f"{dub.count('POST', '/track/sale')} requests, {time.monotonic() - started:.0f} s"
    )
    assert died == kills
    assert sales == {f"INV-{n}": 1 for n in range(rows)}
    assert outcomes(file) == {Outcome.RECORDED: rows}
