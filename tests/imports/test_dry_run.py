"""The dry run of an import: every problem of every row, Dub asked once, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from customers import imports, services, work
from customers.audit import Actor
from customers.imports import tracks
from customers.models import AuditEntry, Import, ImportRow
from customers.preflight import check_lead, check_sale
from dubadmin.dub.commands import TrackLead, TrackSale
from dubadmin.sandbox import Sandbox

from ..conftest import ALICE
from .rows import (
    SALE,
    checked,
    import_of,
    now,
    problems,
    said,
    sales,
    verdicts,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buyers")]

State = Import.State


@pytest.fixture
def check(max_acts: Actor) -> Any:
    def of(*rows: Any, header: Any = SALE, kind: str = "sales", **details: Any) -> Import:
        return checked(import_of(kind, header, *rows, actor=max_acts, **details))

    return of


def test_it_works(check: Any, dub: Sandbox) -> None:
    file = check(("u0", "12.50", "EUR", "I1"), ("u1", 3, "usd", "I2"), ("u0", "1.50", "EUR", "I3"))
    assert (file.state, problems(file)) == (State.CHECKED, {})
    assert file.counts["verdicts"] == {"ready": 3}
    assert [(each["currency"], each["total"]) for each in file.counts["amounts"]] == [
        ("EUR", 1400),
        ("USD", 300),
    ]
    assert file.rows.first().told["command"]["amount"] == 1250


def test_nothing_is_written(check: Any, dub: Sandbox) -> None:
    check(*sales(6))
    assert dub.count("GET")
    assert dub.count("POST") == dub.count("PATCH") == dub.count("DELETE") == 0


def test_each_customer_and_each_link_is_asked_about_once(check: Any, dub: Sandbox) -> None:
    rows = [(f"u{n % 2}", "1", "USD", f"I{n}") for n in range(8)]
    file = check(*rows)
    assert file.counts["customers"] == 2
    assert dub.count("GET", "/customers/*") == 2
    assert dub.count("GET", "/links/info") == 1
    assert dub.count("GET", "/events") == 2  # leads; neither has bought anything yet


def test_every_problem_of_a_row_is_listed(check: Any, dub: Sandbox) -> None:
    dub.add_customer(external_id="bare", email="bare@example.com")
    file = check(
        ("nobody", "1,2,3", "XXX", ""),
        ("bare", "0", "USD", "x" * 191),
        ("", "", "", ""),
        ("u0", "1.005", "EUR", "I4"),
        *sales(1),
    )
    assert problems(file) == {
        2: ["stop amount", "stop currency", "stop customer_external_id", "stop invoice_id"],
        3: ["stop amount", "stop customer_external_id", "stop invoice_id"],
        4: ["stop amount", "stop currency", "stop customer_external_id", "stop invoice_id"],
        5: ["stop amount"],
    }
    assert verdicts(file) == {"wrong": 4, "ready": 1}
    assert file.rows.filter(sendable__isnull=True).count() == 4


def test_a_disabled_link_and_a_missing_lead(check: Any, dub: Sandbox) -> None:
    off = dub.add_link(disabled=True)
    dub.add_customer(external_id="off", email="a@example.com", link=off, lead="Sign up")
    dub.add_customer(external_id="cold", email="b@example.com", link=dub.add_link())
    file = check(("off", "1", "USD", "I1"), ("cold", "1", "USD", "I2"))
    assert "disabled" in said(file, 2)
    assert "no lead" in said(file, 3)


def test_the_number_format_is_the_persons(check: Any) -> None:
    file = check(("u0", "1.234,56", "EUR", "I1"), number_format="comma")
    assert file.rows.get().amount == 123456


# Repeats


def test_s8_an_invoice_that_was_sent_before_is_wrong(check: Any) -> None:
    sale = TrackSale(customer_external_id="u0", amount=100, currency="usd", invoice_id="INV-0")
    services.record_sale(sale, preflight=check_sale(sale), actor=ALICE)
    file = check(*sales(2), ("u1", "9", "USD", "INV-0"))
    assert problems(file) == {2: ["stop invoice_id"], 4: ["stop invoice_id"] * 2}
    assert "was sent on" in said(file, 2)
    assert "Row 2 has the same" in said(file, 4)


def test_s8_an_invoice_that_dub_has_from_elsewhere_is_wrong(check: Any, dub: Sandbox) -> None:
    dub.add_sale("ext_u0", 100, invoice_id="INV-0")
    assert problems(check(*sales(2))) == {2: ["stop invoice_id"]}


def test_l2_a_lead_that_dub_would_swallow_is_wrong(check: Any, dub: Sandbox) -> None:
    lead = TrackLead(customer_external_id="u0", event_name="Trial started")
    services.record_lead(lead, preflight=check_lead(lead), actor=ALICE)
    rows = [("u0", "trial-started"), ("u0", "Upgrade"), ("u1", "Sign up")]
    file = check(*rows, kind="leads", header=("customer_external_id", "event_name"))
    assert problems(file) == {2: ["stop event_name"], 4: ["stop event_name"]}
    assert "record nothing" in said(file, 2)


def test_of_rows_that_count_once_the_first_right_one_is_sent(check: Any) -> None:
    file = check(
        ("u0", "nothing", "USD", "A"),
        ("u0", "2", "USD", "A"),
        ("u1", "2", "USD", "A"),
        ("u2", "2", "USD", "B"),
    )
    assert [row.verdict for row in file.rows.all()] == ["wrong", "ready", "wrong", "ready"]
    assert "Row 3 has the same invoice ID" in said(file, 4)
    assert file.counts["verdicts"] == {"wrong": 2, "ready": 2}


def test_l3_leads_of_one_name_in_any_spelling_count_once(check: Any) -> None:
    rows = [("u0", "Big Deal"), ("u0", "big-deal"), ("u1", "big-deal")]
    file = check(*rows, kind="leads", header=("customer_external_id", "event_name"))
    assert verdicts(file) == {"ready": 2, "wrong": 1}


# Doubts


def test_a_large_amount_is_in_doubt(check: Any, settings: Any) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 1_000
    file = check(("u0", "1000", "USD", "A"), ("u1", "1000.01", "USD", "B"))
    assert problems(file) == {3: ["doubt amount"]}
    assert verdicts(file) == {"ready": 1, "doubt": 1}


def test_a3_events_that_dub_does_not_show_leave_a_doubt(check: Any, dub: Sandbox) -> None:
    dub.fault("GET", "/events", times=0, status=403, message="Unauthorized: Need higher plan.")
    assert verdicts(check(*sales(1))) == {"doubt": 1}


def test_what_dub_ignores_is_told_and_no_doubt(check: Any) -> None:
    header = ("customer_external_id", "event_name", "customer_name")
    file = check(("u0", "Upgrade", "Somebody"), kind="leads", header=header)
    assert (problems(file), verdicts(file)) == ({2: ["note"]}, {"ready": 1})


def test_a_new_customer_needs_a_click(check: Any, dub: Sandbox) -> None:
    click = dub.add_click(dub.add_link())
    header = ("customer_external_id", "event_name", "click_id")
    rows = [("new-1", "Sign up", click), ("new-2", "Sign up", "")]
    assert verdicts(check(*rows, kind="leads", header=header)) == {"ready": 1, "wrong": 1}


# When Dub does not answer


def test_q10_a_customer_that_dub_cannot_read_spoils_only_its_rows(check: Any, dub: Sandbox) -> None:
    dub.fault("GET", "/customers/ext_u1", times=0, status=422)
    assert problems(check(*sales(3))) == {3: ["stop customer_external_id"]}


def test_dub_is_away_and_comes_back(dub: Sandbox, max_acts: Actor) -> None:
    file = import_of("sales", SALE, *sales(3), actor=max_acts)
    dub.fault("GET", times=0, status=503)
    while imports.carry_on(file.pk) != work.AWAY_SECONDS:
        assert now(file).state == State.CHECKING
    assert "tried again" in now(file).note
    dub.clear_faults()
    assert verdicts(checked(file)) == {"ready": 3}


def test_a_refusal_pauses_it_and_says_why(dub: Sandbox, max_acts: Actor) -> None:
    file = import_of("sales", SALE, *sales(3), actor=max_acts)
    dub.key_expired = True
    while imports.carry_on(file.pk) is not None:
        pass
    assert (now(file).state, bool(now(file).note)) == (State.PAUSED, True)
    dub.key_expired = False
    assert imports.resume(now(file), actor=max_acts)
    assert verdicts(checked(file)) == {"ready": 3}


def test_who_may_no_longer_import_has_nothing_checked(
    max_acts: Actor,
    people: Any,
    dub: Sandbox,
) -> None:
    file = import_of("sales", SALE, *sales(1), actor=max_acts)
    people["max"].groups.clear()
    assert imports.carry_on(file.pk) is None
    assert now(file).state == State.PAUSED
    assert not dub.requests


def test_of_two_processes_one_counts(dub: Sandbox, max_acts: Actor) -> None:
    file = import_of("sales", SALE, *sales(3), actor=max_acts)
    slow = now(file)
    imports.step(now(file))
    imports.step(slow)
    assert now(file).place["done"] == 3
    assert verdicts(checked(file)) == {"ready": 3}


def test_a_file_that_is_deleted_meanwhile(dub: Sandbox, max_acts: Actor) -> None:
    file = import_of("sales", SALE, *sales(3), actor=max_acts)
    slow = now(file)
    assert imports.delete(file, actor=max_acts)
    imports.step(slow)
    assert imports.carry_on(slow.pk) is None


def test_a_file_is_deleted_while_a_worker_is_in_the_middle_of_it(
    dub: Sandbox, max_acts: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = import_of("sales", SALE, *sales(3), actor=max_acts)
    imports.step(now(file))
    imports.step(now(file))

    def ask(ids: Any) -> Any:
        assert imports.delete(now(file), actor=max_acts)
        return tracks.ask_sales(ids)

    kind = replace(imports.KINDS["sales"], ask=ask)
    monkeypatch.setitem(imports.KINDS, "sales", kind)
    assert imports.carry_on(file.pk) is None
    assert not ImportRow.objects.exists()


def test_what_was_checked_again_or_paused_can_be_deleted(check: Any, max_acts: Actor) -> None:
    file = check(*sales(1))
    assert imports.check_again(file, actor=max_acts)
    assert imports.pause(now(file), actor=max_acts)
    assert imports.delete(now(file), actor=max_acts)
    paused = AuditEntry.objects.get(action="import.pause")
    assert (paused.file, paused.asked) == (None, {"import": file.pk})


def test_checked_again_what_has_changed_counts(
    check: Any,
    dub: Sandbox,
    max_acts: Actor,
) -> None:
    file = check(("late", "1", "USD", "A"))
    assert verdicts(file) == {"wrong": 1}
    dub.add_customer(external_id="late", email="l@example.com", link=dub.add_link(), lead="Sign up")
    assert imports.check_again(file, actor=max_acts)
    assert verdicts(checked(file)) == {"ready": 1}
    assert AuditEntry.objects.get(action="import.check").asked == {"import": file.pk}
