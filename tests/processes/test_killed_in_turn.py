"""Two web processes and two workers on one database, each killed in turn while all are at work."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import requests
from django.contrib.auth.models import User

from customers import batches
from customers.audit import Actor, person
from customers.models import AuditEntry, Batch, BatchRow
from dubadmin.sandbox import Sandbox

from ..pages.browsing import SALE, fields_of
from .conftest import ROOT, Browser, Site, StartSite, environment, eventually

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = 40
FILTERS = {"search": "", "country": "DE", "link_id": "", "partner_id": ""}
Worker = subprocess.Popen[bytes]


@pytest.fixture
def start_worker(dub: Sandbox) -> Iterator[Callable[[], Worker]]:
    workers: list[Worker] = []

    def start() -> Worker:
        command = [sys.executable, "manage.py", "worker"]
        quick = {"DUB_TIMEOUT_SECONDS": "1"}  # a write of a process that died is soon known as such
        workers.append(subprocess.Popen(command, cwd=ROOT, env=environment(dub) | quick))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()


def sell(browser: Browser, invoice: str) -> None:
    """Records a sale; whoever gets no answer presses the button again."""
    buy = {"customer_external_id": "u0", "amount": "49.00", "invoice_id": invoice}
    form = insist(lambda: browser.get(SALE))
    summary = insist(lambda: browser.post(SALE, fields_of(form) | buy | {"step": "check"}))
    fields = fields_of(summary) | {"step": "send"}
    insist(lambda: browser.post(SALE, fields, follow=False))


def insist(ask: Callable[[], requests.Response]) -> requests.Response:
    while True:
        try:
            return ask()
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            continue  # ended before the answer, or in the middle of it


def some_more(dub: Sandbox, method: str, count: int) -> None:
    """Waits until so many more writes have come in."""
    before = dub.count(method)
    eventually(lambda: dub.count(method) > before + count, f"another {method}")


def test_nothing_is_lost_and_nothing_done_twice(
    start_site: StartSite,
    start_worker: Callable[[], Worker],
    sign_in_at: Callable[[Site, str], Browser],
    people: dict[str, User],
    dub: Sandbox,
) -> None:
    dub.rate_limit, dub.sale_work_ms, dub.latency_ms = 0, 50, 20
    link = dub.add_link()
    for n in range(CUSTOMERS):
        external = f"u{n}"
        dub.add_customer(email=f"{external}@example.com", external_id=external, link=link,
                         lead="Sign up", country="DE")  # fmt: skip
    batch = batches.ask(
        action="customer.update",
        field="country",
        value="JP",
        total=CUSTOMERS,
        filters=FILTERS,
        actor=Actor(**person(people["max"])),
        key="k",
    )
    sites = [start_site(), start_site()]
    workers = [start_worker(), start_worker()]
    browsers = [sign_in_at(site, "alice") for site in sites]
    over, numbers = Event(), itertools.count()

    def keep_selling(browser: Browser) -> None:
        while not over.is_set():
            sell(browser, f"INV-{next(numbers)}")

    with ThreadPoolExecutor(2) as pool:
        selling = [pool.submit(keep_selling, browser) for browser in browsers]
        try:
            for turn in range(2):
                some_more(dub, "PATCH", 2)
                workers[turn].kill()
                workers[turn] = start_worker()
                some_more(dub, "POST", 1)
                sites[turn].kill_worker()
        finally:
            over.set()
        for each in selling:
            each.result()
    eventually(lambda: not Batch.objects.get(pk=batch.pk).is_open, "the end of the batch")

    rows = BatchRow.objects.filter(batch=batch)
    assert rows.count() == CUSTOMERS
    assert set(rows.values_list("outcome", flat=True)) <= {"recorded", "unknown"}
    writes = Counter(request.path for request in dub.requests if request.method == "PATCH")
    assert max(writes.values()) == 1

    sent = [entry.body["invoiceId"] for entry in AuditEntry.objects.filter(action="sale.record")]
    assert len(sent) == len(set(sent)) == next(numbers)
    assert dub.count("POST", "/track/sale") <= len(sent)  # killed before it could leave
    stored = [sale["invoice_id"] for sale in dub.sales()]
    assert len(stored) == len(set(stored))
    entries = AuditEntry.objects.filter(action="sale.record", outcome="recorded")
    assert {entry.body["invoiceId"] for entry in entries} <= set(stored) <= set(sent)
