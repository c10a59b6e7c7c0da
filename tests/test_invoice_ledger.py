"""An invoice ID is sent once, whoever sends it and however long ago it was (S6, S7, S8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError

from customers import audit, followup, ledger, services
from customers.audit import AlreadyAsked
from customers.ledger import InvoiceTaken
from customers.models import AuditEntry, Invoice, Outcome, Pace, pending_timeout
from customers.preflight import Preflight, check_sale
from dubadmin.connect import dub
from dubadmin.dub.commands import TrackSale
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def customers(dub: Sandbox) -> Sandbox:
    link = dub.add_link(key="go")
    for name in ("u1", "u2"):
        dub.add_customer(external_id=name, email=f"{name}@x.example", link=link, lead="Sign up")
    return dub


def a_sale(**changes: Any) -> TrackSale:
    fields = {"customer_external_id": "u1", "amount": 4900, "currency": "usd", "invoice_id": "INV"}
    return TrackSale(**{**fields, "event_name": "Purchase", **changes})


def record(command: TrackSale, **details: Any) -> AuditEntry:
    return services.record_sale(command, preflight=check_sale(command), actor=ALICE, **details)


def levels(preflight: Preflight) -> dict[str, str]:
    return {check.level: check.text for check in preflight.checks if "nvoice" in check.text}


@pytest.mark.django_db
def test_s6_an_invoice_id_is_free_until_it_was_sent(customers: Sandbox) -> None:
    assert ledger.find("INV") is None
    assert levels(check_sale(a_sale())) == {"ok": "dubadmin has not sent this invoice ID before."}
    entry = record(a_sale())
    taken = ledger.find("INV")
    assert taken
    assert (taken.entry, taken.amount, taken.currency, taken.serial) == (entry, 4900, "usd", 1)


@pytest.mark.django_db
def test_s6_a_second_sending_is_stopped_before_dub_hears_of_it(customers: Sandbox) -> None:
    first = record(a_sale())
    with pytest.raises(InvoiceTaken) as taken:
        record(a_sale())
    assert taken.value.earlier.entry == first
    assert customers.count("POST", "/track/sale") == 1
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [{"amount": 4901}, {"customer_external_id": "u2"}, {"currency": "eur"}],
    ids=["amount", "customer", "currency"],
)
def test_s6_another_sale_with_the_same_invoice_id_cannot_be_sent(
    customers: Sandbox, changes: dict[str, Any]
) -> None:
    record(a_sale())
    preflight = check_sale(a_sale(**changes))
    assert "u1, 49.00 USD" in levels(preflight)["stop"]
    assert "another sale" in levels(preflight)["stop"]
    with pytest.raises(InvoiceTaken):
        record(a_sale(**changes))
    assert customers.count("POST", "/track/sale") == 1


@pytest.mark.django_db
def test_s8_the_same_sale_is_a_doubt_and_can_be_overridden(customers: Sandbox) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        first = record(a_sale())
        clock.shift(timedelta(days=8))
        assert "count twice" in levels(check_sale(a_sale()))["warn"]
        second = record(a_sale(), override=True, reason="The first was refunded by hand")
    assert (second.outcome, second.asked["override"]) == (Outcome.RECORDED, True)
    assert len(customers.sales()) == 2
    serials = Invoice.objects.values_list("serial", "entry_id")
    assert list(serials) == [(1, first.pk), (2, second.pk)]


@pytest.mark.django_db
def test_s8_the_ledger_has_no_expiry(customers: Sandbox) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        record(a_sale())
        clock.shift(timedelta(days=3650))
        with pytest.raises(InvoiceTaken):
            record(a_sale())
    assert len(customers.sales()) == 1


NOTHING_HAPPENED: dict[str, dict[str, Any]] = {
    "refused": {"status": 422},
    "not_sent": {"status": 429},
    "not_recorded": {
        "status": 200,
        "body": {"eventName": "Purchase", "customer": None, "sale": None},
    },
}


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", NOTHING_HAPPENED)
def test_s6_an_invoice_id_is_free_again_when_nothing_happened(
    customers: Sandbox, outcome: str
) -> None:
    command = a_sale()
    preflight = check_sale(command)
    customers.fault(method="POST", **NOTHING_HAPPENED[outcome])
    first = services.record_sale(command, preflight=preflight, actor=ALICE)
    assert first.outcome == outcome
    assert ledger.find("INV") is None
    Pace.objects.all().delete()  # the pause that a 429 asks for is over
    second = services.record_sale(a_sale(amount=5000), preflight=preflight, actor=ALICE)
    assert second.outcome == Outcome.RECORDED
    assert [sale["amount"] for sale in customers.sales()] == [5000]


@pytest.mark.django_db
def test_s6_an_unknown_result_keeps_the_invoice_id(customers: Sandbox) -> None:
    customers.fault(method="POST", hang_up="after")
    assert record(a_sale()).outcome == Outcome.UNKNOWN
    with pytest.raises(InvoiceTaken):
        record(a_sale())
    assert len(customers.sales()) == 1


@pytest.mark.django_db
def test_s6_an_unknown_result_that_proved_to_be_nothing_frees_the_invoice_id(
    customers: Sandbox,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        customers.fault(method="POST", hang_up="before")
        lost = record(a_sale())
        clock.shift(timedelta(hours=1))
        assert followup.settle(lost, actor=ALICE).outcome == Outcome.NOT_RECORDED
        assert record(a_sale(amount=5000)).outcome == Outcome.RECORDED
    assert [sale["amount"] for sale in customers.sales()] == [5000]


@pytest.mark.django_db
def test_s6_a_sale_that_dub_has_from_elsewhere_is_a_doubt(customers: Sandbox) -> None:
    customers.add_sale(customers.customer("u1"), 4900, invoice_id="INV")
    assert "Dub already has a sale" in levels(check_sale(a_sale()))["warn"]


@pytest.mark.django_db
def test_s8_an_invoice_id_that_dub_replayed_stays_a_doubt_after_dub_forgot_it(
    customers: Sandbox,
) -> None:
    """Dub's sale is another customer's, so that only its answer has told of it."""
    with time_machine.travel(NOON, tick=False) as clock:
        dub().send(a_sale(customer_external_id="u2"))  # as the company's own app does
        replayed = record(a_sale())
        assert (replayed.outcome, replayed.comparison != []) == (Outcome.NOT_RECORDED, True)
        clock.shift(timedelta(days=8))
        assert f"answered entry #{replayed.pk}" in levels(check_sale(a_sale()))["warn"]


@pytest.mark.django_db
def test_q1_s6_the_same_sale_in_other_capitals_is_no_other_sale(customers: Sandbox) -> None:
    record(a_sale())
    assert check_sale(a_sale(customer_external_id="U1")).stops == []
    assert "would count twice" in levels(check_sale(a_sale(customer_external_id="U1")))["warn"]


@pytest.mark.django_db
def test_s6_it_says_when_dubs_sales_could_not_be_read(customers: Sandbox) -> None:
    check_sale(a_sale())
    customers.fault(path="/events", status=403, times=0)
    assert "could not be read" in levels(check_sale(a_sale()))["warn"]


@pytest.mark.django_db
def test_s7_one_form_is_one_sale_whatever_its_invoice_id(customers: Sandbox) -> None:
    key = "k" * 32
    first = record(a_sale(), key=key)
    for invoice in ("INV", "INV-2"):
        with pytest.raises(AlreadyAsked) as again:
            record(a_sale(invoice_id=invoice), key=key)
        assert again.value.entry == first
    assert len(customers.sales()) == 1


@pytest.mark.django_db
def test_s7_what_is_on_its_way_is_not_sent_beside_itself_whatever_the_reason(
    customers: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dub would count both: it looks for an earlier answer before it has one."""
    send = audit._send

    def meanwhile(*request: Any) -> Any:
        monkeypatch.setattr(audit, "_send", send)
        preflight = check_sale(a_sale())
        assert "on its way" in levels(preflight)["stop"]
        with pytest.raises(InvoiceTaken):
            services.record_sale(a_sale(), preflight=preflight, actor=ALICE, override=True)
        return send(*request)

    monkeypatch.setattr(audit, "_send", meanwhile)
    assert record(a_sale()).outcome == Outcome.RECORDED
    assert len(customers.sales()) == 1


@pytest.mark.django_db
def test_s7_what_was_lost_just_now_may_be_on_its_way(customers: Sandbox) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        customers.fault(method="POST", hang_up="before")
        record(a_sale())
        assert "on its way" in levels(check_sale(a_sale()))["stop"]
        clock.shift(pending_timeout() + timedelta(seconds=1))
        assert "would count twice" in levels(check_sale(a_sale()))["warn"]


@pytest.mark.django_db
def test_s7_one_that_came_to_nothing_in_the_same_moment_is_told(
    customers: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both took the same place in the ledger, and the one that had it was refused since."""
    customers.fault(path="/track/sale", status=422)
    assert record(a_sale()).outcome == Outcome.REFUSED

    def taken(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "claim", taken)
        with pytest.raises(InvoiceTaken) as told:
            record(a_sale())
    words = str(ledger.conflict_text(told.value.earlier, told.value.command))
    assert words.endswith("It was sent in the same moment and came to nothing: send yours again.")
    assert record(a_sale()).outcome == Outcome.RECORDED


@pytest.mark.parametrize("override", [False, True])
def test_s7_several_at_once_with_one_invoice_id_are_one_sale(
    at_once: AtOnce, customers: Sandbox, override: bool
) -> None:
    commands = [a_sale(invoice_id=f"INV-{n}") for n in range(8)]
    [preflight] = at_once(lambda: check_sale(commands[0]))

    def send_all() -> list[str]:
        return [send(command) for command in commands]

    def send(command: TrackSale) -> str:
        try:
            services.record_sale(command, preflight=preflight, actor=ALICE, override=override)
        except InvoiceTaken:
            return "taken"
        return "sent"

    for results in zip(*at_once(send_all, send_all, send_all), strict=True):
        assert sorted(results) == ["sent", "taken", "taken"]
    assert customers.count("POST", "/track/sale") == len(customers.sales()) == len(commands)


def test_s7_two_tabs_of_one_form_are_one_sale(at_once: AtOnce, customers: Sandbox) -> None:
    command = a_sale()
    [preflight] = at_once(lambda: check_sale(command))

    def send() -> AuditEntry:
        return services.record_sale(command, preflight=preflight, actor=ALICE, key="k" * 32)

    kinds = sorted(type(result).__name__ for result in at_once(send, send))
    assert kinds == ["AlreadyAsked", "AuditEntry"]
    assert customers.count("POST", "/track/sale") == 1
    assert len(customers.sales()) == 1
