"""A file of corrections that goes out and comes back in unchanged writes nothing."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers import exports, imports
from customers.audit import Actor, person
from customers.exports import PRESETS
from customers.facts import FIELDS
from customers.models import AuditEntry, Export, Import, ImportRow
from dubadmin.sandbox import Sandbox

from .imports.rows import checked, now, problems, run, verdicts

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
COLUMNS = PRESETS["corrections"][1]
WITH_OLD = [*COLUMNS, *(f"old_{name}" for name in FIELDS)]

# What a form would not take, or a spreadsheet would make something else of.
MISLEADING: list[Json] = [
    {"external_id": "=1+1", "email": "+a@example.com", "name": '=HYPERLINK("//evil")'},
    {"external_id": "'quoted", "email": "b@example.com", "name": "'=1+1"},
    {"external_id": "0012", "email": "c@example.com", "name": "1e5", "stripe_customer_id": "-1"},
    {"external_id": "a;b,c", "email": "d@example.com", "name": 'Says "hello"\nand more'},
    {"external_id": " spaced ", "email": "e@example.com", "name": "  around  "},
    {"external_id": "odd", "email": "not an e-mail", "country": "Atlantis", "avatar": "nowhere"},
    {"external_id": "12345678901234567891", "email": "f@example.com", "country": "de"},
    {"external_id": "when", "subscription_canceled_at": "2026-01-02T03:04:05.678Z"},
    {"external_id": "nameless"},
]


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def odd_ones(dub: Sandbox) -> list[Json]:
    """Whatever Dub may hold that a file, a spreadsheet or a form could take for something else."""
    names = [
        *("=HYPERLINK(1)", "+49 170 1234567", "-5", "@handle", "'=quoted", "''", "＝wide"),
        *("Zoë 🦊 Fuchs 👩🏽‍🚀", "ليلى حداد", "a\u202eb", "comma, semi; tab\there", 'say "hi"'),
        *("two\nlines", "1,234.56", "TRUE", "null", "2026-03-31", "x" * 190, "0x1F", "1e5"),
    ]
    made = [
        dub.add_customer(name, f"odd{n}@x.example", f"odd {n}", "DE")
        for n, name in enumerate(names)
    ]
    for n, external_id in enumerate(
        ("007", "0", "1e5", "=1", "a/b c", "ext_ext", "12345678901234567890")
    ):
        made.append(dub.add_customer("Id", f"id{n}@x.example", external_id))
    made.append(dub.add_customer(external_id="nobody-knows"))
    made.append(dub.add_customer("No Mail", external_id="no-mail"))
    made.append(dub.add_customer(email="no-name@x.example", external_id="no-name"))
    made.append(
        dub.add_customer(
            "All",
            "all@x.example",
            "all",
            "JP",
            avatar="https://dubassets.com/a.png?x=1&y=2",
            stripe_customer_id="cus_stripe",
            subscription_canceled_at=1_772_000_000_123,
        )
    )
    return made + [dub.add_customer(**each) for each in MISLEADING]


def exported(actor: Actor, *, format: str, columns: list[str]) -> bytes:
    state = Export.State.STREAMING
    export = exports.ask(actor=actor, state=state, format=format, columns=columns)
    return b"".join(exports.stream(export))


def imported(data: bytes, actor: Actor, *, empty: str, zone: str = "UTC") -> Import:
    """Its columns matched by their names alone, after the dry run."""
    file = imports.receive([data], kind="corrections", name="file", actor=actor, key="k")
    while imports.stage(now(file)):
        pass
    file = now(file)
    mapping = imports.guess("corrections", file.header) | {"empty": empty}
    assert imports.match(
        file, mapping=mapping, number_format="", date_format="", time_zone=zone, actor=actor
    )
    return checked(file)


@pytest.mark.parametrize(
    ("format", "empty", "columns"),  # every two of the choices meet
    [
        ("csv", "keep", COLUMNS),
        ("csv", "clear", WITH_OLD),
        ("xlsx", "keep", WITH_OLD),
        ("xlsx", "clear", COLUMNS),
    ],
    ids=["csv", "csv with old, clear", "xlsx with old", "xlsx, clear"],
)
def test_what_comes_back_unchanged_is_not_written(
    dub: Sandbox,
    odd_ones: list[Json],
    max_acts: Actor,
    format: str,
    empty: str,
    columns: list[str],
) -> None:
    data = exported(max_acts, format=format, columns=columns)
    file = imported(data, max_acts, empty=empty, zone="Asia/Tokyo")
    assert problems(file) == {}
    assert verdicts(file) == {ImportRow.Verdict.SAME: len(odd_ones)}
    assert not imports.start(file, actor=max_acts)
    run(file)
    assert [sent for sent in dub.requests if sent.method != "GET"] == []
    assert not AuditEntry.objects.filter(action="customer.update").exists()


@pytest.mark.django_db(transaction=True)  # rows are sent side by side, each by a thread
def test_only_what_was_changed_in_the_file_is_written(
    dub: Sandbox, odd_ones: list[Json], max_acts: Actor
) -> None:
    data = exported(max_acts, format="csv", columns=COLUMNS).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    rows = [row for row in rows if row["email"].endswith("@x.example")]
    for row in rows[:3]:
        row["email"] = f"new.{row['email']}"
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    file = imported(out.getvalue().encode(), max_acts, empty="keep")
    assert problems(file) == {}
    imports.start(file, actor=max_acts)
    run(file)
    changed = {row["id"]: row["email"] for row in rows[:3]}
    now_at_dub = {each["id"]: each["email"] for each in dub.customers()}
    before = {each["id"]: each["email"] for each in odd_ones}
    assert now_at_dub == before | changed
    sent = Counter(request.path for request in dub.requests if request.method == "PATCH")
    assert sent == {f"/customers/{id}": 1 for id in changed}
