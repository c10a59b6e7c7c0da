"""Whoever changes the log by plain SQL, as the tables' owner, is found out, at the right entry."""

from __future__ import annotations

import json
import os
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from customers import chain
from customers.audit import Target, note
from customers.evidence.verify import verify
from customers.models import AuditEntry, Outcome, Relation, Seal, lifted

from .conftest import ALICE

pytestmark = pytest.mark.django_db

RUNS = int(os.environ.get("MANIPULATIONS", "250"))  # a thousand take ten seconds
COLUMNS = [field.column for field in AuditEntry._meta.concrete_fields]
SAID = [column for column in COLUMNS if column != "id"]
Rows = list[dict[str, Any]]


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def log() -> list[Seal]:
    """A small log with a bit of everything, linked; its seals in order."""
    first = note("customer.list", actor=ALICE, asked={"q": "ada", "page": 1.0})
    note("customer.view", actor=ALICE, target=Target(id="cus_1", label="Ada"))
    late = AuditEntry.objects.create(
        action="customer.update", outcome=Outcome.PENDING, sent={"body": {"name": "Ada"}}
    )
    note("customer.view", actor=ALICE, key="k1", earlier=first, relation=Relation.FOLLOW)
    chain.link_all()
    late.outcome, late.after, late.settled_at = Outcome.RECORDED, {"name": "Ada"}, late.at
    chain.seal(late)
    late.save()
    for n in range(4):
        note("sale.form", actor=ALICE, explanation=f"Entry {n}", asked={"n": [n, 0.5, None]})
    AuditEntry.objects.create(action="customer.update", outcome=Outcome.PENDING)
    chain.link_all()
    return list(Seal.objects.order_by("place"))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back afterwards."""
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)


# What an attacker may do. Each tells which entries and which place would be right to name.

Right = tuple[set[int | None], set[int | None]]
Chance = random.Random


def other(entry: AuditEntry, column: str, chance: Chance) -> Any:
    """A value that the column does not have."""
    field = AuditEntry._meta.get_field(column)
    value = getattr(entry, field.attname)
    if column == "outcome":
        return chance.choice([each for each in Outcome.values if each != value])
    forged = uuid.UUID(int=chance.getrandbits(128))
    return {
        "JSONField": json.dumps({"forged": chance.random()}),
        "DateTimeField": entry.at + timedelta(microseconds=chance.randrange(1, 10**9)),
        "UUIDField": forged if connection.vendor == "postgresql" else forged.hex,
        "ForeignKey": entry.pk,
        "PositiveIntegerField": (entry.duration_ms or 0) + 1,
    }.get(field.get_internal_type(), f"{value or ''}x")


def edit(seals: list[Seal], chance: Chance) -> Right:
    seal, column = chance.choice(seals), chance.choice(SAID)
    forged = other(seal.entry, column, chance)
    run(f"UPDATE customers_auditentry SET {column} = %s WHERE id = %s", forged, seal.entry_id)
    return {seal.entry_id}, {seal.place}


def edit_and_hash_anew(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals)
    entry = AuditEntry.objects.get(pk=seal.entry_id)
    entry.reason = "forged"
    digest = chain.digest_of(entry)
    run(
        "UPDATE customers_auditentry SET reason = 'forged', digest = %s WHERE id = %s",
        digest,
        entry.pk,
    )
    run("UPDATE customers_seal SET digest = %s WHERE entry_id = %s", digest, entry.pk)
    return {seal.entry_id}, {seal.place}


def edit_a_seal(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals)
    change = chance.choice(["digest = '1:forged'", "link = 'forged'", "place = 10000"])
    run(f"UPDATE customers_seal SET {change} WHERE entry_id = %s", seal.entry_id)
    return {seal.entry_id, None}, {seal.place}


def renumber(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals)
    run("UPDATE customers_auditentry SET id = id + 10000 WHERE id = %s", seal.entry_id)
    return {seal.entry_id}, {seal.place}


def delete(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals)
    run("DELETE FROM customers_auditentry WHERE id = %s", seal.entry_id)
    return {seal.entry_id}, {seal.place}


def delete_with_its_seal(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals[:-1])  # the newest is what anchors are for
    run("DELETE FROM customers_auditentry WHERE id = %s", seal.entry_id)
    run("DELETE FROM customers_seal WHERE entry_id = %s", seal.entry_id)
    return {None}, {seal.place}


def delete_a_seal(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals)
    run("DELETE FROM customers_seal WHERE entry_id = %s", seal.entry_id)
    return {seal.entry_id, None}, {seal.place, None}


def delete_and_close_the_gap(seals: list[Seal], chance: Chance) -> Right:
    seal = chance.choice(seals[:-1])
    delete_with_its_seal([seal, seal], chance)
    shift(seal.place, by=-1)
    return {seals[seal.place].entry_id}, {seal.place}


def shift(place: int, *, by: int) -> None:
    run("UPDATE customers_seal SET place = place + 10000 WHERE place >= %s", place)
    run("UPDATE customers_seal SET place = place - 10000 + %s WHERE place >= 10000", by)


def forge() -> int:
    """An entry that was put in by SQL; its ID."""
    names = ", ".join(column for column in COLUMNS if column not in {"id", "key"})
    run(
        f"INSERT INTO customers_auditentry ({names}) SELECT {names} FROM customers_auditentry"
        " WHERE action = 'customer.list'"
    )
    return int(AuditEntry.objects.latest("pk").pk)


def insert(seals: list[Seal], chance: Chance) -> Right:
    return {forge()}, {None}


def insert_with_a_seal(seals: list[Seal], chance: Chance) -> Right:
    number = forge()
    run("INSERT INTO customers_seal (entry_id, digest) VALUES (%s, '1:forged')", number)
    return {number}, {len(seals) + 1}


def insert_at_a_place(seals: list[Seal], chance: Chance) -> Right:
    number, place = forge(), chance.randrange(1, len(seals) + 2)
    digest = AuditEntry.objects.get(pk=number).digest
    shift(place, by=1)
    run("INSERT INTO customers_seal VALUES (%s, %s, %s, 'forged')", number, digest, place)
    return {number}, {place}


def swap(seals: list[Seal], chance: Chance) -> Right:
    """Two entries change places: what they say, or their seals' places, with or without links."""
    one, two = chance.sample(seals, 2)
    way = chance.choice(["said", "place", "place, link"])
    if way == "said":
        exchange("customers_auditentry", "id", [c for c in SAID if c != "key"], one, two)
    else:
        run("UPDATE customers_seal SET place = 10000 WHERE place = %s", one.place)
        run("UPDATE customers_seal SET place = %s WHERE place = %s", one.place, two.place)
        run("UPDATE customers_seal SET place = %s WHERE place = 10000", two.place)
    if way == "place, link":
        exchange("customers_seal", "entry_id", ["link"], one, two)
    return {one.entry_id, two.entry_id}, {min(one.place, two.place)}


def exchange(table: str, key: str, names: list[str], one: Seal, two: Seal) -> None:
    columns = ", ".join(names)
    taken = ", ".join(f"(SELECT {name} FROM was WHERE was.{key} <> now.{key})" for name in names)
    run("DROP TABLE IF EXISTS was")
    run(f"CREATE TEMPORARY TABLE was AS SELECT * FROM {table} WHERE {key} IN (%s, %s)",
        one.entry_id, two.entry_id)  # fmt: skip
    run(f"UPDATE {table} AS now SET ({columns}) = ROW({taken}) WHERE {key} IN (%s, %s)"
        if connection.vendor == "postgresql" else
        f"UPDATE {table} AS now SET ({columns}) = ({taken}) WHERE {key} IN (%s, %s)",
        one.entry_id, two.entry_id)  # fmt: skip


def truncate(seals: list[Seal], chance: Chance) -> Right:
    left = chance.randrange(len(seals))
    for seal in reversed(seals[left:]):
        run("DELETE FROM customers_auditentry WHERE id = %s", seal.entry_id)
        run("DELETE FROM customers_seal WHERE entry_id = %s", seal.entry_id)
    return {None}, {left + 1}


def edit_and_make_the_chain_anew(seals: list[Seal], chance: Chance) -> Right:
    edit_and_hash_anew(seals, chance)
    run("UPDATE customers_seal SET place = NULL, link = NULL")
    chain.link_all()
    return {None}, {len(seals)}


Attack = Callable[[list[Seal], Chance], Right]
ATTACKS: list[Attack] = [
    *(edit, edit, edit_and_hash_anew, edit_a_seal, renumber),
    *(delete, delete_with_its_seal, delete_a_seal, delete_and_close_the_gap),
    *(insert, insert_with_a_seal, insert_at_a_place),
    *(swap, swap),
]
ATTACKS_ON_THE_END: list[Attack] = [truncate, edit_and_make_the_chain_anew]


def test_manipulations_are_all_found(log: list[Seal]) -> None:
    chance, anchor = Chance(5), chain.head()
    seals = list(Seal.objects.select_related("entry").order_by("place"))
    missed = []
    with lifted():
        run("SET CONSTRAINTS ALL DEFERRED" if connection.vendor == "postgresql" else "SELECT 1")
        for _ in range(RUNS):
            attack = chance.choice(ATTACKS + ATTACKS_ON_THE_END)
            with undone():
                entries, places = attack(seals, chance)
                found = verify([anchor] if attack in ATTACKS_ON_THE_END else []).finding
                if not found or found.entry not in entries or found.place not in places:
                    missed.append((attack.__name__, entries, places, found))
    assert missed == []


def test_nothing_was_done_and_nothing_is_found(log: list[Seal]) -> None:
    """The log grows meanwhile, and any head that it ever had is a good anchor."""
    chance, heads, alarms = Chance(6), [], []
    for n in range(RUNS):
        if n % 25 == 0:
            note("customer.view", actor=ALICE, asked={"n": chance.random(), "of": n})
        report = verify(chance.sample(heads, min(len(heads), 3)))
        heads.append(report.head)
        if report.finding or report.checked != Seal.objects.count():
            alarms.append(report)
    assert alarms == []
