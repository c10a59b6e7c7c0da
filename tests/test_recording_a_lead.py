"""A lead is recorded, or the log says why Dub swallowed it (L1 to L10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from customers import services
from customers.forms import ConfirmForm, LeadForm, new_key
from customers.models import AuditEntry, FollowUp, Outcome, lifted
from customers.preflight import Preflight, check_lead
from dubadmin.dub.commands import TrackLead
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Json = dict[str, Any]


def a_lead(**changes: Any) -> TrackLead:
    return TrackLead(**{"customer_external_id": "u1", "event_name": "Sign up", **changes})


@pytest.fixture
def link(dub: Sandbox) -> Json:
    return dub.add_link(key="go")


@pytest.fixture
def customer(dub: Sandbox, link: Json) -> Json:
    return dub.add_customer("Una", email="u1@example.com", external_id="u1", link=link)


def record(command: TrackLead, **details: Any) -> AuditEntry:
    return services.record_lead(command, preflight=check_lead(command), actor=ALICE, **details)


def texts(preflight: Preflight, level: str) -> str:
    return " ".join(str(check.text) for check in preflight.checks if check.level == level)


def test_it_works(dub: Sandbox, customer: Json) -> None:
    preflight = check_lead(a_lead())
    assert (preflight.stops, preflight.doubts) == ([], [])
    entry = services.record_lead(a_lead(), preflight=preflight, actor=ALICE)
    assert entry.outcome == Outcome.RECORDED
    assert [lead["event_name"] for lead in dub.leads()] == ["Sign up"]
    assert entry.target_id == customer["id"]
    assert FollowUp.objects.get().customer_id == customer["id"]


def test_l1_the_corrected_retry_of_a_404_is_warned_of_and_not_recorded(
    dub: Sandbox, link: Json
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        failed = record(a_lead(customer_external_id="new", click_id="typo"))
        assert failed.outcome == Outcome.REFUSED
        assert "another event name" in failed.explanation
        clock.shift(60)
        corrected = a_lead(customer_external_id="new", click_id=dub.add_click(link))
        preflight = check_lead(corrected)
        warning = texts(preflight, "warn")
        assert "refused by Dub" in warning
        assert "Until 9 Mar 2026, 12:00 UTC Dub will answer" in warning
        assert "another event name" in warning
        entry = services.record_lead(corrected, preflight=preflight, actor=ALICE)
        assert entry.outcome == Outcome.NOT_RECORDED
        assert "until 9 Mar 2026, 12:00 UTC" in entry.explanation
        assert (dub.leads(), dub.customers()) == ([], [])
        other_name = a_lead(
            customer_external_id="new", click_id=corrected.click_id, event_name="Sign up 2"
        )
        assert check_lead(other_name).doubts == []
        assert record(other_name).outcome == Outcome.RECORDED


@pytest.mark.parametrize("again", ["Sign up", "sign-up", "SIGN UP"])
def test_l2_l3_a_duplicate_is_not_recorded(dub: Sandbox, customer: Json, again: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        record(a_lead())
        clock.shift(timedelta(hours=1))
        entry = record(a_lead(event_name=again))
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "recorded here on 2 Mar 2026, 12:00" in entry.explanation
    assert len(dub.leads()) == 1
    assert FollowUp.objects.count() == 1


def test_l2_a_duplicate_of_a_lead_made_elsewhere_names_dubs_event(
    dub: Sandbox, customer: Json
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        record(a_lead())
        with lifted():
            AuditEntry.objects.filter(pk__gt=0).update(target_external_id="", target_id="")
        clock.shift(timedelta(hours=1))
        entry = record(a_lead())
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "Dub recorded a lead of this name on 2 Mar 2026, 12:00" in entry.explanation


def test_l2_a_duplicate_of_nothing_that_is_known_says_so(dub: Sandbox, customer: Json) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        record(a_lead(click_id="typo"))
        with lifted():
            AuditEntry.objects.all().delete()
        clock.shift(timedelta(hours=1))
        assert check_lead(a_lead()).doubts == []
        entry = record(a_lead())
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "outside dubadmin" in entry.explanation
    assert "02 Mar 2026" not in entry.explanation


def test_l2_it_says_when_dubs_leads_could_not_be_read(dub: Sandbox, customer: Json) -> None:
    check_lead(a_lead())
    dub.fault(path="/events", status=403, times=0)
    assert "could not be read" in texts(check_lead(a_lead()), "warn")


def test_l4_a_lead_after_a_deletion_creates_nobody(
    dub: Sandbox, customer: Json, link: Json
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        record(a_lead())
        dub.delete_customer(customer)
        clock.shift(timedelta(days=1))
        again = a_lead(click_id=dub.add_click(link))
        assert "Until 9 Mar 2026" in texts(check_lead(again), "warn")
        entry = record(again)
        assert (entry.outcome, dub.customers()) == (Outcome.NOT_RECORDED, [])


def test_l4_a_customer_that_is_not_there_afterwards_is_not_recorded(
    dub: Sandbox, customer: Json
) -> None:
    command = a_lead()
    preflight = check_lead(command)
    dub.fault(
        method="GET",
        path="/customers/ext_u1",
        status=404,
        message="Customer not found. Make sure you're using the correct customer ID",
    )
    entry = services.record_lead(command, preflight=preflight, actor=ALICE)
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "no such customer" in entry.explanation


def test_l5_details_of_a_known_customer_are_ignored_and_said_to_be(
    dub: Sandbox, customer: Json
) -> None:
    command = a_lead(customer_name="Ada", customer_email="ada@example.com")
    assert "ignores name, e-mail and avatar" in texts(check_lead(command), "warn")
    entry = record(command)
    assert entry.outcome == Outcome.DIFFERS
    assert [(each["label"], each["stored"], each["same"]) for each in entry.comparison] == [
        ("Name", "Una", False),
        ("E-mail", "u1@example.com", False),
    ]
    assert len(dub.leads()) == 1


def test_l6_a_customer_without_a_link_is_warned_of(dub: Sandbox, link: Json) -> None:
    dub.add_customer(external_id="u1", email="u1@example.com", click=dub.add_click(link))
    preflight = check_lead(a_lead())
    assert "never gains one from a lead" in texts(preflight, "warn")
    assert services.record_lead(a_lead(), preflight=preflight, actor=ALICE).outcome == "recorded"
    assert "link" not in (dub.customer("u1") or {})


def test_l7_a_deferred_lead_saves_the_customer_only(dub: Sandbox, link: Json) -> None:
    command = a_lead(customer_external_id="new", click_id=dub.add_click(link), mode="deferred")
    assert "records no lead" in texts(check_lead(command), "warn")
    entry = record(command)
    assert entry.outcome == Outcome.RECORDED
    assert entry.explanation.startswith("Customer saved, lead deferred")
    assert dub.customer("new")
    assert dub.leads() == []
    assert not FollowUp.objects.exists()


def test_l7_a_deferred_lead_of_a_known_customer_does_nothing(dub: Sandbox, customer: Json) -> None:
    entry = record(a_lead(mode="deferred"))
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "recorded nothing" in entry.explanation
    assert dub.leads() == []


def test_l8_without_a_click_an_unknown_customer_is_stopped(dub: Sandbox) -> None:
    assert "without a click ID it cannot create" in texts(check_lead(a_lead()), "stop")
    assert record(a_lead()).outcome == Outcome.REFUSED


def test_l8_without_a_click_a_known_customer_reuses_its_own(dub: Sandbox, customer: Json) -> None:
    assert "reuses the click" in texts(check_lead(a_lead()), "ok")
    entry = record(a_lead())
    assert entry.body["clickId"] == ""
    assert entry.outcome == Outcome.RECORDED


def test_l9_a_quantity_writes_as_many_events_and_is_confirmed(dub: Sandbox, customer: Json) -> None:
    command = a_lead(event_quantity=5)
    assert "writes 5 lead events" in texts(check_lead(command), "warn")
    assert record(command).outcome == Outcome.RECORDED
    assert len(dub.leads()) == 5
    assert FollowUp.objects.get().expected == 5
    assert ConfirmForm({"confirmed_quantity": "5"}, quantity=5).is_valid()
    assert not ConfirmForm({"confirmed_quantity": "1"}, quantity=5).is_valid()
    assert "confirmed_quantity" not in ConfirmForm(quantity=1).fields


@pytest.mark.parametrize("quantity", ["0", "-1", "101", "1.5"])
def test_l9_the_form_takes_one_to_a_hundred(quantity: str) -> None:
    fields = {"customer_external_id": "u1", "event_name": "Sign up", "key": new_key()}
    assert "event_quantity" in LeadForm({**fields, "event_quantity": quantity}).errors
    assert LeadForm({**fields, "event_quantity": "100"}).is_valid()


@pytest.mark.parametrize("external_id", ["new", "a/b c", "50%", "ünï"])
def test_l10_r13_the_new_customer_is_looked_up_by_its_external_id(
    dub: Sandbox, link: Json, external_id: str
) -> None:
    command = a_lead(
        customer_external_id=external_id,
        click_id=dub.add_click(link),
        customer_name="Ada",
        customer_email="ada@example.com",
        customer_avatar="https://example.com/ada.png",
    )
    entry = record(command)
    made = dub.customer(f"ext_{external_id}")
    assert made
    assert entry.outcome == Outcome.RECORDED
    assert entry.after["id"] == made["id"]
    assert FollowUp.objects.get().customer_id == made["id"]


def test_l10_a_lead_counts_though_the_customer_could_not_be_read_back(
    dub: Sandbox, link: Json
) -> None:
    command = a_lead(customer_external_id="new", click_id=dub.add_click(link))
    preflight = check_lead(command)
    dub.fault(method="GET", path="/customers/*", status=500, times=0)
    entry = services.record_lead(command, preflight=preflight, actor=ALICE)
    assert entry.outcome == Outcome.RECORDED
    assert len(dub.leads()) == 1


def test_s16_the_reference_goes_with_a_lead_too(
    dub: Sandbox, customer: Json, settings: Any
) -> None:
    settings.ADD_REFERENCE_TO_METADATA = True
    record(a_lead())
    assert ALICE.request_id in dub.leads()[0]["metadata"]
