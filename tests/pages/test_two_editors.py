"""Two people at one customer: nobody's change is lost, nothing is overwritten unseen (R7, R8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.audit import actor_of
from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import LEAD, SALE, fields_of, fill, landed, press_send

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EDIT, DELETE = "/customers/ext_u1/edit/", "/customers/ext_u1/delete/"
CHOOSE = "The same field was changed meanwhile"
moments = pytest.mark.parametrize("moment", ["before the preview", "before the save"])


def opened(client: Client, address: str) -> Json:
    page = client.get(address)
    assert page.status_code == 200
    return fields_of(page)


def review(client: Client, form: Json, **typed: str) -> Any:
    return client.post(EDIT, form | typed | {"step": "check"})


def save(client: Client, page: Any, **choices: str) -> Any:
    """Presses "Save to Dub" on a preview; only the given radio buttons are chosen."""
    given = {key: value for key, value in fields_of(page).items() if not key.startswith("choice_")}
    given |= {f"choice_{name}": choice for name, choice in choices.items()}
    return client.post(EDIT, given | {"step": "send"}, follow=True)


def edit(client: Client, **typed: str) -> None:
    """The other one's whole edit, from the form to the result."""
    page = client.post(EDIT, opened(client, EDIT) | typed | {"step": "send"}, follow=True)
    assert outcome_of(page) == "recorded", text_of(page)


def delete(client: Client, page: Json, **given: str) -> Any:
    return client.post(DELETE, page | {"confirmation": "u1", "reason": "GDPR"} | given, follow=True)


def saved_with(client: Client, moment: str, other: Callable[[], None], **typed: str) -> Any:
    """My edit, with what the other one does coming between."""
    form = opened(client, EDIT)
    if moment == "before the preview":
        other()
    preview = review(client, form, **typed)
    if moment == "before the save":
        other()
    return save(client, preview) if preview.status_code == 200 else preview


def una_now(dub: Sandbox, una: Json) -> Json:
    return dub.customer(una["id"]) or {}


# Edit and edit


@moments
def test_another_field_is_merged(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str
) -> None:
    page = saved_with(alice, moment, lambda: edit(max_, email="max@example.com"), name="Alice's")
    assert outcome_of(page) == "recorded"
    now = una_now(dub, una)
    assert (now["name"], now["email"]) == ("Alice's", "max@example.com")
    assert [each.body for each in dub.requests if each.method == "PATCH"] == [
        {"email": "max@example.com"},
        {"name": "Alice's"},
    ]


def test_what_was_merged_is_said(alice: Client, max_: Client, una: Json) -> None:
    form = opened(alice, EDIT)
    edit(max_, email="max@example.com")
    says = text_of(review(alice, form, name="Alice's"))
    assert "Changed meanwhile, and kept" in says
    assert "max@example.com" in says
    assert CHOOSE not in says


@moments
@pytest.mark.parametrize(("choice", "stands"), [("mine", "Alice's"), ("theirs", "Max's")])
def test_the_same_field_is_asked_about(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str, choice: str, stands: str
) -> None:
    asked = saved_with(
        alice, moment, lambda: edit(max_, name="Max's"), name="Alice's", country="DE"
    )
    says = text_of(asked)
    assert CHOOSE in says
    assert "Nothing has been sent. Choose which value should stand." in says
    for value in ("When you opened the form: Una", "has now: Max's", "with yours: Alice's"):
        assert value in says
    assert dub.count("PATCH") == 1
    assert CHOOSE in text_of(save(alice, asked))  # without a choice it asks again
    assert dub.count("PATCH") == 1
    assert outcome_of(save(alice, asked, name=choice)) == "recorded"
    now = una_now(dub, una)
    assert (now["name"], now["country"]) == (stands, "DE")


def test_a_choice_counts_only_for_the_value_that_was_shown(
    dub: Sandbox, alice: Client, max_: Client, una: Json
) -> None:
    asked = saved_with(alice, "before the save", lambda: edit(max_, name="Max's"), name="Alice's")
    edit(max_, name="Max's second")
    again = save(alice, asked, name="mine")
    assert CHOOSE in text_of(again)
    assert "has now: Max's second" in text_of(again)
    assert una_now(dub, una)["name"] == "Max's second"
    assert outcome_of(save(alice, again, name="mine")) == "recorded"
    assert una_now(dub, una)["name"] == "Alice's"


@moments
def test_the_same_change_by_both_is_sent_once(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str
) -> None:
    page = saved_with(alice, moment, lambda: edit(max_, name="Ida"), name="Ida")
    assert "Dub already has these values" in text_of(page)
    assert dub.count("PATCH") == 1


@moments
def test_a_field_that_was_cleared_is_a_conflict(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str
) -> None:
    page = saved_with(alice, moment, lambda: edit(max_, email=""), email="una@new.example")
    assert CHOOSE in text_of(page)
    assert una_now(dub, una)["email"] is None


@pytest.mark.parametrize("typed", [{"name": "Max's"}, {"email": "max@example.com"}])
def test_a_save_in_the_same_moment_is_looked_at_again(
    dub: Sandbox,
    alice: Client,
    max_: Client,
    una: Json,
    monkeypatch: pytest.MonkeyPatch,
    typed: dict[str, str],
) -> None:
    """Max saves after Alice's save has compared, and before it is sent."""
    preview = review(alice, opened(alice, EDIT), name="Alice's")
    meanwhile = [lambda: edit(max_, **typed)]

    def actor(request: Any) -> Any:
        if request.user.username == "alice" and meanwhile:
            meanwhile.pop()()
        return actor_of(request)

    monkeypatch.setattr("customers.views.correct.actor_of", actor)
    again = save(alice, preview)
    assert "Somebody else saved in the same moment. Nothing has been sent" in text_of(again)
    assert (CHOOSE in text_of(again)) == ("name" in typed)
    assert dub.count("PATCH") == 1
    assert outcome_of(save(alice, again, name="mine")) == "recorded"
    assert una_now(dub, una)["name"] == "Alice's"
    assert una_now(dub, una)["email"] == typed.get("email", "una@example.com")


def test_a_deletion_in_the_moment_of_an_edit_is_looked_at_again(
    dub: Sandbox, alice: Client, max_: Client, una: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = opened(max_, DELETE)
    meanwhile = [lambda: edit(alice, name="Alice's")]

    def actor(request: Any) -> Any:
        if request.user.username == "max" and meanwhile:
            meanwhile.pop()()
        return actor_of(request)

    monkeypatch.setattr("customers.views.correct.actor_of", actor)
    again = delete(max_, form)
    assert "Somebody else saved in the same moment" in text_of(again)
    assert "Name Una Alice's" in text_of(again)
    assert dub.count("DELETE") == 0
    assert outcome_of(delete(max_, fields_of(again))) == "recorded"


# Edit and delete


@moments
@pytest.mark.parametrize("typed", [{"name": "Alice's"}, {"external_id": "u9"}])
def test_an_edit_of_a_deleted_customer_is_not_sent(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str, typed: dict[str, str]
) -> None:
    page = saved_with(alice, moment, lambda: delete(max_, opened(max_, DELETE)), **typed)
    assert page.status_code == 410
    says = text_of(page)
    assert "Nothing was sent: the customer was gone before your form came in." in says
    assert "Deleted with dubadmin. max" in says
    assert "Reason: GDPR" in says
    assert (dub.count("PATCH"), dub.count("DELETE")) == (0, 1)


def test_a_deletion_in_the_moment_of_saving_is_told_as_refused(
    dub: Sandbox, alice: Client, una: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = review(alice, opened(alice, EDIT), name="Alice's")
    monkeypatch.setattr(
        "customers.views.correct.actor_of",
        lambda request: dub.delete_customer(una) or actor_of(request),
    )
    ended = landed(save(alice, preview))
    assert ended.outcome == "refused"
    assert dub.customer("u1") is None


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ({"name": "Alice's"}, "Name"),
        ({"email": "new@example.com"}, "E-mail"),
        ({"external_id": "u9"}, "External ID"),
        ({"country": "DE"}, "Country"),
    ],
)
def test_a_customer_that_changed_is_shown_again_before_it_is_deleted(
    dub: Sandbox, alice: Client, max_: Client, una: Json, typed: dict[str, str], label: str
) -> None:
    form = opened(max_, DELETE)
    edit(alice, **typed)
    again = delete(max_, form)
    says = text_of(again)
    assert "The customer changed after you opened this page." in says
    assert "Changed since you opened this page" in says
    assert f"{label} " in says
    assert next(iter(typed.values())) in says
    assert outcome_of(again) == "not_sent"
    assert fields_of(again)["confirmation"] == ""
    assert dub.count("DELETE") == 0
    confirmed = typed.get("external_id", "u1")
    ended = landed(delete(max_, fields_of(again), confirmation=confirmed))
    assert ended.outcome == "recorded"
    assert dub.customers() == []
    assert next(iter(typed.values())) in str(ended.entry.before)


def test_a_sale_meanwhile_is_shown_before_the_deletion(
    dub: Sandbox, max_: Client, una: Json
) -> None:
    form = opened(max_, DELETE)
    dub.add_sale(una, 4900)
    again = delete(max_, form)
    assert "Lifetime value 0.00 USD 49.00 USD" in text_of(again)
    assert "Its totals: 1 sale, 49.00 USD." in text_of(again)
    dub.add_sale(una, 100)
    assert "Lifetime value 49.00 USD 50.00 USD" in text_of(delete(max_, fields_of(again)))
    assert dub.count("DELETE") == 0


def test_a_deletion_without_a_look_is_not_sent(dub: Sandbox, max_: Client, una: Json) -> None:
    for seen in ("", "{}", "no JSON", "[]"):
        page = delete(max_, {"seen": seen})
        assert (page.status_code, outcome_of(page)) == (200, "not_sent")
    assert dub.count("DELETE") == 0


def test_two_deletions_are_one(dub: Sandbox, max_: Client, sign_in: Any, una: Json) -> None:
    mine = opened(max_, DELETE)
    ada = sign_in("ada")
    assert outcome_of(delete(ada, opened(ada, DELETE), reason="Ada's reason")) == "recorded"
    page = delete(max_, mine)
    assert page.status_code == 410
    assert "Ada's reason" in text_of(page)
    assert dub.count("DELETE") == 1


# The external ID


@moments
def test_an_edit_stays_with_its_customer_when_the_external_id_changes(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str
) -> None:
    page = saved_with(alice, moment, lambda: edit(max_, external_id="u9"), name="Alice's")
    assert outcome_of(page) == "recorded"
    now = una_now(dub, una)
    assert (now["name"], now["externalId"]) == ("Alice's", "u9")


@moments
def test_two_external_ids_are_asked_about(
    dub: Sandbox, alice: Client, max_: Client, una: Json, moment: str
) -> None:
    page = saved_with(alice, moment, lambda: edit(max_, external_id="u9"), external_id="u8")
    assert CHOOSE in text_of(page)
    assert una_now(dub, una)["externalId"] == "u9"
    assert outcome_of(save(alice, page, external_id="mine")) == "recorded"
    assert una_now(dub, una)["externalId"] == "u8"


@moments
def test_whoever_has_the_external_id_by_now_is_left_alone(
    dub: Sandbox, alice: Client, una: Json, moment: str
) -> None:
    bo = dub.add_customer("Bo", email="bo@example.com", external_id="u2")

    def swap() -> None:
        dub.change_customer(una, external_id="u9")
        dub.change_customer(bo, external_id="u1")

    assert outcome_of(saved_with(alice, moment, swap, name="Alice's")) == "recorded"
    assert una_now(dub, una)["name"] == "Alice's"
    assert una_now(dub, bo)["name"] == "Bo"


def test_whoever_has_the_external_id_by_now_is_not_deleted(
    dub: Sandbox, max_: Client, una: Json
) -> None:
    form = opened(max_, DELETE)
    bo = dub.add_customer("Bo", email="bo@example.com", external_id="u2")
    dub.change_customer(una, external_id="u9")
    dub.change_customer(bo, external_id="u1")
    again = delete(max_, form)
    assert "External ID u1 u9" in text_of(again)
    assert dub.count("DELETE") == 0
    assert outcome_of(delete(max_, fields_of(again), confirmation="u9")) == "recorded"
    assert [each["id"] for each in dub.customers()] == [bo["id"]]


def test_the_old_address_leads_to_the_customer(alice: Client, max_: Client, una: Json) -> None:
    opened(alice, EDIT)
    edit(max_, external_id="u9")
    for address in ("/customers/ext_u1/", EDIT):
        page = alice.get(address)
        assert page.status_code == 404
        assert "No customer has this external ID any more." in text_of(page)
        assert "now has the external ID u9" in text_of(page)
        assert f'href="/customers/{una["id"]}/"' in page.content.decode()


@pytest.mark.parametrize(
    ("address", "given"),
    [(SALE, {"amount": "49", "currency": "USD", "invoice_id": "I-1"}), (LEAD, {})],
)
def test_a_sale_or_lead_under_the_old_external_id_records_nothing(
    dub: Sandbox, alice: Client, max_: Client, una: Json, address: str, given: dict[str, str]
) -> None:
    given = {"customer_external_id": "u1", "event_name": "Demo"} | given
    before = (len(dub.sales()), len(dub.leads()))
    summary = fill(alice, address, **given)
    assert "Nothing has been sent yet." in text_of(summary)
    edit(max_, external_id="u9")
    page = press_send(alice, summary)
    assert outcome_of(page) in {"not_sent", "not_recorded", "refused"}, text_of(page)
    again = fill(alice, address, **given)
    assert "u1" in text_of(again)
    assert outcome_of(press_send(alice, again)) in {"not_sent", "not_recorded", "refused"}
    assert (len(dub.sales()), len(dub.leads())) == before


@pytest.mark.parametrize("kept", ["old", "new"])
def test_a_deletion_after_a_new_external_id_is_found_by_both(
    alice: Client, max_: Client, una: Json, kept: str
) -> None:
    edit(alice, external_id="u9")
    address = f"/customers/{una['id']}/delete/"
    form = opened(max_, address) | {"confirmation": "u9", "reason": "GDPR"}
    assert outcome_of(max_.post(address, form, follow=True)) == "recorded"
    page = alice.get("/customers/ext_u1/" if kept == "old" else "/customers/ext_u9/")
    assert page.status_code == 410
    assert "Reason: GDPR" in text_of(page)


# Gone


def addresses(una: Json) -> list[str]:
    tails = ("", "edit/", "delete/")
    return [f"/customers/{id}/{tail}" for id in ("ext_u1", una["id"]) for tail in tails]


def test_r8_every_address_of_a_deleted_customer_tells_who_when_and_why(
    max_: Client, una: Json
) -> None:
    delete(max_, opened(max_, DELETE))
    entry = AuditEntry.objects.get(action="customer.delete", outcome="recorded")
    for address in addresses(una):
        page = max_.get(address)
        assert page.status_code == 410
        says = text_of(page)
        assert f"Deleted with dubadmin. max , {entry.at:%-d %b %Y, %H:%M}" in says
        assert "Reason: GDPR" in says
        assert "una@example.com" in says
        assert "Sign up" in says


def test_a_customer_that_was_deleted_elsewhere_says_so(
    dub: Sandbox, max_: Client, una: Json
) -> None:
    edit(max_, name="Ida")
    dub.delete_customer(una)
    for address in addresses(una):
        page = max_.get(address)
        assert page.status_code == 404
        says = text_of(page)
        assert "Dub no longer has this customer." in says
        assert "It was not deleted with dubadmin" in says
        assert "Name: Una → Ida" in says


def test_an_undo_of_a_deleted_customers_edit_says_so(dub: Sandbox, max_: Client, una: Json) -> None:
    edit(max_, name="Ida")
    entry = AuditEntry.objects.get(action="customer.update")
    delete(max_, opened(max_, DELETE))
    page = max_.get(f"/results/{entry.pk}/undo/")
    assert page.status_code == 410
    assert "Reason: GDPR" in text_of(page)
