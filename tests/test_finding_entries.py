"""Finding entries of the log: every filter, all of them together, page by page, in clear words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers import finding
from customers.aliases import aliases_of
from customers.audit import Actor, Target, note
from customers.finding import Filters
from customers.models import AuditEntry, Batch, Import, Outcome, lifted, pending_timeout

from .conftest import text_of

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)
Entry = Callable[..., AuditEntry]


def add(**details: Any) -> AuditEntry:
    given: dict[str, Any] = {"action": "customer.view", "outcome": Outcome.DONE, **details}
    return AuditEntry.objects.create(**given)


def found(**filters: Any) -> list[int]:
    return [entry.pk for entry in finding.newest(Filters(**filters), limit=50)]


@pytest.fixture
def otto(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("otto")


# Each filter


@pytest.mark.parametrize(
    ("filters", "matches", "others"),
    [
        ({"person": "alice"}, {"actor_name": "alice"}, {"actor_name": "Alice"}),
        ({"action": "customer.view"}, {}, {"action": "customer.edit"}),
        ({"action": "writes"}, {"action": "sale.record"}, {"action": "sale.check"}),
        (
            {"action": "looks"},
            {"action": "customer.edit", "target_id": "cus_1"},
            {"action": "customer.list"},
        ),
        (
            {"action": "looks"},
            {"action": "sale.form", "target_external_id": "u1"},
            {"action": "sale.form"},
        ),
        ({"outcome": "refused"}, {"outcome": "refused"}, {"outcome": "recorded"}),
        ({"customer": "cus_1"}, {"target_id": "cus_1"}, {"target_id": "cus_11"}),
        ({"customer": "ext_u1"}, {"target_external_id": "u1"}, {"target_id": "u1"}),
        ({"customer": "u1"}, {"target_external_id": "u1"}, {"target_external_id": "u11"}),
        ({"customer": "a@b.example"}, {"target_label": "a@b.example"}, {"target_label": "a@b"}),
        ({"text": "ticket 42"}, {"reason": "Ticket 42, asked twice"}, {"reason": "ticket 421"}),
        ({"text": "tick*"}, {"reason": "(tickets)"}, {"reason": "a sticker"}),
        ({"text": "INV-7"}, {"sent": {"body": {"invoiceId": "INV-7"}}}, {"sent": {"body": {}}}),
        ({"text": "jane cooper"}, {"target_label": "Cooper, Jane"}, {"target_label": "Jane"}),
        ({"text": "jane"}, {"asked": {"query": {"q": "jane"}}}, {"asked": {"query": ["jane"]}}),
        ({"text": "müller"}, {"explanation": "Müller’s sale"}, {"explanation": "Muller"}),
        ({"text": "überweisung"}, {"reason": "Überweisung: INV-7"}, {"reason": "Uberweisung"}),
        ({"text": "GRÜNWALD"}, {"asked": {"query": {"q": "Grünwald"}}}, {"reason": "Grunwald"}),
        ({"text": "łó*"}, {"sent": {"body": {"invoiceId": "ŁÓDŹ-1"}}}, {"reason": "łupież"}),
        ({"text": "req-77"}, {"request_id": "req-77"}, {"request_id": "req-78"}),
    ],
)
def test_a_filter_finds_what_it_says(
    filters: dict[str, str], matches: dict[str, Any], others: dict[str, Any]
) -> None:
    wanted = add(**matches)
    add(**others)
    assert found(**filters) == [wanted.pk]
    assert found(**{**filters, "person": "nobody"}) == []


def a_batch() -> Batch:
    return Batch.objects.create(action="customer.update", actor={}, total=1, key="a")


def an_import() -> Import:
    return Import.objects.create(kind="sales", actor={}, size=1, key="a")


def test_a_batch_and_an_import(otto: Client) -> None:
    batch, file = a_batch(), an_import()
    of_batch, of_file, _ = add(batch=batch), add(file=file), add()
    assert found(batch=batch.pk) == [of_batch.pk]
    assert found(file=file.pk) == [of_file.pk]
    assert rows(otto.get(f"/audit/?import={file.pk}")) == [str(of_file.pk)]
    assert f'"/audit/?import={file.pk}"' in otto.get(f"/audit/{of_file.pk}/").content.decode()


def test_a_dub_id_finds_what_only_names_the_external_id() -> None:
    before = add(target_external_id="u1", outcome=Outcome.BLOCKED)
    known = add(target_id="cus_1", target_external_id="u1")
    add(target_id="cus_2", target_external_id="u1")
    assert found(customer="cus_1") == [known.pk, before.pk]


def test_an_email_finds_what_was_done_under_another_one() -> None:
    before = add(target_id="cus_1", target_external_id="u1", target_label="old@b.example")
    tried = add(target_external_id="u1", target_label="u1", outcome=Outcome.BLOCKED)
    now = add(target_id="cus_1", target_external_id="u1", target_label="new@b.example")
    add(target_id="cus_2", target_external_id="u2", target_label="other@b.example")
    for email in ("old@b.example", "new@b.example"):
        assert found(customer=email) == [now.pk, tried.pk, before.pk]
    aliases = aliases_of("new@b.example")
    assert (aliases.ids, aliases.external_ids) == (["cus_1"], ["u1"])
    assert aliases.labels == ["new@b.example", "old@b.example"]


def test_an_email_that_two_customers_had_finds_both(otto: Client) -> None:
    first = add(target_id="cus_1", target_label="a@b.example")
    moved = add(target_id="cus_2", target_label="a@b.example")
    renamed = add(target_id="cus_1", target_label="c@d.example")
    page = otto.get("/audit/?customer=a@b.example")
    assert rows(page) == [str(each.pk) for each in (renamed, moved, first)]
    says = text_of(page)
    assert "IDs of the customer in this log: cus_2 , cus_1 . E-mail addresses: a@b.example" in says
    assert "These are 2 customers." in says


def test_a_customers_name_is_not_in_the_log_and_the_page_says_so(otto: Client) -> None:
    add(target_id="cus_1", target_label="anika@b.example", reason="Anika Esposito asked")
    says = text_of(otto.get("/audit/?customer=Anika Esposito"))
    assert "This log knows no customer by that." in says
    assert "No entry matches" in says
    assert "This log knows no customer" not in text_of(otto.get("/audit/?text=Anika"))


def test_only_so_many_ids_are_looked_for_and_the_page_says_so(
    otto: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.aliases.MOST", 2)
    for number in range(3):
        add(target_id=f"cus_{number}", target_label="team@b.example")
    says = text_of(otto.get("/audit/?customer=team@b.example"))
    assert "There are more; only these are included." in says
    assert "cus_0" not in says.partition("E-mail addresses")[0]


def test_what_has_been_under_way_for_too_long_is_found_as_unknown() -> None:
    now = datetime.now(UTC)
    lost = add(outcome=Outcome.PENDING, at=now - 2 * pending_timeout())
    unknown = add(outcome=Outcome.UNKNOWN)
    going = add(outcome=Outcome.PENDING, at=now)
    assert found(outcome="unknown") == [unknown.pk, lost.pk]
    assert found(outcome="pending") == [going.pk]


def test_a_time_ends_before_its_last_moment() -> None:
    entries = [add(at=START + timedelta(hours=hour)) for hour in (-1, 0, 1, 2)]
    hours = {"since": START, "until": START + timedelta(hours=2)}
    assert found(**hours) == [entries[2].pk, entries[1].pk]
    assert found(since=START + timedelta(days=9)) == []
    assert found(until=START - timedelta(days=9)) == []


def test_two_servers_clocks_may_differ() -> None:
    late = add(at=START + timedelta(hours=14))
    early = add(at=START - timedelta(hours=9))
    assert found(since=START) == [late.pk]
    assert found(until=START) == [early.pk]


# All together: as somebody would who goes through all entries one by one

PEOPLE = st.sampled_from(["alice", "max"])
ACTIONS = st.sampled_from(["customer.view", "customer.update", "sale.record"])
OUTCOMES = st.sampled_from(["done", "recorded", "unknown"])
IDS = st.sampled_from(["", "cus_1", "cus_2"])
EXTERNAL = st.sampled_from(["", "u1", "u2"])
WORDS = st.sampled_from(["", "bank transfer", "ticket", "typing mistake by bank"])
HOURS = st.integers(0, 9)
ENTRIES = st.lists(
    st.tuples(PEOPLE, ACTIONS, OUTCOMES, IDS, EXTERNAL, WORDS), min_size=1, max_size=14
)


class TestAllTogether(TestCase):
    @settings(max_examples=40)
    @given(
        made=ENTRIES,
        person=st.just("") | PEOPLE,
        action=st.sampled_from(["", "customer.view", "writes", "looks"]),
        outcome=st.just("") | OUTCOMES,
        customer=st.sampled_from(["", "cus_1", "ext_u1", "u2"]),
        text=st.sampled_from(["", "bank", "ticket", "bank typ*"]),
        hours=st.tuples(HOURS, HOURS),
        size=st.integers(1, 5),
    )
    def test_every_page_has_what_matches_and_none_twice(
        self, made: Any, hours: tuple[int, int], size: int, **filters: str
    ) -> None:
        for hour, (name, action, outcome, id, external, reason) in enumerate(made):
            add(
                at=START + timedelta(hours=3 * hour),
                actor_name=name,
                action=action,
                outcome=outcome,
                target_id=id,
                target_external_id=external,
                reason=reason,
            )
        since, until = (START + timedelta(hours=3 * hour) for hour in sorted(hours))
        asked = Filters(**filters, since=since, until=until)
        expected = [each.pk for each in AuditEntry.objects.order_by("pk") if matches(asked, each)]
        assert [each.pk for each in finding.all_of(asked)] == expected
        assert list(backwards(asked, size)) == expected[::-1]
        assert list(forwards(asked, size)) == expected


def matches(asked: Filters, entry: AuditEntry) -> bool:
    external = {e.target_external_id for e in AuditEntry.objects.filter(target_id=asked.customer)}
    ids = {entry.target_id, entry.target_external_id, f"ext_{entry.target_external_id}"}
    is_about = asked.customer in ids or (
        not entry.target_id and entry.target_external_id in external - {""}
    )
    return (
        asked.person in {"", entry.actor_name}
        and (
            asked.action in {"", entry.action}
            or entry.action in finding.GROUPS.get(asked.action, ())
        )
        and (asked.action != "looks" or bool(entry.target_id or entry.target_external_id))
        and asked.outcome in {"", entry.outcome}
        and (not asked.customer or is_about)
        and all(re.search(rf"\b{word.rstrip('*')}", entry.reason) for word in asked.text.split())
        and asked.since is not None
        and asked.until is not None
        and asked.since <= entry.at < asked.until
    )


def backwards(asked: Filters, size: int) -> Iterator[int]:
    before = None
    while page := finding.newest(asked, before=before, limit=size):
        yield from (entry.pk for entry in page)
        before = page[-1].pk


def forwards(asked: Filters, size: int) -> Iterator[int]:
    after = 0
    while page := finding.oldest(asked, after=after, limit=size):
        yield from (entry.pk for entry in page)
        after = page[-1].pk


def test_words_far_from_the_newest_entries_are_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "NEAR", 3)
    old = [add(reason="giraffe", actor_name=name) for name in ("alice", "max", "alice")]
    for _ in range(6):
        add(actor_name="alice", reason="zebra")
    assert found(text="giraffe") == [each.pk for each in reversed(old)]
    assert found(text="giraffe", person="alice") == [old[2].pk, old[0].pk]
    assert found(text="giraffe", person="max") == [old[1].pk]
    first = finding.oldest(Filters(text="zebra"), after=0, limit=2)
    assert [each.pk for each in first] == [old[2].pk + 1, old[2].pk + 2]


def test_all_filters_hold_for_words_far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL finds words, action, outcome and person in one index; names can hold anything."""
    monkeypatch.setattr(finding, "NEAR", 1)
    name = r"O'Neil \ #action & Söhne"
    wanted = {"actor_name": name, "action": "sale.record", "outcome": "unknown"}
    mine = add(reason="giraffe", target_id="cus_1", **wanted)
    for differs in ({"actor_name": "O"}, {"action": "customer.view"}, {"outcome": "recorded"}):
        add(reason="giraffe", target_id="cus_1", **{**wanted, **differs})
    add(reason="zebra", target_id="cus_1", **wanted)
    others = [add(reason="giraffe", target_id="cus_2", **wanted) for _ in range(3)]
    filters = {"text": "giraffe", "person": name, "action": "sale.record", "outcome": "unknown"}
    assert found(**filters) == [each.pk for each in [*reversed(others), mine]]
    assert found(**{**filters, "action": "writes"}) == found(**filters)
    assert found(**filters, customer="cus_1") == [mine.pk]
    assert found(text="action sale") == []


def test_words_follow_when_an_entry_changes_by_the_rules() -> None:
    entry = note("customer.view", actor=Actor(), target=Target(label="Jane Cooper"))
    with lifted():
        AuditEntry.objects.filter(pk=entry.pk).update(target_label="")
    assert found(text="jane") == []


# The page


def rows(page: Any) -> list[str]:
    return re.findall(r"<td><a href=\"/audit/(\d+)/\">", page.content.decode())


def test_what_is_typed_is_in_the_address_and_stays(otto: Client) -> None:
    add(actor_name="alice", action="sale.record", outcome="refused", reason="Ticket 42")
    add(actor_name="alice")
    page = otto.get("/audit/?person=ALICE&action=writes&outcome=refused&text=ticket")
    assert len(rows(page)) == 1
    html = page.content.decode()
    assert 'value="writes" selected' in html
    assert 'value="refused" selected' in html
    assert 'name="text" value="ticket"' in html
    add(actor_name="alice", action="sale.record", outcome="refused", reason="Ticket 42")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=31.03.2026", "From : “31.03.2026” is not a date. Write it as in 2026-03-31."),
        ("since=2026-03-02&until=2026-03-01", "To : This is before the first day."),
        ("until=9999-12-31", "To : Choose a year from 2000 on."),
        ("since=0001-01-01", "From : Choose a year from 2000 on."),
        ("action=customer.dance", "Action : There is no action “customer.dance”."),
        ("outcome=fine", "Outcome : There is no outcome “fine”."),
        ("batch=first", "Batch : This is not a number."),
        ("import=99999999999999999999", "Import : There is no such number."),
        ("text=%2B%2B", "Text : There is no word in this that could be looked for."),
        ("text=" + "a+" * 13, "Text : Look for at most 12 words."),
        ("text=" + "a" * 201, "Text : Ensure this value has at most 200 characters"),
        ("person=a%00b", "Person : Null characters are not allowed."),
    ],
)
def test_a_filter_that_does_not_work_is_told_and_kept(otto: Client, query: str, says: str) -> None:
    add()
    for headers in ({}, {"HX-Request": "true"}):
        page = otto.get(f"/audit/?{query}", headers=headers)
        assert page.status_code == 200
        assert says in text_of(page)
        assert "Nothing was looked for." in text_of(page)
        assert rows(page) == []
    name, _, value = query.partition("&")[0].partition("=")
    html = unescape(otto.get(f"/audit/?{query}").content.decode())
    kept = f'value="{unquote_plus(value)}" selected' if name in {"action", "outcome"} else ""
    assert kept in html
    assert kept or f'name="{name}" value="{unquote_plus(value)}"' in html
    assert AuditEntry.objects.filter(action="audit.list", outcome="blocked").count() == 3


@pytest.mark.parametrize(
    "text", ["'", "a'b", "\\", "a\\", "&|!<->", "😀", "“”", "a:*b", "%_", "':*"]
)
def test_no_text_breaks_the_search(otto: Client, text: str) -> None:
    assert otto.get("/audit/", {"text": text, "customer": text, "person": text}).status_code == 200


def test_a_day_is_the_viewers_own(sign_in: Callable[[str], Client]) -> None:
    late = add(at=datetime(2026, 3, 29, 22, 30, tzinfo=UTC))  # the 30th in Berlin: summer time
    otto = sign_in("otto")
    otto.cookies["tz"] = "Europe/Berlin"
    assert rows(otto.get("/audit/?since=2026-03-30&until=2026-03-30")) == [str(late.pk)]
    assert rows(otto.get("/audit/?since=2026-03-29&until=2026-03-29")) == []
    del otto.cookies["tz"]
    assert rows(otto.get("/audit/?since=2026-03-29&until=2026-03-29")) == [str(late.pk)]


def test_quick_links_keep_the_other_filters(otto: Client) -> None:
    write = add(action="sale.record", actor_name="vera", target_id="cus_1")
    look = add(actor_name="vera", target_id="cus_1")
    add(action="customer.list", actor_name="vera")

    def quick(query: str) -> dict[str, str]:
        html = otto.get(f"/audit/?{query}").content.decode()
        nav = re.search(r'<nav [^>]*aria-label="Kinds of entries".*?</nav>', html, re.DOTALL)
        assert nav
        links = re.findall(r'href="([^"]+)"( aria-current="page")?>([^<]+)', nav[0])
        assert [bool(current) for _, current, _ in links].count(True) == int("edit" not in query)
        return {label: unescape(url) for url, _, label in links}

    links = quick("person=vera&before=99999999&action=writes")
    assert list(links) == ["Everything", "Writes", "Looks at customers"]
    assert links["Everything"] == "/audit/?person=vera"
    assert rows(otto.get(links["Writes"])) == [str(write.pk)]
    assert rows(otto.get(links["Looks at customers"])) == [str(look.pk)]
    assert quick("person=vera&action=customer.edit") == links


def test_actions_are_in_the_order_of_their_words(otto: Client) -> None:
    html = otto.get("/audit/", headers={"accept-language": "de"}).content.decode()
    words = re.findall(r'<option value="\w+\.\w+">([^<]+)', html)
    assert words.index("Unbekanntes Ergebnis geklärt") > words.index("Startseite geöffnet")
    assert words.index("Übrig gebliebene Zeilen geholt") < words.index("Verkauf")


def test_what_is_no_look_is_told(otto: Client) -> None:
    told = "Lists and search results that contained the customer are not counted."
    assert told in text_of(otto.get("/audit/?action=looks&customer=cus_1"))
    assert told not in text_of(otto.get("/audit/?customer=cus_1"))


def test_newer_older_newest_oldest(otto: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.views.log.ROWS", 2)
    a, b, c, d, e = (str(add(actor_name="vera").pk) for _ in range(5))

    def follow(page: Any, name: str) -> Any:
        address = re.search(rf'id="{name}"[^>]*? href="([^"]+)"', page.content.decode())
        assert address, name
        return otto.get(address[1].replace("&amp;", "&"))

    first = otto.get("/audit/?person=vera")
    assert rows(first) == [e, d]
    second = follow(first, "next")
    assert rows(second) == [c, b]
    last = follow(first, "last")
    assert rows(last) == [b, a]
    assert rows(follow(last, "previous")) == [d, c]
    assert rows(follow(second, "previous")) == [e, d]
    assert rows(follow(last, "first")) == [e, d]
    assert rows(follow(second, "next")) == [a]
    text = text_of(first)
    assert "2 entries on this page, newest first; older ones follow" in text
    assert 'id="first"' not in first.content.decode()
    assert 'id="last"' not in last.content.decode()


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"person": "alice"}, "entry_person"),
        ({"action": "customer.view"}, "entry_action"),
        ({"outcome": "recorded"}, "entry_outcome"),
        ({"customer": "cus_1"}, "entry_target"),
        ({"batch": 1}, "entry_batch"),
        ({"file": 1}, "entry_import"),
        ({"file": 1, "outcome": "recorded"}, "entry_import"),
        ({"person": "alice", "action": "customer.view"}, "entry_(person|action)"),
        ({}, ""),
    ],
)
def test_a_page_comes_from_an_index_in_its_order(filters: dict[str, Any], index: str) -> None:
    for _ in range(30):
        add(actor_name="alice", outcome="recorded", target_id="cus_1")
    if connection.vendor == "postgresql":  # thirty entries are read quicker without an index
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    [strand, *_] = finding._strands(Filters(**filters))
    plan = strand.within(finding._Span()).values_list("pk")[:51].explain()
    assert re.search(index if filters else "pkey|SCAN customers_auditentry$", plan), plan
    assert not re.search("Sort|TEMP B-TREE", plan)
