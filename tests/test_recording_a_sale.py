"""A sale is recorded once, and the log says what Dub did with it."""

from __future__ import annotations

import pytest

from customers import services
from customers.audit import AlreadyAsked
from customers.models import AuditEntry, FollowUp, Outcome
from customers.preflight import check_sale
from dubadmin.dub.commands import TrackSale
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db


def a_sale(**changes: object) -> TrackSale:
    fields = {
        "customer_external_id": "u1",
        "amount": 4900,
        "currency": "usd",
        "invoice_id": "INV-1",
    }
    return TrackSale(**{**fields, "event_name": "Purchase", **changes})  # type: ignore[arg-type]


@pytest.fixture
def customer(dub: Sandbox) -> dict[str, object]:
    link = dub.add_link(key="go")
    customer = dub.add_customer(external_id="u1", email="u1@example.com", link=link)
    dub.add_lead(customer, event_name="Sign up")
    return customer


def record(command: TrackSale, **details: object) -> AuditEntry:
    return services.record_sale(command, preflight=check_sale(command), actor=ALICE, **details)  # type: ignore[arg-type]


def test_it_works(dub: Sandbox, customer: dict[str, object]) -> None:
    entry = record(a_sale(), key="a" * 32)
    assert entry.outcome == Outcome.RECORDED
    assert [sale["amount"] for sale in dub.sales()] == [4900]
    assert entry.sent["body"]["invoiceId"] == "INV-1"
    assert FollowUp.objects.get().state == FollowUp.State.PENDING


def test_the_same_form_is_sent_once(dub: Sandbox, customer: dict[str, object]) -> None:
    first = record(a_sale(), key="a" * 32)
    with pytest.raises(AlreadyAsked) as again:
        record(a_sale(invoice_id="INV-2"), key="a" * 32)
    assert again.value.entry == first
    assert len(dub.sales()) == 1
