"""Several customers at once: each its own audited write, and never more than was confirmed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from customers import batches, services, work
from customers.audit import Actor, person
from customers.models import AuditEntry, Batch, BatchRow, Outcome, lifted, pending_timeout
from customers.queries import get_customer
from dubadmin.dub.errors import DubError
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE, hidden_fields, text_of

pytestmark = pytest.mark.django_db

State = Batch.State
DE = {"search": "", "country": "DE", "link_id": "", "partner_id": ""}


@pytest.fixture
def crowd(dub: Sandbox) -> list[str]:
    """Twelve customers, the even ones German."""
    made = [
        dub.add_customer(f"C{n}", external_id=f"u{n}", country=("DE", "FR")[n % 2])
        for n in range(12)
    ]
    return [customer["id"] for customer in made]


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def ask(max_acts: Actor) -> Any:
    def asked(**details: Any) -> Batch:
        given = {"action": "customer.update", "field": "country", "value": "JP", "total": 6}
        given |= {"filters": DE, "key": "k"} | details
        return batches.ask(actor=max_acts, **given)

    return asked


def deletion(**details: Any) -> dict[str, Any]:
    return {"action": "customer.delete", "field": "", "value": None, **details}


def now(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def stage(batch: Batch) -> Batch:
    while now(batch).state == State.STAGING:
        batches.step(now(batch))
    return now(batch)


def run(batch: Batch) -> Batch:
    while now(batch).is_open and batches.step(now(batch)):
        pass
    return now(batch)


def outcomes(batch: Batch) -> Counter[str]:
    return Counter(batch.rows.values_list("outcome", flat=True))


def countries(dub: Sandbox) -> list[str]:
    return [customer["country"] for customer in dub.customers()]


def forget(row: BatchRow) -> None:
    """As if the process that had claimed the row had died long ago."""
    long_ago = timezone.now() - 2 * pending_timeout()
    BatchRow.objects.filter(pk=row.pk).update(claimed_at=long_ago)
    with lifted():
        AuditEntry.objects.filter(key=row.key).update(at=long_ago)


def patches(dub: Sandbox) -> int:
    return dub.count("PATCH", "/customers/*")


# What is done


def test_it_works(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = run(ask(reason="moved"))
    assert batch.state == State.DONE
    assert outcomes(batch) == {Outcome.RECORDED: 6}
    assert countries(dub) == ["JP", "FR"] * 6
    entries = AuditEntry.objects.filter(batch=batch, action="customer.update")
    assert {entry.target_id for entry in entries} == set(crowd[::2])
    assert {(e.actor_name, e.reason, e.action) for e in entries} == {
        ("max", "moved", "customer.update")
    }
    [end] = AuditEntry.objects.filter(batch=batch, action="batch.end")
    assert (end.role, end.explanation) == ("Worker", "6 customers: 6 recorded.")


def test_chosen_customers(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    chosen = [crowd[3], crowd[1], crowd[3]]
    batch = run(ask(filters=None, chosen=chosen, total=2))
    assert outcomes(batch) == {Outcome.RECORDED: 2}
    assert [n for n, country in enumerate(countries(dub)) if country == "JP"] == [1, 3]


def test_deleting_keeps_each_record_in_its_entry(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = run(ask(**deletion()))
    assert outcomes(batch) == {Outcome.RECORDED: 6}
    assert [customer["id"] for customer in dub.customers()] == crowd[1::2]
    for entry in AuditEntry.objects.filter(batch=batch, action="customer.delete"):
        assert (entry.before["country"], entry.before["events"]) == ("DE", [])


def test_a_form_that_is_sent_twice_is_one_batch(ask: Any, crowd: list[str]) -> None:
    assert ask() == ask()


def test_nobody_matches(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = run(ask(filters=DE | {"country": "BR"}))
    assert (batch.state, batch.found, patches(dub)) == (State.DONE, 0, 0)


# Never more than was confirmed


def test_more_than_confirmed_stops_and_asks_again(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = run(ask(total=5))
    assert (batch.state, batch.found, patches(dub)) == (State.STOPPED, 6, 0)
    assert batch.is_too_many
    told = AuditEntry.objects.get(batch=batch, action="batch.stop").explanation
    assert "customers match" in told
    assert not batches.resume(batch, actor=ALICE)
    assert not batches.resume(batch, actor=ALICE, confirmed=5)
    assert now(batch).state == State.STOPPED
    assert batches.resume(batch, actor=ALICE, confirmed=6)
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}


def test_who_left_the_filter_meanwhile_is_left_out(
    dub: Sandbox, crowd: list[str], ask: Any
) -> None:
    batch = stage(ask(**deletion()))
    dub.change_customer(crowd[0], country="BR")
    assert outcomes(run(batch)) == {Outcome.RECORDED: 5, Outcome.NOT_SENT: 1}
    assert dub.customer(crowd[0])


def test_who_came_after_the_search_is_not_touched(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = stage(ask(**deletion()))
    new = dub.add_customer(country="DE")
    run(batch)
    assert dub.customer(new["id"])


# Conflicts


def test_r7_a_value_that_somebody_changed_is_left_alone(
    dub: Sandbox, crowd: list[str], ask: Any
) -> None:
    batch = stage(ask(filters=None, chosen=crowd[:3], total=3))
    dub.change_customer(crowd[1], country="BR")
    dub.change_customer(crowd[2], country="JP")
    assert outcomes(run(batch)) == {Outcome.RECORDED: 1, Outcome.NOT_SENT: 2}
    assert countries(dub)[:3] == ["JP", "BR", "JP"]
    assert patches(dub) == 1
    conflict = batch.rows.get(customer_id=crowd[1]).entry
    assert "changed by somebody else" in conflict.explanation
    assert "“FR” to “BR”" in conflict.explanation


@pytest.mark.parametrize("what", [{}, deletion()], ids=["correction", "deletion"])
def test_r7_what_somebody_saves_while_a_customer_is_read_is_not_overwritten(
    dub: Sandbox, crowd: list[str], ask: Any, monkeypatch: pytest.MonkeyPatch, what: dict[str, Any]
) -> None:
    batch = stage(ask(filters=None, chosen=crowd[:1], total=1, **what))
    before_sending = services.target_of

    def saved_meanwhile(customer: Any) -> Any:
        monkeypatch.setattr("customers.services.customers.target_of", before_sending)
        services.update_customer(customer, changes={"country": "BR"}, actor=ALICE)
        return before_sending(customer)

    monkeypatch.setattr("customers.services.customers.target_of", saved_meanwhile)
    assert outcomes(run(batch)) == {Outcome.NOT_SENT: 1}
    assert countries(dub)[0] == "BR"
    assert "in the same moment" in batch.rows.get().entry.explanation


def test_a_customer_that_is_gone_is_left_out(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    dub.delete_customer(crowd[0])
    batch = stage(ask(filters=None, chosen=crowd[:2], total=2))
    dub.delete_customer(crowd[1])
    assert outcomes(run(batch)) == {Outcome.NOT_SENT: 2}


# Stopping and going on


def test_stop_and_resume(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = stage(ask())
    batches.step(now(batch))
    batches.stop(batch)
    assert batches.carry_on(batch.pk) is None
    assert patches(dub) == 1
    assert batches.resume(batch, actor=ALICE)
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}
    assert patches(dub) == 6


def test_stopped_while_searching(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = ask()
    batches.step(now(batch))
    batches.stop(batch)
    assert batches.resume(batch, actor=ALICE)
    assert now(batch).state == State.STAGING
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}


def test_a_batch_that_is_done_stays_done(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = run(ask())
    batches.stop(batch)
    batches.resume(batch, actor=ALICE)
    assert now(batch).state == State.DONE


def test_a_slice_does_it_all_and_the_next_one_nothing(
    dub: Sandbox, crowd: list[str], ask: Any
) -> None:
    batch = ask()
    while (pause := batches.carry_on(batch.pk)) is not None:
        assert pause == 0
    assert now(batch).state == State.DONE


def test_who_lost_the_role_cannot_go_on(
    dub: Sandbox, crowd: list[str], ask: Any, people: dict[str, User]
) -> None:
    batch = ask()
    people["max"].groups.clear()
    assert batches.carry_on(batch.pk) is None
    assert now(batch).state == State.STOPPED
    assert "may not" in now(batch).note


# When something dies


def test_a_row_that_was_claimed_and_never_sent_is_sent(
    dub: Sandbox, crowd: list[str], ask: Any
) -> None:
    batch = stage(ask())
    row = batches.claim_next(batch)
    assert run(batch).state != State.DONE
    assert patches(dub) == 5
    forget(row)
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}
    assert patches(dub) == 6


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"hang_up": "after"}, Outcome.RECORDED),
        ({"hang_up": "before"}, Outcome.UNKNOWN),
    ],
)
def test_a_row_that_was_sent_is_settled_and_never_sent_again(
    dub: Sandbox, crowd: list[str], ask: Any, fault: dict[str, Any], outcome: Outcome
) -> None:
    batch = stage(ask())
    row = batches.claim_next(batch)
    dub.fault("PATCH", "/customers/*", **fault)
    services.update_customer(
        get_customer(row.customer_id),
        changes={"country": "JP"},
        actor=work.actor_of(batch),
        key=row.key,
        batch=batch,
    )
    with lifted():
        AuditEntry.objects.filter(key=row.key).update(outcome=Outcome.PENDING)
    forget(row)
    run(batch)
    row.refresh_from_db()
    assert row.outcome == outcome
    assert patches(dub) == 6


def test_a_row_that_is_on_its_way_is_waited_for(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = stage(ask())
    row = batches.claim_next(batch)
    forget(row)
    AuditEntry.objects.create(
        action="customer.update", outcome=Outcome.PENDING, key=row.key, batch=batch
    )
    assert run(batch).state == State.RUNNING
    assert patches(dub) == 5
    assert batches.carry_on(batch.pk) == work.LATER_SECONDS


def test_an_unknown_answer_is_listed_as_unknown(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    dub.fault("PATCH", "/customers/*", hang_up="before")
    batch = run(ask())
    assert outcomes(batch) == {Outcome.RECORDED: 5, Outcome.UNKNOWN: 1}
    assert patches(dub) == 6


def test_dub_is_away_and_comes_back(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = stage(ask())
    dub.fault("GET", "/customers/*", times=0, status=503)
    assert batches.carry_on(batch.pk) == work.AWAY_SECONDS
    assert "tried again" in now(batch).note
    dub.clear_faults()
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}


def test_a_refusal_to_look_stops_it(dub: Sandbox, crowd: list[str], ask: Any) -> None:
    batch = ask()
    dub.fault("GET", "/customers", times=0, status=403)
    assert batches.carry_on(batch.pk) is None
    assert now(batch).state == State.STOPPED
    assert now(batch).note


def test_events_that_cannot_be_read_hold_a_deletion_back(
    dub: Sandbox, crowd: list[str], ask: Any
) -> None:
    batch = stage(ask(**deletion()))
    dub.fault("GET", "/events", times=0, status=503)
    with pytest.raises(DubError):
        run(batch)
    assert dub.count("DELETE") == 0
    dub.clear_faults()
    dub.fault("GET", "/events", times=0, status=403, message="Unauthorized: Need higher plan.")
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}


def test_several_processes_at_one_batch(
    at_once: AtOnce, dub: Sandbox, crowd: list[str], ask: Any
) -> None:
    batch = ask()

    def work() -> None:
        while now(batch).is_open and batches.step(now(batch)):
            pass

    at_once(*[work] * 4)
    run(batch)
    assert now(batch).state == State.DONE
    assert outcomes(batch) == {Outcome.RECORDED: 6}
    assert patches(dub) == 6


def test_people_first(dub: Sandbox, crowd: list[str], ask: Any, monkeypatch: Any) -> None:
    paced: list[bool] = []
    monkeypatch.setattr(
        "dubadmin.connect.pace", lambda n, *, background=False: paced.append(background)
    )
    run(ask())
    assert paced
    assert all(paced)


# The pages


def new(client: Client, **fields: Any) -> Any:
    return client.post("/batches/new/", fields)


def test_the_field_that_is_set_is_not_the_field_that_is_filtered(
    dub: Sandbox, crowd: list[str], alice: Client
) -> None:
    shown = new(alice, action="customer.update", **{"for-which": "matching", "for-country": "DE"})
    assert "6 customers" in text_of(shown)
    fields = hidden_fields(shown)
    answer = new(alice, **fields, step="send", field="country", country="JP")
    assert answer.status_code == 302
    batch = Batch.objects.get()
    assert (batch.filters, batch.total, batch.value) == (DE, 6, "JP")
    assert outcomes(run(batch)) == {Outcome.RECORDED: 6}


def test_a_search_for_nothing_is_not_everybody(
    dub: Sandbox, crowd: list[str], alice: Client
) -> None:
    fields = {"for-which": "matching", "for-q": "+++"}
    assert "No customer matches" in text_of(new(alice, action="customer.update", **fields))


def test_q8_what_cannot_be_counted_cannot_be_confirmed(
    dub: Sandbox, crowd: list[str], alice: Client
) -> None:
    dub.count_answers = False
    shown = new(alice, action="customer.update", **{"for-which": "matching"})
    assert "does not say how many" in text_of(shown)
    assert "step" not in shown.content.decode()


def test_a_deletion_is_only_for_who_may_delete(
    dub: Sandbox, crowd: list[str], alice: Client, max_: Client, ask: Any
) -> None:
    fields = {"action": "customer.delete", "for-which": "chosen", "ids": crowd[:2]}
    assert new(alice, **fields).status_code == 403
    shown = new(max_, **fields)
    assert shown.status_code == 200
    batch = ask(**deletion())
    assert alice.post(f"/batches/{batch.pk}/stop/").status_code == 403
    assert alice.post(f"/batches/{batch.pk}/resume/").status_code == 403


def test_a_wrong_number_deletes_nothing(dub: Sandbox, crowd: list[str], max_: Client) -> None:
    fields = {"action": "customer.delete", "for-which": "chosen", "ids": crowd[:2]}
    key = {"key": "0" * 32, "total": "2", "step": "send"}
    assert "This is not the number" in text_of(new(max_, **fields, **key, confirmation="3"))
    assert not Batch.objects.exists()
    assert new(max_, **fields, **key, confirmation="2").status_code == 302
    assert new(max_, **fields, **key, confirmation="2").status_code == 302
    assert Batch.objects.get().chosen == crowd[:2]
    assert AuditEntry.objects.get(action="batch.start").actor_name == "max"


def test_the_result_list_tells_each_customer(
    dub: Sandbox, crowd: list[str], ask: Any, alice: Client
) -> None:
    batch = stage(ask())
    dub.change_customer(crowd[0], country="BR")
    run(batch)
    page = alice.get(f"/batches/{batch.pk}/")
    assert "5 recorded" in text_of(page)
    assert "no longer matches" in text_of(page)
    left_out = alice.get(f"/batches/{batch.pk}/?outcome=not_sent").content.decode()
    assert left_out.count('data-outcome="not_sent"') == 1
    assert 'data-outcome="recorded"' not in left_out


def test_the_home_page_shows_what_is_under_way(
    dub: Sandbox, crowd: list[str], ask: Any, alice: Client
) -> None:
    batch = ask()
    assert "Correction of 6 customers" in text_of(alice.get("/"))
    run(batch)
    assert "Correction of 6 customers" not in text_of(alice.get("/"))
