"""A site that is told to stop ends what it has begun: a write on its way is finished and told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..pages.browsing import SALE, fields_of
from .conftest import PATIENCE_SECONDS, Browser, Site, StartSite, eventually

BUY = {"customer_external_id": "u1", "amount": "49.00", "invoice_id": "INV-1"}


@pytest.mark.django_db(transaction=True)
def test_a_write_on_its_way_is_finished_before_the_site_ends(
    start_site: StartSite, sign_in_at: Callable[[Site, str], Browser], dub: Sandbox
) -> None:
    dub.sale_work_ms = 700
    dub.add_customer(email="u1@example.com", external_id="u1", link=dub.add_link(), lead="Sign up")
    site = start_site(as_deployed=True)
    browser = sign_in_at(site, "alice")
    summary = browser.post(SALE, fields_of(browser.get(SALE)) | BUY | {"step": "check"})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            browser.post, SALE, fields_of(summary) | {"step": "send"}, follow=False
        )
        eventually(lambda: dub.count("POST", "/track/sale"), "a sale at Dub")
        site.server.terminate()
        page = answer.result()

    entry = AuditEntry.objects.get(action="sale.record")
    assert (entry.outcome, len(dub.sales())) == ("recorded", 1)
    assert page.headers["Location"] == f"/results/{entry.pk}/"
    assert site.server.wait(PATIENCE_SECONDS) == 0
