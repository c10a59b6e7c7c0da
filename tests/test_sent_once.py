"""A form is sent once, however often it is submitted (S7, A8)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers.models import AuditEntry, Invoice
from dubadmin.sandbox import Sandbox

from .conftest import outcome_of, text_of
from .pages.browsing import LEAD, SALE, fields_of, fill, landed, press_send

Json = dict[str, Any]
MANY = 8
BUY = {"customer_external_id": "u1", "amount": "49.00", "invoice_id": "INV-1"}
WHY = "Paid by bank transfer"


@pytest.fixture
def una(dub: Sandbox, settings: Any) -> Json:
    """A customer with a lead, at a Dub whose own check against repeats is wide open (S7)."""
    settings.DUB_TIMEOUT_SECONDS = 60  # many at once on a busy machine
    dub.sale_work_ms = 200
    link = dub.add_link(key="go")
    return dub.add_customer(
        "Una", email="una@example.com", external_id="u1", link=link, lead="Sign up"
    )


def submit(client: Client, address: str, fields: dict[str, str]) -> str:
    """Presses the summary's button once; where it leads, or the outcome that stands on a page."""
    answer = client.post(address, fields | {"step": "send"})
    return answer.headers.get("Location") or outcome_of(answer)


def at_once(work: Callable[[int], str]) -> list[str]:
    """What each of many threads comes back with, each on a connection of its own."""

    def in_thread(number: int) -> str:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(in_thread, range(MANY)))


@pytest.fixture
def browsers(sign_in: Callable[[str], Client]) -> list[Client]:
    """Many of alice's tabs."""
    return [sign_in("alice") for _ in range(MANY)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "given"),
    [(SALE, BUY), (LEAD, {"customer_external_id": "u1", "event_name": "Demo"})],
    ids=["sale", "lead"],
)
def test_s7_a8_many_submits_of_one_form_are_sent_once(
    browsers: list[Client], dub: Sandbox, una: Json, address: str, given: dict[str, str]
) -> None:
    fields = fields_of(fill(browsers[0], address, **given))
    places = at_once(lambda number: submit(browsers[number], address, fields))
    entry = AuditEntry.objects.get(action__in=["sale.record", "lead.record"])
    assert places == [f"/results/{entry.pk}/"] * MANY
    assert (entry.outcome, dub.count("POST")) == ("recorded", 1)
    assert len(dub.sales() if address == SALE else dub.leads()[1:]) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("doubtful", [False, True], ids=["sure", "with another doubt"])
def test_s6_s7_many_forms_with_one_invoice_id_are_sent_once(
    browsers: list[Client], dub: Sandbox, una: Json, doubtful: bool
) -> None:
    """A reason that was given for one doubt is none for sending an invoice ID twice."""
    given = BUY | ({"customer_name": "Una Bell", "reason": WHY} if doubtful else {})
    forms = [fields_of(fill(browser, SALE, **given)) for browser in browsers]
    places = at_once(lambda number: submit(browsers[number], SALE, forms[number]))
    entry = AuditEntry.objects.get(action="sale.record", outcome="recorded")
    assert places.count(f"/results/{entry.pk}/") == 1
    assert set(places) <= {f"/results/{entry.pk}/", "not_sent", ""}
    assert AuditEntry.objects.filter(outcome="not_sent").count() == places.count("not_sent")
    assert Invoice.objects.count() == dub.count("POST") == len(dub.sales()) == 1


@pytest.mark.django_db
def test_s7_reload_back_and_a_second_tab_lead_to_the_same_result(
    alice: Client, dub: Sandbox, una: Json
) -> None:
    form = fields_of(alice.get(SALE)) | BUY
    summary = fill(alice, SALE, **form)
    first = landed(press_send(alice, summary))
    reloaded = landed(press_send(alice, summary))
    back_to_the_form = landed(alice.post(SALE, form | {"step": "check"}, follow=True))
    other_tab = landed(alice.post(SALE, form | {"step": "send"}, follow=True))
    changed = landed(
        alice.post(SALE, form | {"amount": "50", "invoice_id": "X", "step": "send"}, follow=True)
    )
    assert {reloaded.entry, back_to_the_form.entry, other_tab.entry, changed.entry} == {first.entry}
    assert (dub.count("POST"), len(dub.sales())) == (1, 1)


@pytest.mark.django_db
def test_s7_two_tabs_that_opened_the_form_apart_are_stopped_by_the_invoice_id(
    alice: Client, dub: Sandbox, una: Json
) -> None:
    one, other = fill(alice, SALE, **BUY), fill(alice, SALE, **BUY)
    first = landed(press_send(alice, one))
    again = text_of(press_send(alice, other))
    assert f"This invoice ID was sent on {first.entry.at:%-d %b %Y, %H:%M} by alice" in again
    assert "Why send it all the same?" in again
    assert (dub.count("POST"), len(dub.sales())) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("hang_up", ["before", "after"])
def test_a8_submitting_a_lost_sale_again_sends_nothing(
    alice: Client, dub: Sandbox, una: Json, hang_up: str
) -> None:
    dub.fault(method="POST", hang_up=hang_up)
    summary = fill(alice, SALE, **BUY)
    first = landed(press_send(alice, summary))
    again = landed(press_send(alice, summary))
    assert (first.entry, again.outcome) == (again.entry, "unknown")
    assert dub.count("POST") == 1


@pytest.mark.django_db
def test_s7_a_damaged_key_sends_nothing(alice: Client, dub: Sandbox, una: Json) -> None:
    form = fields_of(alice.get(SALE)) | BUY | {"key": "0" * 31, "step": "send"}
    assert "This form is damaged. Open it again." in text_of(alice.post(SALE, form))
    assert dub.count("POST") == 0
