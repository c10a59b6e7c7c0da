"""A correction can be put back, field by field, where Dub still has what was set."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from customers import queries, services
from customers.models import AuditEntry, Outcome, Relation
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, hidden_fields, outcome_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def corrected(dub: Sandbox) -> AuditEntry:
    """Ada became Grace, with another e-mail."""
    dub.add_customer(external_id="u1", name="Ada", email="ada@example.com")
    customer = queries.get_customer("ext_u1")
    changes = {"name": "Grace", "email": "grace@example.com"}
    return services.update_customer(customer, changes=changes, actor=ALICE)


def undo(client: Client, entry: AuditEntry, *keys: str, **more: str) -> Any:
    address = f"/results/{entry.pk}/undo/"
    form = {**hidden_fields(client.get(address)), "fields_back": list(keys), **more}
    return client.post(address, form, follow=True)


def test_it_works(dub: Sandbox, corrected: AuditEntry, alice: Client) -> None:
    assert "Undo" in text_of(alice.get(f"/results/{corrected.pk}/"))
    response = undo(alice, corrected, "name", "email", reason="wrong customer")
    assert outcome_of(response) == Outcome.RECORDED
    stored = dub.customer("u1")
    assert stored is not None
    assert (stored["name"], stored["email"]) == ("Ada", "ada@example.com")


def test_it_is_an_edit_of_its_own_linked_both_ways(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    undo(alice, corrected, "name")
    undone = corrected.later.get()
    assert (undone.relation, undone.body) == (Relation.UNDO, {"name": "Ada"})
    assert undone.reason == f"Undo of entry {corrected.pk}"


def test_an_undone_correction_says_by_whom_and_offers_no_other_undo(
    dub: Sandbox, corrected: AuditEntry, alice: Client, sign_in: Any
) -> None:
    undo(alice, corrected, "name", "email", reason="wrong customer")
    undone = corrected.later.get()
    page = alice.get(f"/results/{corrected.pk}/")
    assert "Undone By alice ," in text_of(page)
    assert f'href="/results/{undone.pk}/"' in page.content.decode()
    assert "/undo/" not in page.content.decode()
    assert f'href="/audit/{undone.pk}/"' not in page.content.decode()
    assert f'href="/audit/{undone.pk}/"' in sign_in("ada").get(page.wsgi_request.path).text
    assert "/undo/" not in sign_in("ada").get(f"/audit/{corrected.pk}/").text
    again = alice.get(f"/results/{corrected.pk}/undo/")
    assert "can be put back any more" in text_of(again)
    assert "By alice ," in text_of(again)
    assert 'name="reason"' not in again.text


def test_what_is_put_back_in_part_can_be_put_back_further(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    undo(alice, corrected, "name")
    page = alice.get(f"/results/{corrected.pk}/")
    assert "Put back since" in text_of(page)
    assert f"/results/{corrected.pk}/undo/" in page.text


def test_an_undo_that_is_undone_counts_no_more(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    undo(alice, corrected, "name", "email")
    undo(alice, corrected.later.get(), "name", "email")
    page = alice.get(f"/results/{corrected.pk}/")
    assert "Undone" not in text_of(page)
    assert f"/results/{corrected.pk}/undo/" in page.text


def test_the_undo_says_what_it_undid(dub: Sandbox, corrected: AuditEntry, alice: Client) -> None:
    undo(alice, corrected, "name", reason="wrong customer")
    page = alice.get(f"/results/{corrected.later.get().pk}/")
    assert "<h1>Undo of a correction</h1>" in page.text
    assert f'Undid</dt><dd><a href="/results/{corrected.pk}/">' in page.text


def test_the_result_has_the_values_before_and_leads_to_the_customer_first(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    page = alice.get(f"/results/{corrected.pk}/")
    assert "Name Ada Grace Grace" in text_of(page)
    assert "E-mail ada@example.com grace@example.com grace@example.com" in text_of(page)
    assert text_of(page).index("Customers / Grace") < text_of(page).index("Correction")
    steps = page.text[page.text.index('<footer class="row">') :]
    assert steps.index("Open the customer") < steps.index("Undo")


def test_the_audit_entry_leads_there_too(corrected: AuditEntry, sign_in: Any) -> None:
    address = f"/results/{corrected.pk}/undo/"
    assert address in sign_in("ada").get(f"/audit/{corrected.pk}/").content.decode()
    assert address not in sign_in("otto").get(f"/audit/{corrected.pk}/").content.decode()


def test_one_field_only(dub: Sandbox, corrected: AuditEntry, alice: Client) -> None:
    undo(alice, corrected, "name")
    stored = dub.customer("u1")
    assert stored is not None
    assert (stored["name"], stored["email"]) == ("Ada", "grace@example.com")


def test_a_field_that_was_changed_since_cannot_be_put_back(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    dub.change_customer(corrected.target_id, email="third@example.com")
    page = alice.get(f"/results/{corrected.pk}/undo/")
    assert "Changed since, so it cannot be put back" in text_of(page)
    before = dub.count("PATCH")
    response = undo(alice, corrected, "email")
    assert response.status_code == 200
    assert dub.count("PATCH") == before
    undo(alice, corrected, "name")
    stored = dub.customer("u1")
    assert stored is not None
    assert (stored["name"], stored["email"]) == ("Ada", "third@example.com")


def correct(**changes: Any) -> AuditEntry:
    return services.update_customer(queries.get_customer("ext_u1"), changes=changes, actor=ALICE)


def test_a_value_that_somebody_has_set_anew_since_is_theirs_and_stays(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    correct(email="third@example.com")
    correct(email="grace@example.com")
    page = alice.get(f"/results/{corrected.pk}/undo/")
    assert "set to this again, so it cannot be put back" in text_of(page)
    undo(alice, corrected, "email", "name")
    undo(alice, corrected, "name")
    stored = dub.customer("u1")
    assert stored is not None
    assert (stored["name"], stored["email"]) == ("Ada", "grace@example.com")


def test_what_was_changed_since_and_put_back_can_be_put_back_further(
    dub: Sandbox, corrected: AuditEntry, alice: Client
) -> None:
    undo(alice, correct(email="third@example.com"), "email")
    assert outcome_of(undo(alice, corrected, "email")) == Outcome.RECORDED
    stored = dub.customer("u1")
    assert stored is not None
    assert stored["email"] == "ada@example.com"


def test_nothing_chosen_says_so(dub: Sandbox, corrected: AuditEntry, alice: Client) -> None:
    assert "Choose at least one field" in text_of(undo(alice, corrected))


def test_only_a_stored_correction_can_be_undone(dub: Sandbox, alice: Client) -> None:
    refused = AuditEntry.objects.create(
        action="customer.update", outcome=Outcome.REFUSED, before={}, target_id="cus_1"
    )
    assert alice.get(f"/results/{refused.pk}/undo/").status_code == 404


def test_r1_what_dub_stored_otherwise_is_what_counts_as_set(dub: Sandbox, alice: Client) -> None:
    dub.patch_stores_country = False
    dub.add_customer(external_id="u2", name="Ada", country="DE")
    customer = queries.get_customer("ext_u2")
    changes = {"name": "Grace", "country": "FR"}
    entry = services.update_customer(customer, changes=changes, actor=ALICE)
    assert entry.outcome == Outcome.DIFFERS
    page = text_of(alice.get(f"/results/{entry.pk}/undo/"))
    assert "Changed since" in page or "country" not in page.lower().split("what can be put back")[0]
    undo(alice, entry, "name")
    stored = dub.customer("u2")
    assert stored is not None
    assert (stored["name"], stored["country"]) == ("Ada", "DE")


@pytest.mark.parametrize("email", ["ada@example.com", None])
def test_q9_a_name_that_was_cleared_can_be_put_back(
    dub: Sandbox, alice: Client, email: str | None
) -> None:
    dub.add_customer(external_id="u2", name="Ada", email=email)
    cleared = services.update_customer(
        queries.get_customer("ext_u2"), changes={"name": None}, actor=ALICE
    )
    assert cleared.outcome == Outcome.RECORDED
    assert outcome_of(undo(alice, cleared, "name")) == Outcome.RECORDED
    stored = dub.customer("u2")
    assert stored is not None
    assert stored["name"] == "Ada"
