"""A deletion is final at Dub, so its entry keeps everything (R8)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers import queries, services
from customers.forms import DeleteForm
from customers.models import AuditEntry, Outcome
from dubadmin.dub.records import Customer
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, hidden_fields, outcome_of, text_of

pytestmark = pytest.mark.django_db

Json = dict[str, Any]


@pytest.fixture
def customer(dub: Sandbox) -> Json:
    link = dub.add_link(key="go")
    customer = dub.add_customer(
        "Una", email="u1@example.com", external_id="u1", link=link, stripe_customer_id="cus_s"
    )
    dub.add_lead(customer, "Sign up")
    dub.add_sale(customer, 4900, invoice_id="INV-1")
    return customer


def delete(**details: Any) -> AuditEntry:
    found, timeline = queries.customer_to_delete("ext_u1")
    return services.delete_customer(found, events=timeline.events, actor=ALICE, **details)


def test_it_works(dub: Sandbox, customer: Json) -> None:
    entry = delete(reason="Asked for by the customer")
    assert entry.outcome == Outcome.RECORDED
    assert dub.customer("u1") is None
    assert (entry.reason, entry.target_label) == ("Asked for by the customer", "u1@example.com")


def test_r8_the_entry_keeps_the_whole_record_and_its_events(dub: Sandbox, customer: Json) -> None:
    entry = AuditEntry.objects.get(pk=delete().pk)
    for key in ("id", "name", "email", "externalId", "stripeCustomerId", "createdAt", "link"):
        assert entry.before[key] == customer[key]
    assert sorted(event["event"] for event in entry.before["events"]) == ["click", "lead", "sale"]
    assert queries.deletion_of("ext_u1") == entry
    assert queries.deletion_of(customer["id"]) == entry


def test_r8_the_entry_keeps_every_event_however_many_there_are(
    dub: Sandbox, customer: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.queries.one.MAX_EVENTS", 110)
    for number in range(120):
        dub.add_sale(customer, 100, invoice_id=f"more-{number}")
    kept = AuditEntry.objects.get(pk=delete().pk).before["events"]
    assert sorted(Counter(event["event"] for event in kept).items()) == [
        ("click", 1),
        ("lead", 1),
        ("sale", 121),
    ]


def test_r8_nothing_is_deleted_while_its_events_cannot_be_read(
    dub: Sandbox, customer: Json, max_: Client
) -> None:
    address = "/customers/ext_u1/delete/"
    form = hidden_fields(max_.get(address)) | {"confirmation": "u1", "reason": "GDPR"}
    dub.fault("GET", "/events", times=0, status=503)
    assert "Nothing was sent to Dub" in text_of(max_.post(address, form))
    assert dub.customer("u1")
    dub.clear_faults()
    assert outcome_of(max_.post(address, form, follow=True)) == Outcome.RECORDED
    assert len(AuditEntry.objects.get(action="customer.delete").before["events"]) == 3


def test_a3_r8_a_customer_whose_events_dub_refuses_to_show_can_be_deleted(
    dub: Sandbox, customer: Json, max_: Client
) -> None:
    dub.usage_exceeded = True
    address = "/customers/ext_u1/delete/"
    form = hidden_fields(max_.get(address)) | {"confirmation": "u1", "reason": "GDPR"}
    assert outcome_of(max_.post(address, form, follow=True)) == Outcome.RECORDED


def test_r8_events_stay_at_dub(dub: Sandbox, customer: Json) -> None:
    delete()
    assert len(dub.sales()) == 1
    assert len(dub.leads()) == 1


def test_r8_a_second_deletion_is_refused(dub: Sandbox, customer: Json) -> None:
    found = queries.get_customer("ext_u1")
    dub.delete_customer(customer)
    entry = services.delete_customer(found, events=[], actor=ALICE)
    assert (entry.outcome, entry.answered["status"]) == (Outcome.REFUSED, 404)


def test_r8_a_customer_that_dub_still_has_is_not_recorded(dub: Sandbox, customer: Json) -> None:
    dub.fault(method="DELETE", status=200, body={"id": customer["id"]})
    entry = delete()
    assert entry.outcome == Outcome.NOT_RECORDED
    assert dub.customer("u1")


def test_r8_dubs_word_does_where_reading_back_fails(dub: Sandbox, customer: Json) -> None:
    found = queries.get_customer("ext_u1")
    dub.fault(method="GET", path="/customers/*", status=500, times=0)
    entry = services.delete_customer(found, events=[], actor=ALICE)
    assert entry.outcome == Outcome.RECORDED
    assert "reading back did not work" in entry.explanation


@pytest.mark.parametrize(("hang_up", "outcome"), [("after", "recorded"), ("before", "unknown")])
def test_a8_a_lost_answer_is_settled_by_reading_back(
    dub: Sandbox, customer: Json, hang_up: str, outcome: str
) -> None:
    dub.fault(method="DELETE", hang_up=hang_up)
    assert delete().outcome == outcome
    assert (dub.customer("u1") is None) == (outcome == "recorded")


def test_a8_a_404_of_the_workspace_is_no_proof_of_a_deletion(dub: Sandbox, customer: Json) -> None:
    found = queries.get_customer("ext_u1")
    dub.fault(method="DELETE", hang_up="before")
    dub.fault(method="GET", path="/customers/*", status=404, message="Workspace not found.")
    assert services.delete_customer(found, events=[], actor=ALICE).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("confirmation", "right"),
    [("u1", True), ("u1@example.com", True), ("U1", False), ("", False), ("u1 x", False)],
)
def test_r8_the_confirmation_must_be_typed_exactly(confirmation: str, right: bool) -> None:
    una = Customer.read({"id": "cus_1", "externalId": "u1", "email": "u1@example.com"})
    data = DeleteForm.of(una, opened=timezone.now()).initial | {"confirmation": confirmation}
    assert DeleteForm(data, customer=una).is_valid() is right
