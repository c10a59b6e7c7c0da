"""The timeline says which of Dub's events were recorded here, by whom, and which are awaited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers import services
from customers.models import AuditEntry
from customers.preflight import check_lead, check_sale
from dubadmin.dub.commands import TrackLead, TrackSale
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, text_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAGE = "/customers/ext_u1/"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def una(clock: time_machine.Traveller, dub: Sandbox) -> dict[str, Any]:
    una = dub.add_customer("Una", "una@example.com", "u1", link=dub.add_link(key="go"))
    dub.add_lead(una, "Sign up", at=NOON - timedelta(days=30))
    return una


def sell(amount: int = 4900, invoice_id: str = "INV-1", currency: str = "usd") -> AuditEntry:
    command = TrackSale(
        customer_external_id="u1", amount=amount, currency=currency, invoice_id=invoice_id
    )
    return services.record_sale(command, preflight=check_sale(command), actor=ALICE)


def lead(name: str, **more: Any) -> AuditEntry:
    command = TrackLead(customer_external_id="u1", event_name=name, **more)
    return services.record_lead(command, preflight=check_lead(command), actor=ALICE)


def events(page: Any) -> dict[str, str]:
    """Each event of the timeline by its kind and name, with the result that it leads to."""
    items = re.findall(r'(?s)<li class="event .*?</li>', page.content.decode())
    told = {}
    for item in items:
        kind, name = re.findall(r"<strong>(\w+)</strong>(?: <bdi>(.*?)</bdi>)?", item)[0]
        link = re.search(r'class="by" href="/results/(\d+)/"', item)
        assert ("Recorded here by <bdi>alice</bdi>" in item) is bool(link)
        told[f"{kind} {name}".strip()] = link[1] if link else ""
    return told


def test_what_was_recorded_here_says_by_whom_and_leads_to_it(
    dub: Sandbox, una: dict[str, Any], alice: Client
) -> None:
    sale, demo = sell(), lead("Book a demo")
    dub.add_sale(una, 100, event_name="Renewal", invoice_id="APP-1", at=NOON - timedelta(days=2))
    assert events(alice.get(PAGE)) == {
        "Sale Purchase": str(sale.pk),
        "Lead Book a demo": str(demo.pk),
        "Sale Renewal": "",
        "Lead Sign up": "",
        "Click": "",
    }


def test_the_same_name_or_invoice_at_another_time_came_from_elsewhere(
    dub: Sandbox, una: dict[str, Any], clock: time_machine.Traveller, sign_in: Any
) -> None:
    sell(), lead("Book a demo")
    clock.move_to(NOON + timedelta(days=8))
    alice = sign_in("alice")
    dub.add_lead(una, "Book a demo", at=NOON + timedelta(days=7))
    dub.add_sale(una, 4900, event_name="Again", invoice_id="INV-1", at=NOON + timedelta(days=7))
    page = alice.get(PAGE)
    assert page.content.decode().count("Recorded here by") == 2
    assert events(page)["Sale Again"] == ""


def test_all_events_of_one_lead_are_told_as_its(una: dict[str, Any], alice: Client) -> None:
    lead("Seats", event_quantity=3)
    assert alice.get(PAGE).content.decode().count("Recorded here by") == 3


def test_a_sale_that_was_not_recorded_marks_nobody_elses_event(
    dub: Sandbox, una: dict[str, Any], alice: Client
) -> None:
    dub.fault(path="/track/sale", status=404, code="not_found", message="Lead not found")
    assert sell().outcome == "refused"
    dub.add_sale(una, 4900, invoice_id="INV-1")
    assert "Recorded here by" not in text_of(alice.get(PAGE))


def test_what_was_accepted_and_has_no_event_yet_stands_on_top(
    dub: Sandbox, una: dict[str, Any], clock: time_machine.Traveller, alice: Client
) -> None:
    dub.background_ms = 60_000
    sale = sell(1250, currency="eur")
    page = alice.get(PAGE)
    assert f'<a href="/results/{sale.pk}/">Sale of 12.50 EUR</a>' in page.content.decode()
    assert "On its way" in text_of(page)
    clock.shift(timedelta(minutes=10))
    page = text_of(alice.get(PAGE))
    assert "On its way" not in page
    assert "Sale Purchase" in page


def test_what_never_appeared_says_so(
    dub: Sandbox, una: dict[str, Any], clock: time_machine.Traveller, alice: Client
) -> None:
    dub.drop_background = True
    sell()
    clock.shift(timedelta(minutes=10))
    assert "Not seen at Dub" in text_of(alice.get(PAGE))


def test_metadata_is_folded_and_days_are_the_viewers(
    dub: Sandbox, una: dict[str, Any], alice: Client
) -> None:
    dub.add_sale(una, 4900, metadata='{"<items>": "three"}', at=NOON.replace(hour=23))
    alice.cookies["tz"] = "Asia/Tokyo"
    page = alice.get(PAGE).content.decode()
    assert '<h3><time datetime="2026-03-02T23:00:00Z" title="2026-03-02 23:00:00 UTC">' in page
    assert "Tuesday, 3 March 2026" in page
    assert '<details class="fold"><summary>' in page
    assert "<dt><bdi>&lt;items&gt;</bdi></dt><dd><bdi>three</bdi></dd>" in page
