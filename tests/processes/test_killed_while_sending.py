"""A web process killed with SIGKILL while a sale is on its way (issue B, A8).

Every attempt is in the log, none counts twice, and each unknown one is settled from its page.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.db.models import F

from customers.models import AuditEntry, lifted
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from ..pages.browsing import SALE, fields_of
from .conftest import Browser, Site, eventually

KILLS = 8
WORK_MS, ANSWER_MS = 80, 80  # at Dub: before the sale is stored, and after it
MOMENTS = random.Random(8)


def send_and_kill(browser: Browser, dub: Sandbox, invoice: str, *, at: float) -> dict[str, str]:
    """Submits a sale and kills the web process `at` seconds after it reached Dub; the form."""
    form = fields_of(browser.get(SALE))
    given = {"customer_external_id": "u1", "amount": "49.00", "invoice_id": invoice}
    summary = browser.post(SALE, form | given | {"step": "check"})
    fields = fields_of(summary) | {"step": "send"}
    before = dub.count("POST", "/track/sale")
    with ThreadPoolExecutor(1) as pool:
        answer: Future[requests.Response] = pool.submit(browser.post, SALE, fields)
        eventually(lambda: dub.count("POST", "/track/sale") > before, "a sale at Dub")
        time.sleep(at)  # the random moment
        browser.site.kill_worker()
        assert isinstance(answer.exception(), requests.RequestException | None)
    return fields


def settle(browser: Browser, entry: AuditEntry) -> str:
    """Presses "Check again" on the result page; the outcome that it comes to."""
    page = browser.get(f"/results/{entry.pk}/")
    assert outcome_of(page) == "unknown"
    if entry.outcome == "pending":
        assert "dubadmin stopped while this was on its way" in text_of(page)
    button = f"/results/{entry.pk}/settle/"
    assert f'action="{button}"' in page.text
    assert "Settled: " in text_of(browser.post(button, {}))
    return AuditEntry.objects.get(earlier=entry, action="write.settle").outcome


@pytest.mark.django_db(transaction=True)
def test_a8_killed_again_and_again_nothing_is_lost_and_nothing_counts_twice(
    start_site: Callable[[], Site],
    sign_in_at: Callable[[Site, str], Browser],
    dub: Sandbox,
) -> None:
    dub.sale_work_ms = WORK_MS
    dub.add_customer(email="u1@example.com", external_id="u1", link=dub.add_link(), lead="Sign up")
    browser = sign_in_at(start_site(), "alice")
    forms = {}
    for number in range(KILLS):
        arrives = MOMENTS.random() < 0.7
        end = {} if arrives else {"hang_up": "before"}
        delay = ANSWER_MS if arrives else WORK_MS + ANSWER_MS
        dub.fault(method="POST", path="/track/sale", delay_ms=delay, **end)
        moment = MOMENTS.uniform(0, (WORK_MS + ANSWER_MS) / 1000)
        forms[f"INV-{number}"] = send_and_kill(browser, dub, f"INV-{number}", at=moment)

    eventually(lambda: all(r.status is not None for r in dub.requests), "the end at Dub")
    entries = {entry.body["invoiceId"]: entry for entry in AuditEntry.objects.exclude(key=None)}
    assert entries.keys() == forms.keys()
    assert {entry.outcome for entry in entries.values()} <= {"pending", "unknown", "recorded"}

    for invoice, form in forms.items():  # the person presses the button once more
        assert browser.post(SALE, form).url.endswith(f"/results/{entries[invoice].pk}/")
    assert dub.count("POST", "/track/sale") == KILLS

    with lifted():
        AuditEntry.objects.filter(outcome="pending").update(at=F("at") - timedelta(minutes=10))
    stored = [sale["invoice_id"] for sale in dub.sales()]
    assert len(stored) == len(set(stored))
    for invoice, entry in entries.items():
        is_open = entry.outcome in {"pending", "unknown"}
        found = settle(browser, entry) if is_open else entry.outcome
        assert found == ("recorded" if invoice in stored else "not_recorded")
    assert "Nothing is open" in text_of(browser.get("/"))
    assert dub.count("POST", "/track/sale") == KILLS
