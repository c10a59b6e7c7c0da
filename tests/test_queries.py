"""What pages read: side by side, found in every way that was typed, and never a made-up name."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches

from customers import queries
from customers.facts import facts_of
from customers.models import AuditEntry
from dubadmin.dub.errors import DubError, Refused
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
PATIENCE_SECONDS = 5
NO_PLAN = {"status": 403, "message": "Unauthorized: Need higher plan."}


@pytest.fixture
def together(dub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls a read while Dub answers nothing until so many requests are under way at once."""

    def call(size: int, read: Callable[[], Any]) -> Any:
        barrier = threading.Barrier(size)
        answer = dub._answer

        def wait_for_all(call: Any) -> Any:
            barrier.wait(PATIENCE_SECONDS)
            return answer(call)

        before = dub.count()
        with monkeypatch.context() as patched:
            patched.setattr(dub, "_answer", wait_for_all)
            result = read()
        assert not barrier.broken
        assert dub.count() - before == size
        return result

    return call


@pytest.fixture
def steady_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dubadmin.sandbox.ids._random", random.Random(1))


@pytest.fixture
def link(dub: Sandbox) -> Json:
    return dub.add_link(key="go")


@pytest.fixture
def ada(dub: Sandbox, link: Json) -> Json:
    return dub.add_customer(
        "Ada Lovelace", "ada@example.com", "user 1/ä", "GB", link=link, lead="Sign up"
    )


def found(listing: queries.Listing) -> list[str]:
    return [customer.external_id for customer in listing.customers]


def hows(matches: list[queries.Match]) -> dict[str, str]:
    return {match.how: match.customer.external_id for match in matches}


# One round trip


def test_a_list_costs_one_round_trip(dub: Sandbox, ada: Json, together: Callable[..., Any]) -> None:
    listing, facets = together(5, queries.list_customers)
    assert (found(listing), listing.total) == (["user 1/ä"], 1)
    assert [facet.value for facet in facets.countries] == ["GB"]


def test_facets_are_asked_for_once_in_a_while(
    dub: Sandbox, ada: Json, together: Callable[..., Any]
) -> None:
    _, first = queries.list_customers()
    _, again = together(2, queries.list_customers)
    assert again == first
    caches["hints"].clear()
    together(5, queries.list_customers)


def test_a_search_costs_one_round_trip(
    dub: Sandbox, ada: Json, together: Callable[..., Any]
) -> None:
    listing, _ = together(7, lambda: queries.list_customers(q="ada"))
    assert found(listing) == ["user 1/ä"]
    together(3, lambda: queries.find_customers("ada"))


def test_r11_a_customer_seen_before_costs_one_round_trip(
    dub: Sandbox, ada: Json, together: Callable[..., Any]
) -> None:
    queries.list_customers()
    customer, timeline = together(4, lambda: queries.customer_with_timeline("ext_user 1/ä"))
    assert customer.id == ada["id"]
    assert {event.kind for event in timeline.events} == {"lead", "click"}
    together(4, lambda: queries.customer_with_timeline(ada["id"]))
    assert together(4, lambda: queries.attribution("user 1/ä")).link.disabled is False


def test_r11_without_a_hint_the_id_is_resolved_first(dub: Sandbox, ada: Json) -> None:
    _, timeline = queries.customer_with_timeline("ext_user 1/ä")
    asked = [request.query for request in dub.requests if request.path == "/events"]
    assert {query["customerId"] for query in asked} == {ada["id"]}
    assert {query["interval"] for query in asked} == {"all"}
    assert len(timeline.events) == 2


def test_r11_a_stale_hint_is_corrected(dub: Sandbox, ada: Json, link: Json) -> None:
    queries.list_customers()
    dub.delete_customer(ada)
    successor = dub.add_customer("Grace", "grace@example.com", "user 1/ä", link=link, lead="Demo")
    customer, timeline = queries.customer_with_timeline("ext_user 1/ä")
    assert customer.id == successor["id"]
    assert {event.customer_id for event in timeline.events if event.kind == "lead"} == {
        successor["id"]
    }
    known = queries.attribution("user 1/ä")
    assert [lead.name for lead in known.leads] == ["Demo"]


def test_s3_a_stale_link_is_corrected(dub: Sandbox, ada: Json) -> None:
    queries.list_customers()
    other = dub.add_link(key="spring", disabled=True)
    dub.change_customer(ada, link_id=other["id"])
    link = queries.attribution("user 1/ä").link
    assert link
    assert (link.id, link.disabled) == (other["id"], True)


# Finding


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("user 1/ä", "external ID"),
        ("ext_user 1/ä", "external ID"),
        ("USER 1/Ä", "external ID"),
        ("ada@example.com", "exact e-mail"),
        ("ADA@example.com", "exact e-mail"),
        ("lovelace", "whole words in name or e-mail"),
        ("nobody lovelace", "whole words in name or e-mail"),
    ],
)
def test_q1_q2_one_box_finds_in_every_way_and_says_how(
    dub: Sandbox, ada: Json, typed: str, how: str
) -> None:
    assert hows(queries.find_customers(typed)) == {how: "user 1/ä"}


def test_q1_suggestions_begin_with_who_has_all_words(dub: Sandbox) -> None:
    dub.add_customer("Anika Esposito", "ae@example.com", "both")
    for number in range(9):
        dub.add_customer("Anika", f"a{number}@example.com", f"a{number}")
    matches = queries.find_customers("anika esposito")
    assert [match.customer.external_id for match in matches][:1] == ["both"]
    assert len(matches) == 8


def test_q1_suggestions_for_an_e_mail_that_nobody_has(dub: Sandbox, ada: Json) -> None:
    how = "whole words in name or e-mail"
    assert hows(queries.find_customers("ada@exampel.com")) == {how: "user 1/ä"}
    assert queries.find_customers("nobody@example.com") == []


def test_q2_a_dub_id_is_found(dub: Sandbox, ada: Json) -> None:
    assert hows(queries.find_customers(ada["id"])) == {"Dub ID": "user 1/ä"}


def test_q2_r13_a_dub_id_need_not_begin_with_cus(dub: Sandbox) -> None:
    dub.add_customer(external_id="u2", id="old_42", email="o@example.com")
    assert hows(queries.find_customers("old_42")) == {"Dub ID": "u2"}


def test_q2_the_list_finds_by_id_too(dub: Sandbox, ada: Json) -> None:
    listing, _ = queries.list_customers(q="user 1/ä")
    assert hows(listing.exact) == {"external ID": "user 1/ä"}
    listing, _ = queries.list_customers(q=ada["id"])
    assert hows(listing.exact) == {"Dub ID": "user 1/ä"}


def test_q2_found_in_two_ways_is_one_match(dub: Sandbox) -> None:
    dub.add_customer("lovelace", "l@example.com", "lovelace")
    assert hows(queries.find_customers("lovelace")) == {"external ID": "lovelace"}


@pytest.mark.parametrize(
    "typed", ["Jean-Luc", "jean-luc", "+Jean", "Luc*", "(jean)", '"Jean Luc"', "jean+luc", "~luc"]
)
def test_q3_hyphens_and_operators_do_not_glue_words(dub: Sandbox, typed: str) -> None:
    dub.add_customer("Jean-Luc Picard", "jl@example.com", "u1")
    assert [match.customer.external_id for match in queries.find_customers(typed)] == ["u1"]
    assert found(queries.list_customers(q=typed)[0]) == ["u1"]


@pytest.mark.parametrize("typed", ["---", "+", "()", "“”"])
def test_q3_a_search_without_a_word_finds_nobody(dub: Sandbox, ada: Json, typed: str) -> None:
    listing, _ = queries.list_customers(q=typed)
    assert (listing.customers, listing.total, listing.exact) == ([], 0, [])
    assert queries.find_customers(typed) == []


def test_finding_fails_only_when_every_answer_did(dub: Sandbox, ada: Json) -> None:
    dub.fault(path="/customers", times=0, status=500)
    assert hows(queries.find_customers(ada["id"])) == {"Dub ID": "user 1/ä"}
    assert queries.find_customers("nobody") == []
    dub.fault(times=0, **NO_PLAN)
    with pytest.raises(Refused):
        queries.find_customers("lovelace")


# Totals and facets


def test_q8_without_the_count_the_list_works_without_a_total(dub: Sandbox, ada: Json) -> None:
    dub.count_answers = False
    listing, facets = queries.list_customers()
    assert (found(listing), listing.total, listing.error) == (["user 1/ä"], None, None)
    assert (facets.countries, facets.links) == ((), ())


def test_q8_facets_that_failed_for_a_moment_are_asked_for_again(dub: Sandbox, ada: Json) -> None:
    dub.fault(path="/customers/count", times=0, status=500)
    assert queries.list_customers()[1].countries == ()
    dub.clear_faults()
    assert queries.list_customers()[1].countries != ()


def test_a_list_that_cannot_be_read_says_why(dub: Sandbox, ada: Json) -> None:
    dub.fault(path="/customers", times=0, **NO_PLAN)
    listing, _ = queries.list_customers()
    assert isinstance(listing.error, DubError)
    assert (listing.customers, listing.total) == ([], None)


# Names that Dub makes up


@pytest.fixture
def nobody(dub: Sandbox, link: Json, steady_names: None) -> Json:
    return dub.add_customer(external_id="u2", link=link, lead="Sign up")


def test_q9_a_made_up_name_is_shown_as_none(dub: Sandbox, nobody: Json) -> None:
    listing, _ = queries.list_customers()
    by_id, _ = queries.list_customers(q="u2")
    names = [
        listing.customers[0].name,
        by_id.exact[0].customer.name,
        queries.find_customers("u2")[0].customer.name,
        queries.find_customers(nobody["id"])[0].customer.name,
        queries.get_customer("ext_u2").name,
        queries.customer_with_timeline(nobody["id"])[0].name,
        queries.attribution("u2").customer.name,
    ]
    assert names == [""] * 7
    assert facts_of(queries.get_customer("ext_u2"))["name"] is None
    assert queries.get_customer("ext_u2").label == "u2"


def test_q9_where_names_are_made_up_the_next_page_asks_twice_in_one_round_trip(
    dub: Sandbox, nobody: Json, together: Callable[..., Any]
) -> None:
    queries.list_customers()
    listing, _ = together(3, queries.list_customers)
    assert [customer.name for customer in listing.customers] == [""]


def test_q9_the_email_that_stands_in_for_a_name_is_none_either(dub: Sandbox) -> None:
    dub.add_customer(email="u4@example.com", external_id="u4")
    assert queries.list_customers()[0].customers[0].name == ""
    assert queries.get_customer("ext_u4").name == ""


def test_q9_a_name_without_an_email_is_checked_though_there_was_one_before(
    dub: Sandbox, ada: Json, steady_names: None
) -> None:
    queries.list_customers()
    dub.change_customer(ada, email=None, name=None)
    assert queries.get_customer(ada["id"]).name == ""
    dub.change_customer(ada, name="Ada")
    assert queries.get_customer(ada["id"]).name == "Ada"


def test_q9_a_stored_name_without_an_email_is_shown(dub: Sandbox, steady_names: None) -> None:
    dub.add_customer("Ada", external_id="u3")
    assert queries.list_customers()[0].customers[0].name == "Ada"
    assert queries.find_customers("u3")[0].customer.name == "Ada"
    assert queries.get_customer("ext_u3").name == "Ada"


def test_q9_a_name_that_could_not_be_confirmed_is_not_taken_for_a_stored_one(
    dub: Sandbox, nobody: Json
) -> None:
    dub.fault(path="/customers", nth=2, times=1, status=403)
    assert queries.list_customers()[0].customers[0].name == ""
    dub.clear_faults()
    dub.fault(path="/customers/ext_u2", nth=2, times=1, status=403)
    with pytest.raises(DubError):
        queries.get_customer("ext_u2")


def test_q9_with_an_email_one_read_is_enough(dub: Sandbox, ada: Json) -> None:
    path = f"/customers/{ada['id']}"
    queries.get_customer(ada["id"])
    before = dub.count("GET", path)
    assert queries.get_customer(ada["id"]).name == "Ada Lovelace"
    assert dub.count("GET", path) - before == 1


# One customer


def test_a3_without_events_the_customer_is_there_all_the_same(dub: Sandbox, ada: Json) -> None:
    dub.fault(path="/events", times=0, status=403)
    customer, timeline = queries.customer_with_timeline(ada["id"])
    assert customer.id == ada["id"]
    assert timeline.events == []
    assert len(timeline.errors) == 3


def test_r10_the_timeline_runs_backwards(dub: Sandbox, ada: Json) -> None:
    dub.add_lead(ada, "Old", at="2026-01-01T10:00:00Z")
    dub.add_sale(ada, at="2026-01-02T10:00:00Z")
    _, timeline = queries.customer_with_timeline(ada["id"])
    moments = [event.at for event in timeline.events]
    assert moments == sorted(moments, reverse=True)
    assert {event.kind for event in timeline.events} == {"click", "lead", "sale"}


def test_an_unknown_customer_is_no_error_for_a_sale(dub: Sandbox) -> None:
    assert queries.attribution("nobody").customer is None


def test_a5_a_404_of_the_workspace_is_no_unknown_customer(dub: Sandbox) -> None:
    dub.fault(times=0, status=404, message="Workspace not found.")
    with pytest.raises(Refused, match="Workspace"):
        queries.attribution("u1")


def test_the_history_is_found_under_either_id(dub: Sandbox, ada: Json) -> None:
    for ids in ({"target_id": ada["id"]}, {"target_external_id": "user 1/ä"}, {"target_id": "x"}):
        AuditEntry.objects.create(action="lead.record", outcome="recorded", **ids)
    AuditEntry.objects.create(action="customer.view", outcome="done", target_id=ada["id"])
    history = queries.history_of(queries.get_customer(ada["id"]))
    assert [entry.target_id or entry.target_external_id for entry in history] == [
        "user 1/ä",
        ada["id"],
    ]
