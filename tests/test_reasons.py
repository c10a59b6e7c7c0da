"""Why it is done: every form that writes asks, and insists where the settings say so."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from customers import queries, services
from customers.models import WRITES, AuditEntry, Batch
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, text_of
from .pages.browsing import fields_of

pytestmark = pytest.mark.django_db

Form = tuple[str, dict[str, str]]
SEVERAL = {"for-which": "matching", "for-country": "DE"}


@pytest.fixture
def forms(dub: Sandbox) -> dict[str, Form]:
    """The address of every form that writes, and how it is filled in but for the reason."""
    link = dub.add_link(key="go")
    una = dub.add_customer(
        "Una", email="una@example.com", external_id="u1", country="DE", link=link, lead="Sign up"
    )
    customer = queries.get_customer(una["id"])
    entry = services.update_customer(customer, changes={"country": "FR"}, actor=ALICE)
    dub.add_customer("Ida", email="ida@example.com", external_id="u2", country="DE")
    sale = {"customer_external_id": "u1", "amount": "1", "currency": "USD", "invoice_id": "I-1"}
    return {
        "edit": (f"/customers/{una['id']}/edit/", {"name": "Ada", "external_id": "u1"}),
        "delete": (f"/customers/{una['id']}/delete/", {"confirmation": "u1"}),
        "undo": (f"/results/{entry.pk}/undo/", {"fields_back": "country"}),
        "lead": ("/leads/new/", {"customer_external_id": "u1", "event_name": "Demo"}),
        "sale": ("/sales/new/", sale),
        "set": ("/batches/new/", SEVERAL | {"field": "country", "country": "JP"}),
        "delete several": (
            "/batches/new/",
            SEVERAL | {"action": "customer.delete", "confirmation": "1"},
        ),
    }


ACTIONS = {
    "edit": "customer.update",
    "delete": "customer.delete",
    "undo": "customer.update",
    "lead": "lead.record",
    "sale": "sale.record",
    "set": "customer.update",
    "delete several": "customer.delete",
}


def show(client: Client, form: Form) -> Any:
    address, fields = form
    if address.startswith("/batches/"):
        return client.post(address, {k: v for k, v in fields.items() if k in {*SEVERAL, "action"}})
    return client.get(address)


def send(client: Client, form: Form, **more: str) -> Any:
    address, fields = form
    return client.post(address, fields_of(show(client, form)) | fields | {"step": "send"} | more)


def done() -> list[str]:
    """What was written, or queued to be, in this test."""
    writes = AuditEntry.objects.filter(action__in=WRITES, actor_name="max").exclude(sent=None)
    return [*writes.values_list("action", flat=True), *Batch.objects.values_list("action")]


@pytest.mark.parametrize("name", ACTIONS)
def test_every_form_offers_what_is_usual_and_takes_anything(
    forms: dict[str, Form], max_: Client, settings: Any, name: str
) -> None:
    settings.USUAL_REASONS = ["Asked by phone", 'A "quoted" one & more']
    html = show(max_, forms[name]).content.decode()
    assert 'list="id_reason_suggestions"' in html
    assert '<datalist id="id_reason_suggestions"><option value="Asked by phone">' in html
    assert 'value="A "quoted" one & more"' in unescape(html)
    assert done() == []


@pytest.mark.parametrize("name", ACTIONS)
def test_a_form_without_a_reason_is_stopped_where_its_action_needs_one(
    forms: dict[str, Form], max_: Client, settings: Any, name: str
) -> None:
    settings.REQUIRE_REASON_FOR = [ACTIONS[name]]
    page = send(max_, forms[name])
    assert "Reason : This field is required." in text_of(page)
    assert done() == []
    assert AuditEntry.objects.latest("pk").outcome in {"blocked", "not_sent"}
    settings.REQUIRE_REASON_FOR = sorted(WRITES - {ACTIONS[name]})
    assert "Reason : This field is required." not in text_of(send(max_, forms[name]))


@pytest.mark.parametrize("name", ["edit", "delete several"])
def test_all_forms_at_once_can_need_one(
    forms: dict[str, Form], max_: Client, settings: Any, name: str
) -> None:
    settings.REQUIRE_REASON = True
    assert "Reason : This field is required." in text_of(send(max_, forms[name]))
    send(max_, forms[name], reason="Ticket 42")
    assert len(done()) == 1


def test_a_reason_goes_into_the_log(forms: dict[str, Form], max_: Client) -> None:
    send(max_, forms["edit"], reason="Ticket 42, asked twice")
    assert AuditEntry.objects.filter(action="customer.update").latest("pk").reason == (
        "Ticket 42, asked twice"
    )


def test_what_is_sent_again_says_so_where_there_was_no_reason(
    dub: Sandbox, forms: dict[str, Form], max_: Client
) -> None:
    entry = AuditEntry.objects.create(
        action="sale.record",
        outcome="unknown",
        target_external_id="u1",
        sent={
            "body": {"customerExternalId": "u1", "amount": 1, "currency": "usd", "invoiceId": "I"}
        },
    )
    assert services.resend(entry, actor=ALICE).reason == f"Entry {entry.pk}, sent again"
