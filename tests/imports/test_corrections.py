"""Corrections from a file: compared three ways with what its author saw, then sent (trap R7)."""

from __future__ import annotations

from typing import Any

import pytest

from customers import imports
from customers.audit import Actor
from customers.models import AuditEntry, Import, Outcome
from dubadmin.sandbox import Sandbox

from .rows import checked, import_of, outcomes, problems, run, said, verdicts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buyers", "one_by_one")]

Buyers = list[dict[str, Any]]


@pytest.fixture
def check(max_acts: Actor) -> Any:
    def of(header: str, *rows: Any, **details: Any) -> Import:
        return checked(import_of("corrections", header.split(), *rows, actor=max_acts, **details))

    return of


@pytest.fixture
def send(check: Any, max_acts: Actor) -> Any:
    def of(header: str, *rows: Any, **details: Any) -> Import:
        file = check(header, *rows, **details)
        assert imports.start(file, actor=max_acts, with_doubts=True, reason="asked for")
        return run(file)

    return of


def changes(file: Import) -> list[list[tuple[str, Any, Any]]]:
    return [
        [(each["key"], each["before"], each["after"]) for each in row.told.get("changes", [])]
        for row in file.rows.order_by("number")
    ]


# What would change


def test_it_works(send: Any, dub: Sandbox) -> None:
    file = send("external_id email country", ("u0", "new@example.com", "FR"), ("u1", "", "DE"))
    assert verdicts(file) == {"ready": 1, "same": 1}
    assert changes(file)[0] == [
        ("email", "c0@example.com", "new@example.com"),
        ("country", "DE", "FR"),
    ]
    assert outcomes(file) == {Outcome.RECORDED: 1, "": 1}
    assert dub.customer("u0")["email"] == "new@example.com"
    assert dub.count("PATCH") == 1
    entry = AuditEntry.objects.get(file=file, action="customer.update")
    assert entry.asked == {"email": "new@example.com", "country": "FR"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id name", "{id},New"),
        ("external_id name", "u0,New"),
        ("external_id name", "U0,New"),
        ("id external_id name", "{id},u0,New"),
        ("old_external_id name", "u0,New"),
        ("id external_id name", ",u0,New"),
    ],
)
def test_who_is_meant(header: str, row: str, check: Any, buyers: Buyers) -> None:
    file = check(header, row.format(id=buyers[0]["id"]).split(","))
    assert changes(file) == [[("name", "Name 0", "New")]]


def test_a_new_external_id_is_in_doubt(send: Any, dub: Sandbox) -> None:
    file = send("old_external_id external_id", ("u0", "crm-1"), ("u1", "u1"))
    assert verdicts(file) == {"doubt": 1, "same": 1}
    assert "next events must use" in said(file, 2)
    assert dub.customer("crm-1")["email"] == "c0@example.com"


def test_nobody_and_nobody_known(check: Any) -> None:
    file = check("external_id email", ("", "a@example.com"), ("nobody", "no e-mail"))
    assert problems(file) == {2: ["stop external_id"], 3: ["stop email", "stop external_id"]}


def test_every_problem_of_a_row_is_listed(check: Any) -> None:
    header = "external_id email country avatar subscription_canceled_at"
    file = check(header, ("u0", "no e-mail", "Atlantis", "nowhere", "some day"))
    names = ("avatar", "country", "email", "subscription_canceled_at")
    assert problems(file) == {2: [f"stop {name}" for name in names]}


def test_a_country_by_its_code_in_any_case(check: Any) -> None:
    file = check("external_id country", ("u0", "fr"))
    assert changes(file) == [[("country", "DE", "FR")]]


def test_an_empty_cell_keeps_or_clears(check: Any) -> None:
    header, row = "external_id name email", ("u0", "", "c0@example.com")
    assert verdicts(check(header, row)) == {"same": 1}
    cleared = check(header, row, mapping={"empty": "clear"})
    assert changes(cleared) == [[("name", "Name 0", None)]]


def test_two_rows_about_one_customer(check: Any, buyers: Buyers) -> None:
    rows = [("u0", "", "One"), ("", buyers[0]["id"], "Other"), ("u1", "", "Name 1")]
    file = check("external_id id name", *rows)
    assert verdicts(file) == {"ready": 1, "wrong": 1, "same": 1}
    assert "Row 2 has the same customer" in said(file, 3)


# Three ways


def test_r7_what_changed_since_the_file_was_made_is_not_overwritten(
    check: Any, dub: Sandbox, buyers: Buyers
) -> None:
    dub.change_customer(buyers[0], email="meanwhile@example.com")
    file = check("external_id old_email email", ("u0", "c0@example.com", "new@example.com"))
    assert problems(file) == {2: ["stop email"]}
    assert "“c0@example.com”, Dub has “meanwhile@example.com”" in said(file, 2)


def test_r7_another_field_that_changed_is_left_alone(
    send: Any, dub: Sandbox, buyers: Buyers
) -> None:
    dub.change_customer(buyers[0], name="Meanwhile")
    header = "external_id old_name name old_email email"
    file = send(header, ("u0", "Name 0", "Name 0", "c0@example.com", "new@example.com"))
    assert outcomes(file) == {Outcome.RECORDED: 1}
    assert dub.customer("u0")["name"] == "Meanwhile"
    assert dub.customer("u0")["email"] == "new@example.com"


def test_r7_the_same_change_by_somebody_else_is_none(
    check: Any, dub: Sandbox, buyers: Buyers
) -> None:
    dub.change_customer(buyers[0], email="new@example.com")
    file = check("external_id old_email email", ("u0", "c0@example.com", "new@example.com"))
    assert verdicts(file) == {"same": 1}


def test_r7_what_changes_between_dry_run_and_run_is_not_overwritten(
    check: Any, dub: Sandbox, max_acts: Actor, buyers: Buyers
) -> None:
    rows = [("u0", "new0@example.com"), ("u1", "new1@example.com"), ("u2", "new2@example.com")]
    file = check("external_id email", *rows)
    assert imports.start(file, actor=max_acts)
    dub.change_customer(buyers[0], email="meanwhile@example.com")
    dub.change_customer(buyers[1], email="new1@example.com")
    dub.change_customer(buyers[2], name="Meanwhile")
    assert outcomes(run(file)) == {Outcome.NOT_SENT: 2, Outcome.RECORDED: 1}
    said_of = {row.number: row.entry.explanation for row in file.rows.select_related("entry")}
    assert "Dub has “meanwhile@example.com” now" in said_of[2]
    assert "already" in said_of[3]
    assert dub.count("PATCH") == 1


def test_a_customer_that_is_gone_by_then(
    check: Any, dub: Sandbox, max_acts: Actor, buyers: Buyers
) -> None:
    file = check("external_id name", ("u0", "New"))
    imports.start(file, actor=max_acts)
    dub.delete_customer(buyers[0])
    assert outcomes(run(file)) == {Outcome.NOT_SENT: 1}


def test_a_lost_answer_is_settled_by_reading_back(
    check: Any, dub: Sandbox, max_acts: Actor
) -> None:
    file = check("external_id name", ("u0", "New"))
    imports.start(file, actor=max_acts)
    dub.fault("PATCH", hang_up="after")
    assert outcomes(run(file)) == {Outcome.RECORDED: 1}
    assert dub.count("PATCH") == 1
