"""The database refuses to change the log, whoever asks over the application's own connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from customers import chain
from customers.audit import Target, note
from customers.models import AuditEntry, Batch, Outcome, Seal, lifted, triggers

from .conftest import ALICE

pytestmark = pytest.mark.django_db
COLUMNS = [field.column for field in AuditEntry._meta.concrete_fields]
REST = ", ".join(column for column in COLUMNS if column not in {"id", "key"})
# What only one of the databases knows.
OTHER_WAYS = {
    "sqlite": [
        f"INSERT OR REPLACE INTO customers_auditentry (id, {REST})"
        f" SELECT id, {REST} FROM customers_auditentry",
        f"INSERT OR REPLACE INTO customers_auditentry (key, {REST})"
        f" SELECT key, {REST} FROM customers_auditentry",
        "REPLACE INTO customers_seal (entry_id, digest) SELECT entry_id, 'x' FROM customers_seal",
        "UPDATE OR REPLACE customers_seal SET place = 1, link = 'x' WHERE place IS NULL",
    ],
    "postgresql": [
        "TRUNCATE customers_auditentry CASCADE",
        "TRUNCATE customers_seal",
        "TRUNCATE customers_batch CASCADE",
        f"INSERT INTO customers_auditentry (id, {REST}) SELECT id, {REST} FROM customers_auditentry"
        " ON CONFLICT (id) DO UPDATE SET reason = 'x'",
    ],
}


def run(sql: str, values: list[Any] | None = None) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


@contextmanager
def refused() -> Iterator[None]:
    """Nothing is changed by what happens inside, and the database says why."""
    before = rows()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        yield
    assert rows() == before


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (AuditEntry, Seal)]


@pytest.fixture
def entry() -> AuditEntry:
    """A settled entry with another beside it, both linked."""
    entry = note("customer.view", actor=ALICE, target=Target(id="cus_1"), key="one")
    note("customer.view", actor=ALICE, target=Target(id="cus_2"), key="two")
    chain.link_all()
    return entry


@pytest.fixture
def pending() -> AuditEntry:
    return AuditEntry.objects.create(
        action="customer.update", outcome=Outcome.PENDING, sent={"body": {"name": "Ada"}}
    )


@pytest.mark.parametrize("column", COLUMNS)
def test_no_column_of_a_settled_entry_can_be_changed(entry: AuditEntry, column: str) -> None:
    other = "NULL" if column in {"earlier_id", "batch_id", "file_id", "key"} else column
    with refused():
        run(f"UPDATE customers_auditentry SET {column} = {other} WHERE id = %s", [entry.pk])


@pytest.mark.parametrize("table", triggers.TABLES)
def test_nothing_can_be_deleted(entry: AuditEntry, pending: AuditEntry, table: str) -> None:
    with refused():
        run(f"DELETE FROM {table}")
    key = "id" if table == triggers.ENTRIES else "entry_id"
    with refused():
        run(f"DELETE FROM {table} WHERE {key} = %s", [entry.pk])


def test_what_is_pending_cannot_be_deleted_either(pending: AuditEntry) -> None:
    with refused():
        pending.delete()


@pytest.mark.parametrize("sql", OTHER_WAYS[connection.vendor])
def test_there_is_no_other_way(entry: AuditEntry, sql: str) -> None:
    note("customer.view", actor=ALICE)
    connection.check_constraints()  # PostgreSQL empties no table while some of them wait
    with refused():
        run(sql)


def test_a_pending_entry_gets_its_outcome_and_a_seal(pending: AuditEntry) -> None:
    pending.outcome, pending.explanation = Outcome.RECORDED, "Fine."
    chain.seal(pending)
    pending.save()
    sealed = Seal.objects.get(entry=pending)
    assert sealed.digest == pending.digest
    with refused():
        run("UPDATE customers_auditentry SET outcome = 'unknown' WHERE id = %s", [pending.pk])
    with refused():
        run("UPDATE customers_auditentry SET outcome = 'pending' WHERE id = %s", [pending.pk])


@pytest.mark.parametrize("column", [c for c in COLUMNS if c not in triggers.OUTCOME])
def test_what_a_pending_entry_wanted_cannot_be_changed(pending: AuditEntry, column: str) -> None:
    batch = Batch.objects.create(action="customer.update", actor={}, total=1)
    other: Any = {
        "id": 10**9,
        "salt": "0" * 32,
        "at": "2001-01-01 00:00:00+00:00",
        "earlier_id": pending.pk,
        "batch_id": batch.pk,
        "file_id": batch.pk,
    }.get(column, '{"other": 1}')
    with refused():
        run(
            f"UPDATE customers_auditentry SET {column} = %s, outcome = 'recorded' WHERE id = %s",
            [other, pending.pk],
        )


def test_a_pending_entry_changes_only_when_it_is_settled(pending: AuditEntry) -> None:
    with refused():
        run("UPDATE customers_auditentry SET explanation = 'x' WHERE id = %s", [pending.pk])


def test_a_pending_entry_has_no_seal(pending: AuditEntry) -> None:
    assert not Seal.objects.filter(entry=pending).exists()


@pytest.mark.parametrize(
    "change",
    [
        "place = 9",
        "place = 9, link = 'x'",
        "digest = 'x'",
        "place = NULL, link = NULL",
        "link = 'x'",
    ],
)
def test_a_linked_seal_stays_as_it_is(entry: AuditEntry, change: str) -> None:
    with refused():
        run(f"UPDATE customers_seal SET {change} WHERE entry_id = %s", [entry.pk])


@pytest.mark.parametrize(
    "change", ["place = 9", "link = 'x'", "place = 9, link = 'x', digest = 'x'", "digest = 'x'"]
)
def test_an_unlinked_seal_can_only_be_linked(change: str) -> None:
    entry = note("customer.view", actor=ALICE)
    with refused():
        run(f"UPDATE customers_seal SET {change} WHERE entry_id = %s", [entry.pk])


def test_no_seal_comes_in_linked(entry: AuditEntry) -> None:
    with refused():
        run("INSERT INTO customers_seal (entry_id, digest, place, link) VALUES (999, 'x', 9, 'x')")


def test_lifted_it_is_possible_and_afterwards_no_more(entry: AuditEntry) -> None:
    with lifted():
        assert run("UPDATE customers_auditentry SET reason = 'x' WHERE id = %s", [entry.pk]) == 1
    assert triggers.missing() == []
    with refused():
        run("DELETE FROM customers_seal")


def test_what_goes_wrong_while_they_are_lifted_leaves_them_in_place(entry: AuditEntry) -> None:
    def go_wrong() -> None:
        with transaction.atomic(), lifted():
            run("DELETE FROM customers_seal")
            raise LookupError

    with pytest.raises(LookupError):
        go_wrong()
    assert Seal.objects.count() == 2
    assert triggers.missing() == []


def test_a_trigger_that_is_gone_is_missed_until_the_next_migrate() -> None:
    on = " ON customers_auditentry" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER customers_auditentry_before_delete{on}")
    assert triggers.missing() == ["customers_auditentry_before_delete"]
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []
