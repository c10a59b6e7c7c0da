"""The run of an import: each row its own audited write, once, whatever happens in between."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from customers import imports, tasks, work
from customers.audit import Actor
from customers.imports import following
from customers.models import AuditEntry, FollowUp, Import, ImportRow, Outcome, Pace, lifted
from dubadmin.dub.errors import Unavailable, Uncertain
from dubadmin.sandbox import Sandbox

from .. import worker
from ..at_once import AtOnce
from .rows import (
    SALE,
    checked,
    forget,
    import_of,
    now,
    outcomes,
    run,
    sales,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buyers", "one_by_one")]

State = Import.State
LONGER_THAN_ANY_EVENT = timedelta(seconds=300)


@pytest.fixture
def ready(max_acts: Actor) -> Any:
    """An import of sales that is checked and asked for."""

    def of(*rows: Any, header: Any = SALE, kind: str = "sales", **details: Any) -> Import:
        file = checked(import_of(kind, header, *rows, actor=max_acts))
        assert imports.start(file, actor=max_acts, **details)
        return now(file)

    return of


def invoices(dub: Sandbox) -> dict[str, int]:
    return {sale["invoice_id"]: sale["amount"] for sale in dub.sales()}


def posts(dub: Sandbox) -> int:
    return dub.count("POST")


def first(file: Import) -> ImportRow:
    return file.rows.order_by("pk").first()


# What is sent


def test_it_works(dub: Sandbox, ready: Any) -> None:
    file = run(ready(*sales(3), reason="October"))
    assert (file.state, outcomes(file)) == (State.DONE, {Outcome.RECORDED: 3})
    assert invoices(dub) == {"INV-0": 100, "INV-1": 200, "INV-2": 300}
    entries = AuditEntry.objects.filter(file=file, action="sale.record")
    assert {(e.actor_name, e.reason, e.outcome) for e in entries} == {
        ("max", "October", "recorded")
    }
    assert {row.entry for row in file.rows.all()} == set(entries)
    assert {e.key for e in entries} == {f"import-{file.pk}-{number}" for number in (2, 3, 4)}


def test_a_sale_costs_one_request(dub: Sandbox, ready: Any) -> None:
    file = ready(*sales(6))
    before = dub.count()
    run(file)
    assert dub.count() - before == 6 + 1  # and one look at what else Dub records


def test_leads_and_the_reason_of_a_row(dub: Sandbox, ready: Any) -> None:
    header = ("customer_external_id", "event_name", "reason")
    rows = [("u0", "Upgrade", "asked for it"), ("u1", "Upgrade", "")]
    file = run(ready(*rows, kind="leads", header=header, reason="October"))
    assert outcomes(file) == {Outcome.RECORDED: 2}
    entries = AuditEntry.objects.filter(file=file, action="lead.record").order_by("pk")
    assert [entry.reason for entry in entries] == ["asked for it", "October"]


def test_wrong_rows_and_doubts_stay_here(dub: Sandbox, ready: Any, settings: Any) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 2
    file = run(ready(*sales(3), ("nobody", "1", "USD", "X")))
    assert outcomes(file) == {Outcome.RECORDED: 2, Outcome.NOT_SENT: 2}
    assert invoices(dub).keys() == {"INV-0", "INV-1"}
    assert file.state == State.DONE


def test_doubts_are_sent_when_somebody_says_so(dub: Sandbox, ready: Any, settings: Any) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 2
    file = run(ready(*sales(3), with_doubts=True, reason="looked at"))
    assert outcomes(file) == {Outcome.RECORDED: 3}
    assert AuditEntry.objects.get(action="import.start").asked == {"rows": 3, "in_doubt": True}


def test_a_file_without_a_good_row_is_not_begun(max_acts: Actor) -> None:
    file = checked(import_of("sales", SALE, ("nobody", "1", "USD", "X"), actor=max_acts))
    assert not imports.start(file, actor=max_acts)
    assert now(file).state == State.CHECKED


def test_asked_for_twice_is_one_run(ready: Any, max_acts: Actor) -> None:
    assert not imports.start(ready(*sales(1)), actor=max_acts)


def test_a_new_customer_by_its_click(dub: Sandbox, ready: Any) -> None:
    click = dub.add_click(dub.add_link())
    header = (*SALE, "click_id", "customer_email")
    rows = [("new", f"{n}.00", "USD", f"N-{n}", click, "new@example.com") for n in (1, 2)]
    file = run(ready(*rows, header=header))
    assert outcomes(file) == {Outcome.RECORDED: 2}
    assert dub.customer("new")["sales"] == 2


def test_the_outcomes_are_those_of_the_web(
    dub: Sandbox, ready: Any, buyers: list[dict[str, Any]]
) -> None:
    file = ready(*sales(3))
    dub.delete_customer(buyers[0])
    dub.fault("POST", "/track/sale", nth=2, status=422, message="too_big: amount: No.")
    assert outcomes(run(file)) == {
        Outcome.NOT_RECORDED: 1,
        Outcome.REFUSED: 1,
        Outcome.RECORDED: 1,
    }


# When something goes wrong


def test_s6_an_invoice_that_others_have_used_since_is_not_sent(dub: Sandbox, ready: Any) -> None:
    file = ready(*sales(2))
    dub.add_sale("ext_u0", 100, invoice_id="INV-0")
    assert outcomes(run(file)) == {Outcome.RECORDED: 1, Outcome.NOT_SENT: 1}
    assert "since the check" in first(file).entry.explanation
    assert posts(dub) == 1


def test_s8_an_invoice_that_was_sent_here_since_is_not_sent(
    dub: Sandbox,
    ready: Any,
    max_acts: Actor,
) -> None:
    one, other = ready(*sales(2)), ready(*sales(2))
    assert outcomes(run(one)) == {Outcome.RECORDED: 2}
    assert outcomes(run(other)) == {Outcome.NOT_SENT: 2}
    assert posts(dub) == 2


def test_a2_too_many_requests_are_waited_out(dub: Sandbox, ready: Any, monkeypatch: Any) -> None:
    for place in ("dubadmin.connect", "customers.imports.running"):
        monkeypatch.setattr(f"{place}.pace", lambda n, *, background=False: None)
    file = ready(*sales(3))
    dub.fault("POST", "/track/sale", times=2, status=429, headers={"Retry-After": "1"})
    assert outcomes(run(file)) == {Outcome.RECORDED: 3}
    assert first(file).attempt == 3
    assert Pace.objects.get().reached > time.time()


def test_dub_is_away_and_comes_back(dub: Sandbox, ready: Any, settings: Any) -> None:
    file = ready(*sales(4))
    here, settings.DUB_API_URL = settings.DUB_API_URL, "http://127.0.0.1:9"
    with pytest.raises(Unavailable):
        imports.step(now(file))
    assert imports.carry_on(file.pk) == work.AWAY_SECONDS
    assert "tried again" in now(file).note
    assert imports.carry_on(file.pk) == work.AWAY_SECONDS  # it only asks whether Dub is there
    assert AuditEntry.objects.filter(file=file, action="sale.record").count() <= 1
    settings.DUB_API_URL = here
    assert outcomes(run(file)) == {Outcome.RECORDED: 4}


def test_a_lost_answer_that_dub_shows_is_recorded(dub: Sandbox, ready: Any) -> None:
    file = ready(*sales(2))
    dub.fault("POST", "/track/sale", hang_up="after")
    run(file)
    assert outcomes(file) == {Outcome.RECORDED: 2}
    assert posts(dub) == 2
    assert first(file).entry.outcome == Outcome.UNKNOWN
    assert AuditEntry.objects.get(action="write.settle").outcome == Outcome.RECORDED


def test_a8_a_lost_answer_is_looked_up_before_it_is_sent_again(dub: Sandbox, ready: Any) -> None:
    file = ready(*sales(2))
    dub.fault("POST", "/track/sale", hang_up="before")
    with pytest.raises(Uncertain):
        run(file)
    run(file)
    assert first(file).state == ImportRow.State.CLAIMED
    assert posts(dub) == 2
    with time_machine.travel(timezone.now() + LONGER_THAN_ANY_EVENT):
        assert outcomes(run(file)) == {Outcome.RECORDED: 2}
    assert invoices(dub) == {"INV-0": 100, "INV-1": 200}
    again = first(file).entry
    assert (again.relation, again.earlier.outcome) == ("resend", Outcome.UNKNOWN)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_process_that_died_in_the_middle(dub: Sandbox, ready: Any, arrived: bool) -> None:
    file = ready(*sales(2))
    row = work.claim(file.rows.all())[0]
    row.file = file
    dub.fault("POST", "/track/sale", hang_up="after" if arrived else "before")
    imports.KINDS["sales"].send(row, actor=work.actor_of(file))
    with lifted():
        AuditEntry.objects.filter(key=row.key).update(outcome=Outcome.PENDING)
    with time_machine.travel(timezone.now() + LONGER_THAN_ANY_EVENT):
        assert outcomes(run(file)) == {Outcome.RECORDED: 2}
    assert len(dub.sales()) == 2
    assert posts(dub) == (2 if arrived else 3)


def test_a_row_that_was_claimed_and_never_sent_is_sent(dub: Sandbox, ready: Any) -> None:
    file = ready(*sales(2))
    row = work.claim(file.rows.all())[0]
    assert run(file).state == State.RUNNING
    forget(row)
    assert outcomes(run(file)) == {Outcome.RECORDED: 2}


def test_a_row_on_its_way_is_waited_for(dub: Sandbox, ready: Any) -> None:
    file = ready(*sales(2))
    row = work.claim(file.rows.all())[0]
    forget(row)
    AuditEntry.objects.create(action="sale.record", outcome=Outcome.PENDING, key=row.key, file=file)
    assert run(file).state == State.RUNNING
    assert imports.carry_on(file.pk) == work.LATER_SECONDS
    assert posts(dub) == 1


def test_several_processes_and_threads_at_one_import(
    at_once: AtOnce, dub: Sandbox, ready: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("customers.imports.running.IN_FLIGHT", 4)
    file = ready(*sales(6))
    assert State.DONE in at_once(*[lambda: run(file).state] * 3)
    assert invoices(dub) == {f"INV-{n}": 100 * (n + 1) for n in range(6)}
    assert posts(dub) == 6


def test_after_trouble_rows_that_nobody_has_begun_wait_again(
    transactional_db: None, dub: Sandbox, ready: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("customers.imports.running.IN_FLIGHT", 2)
    file = ready(*sales(6))
    dub.fault("POST", "/track/sale", hang_up="before")
    with pytest.raises(Uncertain):
        run(file)
    lost = file.rows.get(state=ImportRow.State.CLAIMED)
    assert AuditEntry.objects.get(key=lost.key).outcome == Outcome.UNKNOWN
    assert file.rows.filter(state=ImportRow.State.FINISHED).count() == len(dub.sales())


# A person's say


def test_pause_and_go_on(dub: Sandbox, ready: Any, max_acts: Actor) -> None:
    file = ready(*sales(3))
    assert imports.pause(file, actor=max_acts)
    assert imports.carry_on(file.pk) is None
    assert posts(dub) == 0
    assert imports.resume(now(file), actor=max_acts)
    assert outcomes(run(file)) == {Outcome.RECORDED: 3}


def test_stop_and_try_the_rest_again(dub: Sandbox, ready: Any, max_acts: Actor) -> None:
    file = ready(*sales(3))
    row = work.claim(file.rows.all())[0]
    row.file = file
    imports.KINDS["sales"].send(row, actor=max_acts)
    assert imports.stop(file, actor=max_acts)
    forget(row)
    file = run(file)
    assert (file.state, outcomes(file)) == (
        State.STOPPED,
        {Outcome.RECORDED: 1, Outcome.NOT_SENT: 2},
    )
    assert AuditEntry.objects.get(action="import.stop").asked == {"rows_not_sent": 2}
    assert imports.retry(file, actor=max_acts)
    file = run(file)
    assert (file.state, outcomes(file)) == (State.DONE, {Outcome.RECORDED: 3})


@pytest.mark.parametrize("then", [work.release, forget], ids=["put back", "its process died"])
def test_a_row_that_was_in_hand_and_not_begun_is_not_sent_after_a_stop(
    dub: Sandbox, ready: Any, max_acts: Actor, then: Any
) -> None:
    file = ready(*sales(3))
    row = work.claim(file.rows.all())[0]
    assert imports.stop(file, actor=max_acts)
    then(row)
    file = run(file)
    assert (file.state, outcomes(file)) == (State.STOPPED, {Outcome.NOT_SENT: 3})
    assert posts(dub) == 0
    assert imports.retry(file, actor=max_acts)
    assert outcomes(run(file)) == {Outcome.RECORDED: 3}


def test_what_is_over_can_be_neither_paused_nor_stopped(
    dub: Sandbox,
    ready: Any,
    max_acts: Actor,
) -> None:
    file = run(ready(*sales(1)))
    assert not imports.pause(file, actor=max_acts)
    assert not imports.resume(file, actor=max_acts)
    assert not imports.stop(file, actor=max_acts)
    assert not imports.retry(file, actor=max_acts)


def test_who_lost_the_role_sends_nothing(dub: Sandbox, ready: Any, people: dict[str, User]) -> None:
    file = ready(*sales(1))
    people["max"].groups.clear()
    assert imports.carry_on(file.pk) is None
    assert (now(file).state, posts(dub)) == (State.PAUSED, 0)


@pytest.mark.parametrize(
    ("fault", "again"),
    [
        ({"status": 403}, True),
        ({"status": 401, "code": "unauthorized"}, True),
        ({"status": 404, "message": "Failed to find lead event"}, True),
        ({"status": 422}, False),
    ],
)
def test_what_can_be_tried_again(
    fault: dict[str, Any],
    again: bool,
    dub: Sandbox,
    ready: Any,
    max_acts: Actor,
) -> None:
    file = ready(*sales(2))
    dub.fault("POST", "/track/sale", **fault)
    assert outcomes(run(file)) == {Outcome.REFUSED: 1, Outcome.RECORDED: 1}
    assert imports.retry(now(file), actor=max_acts) is again
    assert outcomes(run(file))[Outcome.RECORDED] == 1 + again


def test_what_is_unknown_is_looked_up_before_it_is_tried_again(
    dub: Sandbox,
    ready: Any,
    max_acts: Actor,
) -> None:
    file = ready(*sales(2))
    dub.fault("POST", "/track/sale", hang_up="after")
    dub.fault("GET", "/events", times=0, status=403, message="Unauthorized: Need higher plan.")
    assert outcomes(run(file)) == {Outcome.UNKNOWN: 1, Outcome.RECORDED: 1}
    dub.clear_faults()
    assert imports.retry(now(file), actor=max_acts)
    assert outcomes(run(file)) == {Outcome.RECORDED: 2}
    assert posts(dub) == 2


# Afterwards


def test_d1_what_was_sent_is_confirmed_by_a_look_at_all(dub: Sandbox, ready: Any) -> None:
    file = run(ready(*sales(6)))
    assert imports.confirmed(file) == (0, 6)
    asked = dub.count("GET")
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        assert imports.carry_on(file.pk) is None
    assert imports.confirmed(now(file)) == (6, 6)
    assert dub.count("GET") - asked == 2  # a page of events, and that there is no other
    assert AuditEntry.objects.get(action="delivery.confirm").file == file


def test_d1_dub_is_away_when_what_was_sent_is_looked_for(dub: Sandbox, ready: Any) -> None:
    file = run(ready(*sales(2)))
    dub.fault("GET", "/events", times=0, status=503)
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        assert imports.carry_on(file.pk) == work.AWAY_SECONDS
        dub.clear_faults()
        assert imports.carry_on(file.pk) is None
    assert imports.confirmed(now(file)) == (2, 2)


def test_d1_a_worker_that_starts_goes_on_looking(dub: Sandbox, ready: Any) -> None:
    file, checked_only = run(ready(*sales(2))), ready(("u5", "1", "USD", "X"))
    imports.pause(checked_only, actor=work.actor_of(file))
    tasks.wake_all()
    assert [task.args_kwargs["args"] for task in DBTaskResult.objects.ready()] == [[file.pk]]
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        worker.work()
        assert imports.confirmed(now(file)) == (2, 2)
        tasks.wake_all()
    assert not DBTaskResult.objects.ready().exists()


def test_d1_what_does_not_appear_is_missing(dub: Sandbox, ready: Any) -> None:
    dub.drop_background = True
    file = run(ready(*sales(1)))
    assert imports.carry_on(file.pk) == following.CONFIRM_SECONDS
    with time_machine.travel(timezone.now() + LONGER_THAN_ANY_EVENT):
        assert imports.carry_on(file.pk) is None
    assert FollowUp.objects.get().state == FollowUp.State.MISSING


def test_people_first(dub: Sandbox, ready: Any, monkeypatch: Any) -> None:
    paced: list[bool] = []
    for place in ("dubadmin.connect", "customers.imports.running"):
        monkeypatch.setattr(
            f"{place}.pace", lambda n, *, background=False: paced.append(background)
        )
    run(ready(*sales(2)))
    assert paced
    assert all(paced)
