"""The page of one import: what it shows in each state, and what can be asked of it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from customers import imports, tasks, work
from customers.audit import Actor
from customers.models import AuditEntry, Import, ImportRow, Outcome
from dubadmin.sandbox import Sandbox

from ..conftest import hidden_fields, text_of
from .rows import SALE, checked, import_of, now, outcomes, run, sales, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buyers", "one_by_one")]

State = Import.State
WRONG = ("nobody", "1", "USD", "X")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def made(max_acts: Actor) -> Any:
    def of(*rows: Any, **details: Any) -> Import:
        return import_of("sales", SALE, *rows, actor=max_acts, **details)

    return of


def shown(client: Client, file: Import, query: str = "") -> str:
    return text_of(client.get(f"/imports/{file.pk}/{query}"))


def rows_of(client: Client, file: Import, query: str = "") -> list[int]:
    """The numbers of the rows that the page shows."""
    page = client.get(f"/imports/{file.pk}/{query}").content.decode()
    return [int(n) for n in re.findall(r'<tr>\s*<td class="end num">(\d+)</td>', page)]


def saved(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


# Checking


def test_while_it_is_checked(made: Any, max_: Client) -> None:
    file = made(*sales(3))
    assert "Checking: reading each row 0 of 3 rows" in shown(max_, file)
    imports.step(now(file))
    imports.step(now(file))
    assert "asking Dub about each customer 0 of 3 customers" in shown(max_, file)


def test_what_the_dry_run_found(made: Any, max_: Client) -> None:
    file = checked(made(*sales(2), WRONG, ("u0", "2.50", "EUR", "E")))
    page = shown(max_, file)
    assert "Ready 3 Wrong 1 Customers 3" in page
    assert "EUR 2.50 EUR 1 sale" in page
    assert "USD 3.00 USD 2 sales 1.00 USD 1 sale" in page
    assert "Send 3 sales" in page
    assert rows_of(max_, file) == [4]  # what is wrong comes first
    assert "Dub has no customer with this external ID" in page
    assert rows_of(max_, file, "?show=ready") == [2, 3, 5]
    assert rows_of(max_, file, "?show=all") == [2, 3, 4, 5]


def test_differences_of_corrections_are_shown_row_by_row(max_: Client, max_acts: Actor) -> None:
    header, rows = ("external_id", "name"), [("u0", "New"), ("u1", "Name 1")]
    file = checked(import_of("corrections", header, *rows, actor=max_acts))
    assert "Name Name 0 → New" in shown(max_, file)
    assert rows_of(max_, file, "?show=same") == [3]


def start(client: Client, file: Import, page: Any = None, **given: str) -> Any:
    """Presses "Send" on the page of the import, one that was opened before where it is given."""
    page = page or client.get(f"/imports/{file.pk}/")
    return client.post(f"/imports/{file.pk}/start/", hidden_fields(page) | given)


def test_asked_for_by_the_page(made: Any, max_: Client) -> None:
    file = checked(made(*sales(2)))
    answer = start(max_, file, reason="October")
    assert answer.url == f"/imports/{file.pk}/"
    assert (now(file).state, now(file).reason) == (State.RUNNING, "October")
    assert now(file).sent_by["name"] == "max"


def test_what_was_checked_again_since_is_looked_at_again(
    made: Any, max_: Client, max_acts: Actor
) -> None:
    """In another tab somebody has said that another column is the amount."""
    file = checked(made(*sales(2)))
    page = max_.get(f"/imports/{file.pk}/")
    assert imports.check_again(file, actor=max_acts)
    checked(file)
    answer = start(max_, file, page, reason="October")
    assert "checked again after you opened this page" in text_of(max_.get(answer.url))
    assert now(file).state == State.CHECKED
    assert not imports.start(file, actor=max_acts)
    start(max_, file, reason="October")
    assert now(file).state == State.RUNNING


def test_doubts_need_a_reason(made: Any, max_: Client, settings: Any) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 1
    file = checked(made(*sales(2)))
    page = text_of(start(max_, file, with_doubts="on"))
    assert "Say why the rows in doubt" in page
    assert now(file).state == State.CHECKED
    start(max_, file, with_doubts="on", reason="looked")
    assert now(file).with_doubts


def test_a_required_reason_is_asked_for(made: Any, max_: Client, settings: Any) -> None:
    settings.REQUIRE_REASON_FOR = {"sale.record"}
    file = checked(made(*sales(2)))
    assert "Nothing is sent yet" in text_of(start(max_, file))
    assert now(file).state == State.CHECKED


def test_nothing_to_send(made: Any, max_: Client) -> None:
    file = checked(made(WRONG))
    assert "no row is ready" in text_of(start(max_, file))


# Under way and over


def test_the_page_follows_it_without_a_reload(made: Any, max_: Client, max_acts: Actor) -> None:
    file = checked(made(*sales(2)))
    follow = f"/imports/{file.pk}/follow/?state="
    imports.start(file, actor=max_acts)
    part = max_.get(follow + "running", headers=HTMX)
    assert "0 of 2 rows" in text_of(part)
    assert "<h1" not in part.content.decode()
    run(file)
    whole = max_.get(follow + "running", headers=HTMX)
    assert (whole.headers["HX-Retarget"], whole.headers["HX-Reswap"]) == ("#import", "innerHTML")
    assert "Done" in text_of(whole)
    assert "2 recorded" in text_of(whole)


def test_all_outcomes_with_links_to_their_entries(made: Any, max_: Client, max_acts: Actor) -> None:
    file = checked(made(*[(f"u{n % 6}", "1", "USD", f"I{n}") for n in range(8)]))
    imports.start(file, actor=max_acts)
    ends = [*list(Outcome)[:6], Outcome.PENDING, Outcome.DONE]
    for row, outcome in zip(file.rows.all(), ends, strict=True):
        entry = AuditEntry.objects.create(
            action="sale.record", outcome=outcome, file=file, explanation=f"because {outcome}"
        )
        is_over = outcome in list(Outcome)[:6]
        ended = {"state": "finished", "outcome": outcome, "entry": entry} if is_over else {}
        ImportRow.objects.filter(pk=row.pk).update(**ended)
    page = max_.get(f"/imports/{file.pk}/").content.decode()
    for outcome in list(Outcome)[:6]:
        assert f'data-outcome="{outcome.value}"' in page
        assert f"because {outcome}" in page
        assert len(rows_of(max_, file, f"?show={outcome.value}")) == 1
        entry = AuditEntry.objects.get(explanation=f"because {outcome}")
        assert f'href="/results/{entry.pk}/"' in page
    assert len(rows_of(max_, file, "?show=waiting")) == 2


def test_pages_of_rows_go_both_ways(made: Any, max_: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("customers.views.imports.ROWS", 2)
    file = checked(made(*sales(5)))
    first = max_.get(f"/imports/{file.pk}/?show=all").content.decode()
    seen = [rows_of(max_, file, "?show=all")]
    url = re.search(r'rel="next" href="([^"]+)"', first)
    while url:
        query = "?" + url[1].partition("?")[2].replace("&amp;", "&")
        seen.append(rows_of(max_, file, query))
        page = max_.get(f"/imports/{file.pk}/{query}").content.decode()
        url = re.search(r'rel="next" href="([^"]+)"', page)
    assert seen == [[2, 3], [4, 5], [6]]
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    query = "?" + back[1].partition("?")[2].replace("&amp;", "&")
    assert rows_of(max_, file, query) == [4, 5]


@pytest.mark.parametrize(
    "query",
    ["?show=%00", "?show=nonsense&after=-1", "?after=x&before=y", "?before=99999999999999999999"],
)
def test_an_odd_address_shows_the_page(query: str, made: Any, max_: Client) -> None:
    assert max_.get(f"/imports/{checked(made(*sales(1))).pk}/{query}").status_code == 200


def test_one_that_was_stopped_is_under_way_until_what_was_in_hand_has_ended(
    made: Any, max_: Client, max_acts: Actor
) -> None:
    file = checked(made(*sales(2)))
    start(max_, file)
    work.claim(file.rows.all())
    assert imports.stop(now(file), actor=max_acts)
    assert [each["file"] for each in max_.get("/").context["imports"]] == []
    assert "Under way" in shown(max_, file)


def test_pause_go_on_stop_and_try_again(made: Any, max_: Client, dub: Sandbox) -> None:
    file = checked(made(*sales(2)))
    at = f"/imports/{file.pk}"
    start(max_, file)
    max_.post(f"{at}/pause/")
    assert "Go on" in shown(max_, file)
    max_.post(f"{at}/resume/")
    assert now(file).state == State.RUNNING
    max_.post(f"{at}/stop/")
    assert run(file).state == State.STOPPED
    page = shown(max_, file)
    assert "The 2 rows that did not make it" in page
    assert "Try 2 again" in page
    assert dub.count("POST") == 0
    max_.post(f"{at}/retry/")
    assert outcomes(run(file)) == {Outcome.RECORDED: 2}


def test_who_may_read_the_log_gets_to_the_entries_of_the_run(
    made: Any, sign_in: Any, max_acts: Actor
) -> None:
    ada, file = sign_in("ada"), checked(made(*sales(1)))
    link, page = f'href="/audit/?import={file.pk}"', f"/imports/{file.pk}/"
    assert link not in ada.get(page).content.decode()
    imports.start(file, actor=max_acts)
    assert link in ada.get(page).content.decode()


@pytest.mark.parametrize("name", ["start", "check", "pause", "resume", "stop", "retry"])
def test_what_comes_too_late_changes_nothing(name: str, made: Any, max_: Client) -> None:
    file = made(*sales(1), state=State.DONE)
    answer = max_.post(f"/imports/{file.pk}/{name}/", follow=True)
    assert "has moved on" in text_of(answer)
    assert now(file).state == State.DONE


def test_a_lost_worker_is_told_and_the_work_queued(
    made: Any, max_: Client, monkeypatch: Any
) -> None:
    woken: list[Import] = []
    monkeypatch.setattr(tasks, "wake_import", woken.append)
    file = made(*sales(1))
    Import.objects.update(beat="2026-01-01T00:00:00Z")
    assert "No worker has been at this" in shown(max_, file)
    assert woken == [file]


def test_the_home_page_tells_when_it_is_ready(
    made: Any, max_: Client, alice: Client, max_acts: Actor
) -> None:
    file = checked(made(*sales(2), WRONG))
    assert "file.csv Checked" in text_of(max_.get("/"))
    assert "2 ready, 1 wrong" in text_of(max_.get("/"))
    assert "file.csv" not in text_of(alice.get("/"))
    imports.start(file, actor=max_acts)
    run(file)
    assert "2 recorded" in text_of(max_.get("/"))


# The rows that did not make it


def test_the_rows_that_did_not_make_it_come_back_as_a_file(
    made: Any, max_: Client, max_acts: Actor, dub: Sandbox
) -> None:
    bad = ("=cmd()", "1,5,0", "USD", "Y")
    file = made(*sales(3), WRONG, bad)
    imports.start(checked(file), actor=max_acts)
    dub.fault("POST", "/track/sale", status=422, message="too_big: amount: Too big.")
    run(file)
    names, *rows = saved(max_.get(f"/imports/{file.pk}/leftover/"))
    assert names == [*SALE, "error"]
    assert [row[:4] for row in rows] == [
        list(sales(1)[0]),
        list(WRONG),
        ["'=cmd()", *bad[1:]],
    ]
    assert "does not accept the amount" in rows[0][4]
    assert "no customer with this external ID" in rows[1][4]


def test_the_file_of_what_is_left_can_be_uploaded_again(
    made: Any, max_: Client, max_acts: Actor, dub: Sandbox
) -> None:
    file = sent(made(*sales(1), WRONG), max_acts)
    data = b"".join(max_.get(f"/imports/{file.pk}/leftover/").streaming_content)
    dub.add_customer(external_id="nobody", email="n@x.com", link=dub.add_link(), lead="Sign up")
    again = imports.receive([data], kind="sales", name="left.csv", actor=max_acts, key="again")
    assert not imports.stage(again)
    again.refresh_from_db()
    mapping = imports.guess(again.kind, again.header)
    formats = {"number_format": "", "date_format": "", "time_zone": "UTC"}
    assert imports.match(again, mapping=mapping, actor=max_acts, **formats)
    assert outcomes(sent(again, max_acts)) == {Outcome.RECORDED: 1}
    assert [row[-2:] for row in saved(max_.get(f"/imports/{again.pk}/leftover/"))] == [
        ["invoice_id", "error"]
    ]


def test_before_the_run_the_file_has_what_would_not_be_sent(
    made: Any, max_: Client, settings: Any
) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 1
    file = checked(made(*sales(2), WRONG))
    _, *rows = saved(max_.get(f"/imports/{file.pk}/leftover/"))
    assert [row[3] for row in rows] == ["INV-1", "X"]
    assert rows[0][4].startswith("In doubt: 2.00 USD is above 1")


def test_what_is_unknown_is_not_in_the_file(
    made: Any, max_: Client, max_acts: Actor, dub: Sandbox
) -> None:
    imports.start(file := checked(made(*sales(1), WRONG)), actor=max_acts)
    dub.fault("POST", "/track/sale", hang_up="before")
    dub.fault("GET", "/events", times=0, status=403, message="Unauthorized: Need higher plan.")
    assert outcomes(run(file)) == {Outcome.UNKNOWN: 1, Outcome.NOT_SENT: 1}
    file_of_them = max_.get(f"/imports/{file.pk}/leftover/")
    assert 'filename="file-left-without-1-unknown.csv"' in file_of_them["Content-Disposition"]
    assert [row[3] for row in saved(file_of_them)] == ["invoice_id", "X"]
    page = shown(max_, file)
    assert "Try 1 again" in page
    assert "1 row whose result is unknown is not in it, because it may be at Dub." in page


def test_what_was_settled_since_is_in_the_file_where_nothing_came_of_it(
    made: Any, max_: Client, max_acts: Actor, dub: Sandbox
) -> None:
    imports.start(file := checked(made(*sales(2))), actor=max_acts)
    for nth, arrives in enumerate(("before", "after"), start=1):
        dub.fault("POST", "/track/sale", nth=nth, hang_up=arrives)
    dub.fault("GET", "/events", times=0, status=403, message="Unauthorized: Need higher plan.")
    assert outcomes(run(file)) == {Outcome.UNKNOWN: 2}
    dub.clear_faults()
    with time_machine.travel(timezone.now() + timedelta(seconds=300)):
        for row in file.rows.all():
            max_.post(f"/results/{row.entry_id}/settle/")
    file_of_them = max_.get(f"/imports/{file.pk}/leftover/")
    assert 'filename="file-left.csv"' in file_of_them["Content-Disposition"]
    assert [row[3] for row in saved(file_of_them)] == ["invoice_id", "INV-0"]
