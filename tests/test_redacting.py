"""One customer's data leaves the log and all beside it, and the log says so and stays whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from customers import chain, queries, services
from customers.audit import Target, note
from customers.evidence import redact as redacting
from customers.evidence.person import Person, Words
from customers.evidence.redact import look, redact
from customers.evidence.verify import verify
from customers.models import (
    AuditEntry,
    Batch,
    BatchRow,
    Export,
    ExportPart,
    FollowUp,
    Import,
    ImportPart,
    ImportRow,
    Invoice,
    Outcome,
    Seal,
    lifted,
)
from customers.undo import can_undo
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, text_of
from .pages.browsing import SALE, send

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EMAIL, EXTERNAL = "jane@acme.example", "shop/jane#1"
TRACES = ["jane", "acme.example", "cooper", "shop%2Fjane", "Berlin"]


ID = "cus_1JANE000000000000000000"
JANE = {"id": ID, "name": "Jane Cooper", "email": EMAIL, "externalId": EXTERNAL, "country": "DE"}
TARGET = Target(id=ID, external_id=EXTERNAL, label=EMAIL)


def about_jane(action: str, **details: Any) -> AuditEntry:
    return note(action, actor=ALICE, target=TARGET, **details)


@pytest.fixture
def story() -> list[AuditEntry]:
    """What the log holds of Jane, all of it settled; the entries in order."""
    note("session.sign_in", actor=ALICE)
    about_jane("customer.view", asked={"method": "GET", "path": f"/customers/{ID}/"})
    note("customer.list", actor=ALICE, asked={"query": {"q": EMAIL, "sort": "createdAt"}})
    note("customer.list", actor=ALICE, asked={"query": {"q": "jane cooper"}})
    note("page.miss", actor=ALICE, asked={"path": "/customers/ext_shop%2fjane%231/edi"})
    note("session.fail", actor=ALICE, asked={"username": EMAIL.upper()}, outcome=Outcome.BLOCKED)
    typed = {"customer_external_id": EXTERNAL, "amount": "49", "metadata_value": "Berlin"}
    note("sale.check", actor=ALICE, asked={"method": "POST", "fields": typed})
    about_jane(
        "customer.update",
        outcome=Outcome.RECORDED,
        reason="Mrs Cooper has moved to France",
        before=JANE,
        sent={"method": "PATCH", "path": f"/customers/{ID}", "body": {"country": "FR"}},
        answered={"status": 200, "body": json.dumps(JANE), "content_type": "application/json"},
        after=JANE | {"country": "FR"},
        comparison=[{"label": "Country", "asked": "FR", "stored": "FR", "same": True}],
    )
    body = {"customerExternalId": EXTERNAL, "amount": 4900, "currency": "usd"}
    sale = about_jane(
        "sale.record",
        outcome=Outcome.RECORDED,
        sent={"path": "/track/sale", "body": body | {"metadata": {"city": "Berlin", "phone": 491}}},
        after={"customer": JANE},
    )
    Invoice.objects.create(invoice_id="INV-1", customer_external_id=EXTERNAL, amount=4900,
                           currency="usd", entry=sale)  # fmt: skip
    FollowUp.objects.create(entry=sale, customer_id=ID, state="confirmed", due=sale.at)
    return list(AuditEntry.objects.order_by("pk"))


@pytest.fixture
def lived(dub: Sandbox, sign_in: Callable[[str], Client]) -> Json:
    """The same, by people on the pages. Another customer has the same name."""
    dub.add_customer("Jane Cooper", "other@b.example", "someone-else", country="DE")
    jane = dub.add_customer(
        "Jane Cooper", EMAIL, EXTERNAL, "DE", link=dub.add_link(), lead="Sign up"
    )
    max_ = sign_in("max")
    for address in (f"{jane['id']}/", f"?q={EMAIL}", "ext_shop%2Fjane%231/edit/"):
        max_.get(f"/customers/{address}")
    found = queries.get_customer(jane["id"])
    services.update_customer(found, changes={"country": "FR"}, actor=ALICE, reason="Mrs Cooper")
    sale = {"customer_external_id": EXTERNAL, "amount": "49.00", "invoice_id": "INV-1"}
    send(max_, SALE, sale | {"metadata_key": "city", "metadata_value": "Berlin"})
    services.delete_customer(found, events=[], actor=ALICE)
    FollowUp.objects.update(state=FollowUp.State.CONFIRMED)
    return jane


@pytest.fixture
def beside() -> None:
    """A batch and an import that are over."""
    batch = Batch.objects.create(
        action="customer.delete", actor={}, total=1, state="done",
        chosen=[ID, "cus_other"], filters={"search": EMAIL}, reason=f"Asked by {EMAIL}",
    )  # fmt: skip
    for id, label in ((ID, EMAIL), ("cus_other", "other@b.example")):
        BatchRow.objects.create(batch=batch, customer_id=id, label=label, state="finished")
    file = Import.objects.create(actor={}, kind="sales", name="f", size=1, sha256="", state="done")
    for number, cells in ((2, [EXTERNAL, "Jane Cooper", 49, ""]), (3, ["someone-else", "", 1, ""])):
        sent = {"customerExternalId": cells[0]}
        known = {"customer": cells[0], "identity": f"sale {cells[0]}", "sendable": sent}
        ImportRow.objects.create(file=file, number=number, cells=cells, **known)
    Export.objects.create(actor={}, format="csv", columns=[], filters={"q": EMAIL}, state="done")


def everything() -> str:
    """All that the database holds, as text."""
    models = [model for model in apps.get_models() if model._meta.managed]
    return json.dumps([list(model._default_manager.values()) for model in models], default=str)


def forget(*given: str, also: tuple[str, ...] = ()) -> redacting.Redaction:
    found = look(Person.known_by(given, also=also))
    assert found.obstacles == []
    redact(found, actor=ALICE, reason="Request 17")
    return found


def found_in(text: str, *traces: str) -> list[str]:
    return [trace for trace in traces if trace.lower() in text.lower()]


@pytest.mark.parametrize("known_by", [EMAIL, EMAIL.upper(), EXTERNAL, f"ext_{EXTERNAL}", ID])
def test_nothing_is_left_of_the_customer_and_the_log_is_whole(
    story: list[AuditEntry], beside: None, known_by: str
) -> None:
    assert found_in(everything(), *TRACES, ID) == [*TRACES, ID]
    forget(known_by)
    assert found_in(everything(), *TRACES, ID) == []
    report = verify()
    assert (report.finding, report.redacted) == (None, 8)


def test_nothing_is_left_of_a_customer_whom_people_worked_with(
    lived: Json, sign_in: Callable[[str], Client]
) -> None:
    assert found_in(everything(), "jane", "Berlin", lived["id"]) == ["jane", "Berlin", lived["id"]]
    found = forget(EMAIL)
    assert found_in(everything(), *TRACES, lived["id"]) == []
    assert verify().finding is None
    ada = sign_in("ada")
    for number in found.entries:
        assert ada.get(f"/audit/{number}/").status_code == 200
        entry = AuditEntry.objects.get(pk=number)
        assert not can_undo(entry)
        if entry.is_write:
            assert found.marker in text_of(ada.get(f"/results/{number}/"))
    assert "Correction" in text_of(ada.get("/audit/", {"customer": found.marker}))


def test_what_was_done_by_whom_can_still_be_read(story: list[AuditEntry]) -> None:
    before = {entry.pk: entry for entry in story}
    found = forget(EMAIL)
    assert found.entries
    for entry in AuditEntry.objects.filter(pk__in=before):
        was = before[entry.pk]
        kept = ("at", "settled_at", "actor_name", "role", "ip", "action", "outcome", "request_id")
        assert [getattr(entry, name) for name in kept] == [getattr(was, name) for name in kept]
    sale = AuditEntry.objects.get(action="sale.record")
    assert sale.target_label == found.marker
    assert (sale.body["amount"], sale.body["currency"].upper()) == (4900, "USD")
    assert sale.body["customerExternalId"] == found.marker
    change = AuditEntry.objects.get(action="customer.update")
    assert change.reason == f"Mrs {found.marker} has moved to France"
    assert [row["label"] for row in change.comparison] == ["Country"]


def test_others_keep_what_is_theirs(story: list[AuditEntry], beside: None) -> None:
    other = note(
        "customer.view",
        actor=ALICE,
        target=Target(id="cus_other", label="other@b.example"),
        before={"name": "Jane Cooper-Smith", "email": "janet@acme.example", "note": "jane"},
    )
    forget(EXTERNAL)
    other.refresh_from_db()
    assert other.before["name"] == "Jane Cooper-Smith"
    assert other.before["email"] == "janet@acme.example"
    assert BatchRow.objects.filter(customer_id="cus_other", label="other@b.example").exists()
    assert ImportRow.objects.get(number=3).cells[0] == "someone-else"
    assert Batch.objects.get().chosen[1] == "cus_other"


def test_the_log_says_so_without_saying_who(story: list[AuditEntry], beside: None) -> None:
    found = forget(EMAIL)
    [entry] = AuditEntry.objects.filter(action="audit.redact")
    assert (entry.actor_name, entry.reason) == ("alice", "Request 17")
    assert f"{len(found.entries)} entries" in entry.explanation
    assert "1 × invoice ID" in entry.explanation
    assert set(entry.after["digests"]) == {str(number) for number in found.entries}
    assert found.marker in entry.explanation


def test_the_seals_stay_as_they_were(story: list[AuditEntry]) -> None:
    chain.link_all()
    before = list(Seal.objects.order_by("pk").values())
    forget(EMAIL)
    assert list(Seal.objects.filter(pk__lte=story[-1].pk).order_by("pk").values()) == before
    for entry in story:
        now = AuditEntry.objects.get(pk=entry.pk)
        assert (now.salt == entry.salt) == (now.digest == entry.digest)


def test_the_ledger_still_knows_the_invoice(story: list[AuditEntry]) -> None:
    forget(EMAIL)
    assert Invoice.objects.get(invoice_id="INV-1").amount == 4900


def test_two_customers_one_after_the_other(story: list[AuditEntry]) -> None:
    for email in ("ada@x.example", "bob@x.example"):
        note("customer.list", actor=ALICE, asked={"q": f"{email} {EMAIL}"})
    forget(EMAIL)
    forget("bob@x.example")
    report = verify()
    assert report.finding is None
    assert report.redacted == len(report.vouchers.redacted)
    assert "bob@x" not in everything()
    assert "ada@x" in everything()


def test_the_reason_of_a_redaction_can_itself_be_redacted(story: list[AuditEntry]) -> None:
    found = look(Person.known_by([EMAIL]))
    redact(found, actor=ALICE, reason="Asked by Karla Klein")
    forget("k@x.example", also=("Karla Klein",))
    assert verify().finding is None
    assert "Karla" not in everything()


def test_many_entries_are_vouched_for_in_parts(
    story: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redacting, "AT_ONCE", 3)
    found = forget(EMAIL)
    parts = AuditEntry.objects.filter(action="audit.redact")
    assert [len(part.after["digests"]) for part in parts.order_by("pk")][:-1] == [3] * (
        (len(found.entries) - 1) // 3
    )
    assert verify().finding is None


def test_what_is_written_meanwhile_is_redacted_too(story: list[AuditEntry]) -> None:
    found = look(Person.known_by([EMAIL]))
    late = note("customer.view", actor=ALICE, target=Target(label=EMAIL), asked={"q": EMAIL})
    redact(found, actor=ALICE, reason="Request 17")
    assert late.pk in found.entries
    assert EMAIL not in everything()


def test_a_redacted_entry_that_is_changed_is_found(story: list[AuditEntry]) -> None:
    found = forget(EMAIL)
    with lifted():
        AuditEntry.objects.filter(pk=found.entries[1]).update(target_label="[redacted 0]")
    finding = verify().finding
    assert finding
    assert finding.entry == found.entries[1]


def test_one_that_fails_changes_nothing(
    story: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise LookupError

    before = everything()
    monkeypatch.setattr(redacting, "_vouch", broken)
    found = look(Person.known_by([EMAIL]))
    with pytest.raises(LookupError):
        redact(found, actor=ALICE, reason="Request 17")
    assert everything() == before


# What stands in the way


def test_what_is_not_settled_must_be_settled_first() -> None:
    unknown = about_jane("customer.update", outcome=Outcome.UNKNOWN)
    sent = {"path": f"/customers/{ID}"}
    pending = AuditEntry.objects.create(
        action="customer.delete", outcome=Outcome.PENDING, sent=sent
    )
    found = look(Person.known_by([ID]))
    assert found.obstacles == [
        f"Entry {entry.pk} is not settled yet. Settle it first." for entry in (unknown, pending)
    ]


def test_work_that_is_not_over_must_end_first(beside: None) -> None:
    Batch.objects.update(state="running")
    Import.objects.update(state="checked")
    found = look(Person.known_by([ID, EXTERNAL]))
    assert [words.split()[0] for words in found.obstacles] == ["Batch", "Import"]


def test_a_file_that_nobody_has_read_may_hold_anything(beside: None) -> None:
    Import.objects.update(state="failed")
    ImportPart.objects.create(file=Import.objects.get(), number=0, data=b"\xff")
    [obstacle] = look(Person.known_by([EXTERNAL])).obstacles
    assert "still holds its file, unread" in obstacle


def test_a_file_that_went_out_must_be_removed_first(beside: None) -> None:
    ExportPart.objects.create(export=Export.objects.get(), number=0, data=b"x")
    [obstacle] = look(Person.known_by([EXTERNAL])).obstacles
    assert "keeps a file of customers. Remove it" in obstacle


# Words


def replaced(text: str, *, closely: bool = False, **known: set[str]) -> str:
    return Words(Person(**known), "X", closely=closely).replaced(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("j@x.io", "X"),
        ("Mail J@X.IO, please", "Mail X, please"),
        ("aj@x.io", "aj@x.io"),
        ("j@x.iota", "j@x.iota"),
        ("/customers/ext_j%40x.io/", "/customers/X/"),
        ("cus_12", "X"),
        ("cus_123", "cus_123"),
        ("customers/cus_12/edit", "customers/X/edit"),
        ("42", "X"),
        ("42 sales", "42 sales"),
        ("/customers/ext_42/", "/customers/X/"),
        ("Ada Bird", "X"),
        ("ada bird", "X"),
        ("Ada Birdsong", "Ada Birdsong"),
        ("", ""),
    ],
)
def test_what_counts_as_a_mention(text: str, result: str) -> None:
    known = {"ids": {"cus_12"}, "emails": {"j@x.io"}, "external_ids": {"42", "j@x.io"}}
    assert replaced(text, names={"Ada Bird"}, **known) == result


def test_texts_about_the_customer_are_read_closely() -> None:
    assert replaced("Ms Bird, number 42", closely=True, names={"Ada Bird"}) == "Ms X, number 42"
    assert replaced("number 42", closely=True, external_ids={"42"}) == "number X"


def test_nobody_is_found_nowhere() -> None:
    assert replaced("anything at all") == "anything at all"


# The command


def test_the_command(
    story: list[AuditEntry], beside: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit", "redact", "--customer", EMAIL, "--reason", "Request 17", "--yes")
    said = capsys.readouterr().out
    assert f"External ID: {EXTERNAL}" in said
    assert "Name: Jane Cooper" in said
    assert "1 × export" in said
    assert "1 × invoice ID, 1 × row of a batch, 1 × row of an import" in said
    assert "Done. The customer is now [redacted " in said
    assert EMAIL not in everything()
    call_command("audit", "redact", "--customer", EMAIL, "--reason", "Again", "--yes")
    assert "In the log: 0 entries. Beside it: nothing." in capsys.readouterr().out


def test_the_command_asks_first(
    story: list[AuditEntry], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    with pytest.raises(SystemExit, match="Nothing was changed"):
        call_command("audit", "redact", "--customer", EMAIL, "--reason", "Request 17")
    assert EMAIL in everything()


def test_the_reason_must_not_name_the_customer(story: list[AuditEntry]) -> None:
    with pytest.raises(SystemExit, match="The reason names the customer"):
        call_command("audit", "redact", "--customer", EXTERNAL, "--reason", f"For {EMAIL}", "--yes")


def test_obstacles_are_told() -> None:
    about_jane("customer.update", outcome=Outcome.UNKNOWN)
    with pytest.raises(SystemExit, match="is not settled yet"):
        call_command("audit", "redact", "--customer", ID, "--reason", "Request", "--yes")


@pytest.mark.parametrize("where", ["label", "record"])
def test_a_sign_in_an_email_stands_for_itself(where: str) -> None:
    for email in ("jane_c@b.example", "janexc@b.example", "jane%c@b.example"):
        target = Target(id=f"cus_{email}", label=email if where == "label" else "")
        note("customer.view", actor=ALICE, target=target, before={"email": email})
    assert Person.known_by(["Jane_C@b.example"]).ids == {"cus_jane_c@b.example"}
