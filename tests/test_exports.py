"""Customers as a file: everybody once, as Dub has them, and never half a file that looks whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from python_calamine import CalamineWorkbook

from customers import columns, exports, tasks
from customers.audit import Actor, operator, person
from customers.exports import COLUMNS, EVENT_COLUMNS, PRESETS, life, making
from customers.exports.life import Progress
from customers.models import AuditEntry, Export, ExportPart, ExportRow, Outcome
from dubadmin.dub.errors import DubError
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db

State = Export.State
Json = dict[str, Any]
SIZE = 120


@pytest.fixture
def crowd(dub: Sandbox) -> list[str]:
    """More than a page of customers, the even ones German."""
    made = [
        dub.add_customer(f"C{n}", f"c{n}@x.example", f"u{n}", ("DE", "FR")[n % 2])
        for n in range(SIZE)
    ]
    return [customer["id"] for customer in made]


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def few(dub: Sandbox) -> list[str]:
    return [dub.add_customer(f"C{n}", f"c{n}@x.example")["id"] for n in range(7)]


Ask = Callable[..., Export]


@pytest.fixture
def ask(max_acts: Actor) -> Ask:
    def asked(state: str = State.WALKING, **details: Any) -> Export:
        given = {"format": "csv", "columns": ["id"], "actor": max_acts} | details
        return exports.ask(state=state, **given)

    return asked


def made(export: Export) -> Export:
    """What the worker makes of it, when nothing comes in between."""
    while exports.carry_on(export.pk) is not None:
        pass
    return now(export)


def now(export: Export) -> Export:
    return Export.objects.get(pk=export.pk)


def file_of(export: Export) -> bytes:
    return b"".join(exports.kept_file(export))


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def ids_of(data: bytes) -> Counter[str]:
    return Counter(row["id"] for row in rows_of(data))


def ends() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action="export.end").order_by("pk"))


def both(ask: Ask, **details: Any) -> list[bytes]:
    """The file as it is downloaded at once, and as the worker makes it."""
    streamed = b"".join(exports.stream(ask(State.STREAMING, **details)))
    return [streamed, file_of(made(ask(**details)))]


# Everybody once


def test_it_works(crowd: list[str], ask: Ask) -> None:
    for data in both(ask, expected=SIZE):
        assert ids_of(data) == Counter(crowd)
    for export in Export.objects.all():
        assert (export.state, export.customers, export.rows) == (State.DONE, SIZE, SIZE)
        assert exports.told(export) == f"{SIZE} customers."
        assert exports.agrees(export)


def test_nobody_is_a_whole_file_too(dub: Sandbox, ask: Ask) -> None:
    assert [ids_of(data) for data in both(ask)] == [Counter(), Counter()]
    assert {export.state for export in Export.objects.all()} == {State.DONE}


def test_what_the_list_filters(crowd: list[str], ask: Ask) -> None:
    for data in both(ask, filters={"country": "DE"}):
        assert ids_of(data) == Counter(crowd[::2])


@pytest.mark.parametrize("q", ["u7", "ext_u7", "c7@x.example"])
def test_q2_what_the_list_finds_by_id_or_e_mail(crowd: list[str], ask: Ask, q: str) -> None:
    for data in both(ask, filters={"q": q}):
        assert ids_of(data) == Counter([crowd[7]])


def test_a_search_without_words_is_not_everybody(crowd: list[str], ask: Ask) -> None:
    for data in both(ask, filters={"q": "!?"}):
        assert ids_of(data) == Counter()


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_in_the_order_of_the_list(dub: Sandbox, ask: Ask, order: str) -> None:
    values = [500, 0, 2**53 + 1, 70, 0]
    link = dub.add_link("spring")
    for n, value in enumerate(values):
        made = dub.add_customer(f"C{n}", f"c{n}@x.example", link=link)
        if value:
            dub.add_sale(made, value)
    for data in both(ask, columns=["sale_amount"], sort="saleAmount", order=order):
        shown = [int(row["sale_amount"]) for row in rows_of(data)]
        assert shown == sorted(values, reverse=order == "desc")


def test_what_is_empty_comes_first_as_in_dubs_own_lists(dub: Sandbox, ask: Ask) -> None:
    dub.add_customer(external_id="stayed")
    for name, at in (("late", 1_800_000_000_000), ("early", 1_700_000_000_000)):
        dub.change_customer(dub.add_customer(external_id=name), canceled_at=at)
    asked = {"columns": ["external_id"], "sort": "subscriptionCanceledAt"}
    for data in both(ask, order="asc", **asked):
        assert [row["external_id"] for row in rows_of(data)] == ["stayed", "early", "late"]
    for data in both(ask, order="desc", **asked):
        assert [row["external_id"] for row in rows_of(data)] == ["late", "early", "stayed"]


def test_q4_customers_that_come_and_go_meanwhile(
    dub: Sandbox, crowd: list[str], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, visit = set(), making.visit

    def visited(*args: Any, **kwargs: Any) -> Any:
        found = visit(*args, **kwargs)
        if len(gone) < 40:
            for id in crowd[len(gone) : len(gone) + 10]:
                gone.add(id)
                dub.delete_customer(id)
        dub.add_customer("New", created_at=1_600_000_000_000)
        return found

    for module in ("making", "streaming"):
        monkeypatch.setattr(f"customers.exports.{module}.visit", visited)
    for data in both(ask):
        found = ids_of(data)
        assert {id: found[id] for id in set(crowd) - gone} == dict.fromkeys(set(crowd) - gone, 1)
        assert max(found.values()) == 1


def test_q10_a_row_that_dub_cannot_read_is_counted(dub: Sandbox, ask: Ask) -> None:
    good = [dub.add_customer(external_id=f"u{n}")["id"] for n in range(3)]
    dub.add_customer(external_id=None)
    for data in both(ask, expected=4):
        assert ids_of(data) == Counter(good)
    for export in Export.objects.all():
        assert "At least 1 left out" in exports.told(export)
        assert exports.agrees(export)


# What is said of them


def test_q9_a_name_that_dub_makes_up_is_none(dub: Sandbox, ask: Ask) -> None:
    dub.add_customer(external_id="bare")
    dub.add_customer("Jane", external_id="jane")
    for data in both(ask, columns=["external_id", "name"]):
        assert {row["external_id"]: row["name"] for row in rows_of(data)} == {
            "bare": "",
            "jane": "Jane",
        }


def test_every_column(dub: Sandbox, ask: Ask) -> None:
    link = dub.add_link("spring", partner=dub.add_partner("Derek Forbes"))
    jane = dub.add_customer("Jane", "jane@x.example", "007", "DE", link=link)
    dub.add_sale(jane, 123456)
    names = [*COLUMNS]
    for data in both(ask, columns=names):
        row = rows_of(data)[0]
        assert [*row] == names
        assert (row["id"], row["external_id"], row["country"]) == (jane["id"], "007", "DE")
        assert (row["sale_amount"], row["sale_amount_usd"]) == ("123456", "1234.56")
        assert (row["partner"], row["link_id"]) == ("Derek Forbes", link["id"])
        assert row["old_email"] == row["email"] == "jane@x.example"
        assert json.loads(row["record"])["id"] == jane["id"]
        assert datetime.fromisoformat(row["created_at"]).tzinfo == UTC


def test_every_preset_is_made_of_columns() -> None:
    for _, names in PRESETS.values():
        assert set(names) <= set(COLUMNS)


def test_what_the_list_can_show_can_go_out() -> None:
    for column in columns.COLUMNS:
        assert set(exports.shown_by([column.name])) <= set(COLUMNS)


def test_a_workbook_holds_the_same(crowd: list[str], ask: Ask) -> None:
    for data in both(ask, format="xlsx", columns=["id", "sales", "sale_amount_usd"]):
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        header, *rows = sheet.to_python()
        assert header == ["id", "sales", "sale_amount_usd"]
        assert Counter(row[0] for row in rows) == Counter(crowd)
        assert {(row[1], row[2]) for row in rows} == {(0, 0)}


def test_json_lines_hold_one_customer_each(crowd: list[str], ask: Ask) -> None:
    for data in both(ask, format="jsonl", columns=["id", "avatar", "sales"]):
        lines = [json.loads(line) for line in data.decode().splitlines()]
        assert Counter(line["id"] for line in lines) == Counter(crowd)
        assert {(line["avatar"], line["sales"]) for line in lines} == {(None, 0)}


@pytest.fixture
def with_events(dub: Sandbox) -> list[Json]:
    """One who bought twice, and one about whom nothing is known."""
    jane = dub.add_customer("Jane", "jane@x.example", "jane", link=dub.add_link("spring"))
    dub.add_lead(jane, "Sign up")
    dub.add_sale(jane, 1000, invoice_id="INV-1", metadata='{"plan": "pro"}')
    dub.add_sale(jane, 250, invoice_id="INV-2")
    return [jane, dub.add_customer("Bo", "bo@x.example", "bo")]


def test_events_are_rows_that_begin_with_their_customer(with_events: list[Json], ask: Ask) -> None:
    for data in both(ask, columns=["external_id"], with_events=True):
        rows = rows_of(data)
        assert [*rows[0]] == ["external_id", *EVENT_COLUMNS]
        assert Counter((row["external_id"], row["event"]) for row in rows) == {
            ("jane", "click"): 1,
            ("jane", "lead"): 1,
            ("jane", "sale"): 2,
            ("bo", ""): 1,
        }
        sale = next(row for row in rows if row["invoice_id"] == "INV-1")
        assert (sale["amount"], sale["currency"]) == ("10.00", "usd")
        assert json.loads(sale["metadata"]) == {"plan": "pro"}
    export = Export.objects.latest("pk")
    assert (export.customers, export.rows) == (2, 5)
    assert exports.told(export) == "2 customers in 5 rows."


def test_events_are_a_list_in_json_lines(with_events: list[Json], ask: Ask) -> None:
    for data in both(ask, format="jsonl", columns=["external_id"], with_events=True):
        found = {line["external_id"]: line["events"] for line in map(json.loads, data.splitlines())}
        assert found["bo"] == []
        assert Counter(event["event"] for event in found["jane"]) == {
            "click": 1,
            "lead": 1,
            "sale": 2,
        }


def test_more_events_than_dub_gives_at_once(
    dub: Sandbox, with_events: list[Json], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.queries.MAX_EVENTS", 2)
    for n in range(5):
        dub.add_sale(with_events[0], 100 + n)
    for data in both(ask, with_events=True):
        assert Counter(row["event"] for row in rows_of(data))["sale"] == 7


# Nothing is said to be whole that is not


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_download_that_breaks_off_says_so_in_its_last_line(
    dub: Sandbox, crowd: list[str], ask: Ask, format: str
) -> None:
    export = ask(State.STREAMING, format=format, reason="audit")
    pieces, came = exports.stream(export), []
    came.append(next(pieces))
    dub.fault("GET", "/customers", times=0, status=503)
    with pytest.raises(DubError):
        came.extend(pieces)
    assert "INCOMPLETE" in b"".join(came).decode().splitlines()[-1]
    assert now(export).state == State.BROKEN
    end = ends()[0]
    assert (end.outcome, end.reason, end.actor_name) == (Outcome.FAILED, "audit", "max")
    assert end.explanation.startswith("Incomplete: ")
    assert end.after["customers"] < SIZE


def test_who_leaves_half_way_has_half_a_file(crowd: list[str], ask: Ask) -> None:
    export = ask(State.STREAMING)
    pieces = exports.stream(export)
    next(pieces)
    pieces.close()
    assert now(export).state == State.BROKEN
    assert "broken off" in ends()[0].explanation


def test_a_download_whose_process_dies_is_incomplete(crowd: list[str], ask: Ask) -> None:
    export = ask(State.STREAMING)
    exports.settle_lost()
    assert now(export).state == State.STREAMING
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        exports.settle_lost()
        exports.settle_lost()
    assert now(export).state == State.BROKEN
    assert [end.outcome for end in ends()] == [Outcome.FAILED]


def test_a_count_that_does_not_agree_is_told(dub: Sandbox, crowd: list[str], ask: Ask) -> None:
    export = made(ask(expected=SIZE + 50))
    assert exports.agrees(export)  # fifty may have gone meanwhile
    Export.objects.filter(pk=export.pk).update(counted=SIZE + 50)
    assert exports.agrees(now(export)) is False
    assert "does not agree" in exports.told(now(export))


def test_q8_without_a_count_nothing_is_compared(dub: Sandbox, crowd: list[str], ask: Ask) -> None:
    dub.fault("GET", "/customers/count", times=0, status=404)
    assert exports.count({}) is None
    export = made(ask(expected=None))
    assert (export.state, exports.agrees(export)) == (State.DONE, None)


def test_the_log_says_what_was_asked_and_what_came_of_it(crowd: list[str], ask: Ask) -> None:
    export = made(ask(filters={"country": "DE"}, reason="For the board", expected=SIZE // 2))
    start = AuditEntry.objects.get(action="export.start")
    assert (start.actor_name, start.reason) == ("max", "For the board")
    assert start.asked == {
        "export": export.pk,
        "format": "csv",
        "columns": ["id"],
        "events": False,
        "filters": {"country": "DE"},
        "sort": "",
        "counted": SIZE // 2,
    }
    end = ends()[0]
    assert (end.earlier, end.outcome) == (start, Outcome.DONE)
    data = file_of(export)
    assert end.after == {
        "customers": SIZE // 2,
        "rows": SIZE // 2,
        "left_out": 0,
        "expected": SIZE // 2,
        "counted": SIZE // 2,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


# The worker


def test_it_goes_on_where_a_worker_was_killed(dub: Sandbox, few: list[str], ask: Ask) -> None:
    export = ask(with_events=True)
    while now(export).is_open:
        exports.step(now(export))  # knows nothing but what is in the database
    assert ids_of(file_of(export)) == Counter(few)
    assert dub.count("GET", "/events") == 3 * len(few)


def test_two_workers_at_the_same_step_count_once(few: list[str], ask: Ask) -> None:
    export = ask(with_events=True)
    while now(export).state != State.WRITING:
        mine, theirs = now(export), now(export)
        exports.step(mine)
        exports.step(theirs)
    assert now(export).customers == export.visited.count() == len(few)
    assert ids_of(file_of(made(export))) == Counter(few)


def test_a_writer_that_was_overtaken_writes_no_more(
    crowd: list[str], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "CHUNK", 10)
    export = ask()
    while now(export).state != State.WRITING:
        exports.step(now(export))
    layout, slow = exports.Layout.rows, now(export)

    def rows(*args: Any) -> Any:
        monkeypatch.setattr(exports.Layout, "rows", layout)
        exports.step(now(export))  # another process does it all meanwhile
        return layout(*args)

    monkeypatch.setattr(exports.Layout, "rows", rows)
    with pytest.raises(making.Overtaken):
        exports.step(slow)
    assert ids_of(file_of(export)) == Counter(crowd)
    assert len(ends()) == 1


@pytest.mark.parametrize("last", [False, True])
def test_a_writer_that_is_overtaken_at_the_end_does_not_say_that_it_is_done(
    crowd: list[str], ask: Ask, monkeypatch: pytest.MonkeyPatch, last: bool
) -> None:
    export = ask()
    while now(export).state != State.WRITING:
        exports.step(now(export))
    count, slow = life.count, now(export)

    def overtaken(filters: Any) -> Any:
        monkeypatch.setattr(life, "count", count)
        if last:
            making.write(now(export))  # another process is done before
        else:
            making._claim(now(export))  # another process has just begun
            export.parts.all().delete()
        return count(filters)

    monkeypatch.setattr(life, "count", overtaken)
    with pytest.raises(making.Overtaken):
        making.write(slow)
    assert len(ends()) == last
    assert ids_of(file_of(made(export))) == Counter(crowd)
    assert len(ends()) == 1


def test_who_comes_when_it_is_written_leaves_it_alone(crowd: list[str], ask: Ask) -> None:
    export = ask()
    while now(export).state != State.WRITING:
        exports.step(now(export))
    late = now(export)
    exports.step(now(export))
    with pytest.raises(making.Overtaken):
        exports.step(late)
    assert ids_of(file_of(export)) == Counter(crowd)


def test_dub_is_away_and_comes_back(dub: Sandbox, crowd: list[str], ask: Ask) -> None:
    export = ask()
    dub.fault("GET", "/customers", times=0, status=503)
    assert exports.carry_on(export.pk)
    assert "tried again" in now(export).note
    dub.clear_faults()
    assert made(export).state == State.DONE
    assert now(export).note == ""


def test_a_refusal_stops_it_and_it_can_go_on(
    dub: Sandbox, few: list[str], ask: Ask, max_acts: Actor
) -> None:
    export = ask(with_events=True)
    dub.fault("GET", "/events", times=0, status=403)
    assert made(export).state == State.STOPPED
    assert now(export).note
    assert AuditEntry.objects.get(action="export.stop").outcome == Outcome.FAILED
    dub.clear_faults()
    exports.resume(now(export), actor=max_acts)
    assert made(export).state == State.DONE
    assert ids_of(file_of(export)) == Counter(few)


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_stop_and_go_on(crowd: list[str], ask: Ask, max_acts: Actor, steps: int) -> None:
    export = ask()
    for _ in range(steps):
        exports.step(now(export))
    exports.stop(now(export), actor=max_acts)
    assert exports.carry_on(export.pk) is None
    exports.resume(now(export), actor=max_acts)
    assert ids_of(file_of(made(export))) == Counter(crowd)


def test_who_lost_the_role_cannot_go_on(
    crowd: list[str], ask: Ask, people: dict[str, User]
) -> None:
    export = ask()
    people["max"].groups.clear()
    assert made(export).state == State.STOPPED
    assert "may not" in now(export).note


def test_whoever_works_on_the_server_may(crowd: list[str], ask: Ask) -> None:
    assert made(ask(actor=operator())).state == State.DONE


def test_a_form_that_is_sent_twice_is_one_export(ask: Ask) -> None:
    assert ask(key="k") == ask(key="k")
    assert AuditEntry.objects.filter(action="export.start").count() == 1


def test_progress(few: list[str], ask: Ask) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        export = ask(with_events=True, expected=8)
        assert exports.progress(export) == Progress(done=0, of=8)
        while now(export).state != State.READING:
            exports.step(now(export))
        exports.step(now(export))
        clock.shift(50)
        assert exports.progress(now(export)) == Progress(done=5, of=7, left=20)
    made(export)
    assert exports.progress(now(export)) == Progress(done=7, of=8)


# The kept file


def test_nothing_but_the_file_stays(crowd: list[str], ask: Ask) -> None:
    export = made(ask())
    assert not ExportRow.objects.exists()
    assert export.size == sum(len(part.data) for part in ExportPart.objects.all())
    assert export.is_kept


def test_the_file_goes_when_its_days_are_over(crowd: list[str], ask: Ask, settings: Any) -> None:
    settings.EXPORT_KEEP_DAYS = 2
    export = made(ask())
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        tasks.remove_old_exports.func()
        assert now(export).is_kept
    with time_machine.travel(timezone.now() + timedelta(days=2, hours=1), tick=False):
        assert not now(export).is_kept
        tasks.remove_old_exports.func()
        tasks.remove_old_exports.func()
    assert not ExportPart.objects.exists()
    assert "days are over" in AuditEntry.objects.get(action="export.remove").explanation


def test_what_was_given_up_leaves_nothing(crowd: list[str], ask: Ask, max_acts: Actor) -> None:
    export = ask()
    exports.step(now(export))
    exports.stop(now(export), actor=max_acts)
    exports.remove(now(export), actor=max_acts)
    assert not ExportRow.objects.exists()
    exports.resume(now(export), actor=max_acts)
    assert now(export).state == State.BROKEN
