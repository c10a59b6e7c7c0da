"""The audit log as a file: all that matches, checkable without dubadmin, and itself in the log."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers import chain
from customers.audit import Actor, Target, note
from customers.evidence import export
from customers.evidence.export import COLUMNS, HASHED, export_log
from customers.finding import Filters
from customers.models import AuditEntry, Outcome
from customers.output import CSV, JSON_LINES

from .conftest import ALICE

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
OTTO = Actor(id="4", name="otto", role="Auditor")


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[AuditEntry]:
    """More than are read at once; the first says what a spreadsheet would take for a formula."""
    monkeypatch.setattr(export, "AT_ONCE", 3)
    reasons = ["=1+1", "tab\tand\nline", "Ünï", "", "", "", ""]
    return [
        note(
            ("customer.list", "customer.view")[n % 2],
            actor=ALICE,
            target=Target(id=f"cus_{n}", label="Jane"),
            reason=reason,
            asked={"n": n, "f": 1.5},
        )
        for n, reason in enumerate(reasons)
    ]


def taken(format: Any = JSON_LINES, **filters: Any) -> bytes:
    return b"".join(export_log(Filters(**filters), format=format, actor=OTTO, asked=filters))


def lines_of(data: bytes) -> list[Json]:
    return [json.loads(line) for line in data.decode().splitlines()]


def rows_of(data: bytes) -> list[Json]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_it_works(entries: list[AuditEntry]) -> None:
    *lines, end = lines_of(taken())
    assert [line["id"] for line in lines[:-1]] == [entry.pk for entry in entries]
    assert lines[-1]["action"] == "audit.export"
    assert end == {"end": True, "entries": len(lines), "head": f"7:{lines[6]['link']}"}
    assert (lines[0]["reason"], lines[0]["asked"]) == ("=1+1", {"n": 0, "f": 1.5})


def test_the_same_as_a_table_without_formulas(entries: list[AuditEntry]) -> None:
    *rows, end = rows_of(taken(CSV))
    assert [*rows[0]] == list(COLUMNS)
    assert [row["id"] for row in rows[:-1]] == [str(entry.pk) for entry in entries]
    assert [row["reason"] for row in rows[:3]] == ["'=1+1", "tab\tand\nline", "Ünï"]
    assert json.loads(rows[0]["asked"]) == {"n": 0, "f": 1.5}
    assert (end["id"], end["at"]) == ("end", "8 entries")
    assert end["actor_name"] == f"head 7:{rows[6]['link']}"


def test_the_filters_of_the_list(entries: list[AuditEntry]) -> None:
    *lines, end = lines_of(taken(action="customer.view"))
    assert {line["action"] for line in lines} == {"customer.view"}
    assert len(lines) == end["entries"] == 3
    *lines, end = lines_of(taken(person="nobody"))
    assert (lines, end["entries"]) == ([], 0)


def test_a_file_can_be_checked_with_nothing_but_json_and_sha_256(
    entries: list[AuditEntry],
) -> None:
    *lines, end = lines_of(taken())
    previous = ""
    for line in lines[:-1]:
        said = {name: line[name] for name in HASHED}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        digest = f"1:{hashlib.sha256(text.encode()).hexdigest()}"
        assert line["digest"] == digest
        tied = f"{previous}\n{line['place']}\n{line['id']}\n{digest}"
        assert line["link"] == hashlib.sha256(tied.encode()).hexdigest()
        previous = line["link"]
    assert end["head"] == f"{line['place']}:{previous}"


def test_all_that_is_hashed_is_in_the_file() -> None:
    assert set(HASHED) == set(chain.FIELDS[chain.VERSION])


def test_what_is_still_on_its_way_has_no_seal(entries: list[AuditEntry]) -> None:
    AuditEntry.objects.create(action="lead.record", outcome=Outcome.PENDING, actor_name="alice")
    line = lines_of(taken(action="lead.record"))[0]
    assert (line["outcome"], line["digest"], line["place"], line["link"]) == (
        "pending",
        None,
        None,
        None,
    )


def test_what_happens_meanwhile_is_not_in_it(entries: list[AuditEntry]) -> None:
    pieces = export_log(Filters(), format=JSON_LINES, actor=OTTO, asked={})
    data = next(pieces)
    for _ in range(10):
        note("home.view", actor=ALICE)
    *lines, end = lines_of(data + b"".join(pieces))
    assert "home.view" not in {line["action"] for line in lines}
    assert end["entries"] == 8


def test_the_log_says_what_was_taken_out(entries: list[AuditEntry]) -> None:
    data = taken(action="customer.view")
    start, end = AuditEntry.objects.filter(action__startswith="audit.export").order_by("pk")
    assert start.asked["action"] == end.asked["action"] == "customer.view"
    assert start.asked["head"].startswith("7:")
    assert (end.earlier, end.outcome, end.actor_name) == (start, Outcome.DONE, "otto")
    assert end.after == {
        "entries": 3,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def test_a_file_that_breaks_off_has_no_end(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = export_log(Filters(), format=JSON_LINES, actor=OTTO, asked={})
    came = [next(pieces)]
    monkeypatch.setattr(export, "_row", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        came.extend(pieces)
    *_, last = lines_of(b"".join(came))
    assert last == {"incomplete": "INCOMPLETE: dubadmin failed (ZeroDivisionError)."}
    end = AuditEntry.objects.get(action="audit.exported")
    assert (end.outcome, end.after["entries"]) == (Outcome.FAILED, 1)


def test_who_leaves_half_way(entries: list[AuditEntry]) -> None:
    pieces = export_log(Filters(), format=CSV, actor=OTTO, asked={})
    next(pieces)
    pieces.close()
    assert AuditEntry.objects.get(action="audit.exported").outcome == Outcome.FAILED


# The page


@pytest.fixture
def otto(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("otto")


def test_the_list_leads_to_its_file(entries: list[AuditEntry], otto: Client) -> None:
    listed = otto.get("/audit/?action=customer.view&after=0")
    address = "/audit/export/?action=customer.view&amp;format=jsonl"
    assert f'href="{address}"' in listed.content.decode()
    response = otto.get(address.replace("&amp;", "&"))
    assert response["Content-Type"] == "application/jsonl"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    *lines, end = lines_of(b"".join(response.streaming_content))
    assert len(lines) == end["entries"] == 3
    asked = AuditEntry.objects.get(action="audit.export").asked
    assert (asked["action"], asked["format"]) == ("customer.view", "jsonl")


@pytest.mark.parametrize("query", ["format=xlsx", "since=never", "action=nothing", "text=%3F"])
def test_what_cannot_be_understood_is_told(otto: Client, query: str) -> None:
    response = otto.get(f"/audit/export/?{query}", follow=True)
    assert response.redirect_chain == [("/audit/", 302)]
    assert "Not accepted." in response.content.decode()
    assert AuditEntry.objects.get(action="audit.export").outcome == Outcome.BLOCKED
