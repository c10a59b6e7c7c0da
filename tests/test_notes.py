"""Notes about a customer: kept here, logged, never sent to Dub, and there when Dub has nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers import notes, queries, services
from customers.audit import Target
from customers.evidence.person import Person
from customers.evidence.redact import look, redact
from customers.models import AuditEntry, Note
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE, hidden_fields, text_of

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
PAGE, NEW = "/customers/ext_u1/", "/customers/ext_u1/notes/"
TEXT = "Wants <invoices> by post.\nCalls on Mondays."


@pytest.fixture
def una(dub: Sandbox) -> Json:
    return dub.add_customer("Una", "una@example.com", "u1")


def write(client: Client, text: str = TEXT) -> Any:
    key = hidden_fields(client.get(NEW))["key"]
    return client.post(NEW, {"text": text, "key": key}, follow=True)


def told() -> list[AuditEntry]:
    return list(
        AuditEntry.objects.filter(action__startswith="note.")
        .exclude(action="note.form")
        .order_by("pk")
    )


def test_a_note_is_on_the_page_and_in_the_log_and_not_at_dub(
    dub: Sandbox, una: Json, alice: Client
) -> None:
    page = write(alice)
    assert page.redirect_chain == [(f"/customers/{una['id']}/#notes", 302)]
    assert "Wants &lt;invoices&gt; by post.\nCalls on Mondays." in page.content.decode()
    [entry] = told()
    assert (entry.action, entry.outcome, entry.actor_name) == ("note.add", "done", "alice")
    assert (entry.target_id, entry.target_label) == (una["id"], "una@example.com")
    assert entry.after == {"text": TEXT}
    assert {each.method for each in dub.requests} == {"GET"}
    assert not any("invoices" in str(each.query) for each in dub.requests)


def test_it_follows_the_customer_by_dubs_id(dub: Sandbox, una: Json, alice: Client) -> None:
    write(alice)
    dub.change_customer(una, external_id="u2")
    dub.add_customer("Bo", "bo@example.com", "u1")
    assert "by post" in text_of(alice.get("/customers/ext_u2/"))
    assert "by post" not in text_of(alice.get(PAGE))


def test_who_may_not_edit_reads_only(una: Json, alice: Client, sign_in: Any) -> None:
    write(alice)
    vera = sign_in("vera")
    page = vera.get(PAGE)
    assert "by post" in text_of(page)
    assert "/notes/" not in page.content.decode()
    assert "Add the note" not in text_of(page)


@pytest.mark.parametrize(("text", "says"), [("  ", "required"), ("x" * 2001, "at most 2000")])
def test_what_is_no_note_is_refused_and_kept_in_the_form(
    una: Json, alice: Client, text: str, says: str
) -> None:
    page = write(alice, text)
    assert says in text_of(page)
    assert "Nothing was kept." in text_of(page)
    assert text.strip() in page.content.decode()
    assert (told(), Note.objects.count()) == ([], 0)


def test_a_form_sent_twice_writes_one_note(una: Json, alice: Client) -> None:
    key = hidden_fields(alice.get(PAGE))["key"]
    for _ in range(2):
        alice.post(NEW, {"text": TEXT, "key": key})
    assert (len(told()), Note.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_write_one_note(at_once: AtOnce) -> None:
    about = Target(id="cus_1", label="una@example.com")
    results = at_once(*[lambda: notes.add(TEXT, about=about, actor=ALICE, key="a" * 32)] * 4)
    assert sorted(results) == [False, False, False, True]
    assert (len(told()), Note.objects.count()) == (1, 1)


def test_a_removed_note_is_kept_by_the_log(una: Json, alice: Client, max_: Client) -> None:
    write(alice)
    row = Note.objects.get()
    page = max_.post(f"/customers/notes/{row.pk}/remove/", follow=True)
    assert "by post" not in text_of(page)
    entry = told()[-1]
    assert (entry.action, entry.actor_name) == ("note.remove", "max")
    assert (entry.target_id, entry.target_external_id) == (una["id"], "u1")
    assert (entry.before["text"], entry.before["person"]) == (TEXT, "alice")
    assert max_.post(f"/customers/notes/{row.pk}/remove/").status_code == 404


def test_notes_outlive_a_deletion_here(dub: Sandbox, una: Json, max_: Client) -> None:
    write(max_)
    assert "Notes about the customer stay here" in text_of(max_.get("/customers/ext_u1/delete/"))
    services.delete_customer(queries.get_customer("ext_u1"), events=[], actor=ALICE)
    gone = max_.get(f"/customers/{una['id']}/")
    assert "by post" in text_of(gone)
    assert "Add the note" not in text_of(gone)
    assert "/customers/notes/" in gone.content.decode()


def test_notes_outlive_a_deletion_elsewhere(dub: Sandbox, una: Json, alice: Client) -> None:
    write(alice)
    dub.delete_customer(una)
    page = alice.get(f"/customers/{una['id']}/")
    assert (page.status_code, "by post" in text_of(page)) == (404, True)


def test_a_note_about_somebody_who_is_gone_is_not_kept(
    dub: Sandbox, una: Json, alice: Client
) -> None:
    key = hidden_fields(alice.get(PAGE))["key"]
    dub.delete_customer(una)
    page = alice.post(f"/customers/{una['id']}/notes/", {"text": TEXT, "key": key})
    assert "Nothing was sent: the customer was gone" in text_of(page)
    assert Note.objects.count() == 0


def test_without_dub_nothing_is_kept_and_the_page_says_so(
    dub: Sandbox, una: Json, alice: Client
) -> None:
    key = hidden_fields(alice.get(PAGE))["key"]
    dub.fault(times=0, status=503)
    page = alice.post(NEW, {"text": TEXT, "key": key})
    assert "Go back: what you typed is still there." in text_of(page)
    assert Note.objects.count() == 0


def test_redacting_takes_the_notes_too(
    dub: Sandbox, una: Json, alice: Client, sign_in: Callable[[str], Client]
) -> None:
    write(alice)
    Note.objects.create(customer_id="cus_other", text="Friend of una@example.com", person="max")
    found = look(Person.known_by(["u1", "una@example.com"]))
    assert found.rows["note"] == 2
    redact(found, actor=ALICE, reason="Request 17")
    texts = set(Note.objects.values_list("customer_id", "text"))
    assert texts == {
        (found.marker, found.marker),
        ("cus_other", f"Friend of {found.marker}"),
    }
    assert not AuditEntry.objects.filter(after__text=TEXT).exists()
