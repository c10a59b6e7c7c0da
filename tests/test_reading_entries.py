"""One entry tells it all: what changed, what went to Dub and came back, and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from customers import followup, queries, services, startup
from customers.audit import Actor, Target, note
from customers.models import AuditEntry, Batch, Outcome, Relation
from dubadmin.dub.errors import Answer
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(sign_in: Callable[[str], Client]) -> Callable[[AuditEntry], Any]:
    otto = sign_in("otto")

    def page(entry: AuditEntry) -> Any:
        response = otto.get(f"/audit/{entry.pk}/")
        assert response.status_code == 200
        return response

    return page


Read = Callable[[AuditEntry], Any]


@pytest.fixture
def correction(dub: Sandbox) -> AuditEntry:
    dub.add_customer("Una", email="una@example.com", external_id="u 1", country="DE")
    customer = queries.get_customer("ext_u 1")
    changes = {"email": "new@example.com", "country": "FR"}
    return services.update_customer(customer, changes=changes, actor=ALICE, reason="Ticket 42")


def section(page: Any, id: str) -> str:
    """What the section with this heading says."""
    html = page.content.decode()
    found = re.search(rf'(?s)<section[^>]*>\s*<header><h2 id="{id}".*?</section>', html)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def links(page: Any) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', page.content.decode()))


def test_a_correction_field_by_field_with_its_exchange(
    dub: Sandbox, correction: AuditEntry, read: Read
) -> None:
    page = read(correction)
    differences = section(page, "differences")
    assert "E-mail una@example.com new@example.com" in differences
    assert "Country DE FR" in differences
    sent = section(page, "sent")
    assert f"PATCH /customers/{correction.target_id}" in sent
    assert "new@example.com" in sent
    answered = section(page, "answered")
    assert "200" in answered
    assert "application/json" in answered
    facts = section(page, "facts")
    for said in ("alice", "Editor", "Ticket 42", "req-of-alice", "u 1", correction.target_id):
        assert said in facts
    assert f"/audit/?customer={correction.target_id}" in links(page)
    assert "/audit/?person=alice" in links(page)
    assert "/customers/" + correction.target_id + "/" in links(page)


def test_a_refusal_with_dubs_code_and_words(dub: Sandbox, read: Read) -> None:
    dub.add_customer("Una", email="una@example.com", external_id="u1")
    dub.fault(method="PATCH", status=409, code="conflict", message="It exists.")
    entry = services.update_customer(
        queries.get_customer("ext_u1"), changes={"name": "Ada"}, actor=ALICE
    )
    answered = section(read(entry), "answered")
    assert "409" in answered
    assert "conflict It exists." in answered


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "[" * 5000, "", "\u2028{"])
def test_an_answer_that_is_no_json_is_shown_as_it_came(read: Read, body: str) -> None:
    entry = AuditEntry.objects.create(
        action="sale.record",
        outcome="unknown",
        sent={"method": "POST", "path": "/track/sale", "body": {}},
        answered={"status": 502, "content_type": "text/html", "body": body},
    )
    said = section(read(entry), "answered")
    assert ("Bad gateway" in said) == ("Bad" in body)
    assert ("With an empty body." in said) == (not body)


def test_where_an_answer_was_cut_is_said(dub: Sandbox, read: Read) -> None:
    dub.add_customer("Una", email="una@example.com", external_id="u1")
    body = {"error": {"code": "bad_request", "message": "x" * 30_000}}
    dub.fault(method="PATCH", status=400, body=body)
    entry = services.update_customer(
        queries.get_customer("ext_u1"), changes={"name": "Ada"}, actor=ALICE
    )
    assert entry.answered["cut_from"] > 30_000
    assert len(entry.answered["body"]) == Answer.BODY_LIMIT
    assert "The log keeps the first 20,000 of 30," in section(read(entry), "answered")


def test_what_never_got_an_answer(read: Read) -> None:
    entry = AuditEntry.objects.create(
        action="customer.delete",
        outcome="not_sent",
        sent={"method": "DELETE", "path": "/customers/cus_1", "body": None},
    )
    page = read(entry)
    assert "DELETE /customers/cus_1 Without a body." in section(page, "sent")
    assert "None came back." in section(page, "answered")


def test_links_lead_both_ways(dub: Sandbox, correction: AuditEntry, read: Read) -> None:
    undone = services.update_customer(
        queries.get_customer("ext_u 1"),
        changes={"country": "DE"},
        actor=ALICE,
        earlier=correction,
        relation=Relation.UNDO,
    )
    assert f"Undone by #{undone.pk} Undo of a correction" in section(read(correction), "related")
    assert f"Undid #{correction.pk} Correction" in section(read(undone), "related")
    unknown = AuditEntry.objects.create(
        action="customer.update",
        outcome="unknown",
        target_id=correction.target_id,
        sent={"body": {"country": "DE"}},
    )
    settled = followup.settle(unknown, actor=ALICE)
    assert f"Settled by #{settled.pk}" in section(read(unknown), "related")
    assert f"Settled #{unknown.pk}" in section(read(settled), "related")


def test_what_the_same_request_left_besides(read: Read) -> None:
    actor = Actor(name="vera", request_id="request-1")
    first = note("home.view", actor=actor)
    second = note("delivery.miss", actor=actor, target=Target(label="una@example.com"))
    note("home.view", actor=Actor(name="vera", request_id="request-2"))
    assert f"#{second.pk} Missed the event at Dub" in section(read(first), "same")
    assert section(read(second), "same").count("#") == 1


def test_a_batch_and_its_entries(read: Read) -> None:
    batch = Batch.objects.create(action="customer.update", actor={}, total=2, key="a")
    actor = Actor(name="max", request_id="request-1")
    entry = note("customer.update", actor=actor, outcome=Outcome.NOT_SENT, batch=batch)
    note("customer.update", actor=actor, outcome=Outcome.NOT_SENT, batch=batch)
    page = read(entry)
    assert "Correction of 2 customers" in section(page, "facts")
    assert {f"/batches/{batch.pk}/", f"/audit/?batch={batch.pk}"} <= links(page)
    assert section(page, "same") == ""


def test_a_look_tells_which_page_was_asked_for(dub: Sandbox, alice: Client, read: Read) -> None:
    alice.get("/customers/?q=jane&country=DE", headers={"User-Agent": "Firefox"})
    page = read(AuditEntry.objects.get(action="customer.list"))
    asked = section(page, "asked")
    for told in ("Method GET", "Path /customers/", "In the address q: jane country: DE"):
        assert told in asked
    assert "Firefox" in section(page, "facts")
    assert section(page, "sent") == ""
    alice.post("/sales/new/", {"amount": "many", "metadata": "<b>x</b>"})
    asked = section(read(AuditEntry.objects.get(action="sale.check")), "asked")
    assert "Typed amount: many metadata: &lt;b&gt;x&lt;/b&gt;" in asked


def test_the_checks_of_a_sale_are_sentences(dub: Sandbox, max_: Client, read: Read) -> None:
    fields = {"customer_external_id": "u9", "amount": "1", "currency": "USD", "invoice_id": "I"}
    max_.post("/sales/new/", fields | {"key": "a" * 32, "step": "send"})
    asked = section(read(AuditEntry.objects.get(action="sale.record")), "asked")
    assert "Checks Dub has no customer with this external ID" in asked
    assert "{" not in asked


def test_a_deletion_shows_what_is_gone(dub: Sandbox, read: Read) -> None:
    dub.add_customer("Una", email="una@example.com", external_id="u1")
    customer = queries.get_customer("ext_u1")
    entry = services.delete_customer(customer, events=[], actor=ALICE)
    assert "E-mail una@example.com empty" in section(read(entry), "differences")


def test_users_and_settings_field_by_field(
    sign_in: Callable[[str], Client], people: dict[str, User], read: Read, settings: Any
) -> None:
    vera, manager = people["vera"], Group.objects.get(name="Manager")
    form = {"username": "vera", "email": "v@example.com", "is_active": "on", "groups": [manager.pk]}
    sign_in("ada").post(f"/admin/auth/user/{vera.pk}/change/", form)
    page = read(AuditEntry.objects.get(action="user.change"))
    assert "E-mail empty v@example.com" in section(page, "differences")
    roles = AuditEntry.objects.filter(action="user.roles").latest("pk")
    assert "Manager" in section(read(roles), "differences")
    startup.note_settings()
    settings.REQUIRE_REASON = True
    startup.note_settings()
    change = AuditEntry.objects.filter(action="settings.change").latest("pk")
    assert section(read(change), "differences").endswith("REQUIRE_REASON off on")


@pytest.mark.parametrize("asked", [None, [], {}, "text", 5, [{"deep": [1]}], {"checks": None}])
def test_whatever_an_entry_holds_can_be_shown(read: Read, asked: Any) -> None:
    for action in ("customer.update", "user.change", "page.miss", "gone.by.now"):
        read(AuditEntry.objects.create(action=action, outcome="done", asked=asked, after=asked))


def test_from_the_customer_to_the_log(
    dub: Sandbox, sign_in: Callable[[str], Client], correction: AuditEntry
) -> None:
    ada = sign_in("ada")
    page = ada.get(f"/customers/{correction.target_id}/")
    to_log = {link.replace("&amp;", "&") for link in links(page) if "/audit/?customer=" in link}
    looked, written = sorted(to_log)
    assert "Correction" in text_of(ada.get(written))
    assert "Looked at a customer" in text_of(ada.get(looked))
    without = sign_in("alice").get(f"/customers/{correction.target_id}/")
    assert not [link for link in links(without) if "/audit/" in link]
