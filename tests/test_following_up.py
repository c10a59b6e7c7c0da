"""After a write: waiting for its event (D1), settling what is unknown, sending again (A7, A8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from customers import followup, queries, services
from customers.audit import AlreadyAsked
from customers.models import AuditEntry, FollowUp, Outcome, Relation, lifted, pending_timeout
from customers.preflight import check_lead, check_sale
from dubadmin.dub.commands import TrackLead, TrackSale
from dubadmin.dub.errors import DubError
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Clock = time_machine.Traveller
Json = dict[str, Any]
LATER = timedelta(minutes=10)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def customer(clock: Clock, dub: Sandbox, settings: Any) -> Json:
    settings.FOLLOW_UP_SECONDS = 120
    link = dub.add_link(key="go")
    customer = dub.add_customer("Una", email="u1@example.com", external_id="u1", link=link)
    dub.add_lead(customer, "Sign up", at=NOON - timedelta(days=30))
    return customer


def sale(*, details: Json | None = None, **changes: Any) -> AuditEntry:
    fields = {"customer_external_id": "u1", "amount": 4900, "currency": "usd", "invoice_id": "INV"}
    command = TrackSale(**{**fields, "event_name": "Purchase", **changes})
    preflight = check_sale(command)
    return services.record_sale(command, preflight=preflight, actor=ALICE, **(details or {}))


def lead(*, details: Json | None = None, **changes: Any) -> AuditEntry:
    command = TrackLead(**{"customer_external_id": "u1", "event_name": "Demo", **changes})
    preflight = check_lead(command)
    return services.record_lead(command, preflight=preflight, actor=ALICE, **(details or {}))


def edit(**changes: Any) -> AuditEntry:
    found = queries.get_customer("ext_u1")
    return services.update_customer(found, changes=changes, actor=ALICE)


def delete() -> AuditEntry:
    return services.delete_customer(queries.get_customer("ext_u1"), events=[], actor=ALICE)


def check(entry: AuditEntry) -> str:
    return followup.check(FollowUp.objects.get(entry=entry), actor=ALICE).state


def unknown(dub: Sandbox, write: Any, *, arrived: bool, **changes: Any) -> AuditEntry:
    """A write whose answer never came."""
    dub.fault(method="*", path="/track/*", hang_up="after" if arrived else "before")
    dub.fault(method="PATCH", hang_up="after" if arrived else "before")
    dub.fault(method="DELETE", hang_up="after" if arrived else "before")
    if write in (edit, delete):
        dub.fault(method="GET", path="/customers/*", nth=3, times=3, status=500)
    entry: AuditEntry = write(**changes)
    dub.clear_faults()
    assert entry.outcome == Outcome.UNKNOWN
    return entry


# Waiting for the event


@pytest.mark.django_db
@pytest.mark.parametrize("write", [sale, lead], ids=["sale", "lead"])
def test_d1_l11_it_is_pending_until_the_event_appears(
    dub: Sandbox, customer: Json, clock: Clock, write: Any
) -> None:
    dub.background_ms = 60_000
    entry = write()
    assert entry.outcome == Outcome.RECORDED
    assert check(entry) == FollowUp.State.PENDING
    clock.shift(61)
    assert check(entry) == FollowUp.State.CONFIRMED
    told = AuditEntry.objects.get(action="delivery.confirm")
    assert (told.earlier, told.relation, told.actor_name) == (entry, Relation.FOLLOW, "alice")
    assert followup.unsettled() == []


@pytest.mark.django_db
@pytest.mark.parametrize("write", [sale, lead], ids=["sale", "lead"])
def test_d1_it_is_missing_after_a_while_and_then_listed(
    dub: Sandbox, customer: Json, clock: Clock, write: Any
) -> None:
    dub.drop_background = True
    entry = write()
    clock.shift(120)
    assert check(entry) == FollowUp.State.PENDING
    clock.shift(1)
    assert check(entry) == FollowUp.State.MISSING
    assert AuditEntry.objects.filter(action="delivery.miss", earlier=entry).count() == 1
    assert followup.unsettled() == [entry]
    assert "has not appeared" in followup.attention_text(entry)
    assert followup.can_settle(AuditEntry.objects.get(pk=entry.pk))
    clock.shift(LATER)
    settled = followup.settle(entry, actor=ALICE)
    assert settled.outcome == Outcome.NOT_RECORDED
    assert followup.unsettled() == []


@pytest.mark.django_db
def test_d1_an_event_that_came_very_late_settles_it(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    dub.background_ms = 600_000
    entry = sale()
    clock.shift(121)
    assert check(entry) == FollowUp.State.MISSING
    dub.settle()
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.RECORDED
    assert followup.unsettled() == []


@pytest.mark.django_db
def test_d1_an_earlier_event_like_it_does_not_confirm_it(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    lead(event_name="Demo")
    clock.shift(timedelta(days=8))
    dub.drop_background = True
    entry = lead(event_name="Demo")
    assert entry.outcome == Outcome.RECORDED
    clock.shift(60)
    assert check(entry) == FollowUp.State.PENDING


@pytest.mark.django_db
def test_d1_a_customer_with_many_leads_is_confirmed_too(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    dub.add_lead(customer, "Demo", quantity=150, at=NOON - timedelta(days=20))
    entry = lead(event_name="Demo")
    assert check(entry) == FollowUp.State.CONFIRMED


@pytest.mark.django_db
def test_d1_l9_all_events_of_a_quantity_are_awaited(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    dub.drop_background = True
    entry = lead(event_quantity=3)
    dub.add_lead(customer, "Demo", quantity=2)
    assert check(entry) == FollowUp.State.PENDING
    dub.add_lead(customer, "Demo")
    assert check(entry) == FollowUp.State.CONFIRMED


@pytest.mark.django_db
def test_d1_l10_the_event_of_a_new_customer_is_found_though_its_id_was_not_known(
    dub: Sandbox, customer: Json
) -> None:
    command = TrackLead(
        customer_external_id="new",
        event_name="Demo",
        click_id=dub.add_click(customer["link"]),
    )
    preflight = check_lead(command)
    dub.fault(method="GET", path="/customers/*", status=500, times=0)
    entry = services.record_lead(command, preflight=preflight, actor=ALICE)
    dub.clear_faults()
    assert FollowUp.objects.get().customer_id == ""
    assert check(entry) == FollowUp.State.CONFIRMED


@pytest.mark.django_db
def test_d1_dub_away_changes_nothing(dub: Sandbox, customer: Json, clock: Clock) -> None:
    entry = sale()
    clock.shift(LATER)
    dub.fault(path="/events", status=500, times=0)
    with pytest.raises(DubError):
        check(entry)
    followup.check_due(actor=ALICE)
    assert FollowUp.objects.get().state == FollowUp.State.PENDING


@pytest.mark.django_db
def test_d1_what_nobody_watches_is_looked_after_when_it_is_due(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    sale()
    followup.check_due(actor=ALICE)
    assert FollowUp.objects.get().state == FollowUp.State.PENDING
    clock.shift(121)
    followup.check_due(actor=ALICE)
    assert FollowUp.objects.get().state == FollowUp.State.CONFIRMED


@pytest.mark.django_db
def test_d1_a_second_check_writes_no_second_entry(dub: Sandbox, customer: Json) -> None:
    entry = sale()
    stale = FollowUp.objects.get()
    check(entry)
    assert followup.check(stale, actor=ALICE).state == FollowUp.State.CONFIRMED
    check(entry)
    assert AuditEntry.objects.filter(action="delivery.confirm").count() == 1


def test_d1_two_checks_at_once_write_one_entry(
    at_once: AtOnce, clock: Clock, dub: Sandbox, customer: Json
) -> None:
    [entry] = at_once(sale)
    at_once(lambda: check(entry), lambda: check(entry), lambda: check(entry))
    [told] = at_once(AuditEntry.objects.filter(action="delivery.confirm").count)
    assert told == 1


# Settling


@pytest.mark.django_db
@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
@pytest.mark.parametrize(
    ("write", "changes"),
    [(sale, {}), (lead, {}), (edit, {"email": "new@example.com"}), (delete, {})],
    ids=["sale", "lead", "edit", "delete"],
)
def test_a7_a8_an_unknown_write_is_settled_by_what_dub_has(
    dub: Sandbox, customer: Json, clock: Clock, write: Any, changes: Json, arrived: bool
) -> None:
    entry = unknown(dub, write, arrived=arrived, **changes)
    assert followup.unsettled() == [entry]
    assert followup.can_settle(entry)
    clock.shift(LATER)
    settled = followup.settle(entry, actor=ALICE)
    assert settled.outcome == (Outcome.RECORDED if arrived else Outcome.NOT_RECORDED)
    assert (settled.earlier, settled.relation) == (entry, Relation.SETTLE)
    assert not followup.can_settle(entry)
    assert followup.settlement(entry) == settled
    assert followup.unsettled() == []
    assert AuditEntry.objects.get(pk=entry.pk).outcome == Outcome.UNKNOWN


@pytest.mark.django_db
def test_a8_nothing_found_at_once_is_no_proof_yet(dub: Sandbox, customer: Json) -> None:
    entry = unknown(dub, sale, arrived=False)
    settled = followup.settle(entry, actor=ALICE)
    assert settled.outcome == Outcome.UNKNOWN
    assert "may still arrive" in settled.explanation
    assert followup.can_settle(entry)
    assert followup.unsettled() == [entry]


@pytest.mark.django_db
def test_a8_an_earlier_lead_of_the_same_name_settles_nothing(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, lead, arrived=False, event_name="Sign up")
    clock.shift(LATER)
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.NOT_RECORDED


@pytest.mark.django_db
@pytest.mark.parametrize("when", ["just before", "later"])
@pytest.mark.parametrize("write", [sale, lead], ids=["sale", "lead"])
def test_a8_the_event_of_another_write_settles_nothing(
    dub: Sandbox, customer: Json, clock: Clock, write: Any, when: str
) -> None:
    """The same invoice ID or lead, sent with a form of its own in spite of the doubt."""
    other = {"override": True, "reason": "Asked for"} if write is sale else {}
    if when == "just before":
        assert write().outcome == Outcome.RECORDED
        clock.shift(60)
        entry = unknown(dub, write, arrived=False, details=other)
    else:
        entry = unknown(dub, write, arrived=False)
        clock.shift(LATER)
        assert write(details=other).outcome == Outcome.RECORDED
    clock.shift(LATER)
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.NOT_RECORDED
    assert FollowUp.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("write", [sale, lead], ids=["sale", "lead"])
def test_a8_an_event_of_the_next_day_settles_nothing(
    dub: Sandbox, customer: Json, clock: Clock, write: Any
) -> None:
    """Dub dates an event by when it was told of it (S9)."""
    entry = unknown(dub, write, arrived=False)
    clock.shift(timedelta(days=1))
    dub.add_sale(customer, 4900, invoice_id="INV")  # by the company's own app
    dub.add_lead(customer, "Demo")
    clock.shift(LATER)
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.NOT_RECORDED


@pytest.mark.django_db
@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
def test_a8_what_was_sent_again_and_is_settled_then_counts_once(
    dub: Sandbox, customer: Json, clock: Clock, arrived: bool
) -> None:
    entry = unknown(dub, sale, arrived=arrived)
    clock.shift(LATER)
    assert services.resend(entry, actor=ALICE).outcome == Outcome.RECORDED
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.RECORDED
    assert FollowUp.objects.count() == len(dub.sales()) == 1


@pytest.mark.django_db
def test_a8_r8_a_sale_is_settled_though_its_customer_was_deleted_since(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, sale, arrived=True)
    dub.delete_customer(customer)
    clock.shift(LATER)
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.RECORDED


@pytest.mark.django_db
@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
def test_a8_a_lead_for_a_new_customer_is_settled(
    dub: Sandbox, customer: Json, clock: Clock, arrived: bool
) -> None:
    click = dub.add_click(customer["link"])
    entry = unknown(dub, lead, arrived=arrived, customer_external_id="new", click_id=click)
    clock.shift(LATER)
    expected = Outcome.RECORDED if arrived else Outcome.NOT_RECORDED
    assert followup.settle(entry, actor=ALICE).outcome == expected


@pytest.mark.django_db
@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
def test_a8_l7_a_deferred_lead_is_settled_by_its_customer(
    dub: Sandbox, customer: Json, clock: Clock, arrived: bool
) -> None:
    click = dub.add_click(customer["link"])
    new = {"customer_external_id": "new", "click_id": click, "mode": "deferred"}
    entry = unknown(dub, lead, arrived=arrived, **new)
    clock.shift(LATER)
    settled = followup.settle(entry, actor=ALICE)
    assert settled.outcome == (Outcome.RECORDED if arrived else Outcome.NOT_RECORDED)
    assert ("lead deferred" in settled.explanation) is arrived


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"avatar": "https://example.com/a.png"}, Outcome.RECORDED),
        ({"name": None}, Outcome.RECORDED),
        ({"country": "DE", "email": "new@example.com"}, Outcome.DIFFERS),
        ({"country": "DE"}, Outcome.NOT_RECORDED),
    ],
    ids=["r6 avatar", "q9 name", "r1 in part", "r1 not at all"],
)
def test_a8_an_edit_is_settled_as_strictly_as_it_is_judged(
    dub: Sandbox, customer: Json, clock: Clock, changes: Json, outcome: str
) -> None:
    dub.patch_stores_country = False
    entry = unknown(dub, edit, arrived=True, **changes)
    clock.shift(LATER)
    assert followup.settle(entry, actor=ALICE).outcome == outcome


@pytest.mark.django_db
def test_a8_dub_away_settles_nothing(dub: Sandbox, customer: Json, clock: Clock) -> None:
    entry = unknown(dub, sale, arrived=True)
    clock.shift(LATER)
    dub.fault(times=0, status=500)
    with pytest.raises(DubError):
        followup.settle(entry, actor=ALICE)
    assert followup.can_settle(entry)


@pytest.mark.django_db
def test_a8_a_write_whose_process_died_is_unknown_and_can_be_settled(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = sale()
    FollowUp.objects.all().delete()
    with lifted():
        AuditEntry.objects.filter(pk=entry.pk).update(outcome=Outcome.PENDING, settled_at=None)
    entry.refresh_from_db()
    assert (entry.shown_outcome, followup.can_settle(entry)) == (Outcome.PENDING, False)
    clock.shift(pending_timeout() + timedelta(seconds=1))
    assert (entry.shown_outcome, followup.can_settle(entry)) == (Outcome.UNKNOWN, True)
    assert followup.unsettled() == [entry]
    assert followup.settle(entry, actor=ALICE).outcome == Outcome.RECORDED


# Sending again


@pytest.mark.django_db
def test_a8_it_is_sent_again_only_when_that_cannot_double(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, sale, arrived=False)
    assert not followup.can_resend(entry)  # it may still be on its way
    clock.shift(pending_timeout() + timedelta(seconds=1))
    assert followup.can_resend(entry)
    clock.move_to(NOON + timedelta(days=7) - timedelta(minutes=3))
    assert followup.can_resend(entry)
    clock.move_to(NOON + timedelta(days=7) - timedelta(minutes=1))
    assert not followup.can_resend(entry)  # Dub may have forgotten the invoice ID


@pytest.mark.django_db
def test_a8_what_must_never_be_sent_again(dub: Sandbox, customer: Json, clock: Clock) -> None:
    recorded = sale()
    settled = unknown(dub, sale, arrived=True, invoice_id="INV-2")
    deferred = unknown(dub, lead, arrived=False, mode="deferred")
    edited = unknown(dub, edit, arrived=False, email="new@example.com")
    clock.shift(LATER)
    followup.settle(settled, actor=ALICE)
    for entry in (recorded, settled, deferred, edited):
        assert not followup.can_resend(entry)


@pytest.mark.django_db
def test_a8_a_sale_that_had_arrived_is_not_counted_twice(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, sale, arrived=True)
    clock.shift(LATER)
    again = services.resend(entry, actor=ALICE)
    assert again.body == entry.body
    assert (again.earlier, again.relation) == (entry, Relation.RESEND)
    assert again.outcome == Outcome.RECORDED
    assert len(dub.sales()) == 1
    assert check(again) == FollowUp.State.CONFIRMED


@pytest.mark.django_db
def test_a8_a_sale_that_had_not_arrived_is_recorded_now(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, sale, arrived=False)
    clock.shift(LATER)
    again = services.resend(entry, actor=ALICE)
    assert again.outcome == Outcome.RECORDED
    assert len(dub.sales()) == 1
    assert check(again) == FollowUp.State.CONFIRMED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arrived", "outcome"), [(True, Outcome.NOT_RECORDED), (False, Outcome.RECORDED)]
)
def test_a8_a_lead_sent_again_counts_once(
    dub: Sandbox, customer: Json, clock: Clock, arrived: bool, outcome: str
) -> None:
    entry = unknown(dub, lead, arrived=arrived)
    clock.shift(LATER)
    assert services.resend(entry, actor=ALICE).outcome == outcome
    assert len([each for each in dub.leads() if each["event_name"] == "Demo"]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "changes"), [(lead, {"event_name": "Sign up"}), (sale, {})], ids=["lead", "sale"]
)
def test_a8_d1_an_event_from_before_the_first_sending_confirms_no_second_one(
    dub: Sandbox, customer: Json, clock: Clock, write: Any, changes: Json
) -> None:
    dub.add_sale(customer, 4900, invoice_id="INV", at=NOON - timedelta(days=30))
    entry = unknown(dub, write, arrived=False, **changes)
    clock.shift(LATER)
    dub.background_ms = 60_000
    again = services.resend(entry, actor=ALICE)
    assert again.outcome == Outcome.RECORDED
    assert check(again) == FollowUp.State.PENDING
    clock.shift(61)
    assert check(again) == FollowUp.State.CONFIRMED


@pytest.mark.django_db
def test_a8_it_is_sent_again_once(dub: Sandbox, customer: Json, clock: Clock) -> None:
    entry = unknown(dub, sale, arrived=False)
    clock.shift(LATER)
    services.resend(entry, actor=ALICE)
    assert not followup.can_resend(entry)


@pytest.mark.django_db
def test_a8_a_resend_that_was_refused_can_be_tried_again(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, sale, arrived=False)
    clock.shift(LATER)
    dub.fault(method="POST", status=401)
    assert services.resend(entry, actor=ALICE).outcome == Outcome.REFUSED
    assert followup.can_resend(entry)
    assert services.resend(entry, actor=ALICE).outcome == Outcome.RECORDED


@pytest.mark.django_db
def test_a8_a_resend_whose_answer_is_lost_too_can_be_sent_again_many_times(
    dub: Sandbox, customer: Json, clock: Clock
) -> None:
    entry = unknown(dub, sale, arrived=False)
    for _ in range(12):
        clock.shift(LATER)
        assert followup.can_resend(entry)
        dub.fault(method="POST", hang_up="before")
        entry = services.resend(entry, actor=ALICE)
        assert entry.outcome == Outcome.UNKNOWN
    clock.shift(LATER)
    assert services.resend(entry, actor=ALICE).outcome == Outcome.RECORDED
    assert len(dub.sales()) == 1


@pytest.mark.django_db
def test_a8_s7_a_second_resend_is_not_sent(dub: Sandbox, customer: Json, clock: Clock) -> None:
    entry = unknown(dub, sale, arrived=False)
    clock.shift(LATER)
    again = services.resend(entry, actor=ALICE)
    with pytest.raises(AlreadyAsked) as asked:
        services.resend(entry, actor=ALICE)
    assert asked.value.entry == again
    assert len(dub.sales()) == 1


def test_a8_s7_two_resends_at_once_are_one(
    at_once: AtOnce, clock: Clock, dub: Sandbox, customer: Json
) -> None:
    [entry] = at_once(lambda: unknown(dub, sale, arrived=False))
    clock.shift(LATER)
    posts = dub.count("POST")
    results = at_once(*[lambda: services.resend(entry, actor=ALICE)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyAsked", "AuditEntry"]
    assert dub.count("POST") == posts + 1
    assert len(dub.sales()) == 1
