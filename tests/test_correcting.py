"""A correction says field by field what Dub stored (R1 to R6, Q9)."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from django.utils import timezone

from customers import queries, services
from customers.facts import FIELDS, editable, facts_of
from customers.forms import EditForm
from customers.models import AuditEntry, Outcome
from dubadmin.dub.records import Customer
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE

pytestmark = pytest.mark.django_db

Json = dict[str, Any]


@pytest.fixture
def stored(dub: Sandbox) -> Json:
    return dub.add_customer("Una", email="u1@example.com", external_id="u1", country="US")


@pytest.fixture
def customer(stored: Json) -> Customer:
    return queries.get_customer("ext_u1")


def correct(customer: Customer, **changes: Any) -> AuditEntry:
    keys = {FIELDS[name]: value for name, value in changes.items()}
    return services.update_customer(customer, changes=keys, actor=ALICE)


def compared(entry: AuditEntry) -> dict[str, bool]:
    return {row["label"]: row["same"] for row in entry.comparison}


def typed(customer: Customer, **changes: str) -> EditForm:
    """The form as a browser sends it back, with what the person changed."""
    fresh = EditForm.of(editable(facts_of(customer)))
    shown = {
        name: fresh[name].field.widget.format_value(fresh[name].value()) or ""
        for name in fresh.fields
        if name != "country"
    }
    return EditForm({**shown, "country": customer.country, **changes})


# What is sent


def test_it_works(dub: Sandbox, customer: Customer) -> None:
    entry = correct(customer, email="new@example.com")
    assert entry.outcome == Outcome.RECORDED
    assert compared(entry) == {"E-mail": True}
    assert (entry.before["email"], entry.after["email"]) == ("u1@example.com", "new@example.com")
    assert (dub.customer("u1") or {})["email"] == "new@example.com"


def test_r1_only_what_changed_is_sent(dub: Sandbox, stored: Json) -> None:
    dub.change_customer(stored, canceled_at=1_772_000_000_123, stripe_id="cus_stripe")
    customer = queries.get_customer("ext_u1")
    form = typed(customer, email="new@example.com")
    assert form.is_valid(), form.errors
    assert form.changes() == {"email": "new@example.com"}
    services.update_customer(customer, changes=form.changes(), actor=ALICE)
    [sent] = [request.body for request in dub.requests if request.method == "PATCH"]
    assert sent == {"email": "new@example.com"}


def test_r1_an_untouched_form_changes_nothing(customer: Customer) -> None:
    form = typed(customer)
    assert form.is_valid(), form.errors
    assert form.changes() == {}


@pytest.mark.parametrize(
    "columns",
    [
        {"email": "una@localhost"},
        {"email": "not an address"},
        {"external_id": " u 1 "},
        {"external_id": "x" * 150},
        {"name": "x" * 191},
        {"name": "two\nlines"},
        {"country": "Atlantis"},
        {"avatar": "data:image/png;base64,AAAA"},
        {"canceled_at": 1_792_888_200_123},  # 02:30 in Berlin, which that night has twice
    ],
    ids=str,
)
def test_r1_what_dub_holds_and_nobody_touched_is_no_reason_to_refuse_the_rest(
    dub: Sandbox, stored: Json, columns: Json
) -> None:
    dub.change_customer(stored, **columns)
    customer = queries.get_customer(stored["id"])
    with timezone.override("Europe/Berlin"):
        form = typed(customer, stripe_customer_id="cus_new")
        assert form.is_valid(), form.errors
        assert form.changes() == {"stripeCustomerId": "cus_new"}


def test_r4_a_stray_space_can_be_taken_out_of_an_external_id(dub: Sandbox, stored: Json) -> None:
    dub.change_customer(stored, external_id=" u1 ")
    form = typed(queries.get_customer(stored["id"]), external_id="u1")
    assert form.is_valid(), form.errors
    assert form.changes() == {"externalId": "u1"}


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("name", "Ada", "Ada"),
        ("name", "", None),
        ("email", "", None),
        ("stripe_customer_id", "cus_1", "cus_1"),
        ("country", "DE", "DE"),
        ("subscription_canceled_at", "2026-03-02T12:30", "2026-03-02T12:30:00.000Z"),
    ],
)
def test_r1_each_field_goes_by_dubs_key_and_is_stored(
    dub: Sandbox, customer: Customer, name: str, value: str, sent: str | None
) -> None:
    form = typed(customer, **{name: value})
    assert form.is_valid(), form.errors
    assert form.changes() == {FIELDS[name]: sent}
    entry = services.update_customer(customer, changes=form.changes(), actor=ALICE)
    assert entry.outcome == Outcome.RECORDED, entry.comparison


# What Dub stored


def test_r1_an_older_server_that_drops_the_country_did_not_record(
    dub: Sandbox, customer: Customer
) -> None:
    dub.patch_stores_country = False
    entry = correct(customer, country="DE")
    assert (entry.answered["status"], entry.outcome) == (200, Outcome.NOT_RECORDED)
    assert "stored nothing: Country" in entry.explanation
    assert compared(entry) == {"Country": False}
    assert (dub.customer("u1") or {})["country"] == "US"


def test_r1_what_is_stored_in_part_is_stored_differently(dub: Sandbox, customer: Customer) -> None:
    dub.patch_stores_country = False
    entry = correct(
        customer, country="DE", name="Ada", subscription_canceled_at="2026-03-02T12:30:00.000Z"
    )
    assert entry.outcome == Outcome.DIFFERS
    assert compared(entry) == {"Country": False, "Name": True, "Subscription cancelled": False}
    assert "Country" in entry.explanation
    assert "Name" not in entry.explanation


def test_r1_the_answer_does_where_reading_back_fails(dub: Sandbox, customer: Customer) -> None:
    dub.fault(method="GET", path="/customers/*", status=500, times=0)
    assert correct(customer, name="Ada").outcome == Outcome.RECORDED


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_id": "u2"}, "external_id"),
        ({"stripe_customer_id": "cus_taken"}, "stripe_customer_id"),
        ({"stripe_customer_id": "cus_taken", "name": "Ada"}, "stripe_customer_id"),
    ],
)
def test_r2_a_conflict_names_the_field_that_was_changed(
    dub: Sandbox, customer: Customer, changes: dict[str, str], field: str
) -> None:
    dub.add_customer(external_id="u2")
    dub.take_stripe_id("cus_taken")
    entry = correct(customer, **changes)
    assert (entry.outcome, entry.answered["status"]) == (Outcome.REFUSED, 409)
    assert services.refused_field(entry) == field
    if field == "stripe_customer_id":
        assert "Stripe" in entry.explanation


def test_r2_with_both_changed_it_does_not_guess(dub: Sandbox, customer: Customer) -> None:
    dub.take_stripe_id("cus_taken")
    entry = correct(customer, external_id="u3", stripe_customer_id="cus_taken")
    assert entry.outcome == Outcome.REFUSED
    assert services.refused_field(entry) == ""
    assert "external ID" in entry.explanation
    assert "Stripe" in entry.explanation


def test_r3_a_422_stands_at_its_field(dub: Sandbox, customer: Customer) -> None:
    entry = correct(customer, email="nobody")
    assert entry.outcome == Outcome.REFUSED
    assert services.refused_field(entry) == "email"


def test_r3_database_text_is_logged_and_never_shown(dub: Sandbox, customer: Customer) -> None:
    entry = correct(customer, name="x" * 192)
    assert entry.outcome == Outcome.REFUSED
    assert "prisma" not in entry.explanation
    assert "prisma" in entry.answered["message"]


@pytest.mark.parametrize("name", ["name", "stripe_customer_id"])
def test_r3_the_form_keeps_to_what_dubs_columns_hold(customer: Customer, name: str) -> None:
    assert name in typed(customer, **{name: "x" * 192}).errors
    assert typed(customer, **{name: "x" * 190}).is_valid()


def test_r4_the_external_id_is_trimmed_capped_and_never_empty(customer: Customer) -> None:
    for pasted in ("  u2 ", "\ufeffu2", "\u00a0u2 \ufeff "):
        form = typed(customer, external_id=pasted)
        assert form.is_valid()
        assert form.changes() == {"externalId": "u2"}
    assert "external_id" in typed(customer, external_id="").errors
    assert "external_id" in typed(customer, external_id="\ufeff").errors
    assert "external_id" in typed(customer, external_id="   ").errors
    assert "external_id" in typed(customer, external_id="x" * 101).errors


def test_r5_a_country_cannot_be_cleared_and_dub_is_not_asked(customer: Customer) -> None:
    assert "country" in typed(customer, country="").errors


def test_r6_an_avatar_that_dub_moved_is_stored_as_asked(dub: Sandbox, customer: Customer) -> None:
    entry = correct(customer, avatar="https://example.com/a.png")
    assert entry.outcome == Outcome.RECORDED
    assert entry.after["avatar"].startswith("https://dubassets.com/")
    assert compared(entry) == {"Avatar": True}


def test_r6_an_avatar_that_dub_kept_as_it_was_is_not_recorded(dub: Sandbox, stored: Json) -> None:
    dub.change_customer(stored, avatar="https://dubassets.com/old.png")
    customer = queries.get_customer("ext_u1")
    dub.fault(method="PATCH", status=200, body={**customer.raw})
    assert correct(customer, avatar="https://example.com/a.png").outcome == Outcome.NOT_RECORDED


# Names that Dub makes up


@pytest.fixture
def steady_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dubadmin.sandbox.ids._random", random.Random(1))


def test_q9_clearing_a_name_shows_the_email_in_its_place(dub: Sandbox, customer: Customer) -> None:
    entry = correct(customer, name=None)
    assert entry.outcome == Outcome.RECORDED
    assert [row["stored"] for row in entry.comparison] == ["u1@example.com"]
    assert entry.after["name"] is None


def test_q9_clearing_a_name_shows_a_made_up_one_in_its_place(
    dub: Sandbox, stored: Json, steady_names: None
) -> None:
    dub.change_customer(stored, email=None)
    entry = correct(queries.get_customer("ext_u1"), name=None)
    assert entry.outcome == Outcome.RECORDED


@pytest.mark.parametrize("email", ["u1@example.com", None])
def test_q9_a_name_that_dub_did_not_clear_is_not_recorded(
    dub: Sandbox, stored: Json, email: str | None
) -> None:
    dub.change_customer(stored, email=email)
    customer = queries.get_customer("ext_u1")
    dub.fault(method="PATCH", status=200, body={**customer.raw})
    assert correct(customer, name=None).outcome == Outcome.NOT_RECORDED


def test_q9_a_made_up_name_is_not_kept_as_what_was_before(
    dub: Sandbox, stored: Json, steady_names: None
) -> None:
    dub.change_customer(stored, name=None, email=None)
    customer = queries.get_customer("ext_u1")
    assert editable(facts_of(customer))["name"] is None
    form = typed(customer, country="DE")
    assert form.is_valid(), form.errors
    assert form.changes() == {"country": "DE"}
    entry = services.update_customer(customer, changes=form.changes(), actor=ALICE)
    assert entry.outcome == Outcome.RECORDED
    assert entry.before["name"] is None


# A form that was tampered with


@pytest.mark.parametrize(
    "seen", ["", "{", "[]", "{}", json.dumps({"name": "x"}), "[" * 10_000, '{"name": [1]}']
)
def test_a_damaged_form_is_refused_and_nothing_is_guessed(customer: Customer, seen: str) -> None:
    assert "seen" in typed(customer, seen=seen).errors


# Two at once


def test_r7_of_two_corrections_at_once_one_has_to_look_again(
    at_once: AtOnce, dub: Sandbox, stored: Json
) -> None:
    dub.latency_ms = 50
    now = timezone.now()
    customer = queries.get_customer("ext_u1")

    def save(name: str) -> AuditEntry:
        changes = {"name": name}
        return services.update_customer(customer, changes=changes, actor=ALICE, since=now)

    ended = at_once(lambda: save("Ida"), lambda: save("Eva"), lambda: save("Ada"))
    assert [type(each) for each in ended].count(services.Overtaken) == 2
    assert dub.count("PATCH") == 1
