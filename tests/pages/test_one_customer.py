"""What the pages say about one customer, trap by trap (R1 to R14, Q9)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import LEAD, Ended, fields_of, landed, send

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EDIT, DELETE = "/customers/ext_u1/edit/", "/customers/ext_u1/delete/"


def post(client: Client, step: str, **typed: str) -> Any:
    given = fields_of(client.get(EDIT)) | typed | {"step": step}
    return client.post(EDIT, given, follow=True)


def change(client: Client, **typed: str) -> Ended:
    return landed(post(client, "send", **typed))


def compared(ended: Ended) -> dict[str, bool]:
    """Each field of the table "Asked and stored"; True where it says "Same"."""
    return {row["label"]: row["same"] for row in ended.entry.comparison}


def at_field(page: Any, field: str) -> str:
    """What stands at a field that was refused."""
    html = page.content.decode()
    assert f'id="id_{field}"' in html
    start = html.index(f'id="id_{field}_error"')
    return unescape(html[start : html.index("</ul>", start)])


# Correcting


def test_r1_the_result_says_field_by_field_what_was_stored(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    dub.patch_stores_country = False
    ended = change(alice, name="Ida", country="FR", email="ida@example.com")
    assert ended.outcome == "differs"
    assert "Recorded, but stored differently" in ended.says
    assert "Dub did not store as asked: Country." in ended.says
    assert compared(ended) == {"Name": True, "E-mail": True, "Country": False}
    assert "Country empty FR empty Differs" in ended.says
    assert "Name Una Ida Ida Same" in ended.says
    alone = change(alice, country="FR")
    assert alone.outcome == "not_recorded"
    assert "answered as if all were fine and stored nothing: Country" in alone.says


def test_the_review_has_the_reason_apart_from_what_is_sent(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    review = text_of(post(alice, "check", name="Ida", reason="Married"))
    assert "Not sent to Dub Reason Married Only in the audit log." in review


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"external_id": "u2"}, "External ID : Another customer of the workspace already has"),
        ({"stripe_customer_id": "cus_taken"}, "Stripe customer ID : "),
    ],
)
def test_r2_a_conflict_stands_at_the_field_that_was_changed(
    dub: Sandbox, alice: Client, una: Json, typed: dict[str, str], words: str
) -> None:
    dub.add_customer("Bo", email="bo@example.com", external_id="u2")
    dub.take_stripe_id("cus_taken")
    page = post(alice, "send", **typed)
    assert "Dub refused this. Nothing was changed." in text_of(page)
    (field,) = typed
    assert at_field(page, field)
    assert words in text_of(page)
    assert outcome_of(page) == "refused"


def test_r3_dubs_refusal_stands_at_its_field(dub: Sandbox, alice: Client, una: Json) -> None:
    dub.fault(
        method="PATCH",
        status=422,
        code="unprocessable_entity",
        message="invalid_format: email: Invalid email address",
    )
    page = post(alice, "send", email="odd@example.com")
    assert "e-mail" in at_field(page, "email").lower()
    assert fields_of(page)["email"] == "odd@example.com"


def test_r3_database_text_is_not_shown(dub: Sandbox, alice: Client, una: Json) -> None:
    raw = "\nInvalid `prisma.customer.update()` invocation:\n\n\nThe provided value for the column"
    raw += " is too long for the column's type. Column: name"
    dub.fault(method="PATCH", status=422, code="unprocessable_entity", message=raw)
    page = post(alice, "send", name="Ida")
    assert "prisma" not in page.content.decode()
    assert "invocation" not in page.content.decode()
    assert outcome_of(page) == "refused"


@pytest.mark.parametrize(
    ("typed", "says"), [("", "required"), ("  ", "required"), ("x" * 101, "at most 100")]
)
def test_r4_an_external_id_that_is_none_is_refused_at_the_field(
    dub: Sandbox, alice: Client, una: Json, typed: str, says: str
) -> None:
    page = post(alice, "check", external_id=typed)
    assert "Nothing was sent to Dub." in text_of(page)
    assert says in at_field(page, "external_id")
    assert dub.count("PATCH") == 0


def test_r4_a_new_external_id_is_trimmed_and_asked_about(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    page = post(alice, "check", external_id="  u9 ")
    assert "Your app's next events must use the new external ID." in text_of(page)
    assert "External ID u1 u9" in text_of(page)
    assert dub.count("PATCH") == 0
    change(alice, external_id="  u9 ")
    assert (dub.customer("u9") or {})["id"] == una["id"]


def test_r5_countries_are_isos_and_what_dub_has_stays(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    dub.change_customer(una, country="Neverland")
    page = alice.get(EDIT)
    assert fields_of(page)["country"] == "Neverland"
    for option in ('<option value="DE"', '<option value="Neverland" selected'):
        assert option in page.content.decode()
    assert "Neverland" in text_of(alice.get("/customers/ext_u1/"))
    assert "Nothing was changed" in text_of(post(alice, "check"))
    assert change(alice, name="Ida").outcome == "recorded"
    assert (dub.customer("u1") or {})["country"] == "Neverland"
    assert "cannot clear a country" in at_field(post(alice, "check", country=""), "country")


def test_r6_an_avatar_that_dub_moved_is_no_difference(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = change(alice, avatar="https://example.com/una.png")
    assert ended.outcome == "recorded"
    assert "dubassets.com" in ended.says
    assert compared(ended) == {"Avatar": True}
    assert "Dub may move an avatar to its own storage." in text_of(alice.get(EDIT))


# Deleting


@pytest.fixture
def partnered(dub: Sandbox) -> Json:
    link = dub.add_link("spring", partner=dub.add_partner("Derek Forbes"))
    una = dub.add_customer("Una", email="una@example.com", external_id="u1", link=link)
    dub.add_lead(una, "Sign up", at=datetime.now(UTC) - timedelta(days=2))
    dub.add_lead(una, "Old one", at=datetime.now(UTC) - timedelta(days=30))
    dub.add_sale(una, 4900)
    dub.add_sale(una, 100)
    return una


def test_r8_the_delete_page_says_what_goes_and_what_stays(
    max_: Client, clock: time_machine.Traveller, partnered: Json
) -> None:
    page = max_.get(DELETE)
    says = text_of(page)
    for words in (
        "for good: there is no undo",
        "Its totals: 2 sales, 50.00 USD.",
        "The tie to partner Derek Forbes; commissions lose the customer.",
        "Events stay at Dub and then show “Deleted Customer” and the year 1970.",
        "The totals of the link stay as they are.",
        "keeps the whole record with its events in the audit log",
        "A new lead named “sign-up” is swallowed until 7 Mar 2026, 12:00 UTC",
        "To confirm, type u1 or una@example.com",
    ):
        assert words in says
    assert "old-one" not in says


def test_r8_a_lead_recorded_here_keeps_its_name_taken(
    alice: Client, max_: Client, clock: time_machine.Traveller, una: Json
) -> None:
    send(alice, LEAD, {"customer_external_id": "u1", "event_name": "Book a demo"})
    clock.shift(60)
    assert "“book-a-demo” is swallowed until 9 Mar 2026, 12:00 UTC" in text_of(max_.get(DELETE))


@pytest.mark.parametrize("typed", ["", "u2", "U1", "una"])
def test_r8_a_wrong_confirmation_sends_nothing(
    dub: Sandbox, max_: Client, una: Json, typed: str
) -> None:
    page = max_.post(DELETE, fields_of(max_.get(DELETE)) | {"confirmation": typed})
    assert at_field(page, "confirmation")
    assert outcome_of(page) == "not_sent"
    assert (dub.count("DELETE"), dub.customer("u1") is None) == (0, False)


def test_r8_a_deleted_customer_stays_viewable(
    dub: Sandbox, max_: Client, sign_in: Any, partnered: Json
) -> None:
    given = {"confirmation": "u1", "reason": "GDPR"}
    ended = landed(max_.post(DELETE, fields_of(max_.get(DELETE)) | given, follow=True))
    assert ended.outcome == "recorded"
    assert "Dub no longer has this customer." in ended.says
    gone = text_of(max_.get(f"/customers/{partnered['id']}/"))
    for words in ("Deleted with dubadmin.", "GDPR", "49.00 USD", "Sign up", "Derek Forbes"):
        assert words in gone
    entry = unescape(sign_in("otto").get(f"/audit/{ended.entry.pk}/").content.decode())
    assert '"email": "una@example.com"' in entry
    assert '"eventName": "Sign up"' in entry


# Looking


def test_r9_r11_events_come_from_one_call_per_kind_by_dubs_id(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    dub.add_sale(una, 4900, invoice_id="I-1")
    says = text_of(alice.get("/customers/ext_u1/"))
    assert "I-1" in says
    assert "Sign up" in says  # a month ago, beyond Dub's own thirty days
    asked = [each for each in dub.requests if each.path == "/events"]
    assert sorted(each.query["event"] for each in asked) == ["clicks", "leads", "sales"]
    assert {each.query["customerId"] for each in asked} == {una["id"]}
    assert {each.query["interval"] for each in asked} == {"all"}
    assert not [each for each in dub.requests if each.path.endswith("/activity")]


def test_r10_the_times_of_events_are_read(
    dub: Sandbox, alice: Client, clock: time_machine.Traveller, una: Json
) -> None:
    page = alice.get("/customers/ext_u1/").content.decode()
    assert '<time datetime="2026-01-31T12:00:00Z" title="2026-01-31 12:00:00 UTC">' in page


def test_r12_unknown_and_absent_keys(dub: Sandbox, alice: Client) -> None:
    una = dub.add_customer("Una", email="una@example.com", external_id="u1")
    body = {key: una[key] for key in ("id", "name", "email", "externalId")}
    body |= {"loyalty": {"tier": "gold <b>"}, "link": None}
    dub.fault(path="/customers/ext_u1", status=200, body=body, times=0)
    page = alice.get("/customers/ext_u1/")
    says = text_of(page)
    assert '"tier": "gold <b>"' in says[says.index("Raw record") :]
    assert "no referral link" in says


def test_r13_an_odd_external_id_opens(dub: Sandbox, alice: Client) -> None:
    """All of them: test_addresses.py."""
    dub.add_customer("Una", external_id="a/b c%2F?")
    page = alice.get("/customers/ext_a%2Fb%20c%252F%3F/")
    assert "a/b c%2F?" in text_of(page)


def test_r14_huge_amounts_are_exact(dub: Sandbox, alice: Client, max_: Client) -> None:
    dub.add_customer("Una", external_id="u1", sales=2, sale_amount=2**53 + 1)
    for page in (
        alice.get("/customers/"),
        alice.get("/customers/ext_u1/"),
        max_.get(DELETE),
    ):
        assert "90,071,992,547,409.93 USD" in text_of(page)
    assert str(2**53 + 1) in text_of(alice.get("/customers/ext_u1/"))


# Names that Dub makes up


@pytest.fixture
def nobody(dub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Json:
    """A customer without name and e-mail. The names that Dub makes up end in "-made-up"."""
    numbers = (f"Name{number}-made-up" for number in range(1000))
    monkeypatch.setattr("dubadmin.sandbox.customers.random_name", lambda: next(numbers))
    return dub.add_customer(None, None, "u1", country="US")


def test_q9_no_page_shows_a_made_up_name(
    dub: Sandbox, max_: Client, sign_in: Any, nobody: Json
) -> None:
    pages = ["/customers/", "/customers/ext_u1/", EDIT, DELETE, "/customers/find/?q=u1"]
    pages += ["/leads/new/?customer=u1", "/sales/new/?customer=u1"]
    for address in pages:
        assert "made-up" not in max_.get(address).content.decode(), address
    assert "No name" in text_of(max_.get("/customers/ext_u1/"))
    form = fields_of(max_.get(EDIT))
    assert form["name"] == ""
    assert json.loads(form["seen"])["name"] is None


def test_q9_a_made_up_name_is_no_change_no_conflict_and_no_undo(
    dub: Sandbox, max_: Client, sign_in: Any, nobody: Json
) -> None:
    assert "Nothing was changed" in text_of(post(max_, "check"))
    preview = post(max_, "check", country="FR")
    assert "made-up" not in text_of(preview)
    assert "Country US FR" in text_of(preview)
    ended = change(max_, country="FR")
    assert [each.body for each in dub.requests if each.method == "PATCH"] == [{"country": "FR"}]
    undo = max_.get(f"/results/{ended.entry.pk}/undo/")
    history = max_.get("/customers/ext_u1/")
    audit = sign_in("otto").get(f"/audit/{ended.entry.pk}/")
    assert "Country US FR" in text_of(audit)
    for page in (ended.page, undo, history):
        assert "made-up" not in page.content.decode()


def test_q9_a_first_name_can_be_given_and_taken_back(
    dub: Sandbox, max_: Client, nobody: Json
) -> None:
    ended = change(max_, name="Una")
    assert ended.outcome == "recorded"
    assert "Name: empty → Una" in text_of(max_.get("/customers/ext_u1/"))
    address = f"/results/{ended.entry.pk}/undo/"
    form = {**fields_of(max_.get(address)), "fields_back": ["name"]}
    assert landed(max_.post(address, form, follow=True)).outcome == "recorded"
    assert "No name" in text_of(max_.get("/customers/ext_u1/"))


def test_q9_a_deletion_keeps_no_made_up_name(dub: Sandbox, max_: Client, nobody: Json) -> None:
    form = fields_of(max_.get(DELETE)) | {"confirmation": "u1"}
    assert landed(max_.post(DELETE, form, follow=True)).outcome == "recorded"
    entry = AuditEntry.objects.get(action="customer.delete")
    assert entry.before["name"] is None
    assert "made-up" not in max_.get("/customers/ext_u1/").content.decode()
