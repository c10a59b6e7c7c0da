"""A sale is recorded once, and the log says what Dub did with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

import pytest
import time_machine

from customers import services
from customers.audit import AlreadyAsked
from customers.forms import ConfirmForm, SaleForm, new_key
from customers.models import AuditEntry, FollowUp, Outcome
from customers.preflight import Preflight, check_sale
from dubadmin.dub.commands import TrackSale
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Json = dict[str, Any]


def a_sale(**changes: Any) -> TrackSale:
    fields = {
        "customer_external_id": "u1",
        "amount": 4900,
        "currency": "usd",
        "invoice_id": "INV-1",
        "event_name": "Purchase",
        "payment_processor": "custom",
    }
    return TrackSale(**{**fields, **changes})


@pytest.fixture
def link(dub: Sandbox) -> Json:
    return dub.add_link(key="go")


@pytest.fixture
def customer(dub: Sandbox, link: Json) -> Json:
    customer = dub.add_customer(external_id="u1", email="u1@example.com", link=link)
    dub.add_lead(customer, event_name="Sign up")
    return customer


def record(command: TrackSale, **details: Any) -> AuditEntry:
    return services.record_sale(command, preflight=check_sale(command), actor=ALICE, **details)


def stops(preflight: Preflight) -> str:
    return " ".join(str(check.text) for check in preflight.stops)


def doubts(preflight: Preflight) -> str:
    return " ".join(str(check.text) for check in preflight.doubts)


def row(entry: AuditEntry, label: str) -> Json:
    return next(each for each in entry.comparison if each["label"] == label)


def test_it_works(dub: Sandbox, customer: Json) -> None:
    entry = record(a_sale(), key="a" * 32)
    assert entry.outcome == Outcome.RECORDED
    assert [sale["amount"] for sale in dub.sales()] == [4900]
    assert entry.sent["body"]["invoiceId"] == "INV-1"
    assert FollowUp.objects.get().state == FollowUp.State.PENDING


def test_s7_the_same_form_is_sent_once(dub: Sandbox, customer: Json) -> None:
    first = record(a_sale(), key="a" * 32)
    with pytest.raises(AlreadyAsked) as again:
        record(a_sale(invoice_id="INV-2"), key="a" * 32)
    assert again.value.entry == first
    assert len(dub.sales()) == 1


# Nobody to record it for


def test_s1_an_unknown_customer_is_found_before_sending(dub: Sandbox) -> None:
    assert "no customer with this external ID" in stops(check_sale(a_sale()))
    assert dub.count("POST") == 0


def test_s1_nulls_in_the_answer_are_not_recorded(dub: Sandbox, customer: Json) -> None:
    command = a_sale()
    preflight = check_sale(command)
    dub.delete_customer(customer)
    entry = services.record_sale(command, preflight=preflight, actor=ALICE)
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "no customer with this external ID" in entry.explanation
    assert (entry.answered["status"], dub.sales()) == (200, [])
    assert not FollowUp.objects.exists()


def form(**fields: str) -> SaleForm:
    given = {
        "customer_external_id": "u1",
        "amount": "49.00",
        "currency": "USD",
        "invoice_id": "INV-1",
        "key": new_key(),
    }
    return SaleForm({**given, **fields})


@pytest.mark.parametrize("amount", ["0", "0.00", "0,0"])
def test_s2_the_form_refuses_zero(amount: str) -> None:
    assert form(amount=amount).errors == {"amount": ["The amount must be greater than zero."]}


@pytest.mark.parametrize("amount", ["-5", "-0.01", "(5)"])
def test_s13_the_form_refuses_a_negative_amount(amount: str) -> None:
    assert "amount" in form(amount=amount).errors


# What Dub refuses


def without_link(dub: Sandbox, customer: Json, link: Json) -> None:
    dub.change_customer(customer, link_id=None)


def with_disabled_link(dub: Sandbox, customer: Json, link: Json) -> None:
    dub.change_link(link, disabled=True)


CAUSES = {
    "no link": (without_link, "has no referral link", "came by no link"),
    "disabled link": (with_disabled_link, "is disabled", "disabled"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_s3_what_dub_would_refuse_is_found_before_sending(
    dub: Sandbox, customer: Json, link: Json, cause: str
) -> None:
    make, says, _ = CAUSES[cause]
    make(dub, customer, link)
    assert says in stops(check_sale(a_sale()))


def test_s3_a_customer_without_a_lead_is_found_before_sending(dub: Sandbox, link: Json) -> None:
    dub.add_customer(external_id="u1", link=link)
    assert "has no lead" in stops(check_sale(a_sale()))


def refused(dub: Sandbox, customer: Json, link: Json, cause: str) -> AuditEntry:
    command = a_sale()
    preflight = check_sale(command)
    if cause == "analytics down":
        dub.analytics_down = True
    elif cause == "no lead of this name":
        command = a_sale(lead_event_name="sign up")
    else:
        CAUSES[cause][0](dub, customer, link)
    return services.record_sale(command, preflight=preflight, actor=ALICE)


def test_s3_each_cause_of_a_refusal_is_told_apart(dub: Sandbox, customer: Json, link: Json) -> None:
    told = set()
    for cause in ("no link", "disabled link", "no lead of this name"):
        dub.change_customer(customer, link_id=link["id"])
        dub.change_link(link)
        entry = refused(dub, customer, link, cause)
        assert (entry.outcome, entry.answered["status"]) == (Outcome.REFUSED, 404)
        told.add(entry.explanation)
    assert len(told) == 3
    assert dub.sales() == []


def test_s3_a_store_that_is_briefly_down_can_succeed_later(
    dub: Sandbox, customer: Json, link: Json
) -> None:
    entry = refused(dub, customer, link, "analytics down")
    assert entry.outcome == Outcome.REFUSED
    assert "trying again later can succeed" in entry.explanation
    dub.analytics_down = False
    assert record(a_sale()).outcome == Outcome.RECORDED


def test_s3_events_that_cannot_be_read_are_a_doubt_and_no_stop(
    dub: Sandbox, customer: Json
) -> None:
    check_sale(a_sale())
    dub.fault(path="/events", status=403, times=0)
    preflight = check_sale(a_sale())
    assert preflight.stops == []
    assert "not sure that there is a lead" in doubts(preflight)


# Whom it is credited to


@pytest.mark.parametrize(
    "ignored",
    [
        {"click_id": "another"},
        {"customer_name": "Ada"},
        {"customer_email": "ada@example.com"},
        {"customer_avatar": "https://example.com/a.png"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_s4_what_dub_ignores_for_a_known_customer_is_said(
    dub: Sandbox, customer: Json, ignored: dict[str, str]
) -> None:
    assert "Dub ignores" not in doubts(check_sale(a_sale()))
    assert "Dub ignores" in doubts(check_sale(a_sale(**ignored)))


def test_s5_the_newest_lead_gets_the_credit(dub: Sandbox, customer: Json) -> None:
    other = dub.add_link(key="spring")
    dub.add_lead(customer, "Demo", link=other)
    preflight = check_sale(a_sale())
    assert preflight.credited
    assert (preflight.credited.name, preflight.credited.link.id) == ("Demo", other["id"])
    assert "“Demo” through go.example.com/spring" in " ".join(str(c.text) for c in preflight.checks)
    record(a_sale())
    assert [sale["link_id"] for sale in dub.sales()] == [other["id"]]


def test_s5_another_lead_can_be_picked_in_exactly_its_spelling(
    dub: Sandbox, customer: Json, link: Json
) -> None:
    dub.add_lead(customer, "Demo", link=dub.add_link(key="spring"))
    command = a_sale(lead_event_name="Sign up")
    assert check_sale(command).credited.link.id == link["id"]
    record(command)
    assert [sale["link_id"] for sale in dub.sales()] == [link["id"]]
    misspelt = check_sale(a_sale(lead_event_name="sign up"))
    assert "no lead named exactly “sign up”" in stops(misspelt)


def test_s5_a_lead_behind_a_hundred_others_is_found(dub: Sandbox, customer: Json) -> None:
    dub.add_lead(customer, "Demo", quantity=120)
    preflight = check_sale(a_sale(lead_event_name="Sign up"))
    assert preflight.stops == []


# Replays


def made_elsewhere(dub: Sandbox, command: TrackSale) -> None:
    """The same request from another tool, so that Dub keeps its answer."""
    key = {"Authorization": f"Bearer {dub.api_key}", "Content-Type": "application/json"}
    answer = Request(f"{dub.url}/track/sale", data=json.dumps(command.body).encode(), headers=key)
    with urlopen(answer) as response:
        assert response.status == 200


REPLAYED: dict[str, Json] = {
    "the very same": {},
    "another customer": {"customer_external_id": "u2"},
    "another amount": {"amount": 100},
    "another event name": {"event_name": "Renewal"},
    "another processor": {"payment_processor": "stripe"},
    "another currency": {"currency": "eur"},
    "another amount in euros": {"currency": "eur", "amount": 100},
}


@pytest.mark.parametrize("elsewhere", REPLAYED)
def test_s6_a_replay_of_a_sale_made_elsewhere_is_not_recorded(
    dub: Sandbox, customer: Json, link: Json, elsewhere: str
) -> None:
    dub.add_customer(external_id="u2", link=link, lead="Sign up")
    made_elsewhere(dub, a_sale(**REPLAYED[elsewhere]))
    entry = record(a_sale())
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "replayed an earlier sale" in entry.explanation
    assert len(dub.sales()) == 1
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize("elsewhere", [name for name in REPLAYED if REPLAYED[name]])
def test_s6_a_replay_gives_itself_away_though_the_sale_was_made_after_the_checks(
    dub: Sandbox, customer: Json, link: Json, elsewhere: str
) -> None:
    dub.add_customer(external_id="u2", link=link, lead="Sign up")
    preflight = check_sale(a_sale())
    made_elsewhere(dub, a_sale(**REPLAYED[elsewhere]))
    entry = services.record_sale(a_sale(), preflight=preflight, actor=ALICE)
    assert entry.outcome == Outcome.NOT_RECORDED
    assert len(dub.sales()) == 1


def test_s6_a_replay_in_another_currency_is_known_by_the_sale_that_was_there(
    dub: Sandbox, customer: Json
) -> None:
    made_elsewhere(dub, a_sale(currency="eur", amount=100))
    entry = record(a_sale(currency="eur", amount=7_700))
    assert entry.outcome == Outcome.NOT_RECORDED
    assert len(dub.sales()) == 1


def test_s6_a_sale_that_dub_did_record_beside_one_it_imported_is_recorded(
    dub: Sandbox, customer: Json
) -> None:
    dub.add_sale(customer, 4900, invoice_id="INV-1")  # by Stripe: it sets no replay key
    preflight = check_sale(a_sale())
    assert "Dub already has a sale" in doubts(preflight)
    entry = services.record_sale(a_sale(), preflight=preflight, actor=ALICE)
    assert len(dub.sales()) == 2
    assert entry.outcome == Outcome.RECORDED


def test_s6_our_own_replay_after_an_override_is_not_recorded(dub: Sandbox, customer: Json) -> None:
    record(a_sale())
    entry = record(a_sale(), override=True, reason="Asked for")
    assert entry.outcome == Outcome.NOT_RECORDED
    assert len(dub.sales()) == 1


def test_s8_after_seven_days_the_override_does_record(dub: Sandbox, customer: Json) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        record(a_sale())
        clock.shift(timedelta(days=7))
        entry = record(a_sale(), override=True, reason="Asked for")
    assert entry.outcome == Outcome.RECORDED
    assert len(dub.sales()) == 2


def test_q1_s6_the_case_of_the_external_id_is_no_sign_of_a_replay(
    dub: Sandbox, customer: Json
) -> None:
    assert record(a_sale(customer_external_id="U1")).outcome == Outcome.RECORDED


# Currencies


def test_s10_both_amounts_are_shown(dub: Sandbox, customer: Json) -> None:
    entry = record(a_sale(currency="eur", amount=8600))
    assert entry.outcome == Outcome.RECORDED
    assert [sale["amount"] for sale in dub.sales()] == [10_000]
    amount = row(entry, "Amount")
    assert (amount["asked"], amount["stored"]) == ("86.00 EUR", "100.00 USD")


def test_s11_without_a_rate_it_is_stored_differently(dub: Sandbox, customer: Json) -> None:
    entry = record(a_sale(currency="bob", amount=8600))
    assert entry.outcome == Outcome.DIFFERS
    assert "no exchange rate for BOB" in entry.explanation
    assert [(sale["amount"], sale["currency"]) for sale in dub.sales()] == [(8600, "bob")]


def test_s6_s11_a_replay_gives_itself_away_by_an_amount_that_was_not_converted(
    dub: Sandbox, customer: Json
) -> None:
    preflight = check_sale(a_sale(currency="bob", amount=8600))
    made_elsewhere(dub, a_sale(currency="bob", amount=100))
    entry = services.record_sale(
        a_sale(currency="bob", amount=8600), preflight=preflight, actor=ALICE
    )
    assert entry.outcome == Outcome.NOT_RECORDED
    assert [sale["amount"] for sale in dub.sales()] == [100]


def test_r4_the_customer_is_trimmed_as_dub_trims_it() -> None:
    pasted = form(customer_external_id="\ufeffu1\u00a0")
    assert pasted.is_valid()
    assert pasted.command().customer_external_id == "u1"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1580", "JPY", 1580),
        ("12.34", "EUR", 1234),
        ("1580", "ISK", 158_000),
        ("1580", "MGA", 1580),
        ("10.5", "KWD", 1050),
        ("1.234,56", "USD", 123_456),
        ("20.01", "USD", 2001),
        ("1580", "UGX", 1580),
        ("1580", "HUF", 158_000),
    ],
)
def test_s12_s15_the_form_sends_minor_units_by_dubs_own_list(
    dub: Sandbox, customer: Json, amount: str, currency: str, minor: int
) -> None:
    typed = form(amount=amount, currency=currency)
    assert typed.is_valid(), typed.errors
    entry = record(typed.command())
    assert (entry.body["amount"], entry.body["currency"]) == (minor, currency.lower())
    [sent] = [request.body for request in dub.requests if request.method == "POST"]
    assert sent["amount"] == minor


@pytest.mark.parametrize(("amount", "currency"), [("10.505", "KWD"), ("1580.5", "JPY")])
def test_s12_what_dub_cannot_hold_is_refused(amount: str, currency: str) -> None:
    assert "amount" in form(amount=amount, currency=currency).errors


def test_s11_the_form_offers_iso_4217_currencies_only() -> None:
    assert "currency" in form(currency="XXX").errors
    assert "currency" in form(currency="BTC").errors


def test_s14_a_large_amount_is_a_doubt(dub: Sandbox, customer: Json) -> None:
    assert "no commission" not in doubts(check_sale(a_sale(amount=2_147_483_647)))
    assert "no commission" in doubts(check_sale(a_sale(amount=2_147_483_648)))
    entry = record(a_sale(amount=2_147_483_648))
    assert (entry.outcome, dub.state()["commissions"]) == (Outcome.RECORDED, 0)


def test_s14_a_large_amount_is_typed_twice(settings: Any) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 10_000
    amount = Decimal("12000.50")
    assert "retyped_amount" not in ConfirmForm(amount=Decimal(10_000)).fields
    assert ConfirmForm({"retyped_amount": "12.000,50"}, amount=amount).is_valid()
    assert not ConfirmForm({"retyped_amount": "1200.50"}, amount=amount).is_valid()
    assert not ConfirmForm({}, amount=amount).is_valid()


# What Dub keeps


def test_s16_dub_gets_the_reference_only_where_the_setting_asks_for_it(
    dub: Sandbox, customer: Json, settings: Any
) -> None:
    record(a_sale(metadata={"plan": "pro"}))
    settings.ADD_REFERENCE_TO_METADATA = True
    entry = record(a_sale(invoice_id="INV-2", metadata={"plan": "pro"}))
    first, second = [json.loads(sale["metadata"]) for sale in dub.sales()]
    assert first == {"plan": "pro"}
    assert second == {"plan": "pro", "dubadmin_ref": ALICE.request_id}
    assert entry.body["metadata"] == second
    assert entry.request_id == ALICE.request_id


def test_s4_a_direct_sale_makes_a_new_customer(dub: Sandbox, link: Json) -> None:
    command = a_sale(
        customer_external_id="new", click_id=dub.add_click(link), customer_email="n@example.com"
    )
    preflight = check_sale(command)
    assert (preflight.stops, preflight.doubts) == ([], [])
    entry = services.record_sale(command, preflight=preflight, actor=ALICE)
    made = dub.customer("new")
    assert entry.outcome == Outcome.RECORDED
    assert made
    assert made["email"] == "n@example.com"
    assert [sale["external_id"] for sale in dub.sales()] == ["new"]
    assert FollowUp.objects.get().customer_id == made["id"]


def test_s3_a_direct_sale_with_an_unknown_click_is_refused(dub: Sandbox) -> None:
    entry = record(a_sale(customer_external_id="new", click_id="no-such-click"))
    assert entry.outcome == Outcome.REFUSED
    assert dub.customers() == []
