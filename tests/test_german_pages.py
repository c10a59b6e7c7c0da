"""The main pages in German, each as somebody who may open it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from customers.models import AuditEntry, Preferences
from dubadmin.sandbox import Sandbox

from .conftest import hidden_fields, outcome_of, text_of

pytestmark = pytest.mark.django_db

PAGES = [
    ("vera", "/", "Start"),
    ("vera", "/customers/", "Kunden"),
    ("vera", "/customers/?q=nobody", "Kunden"),
    ("vera", "/customers/?page=0", "Kunden"),
    ("vera", "/customers/ext_u1/", "Una"),
    ("alice", "/customers/ext_u1/edit/", "Kunden bearbeiten"),
    ("max", "/customers/ext_u1/delete/", "Kunden löschen"),
    ("alice", "/leads/new/?customer=u1", "Lead erfassen"),
    ("alice", "/sales/new/?customer=u1", "Verkauf erfassen"),
    ("alice", "/batches/", "Sammeländerungen"),
    ("max", "/imports/", "Importe"),
    ("max", "/imports/new/", "Datei importieren"),
    ("max", "/imports/mappings/", "Gespeicherte Zuordnungen"),
    ("max", "/customers/export/", "1 Kunden exportieren"),
    ("max", "/exports/", "Ihre Exporte"),
    ("otto", "/audit/", "Protokoll"),
    ("otto", "/audit/?since=tomorrow", "Protokoll"),
    ("otto", "/audit/state/", "Zustand des Protokolls"),
    ("otto", "/attention/", "Handlungsbedarf"),
    ("ada", "/accounts/invitations/", "Einladungen"),
    ("vera", "/accounts/", "Ihr Konto"),
    ("vera", "/accounts/preferences/", "Einstellungen"),
    ("vera", "/accounts/sessions/", "Sitzungen"),
    ("vera", "/accounts/password/", "Neues Passwort"),
    ("vera", "/audit/", "Nicht erlaubt"),
    ("vera", "/nowhere/", "Nicht gefunden"),
    ("vera", "/customers/cus_unknown/", "Nicht gefunden"),
]


@pytest.fixture
def speak_german(people: dict[str, User]) -> None:
    Preferences.objects.bulk_create(
        Preferences(user=person, language="de") for person in people.values()
    )


@pytest.fixture
def una(dub: Sandbox) -> dict[str, Any]:
    customer = dub.add_customer("Una", "una@x.example", "u1", link=dub.add_link(key="go"))
    dub.add_lead(customer)
    dub.add_sale(customer, 123450)
    return customer


def headings(response: Any) -> list[str]:
    found = re.findall(r"(?s)<h1[^>]*>(.*?)</h1>", response.content.decode())
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", each)).split()) for each in found]


@pytest.mark.parametrize(("who", "address", "heading"), PAGES)
def test_a_page_speaks_german(
    who: str,
    address: str,
    heading: str,
    speak_german: None,
    una: dict[str, Any],
    sign_in: Callable[[str], Client],
) -> None:
    page = sign_in(who).get(address)
    assert page.status_code < 500
    assert '<html lang="de"' in page.content.decode()
    assert headings(page) == [heading]
    assert "Zum Inhalt springen" in text_of(page)


def test_before_signing_in(client: Client) -> None:
    german = {"accept-language": "de"}
    page = client.get("/accounts/login/", headers=german)
    assert headings(page) == ["Anmelden"]
    refused = client.post("/accounts/login/", {"login": "x", "password": "y"}, headers=german)
    assert "Der Name oder das Passwort stimmt nicht." in text_of(refused)


def test_a_sale_from_the_form_to_its_result(
    speak_german: None, una: dict[str, Any], sign_in: Callable[[str], Client]
) -> None:
    alice = sign_in("alice")
    address = "/sales/new/?customer=u1"
    form = hidden_fields(alice.get(address)) | {
        "customer_external_id": "u1",
        "amount": "1.234,50",
        "currency": "EUR",
        "event_name": "Kauf",
        "payment_processor": "custom",
        "invoice_id": "R-1",
    }
    summary = alice.post(address, form | {"step": "check"})
    assert "Verkauf prüfen" in text_of(summary)
    assert "1.234,50 EUR" in text_of(summary)
    sent = alice.post(address, hidden_fields(summary) | {"step": "send"}, follow=True)
    assert outcome_of(sent) == "recorded"
    assert "Dub hat den Verkauf angenommen." in text_of(sent)
    entry = AuditEntry.objects.filter(action="sale.record").latest("pk")
    assert entry.explanation.startswith("Dub accepted the sale.")


def test_what_is_typed_wrong_is_told_in_german(
    speak_german: None, una: dict[str, Any], sign_in: Callable[[str], Client]
) -> None:
    alice = sign_in("alice")
    address = "/sales/new/?customer=u1"
    form = hidden_fields(alice.get(address)) | {"amount": "1,234", "currency": "EUR"}
    text = text_of(alice.post(address, form | {"step": "check"}))
    assert "Bitte korrigieren Sie:" in text
    assert "Dieses Feld ist zwingend erforderlich." in text  # Django's own words
    assert "„1,234“ lässt sich auf zwei Arten lesen." in text
