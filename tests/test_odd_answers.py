"""A 200 that does not answer what was asked proves nothing, neither way (A7): it is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from customers import queries, services
from customers.models import AuditEntry, FollowUp, Outcome
from customers.preflight import check_lead, check_sale
from dubadmin.dub.commands import TrackLead, TrackSale
from dubadmin.dub.errors import Uncertain
from dubadmin.dub.records import Customer
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
ABOUT_U1 = {"id": "cus_1", "name": None, "email": None, "avatar": None, "externalId": "u1"}
STORED = {"amount": 4900, "currency": "usd", "paymentProcessor": "custom", "invoiceId": "INV"}


@pytest.fixture
def una(dub: Sandbox) -> Customer:
    link = dub.add_link(key="go")
    dub.add_customer("Una", email="u1@example.com", external_id="u1", link=link, lead="Sign up")
    dub.add_customer("Otto", email="new@example.com", external_id="u2", link=link, lead="Sign up")
    return queries.get_customer("ext_u1")


def sale(currency: str = "usd", about: str = "u1") -> AuditEntry:
    command = TrackSale(
        customer_external_id=about, amount=4900, currency=currency, invoice_id="INV"
    )
    return services.record_sale(command, preflight=check_sale(command), actor=ALICE)


def lead(about: str = "u1") -> AuditEntry:
    command = TrackLead(customer_external_id=about, event_name="Demo")
    return services.record_lead(command, preflight=check_lead(command), actor=ALICE)


SALES: dict[str, Json] = {
    "objects without anything": {"customer": {}, "sale": {}},
    "a sale of nobody": {"customer": None, "sale": STORED},
    "a customer without a sale": {"customer": ABOUT_U1, "sale": None},
    "no amount": {"customer": ABOUT_U1, "sale": {**STORED, "amount": None}},
    "an amount that is text": {"customer": ABOUT_U1, "sale": {**STORED, "amount": "4900"}},
    "no currency": {"customer": ABOUT_U1, "sale": {**STORED, "currency": None}},
    "no external ID": {"customer": {**ABOUT_U1, "externalId": None}, "sale": STORED},
    "another invoice": {"customer": ABOUT_U1, "sale": {**STORED, "invoiceId": "INV-2"}},
}


@pytest.mark.parametrize("currency", ["usd", "eur"])
@pytest.mark.parametrize("odd", SALES)
def test_a7_a_sale_is_unknown(dub: Sandbox, una: Customer, odd: str, currency: str) -> None:
    body = {"eventName": "Purchase", **SALES[odd]}
    dub.fault("POST", "/track/sale", status=200, body=body, effect=True)
    assert sale(currency).outcome == Outcome.UNKNOWN
    assert not FollowUp.objects.exists()


LEADS: dict[str, Json] = {
    "nulls": {"click": None, "link": None, "customer": None},
    "a link that is none": {"click": {"id": "c"}, "link": {}, "customer": ABOUT_U1},
    "false for a link": {"click": {"id": "c"}, "link": False, "customer": ABOUT_U1},
    "nobody": {"click": {"id": "c"}, "link": {"id": "l"}, "customer": {"externalId": None}},
    "another customer": {
        "click": {"id": "c"},
        "link": {"id": "l"},
        "customer": {**ABOUT_U1, "externalId": "u2"},
    },
    "a repeat of another customer": {
        "click": {"id": "c"},
        "link": None,
        "customer": {**ABOUT_U1, "externalId": "u2"},
    },
}


@pytest.mark.parametrize("odd", LEADS)
def test_a7_a_lead_is_unknown(dub: Sandbox, una: Customer, odd: str) -> None:
    dub.fault("POST", "/track/lead", status=200, body=LEADS[odd], effect=True)
    assert lead().outcome == Outcome.UNKNOWN
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize("read", [500, 200], ids=["cannot be read back", "read back as another"])
@pytest.mark.parametrize("hang_up", [None, "before"], ids=["answered", "lost"])
def test_a7_another_customers_record_is_no_proof_of_a_correction(
    dub: Sandbox, una: Customer, read: int, hang_up: str | None
) -> None:
    otto = dub.customer("u2")
    answered = {"hang_up": hang_up} if hang_up else {"status": 200, "body": otto}
    dub.fault("PATCH", **answered)
    dub.fault("GET", "/customers/*", times=0, status=read, body=otto if read == 200 else None)
    entry = services.update_customer(una, changes={"email": "new@example.com"}, actor=ALICE)
    assert entry.outcome == Outcome.UNKNOWN


def test_a7_r8_another_customers_id_is_no_proof_of_a_deletion(dub: Sandbox, una: Customer) -> None:
    dub.fault("DELETE", status=200, body={"id": "cus_of_somebody_else"})
    dub.fault("GET", "/customers/*", times=0, status=500)
    entry = services.delete_customer(una, events=[], actor=ALICE)
    assert entry.outcome == Outcome.UNKNOWN
    assert dub.customer("u1")


def test_a7_another_customer_is_not_taken_for_the_one_that_was_asked_for(
    dub: Sandbox, una: Customer
) -> None:
    dub.fault("GET", f"/customers/{una.id}", times=0, status=200, body=dub.customer("u2"))
    with pytest.raises(Uncertain):
        queries.get_customer(una.id)


@pytest.mark.parametrize("spelling", ["U1", "\u00fc1"], ids=["capitals", "accents"])
@pytest.mark.parametrize("write", [sale, lead])
def test_q1_dubs_own_spelling_of_the_external_id_is_about_the_same_customer(
    dub: Sandbox, una: Customer, spelling: str, write: Any
) -> None:
    """Dub's database compares without regard to case and accents, and answers its own spelling."""
    dub.fault("GET", "/customers/ext_%C3%BC1", times=0, status=200, body=dict(una.raw))
    click, link = {"id": "c"}, {"id": "l"}
    sold = {"eventName": "Purchase", "customer": ABOUT_U1, "sale": STORED}
    dub.fault("POST", "/track/sale", status=200, body=sold)
    led = {"click": click, "link": link, "customer": ABOUT_U1}
    dub.fault("POST", "/track/lead", status=200, body=led)
    assert write(about=spelling).outcome == Outcome.RECORDED
