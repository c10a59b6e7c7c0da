"""Two web processes on one database send a form once (S7, A8)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..pages.browsing import SALE, fields_of
from .conftest import Browser, Site

TEN = 10
BUY = {"customer_external_id": "u1", "amount": "49.00", "invoice_id": "INV-1"}


@pytest.mark.django_db(transaction=True)
def test_s7_a8_ten_submits_at_two_processes_are_one_sale(
    start_site: Callable[[], Site],
    sign_in_at: Callable[[Site, str], Browser],
    dub: Sandbox,
) -> None:
    dub.sale_work_ms = 200
    dub.add_customer(email="u1@example.com", external_id="u1", link=dub.add_link(), lead="Sign up")
    sites = [start_site(), start_site()]
    browsers = [sign_in_at(sites[number % 2], "alice") for number in range(TEN)]
    forms = [fields_of(browser.get(SALE)) for browser in browsers]
    summary = browsers[0].post(SALE, forms[0] | BUY | {"step": "check"})
    fields = fields_of(summary) | {"step": "send"}
    with ThreadPoolExecutor(TEN) as pool:
        pages = list(pool.map(lambda browser: browser.post(SALE, fields), browsers))
    entry = AuditEntry.objects.get(action="sale.record")
    assert {page.url for page in pages} == {f"{site.url}/results/{entry.pk}/" for site in sites}
    assert (entry.outcome, dub.count("POST"), len(dub.sales())) == ("recorded", 1, 1)
    assert sites[0].worker() != sites[1].worker()
    assert AuditEntry.objects.filter(action="settings.change").count() == 1
