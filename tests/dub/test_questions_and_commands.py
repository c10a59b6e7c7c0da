"""What goes out: frozen questions and commands, exactly as documented (R13, L3, R1)."""

from __future__ import annotations

import dataclasses
import json
import string
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dubadmin.dub.client import Client
from dubadmin.dub.commands import (
    Command,
    DeleteCustomer,
    TrackLead,
    TrackSale,
    UpdateCustomer,
    lead_key,
)
from dubadmin.dub.errors import Uncertain
from dubadmin.dub.reads import (
    CountCustomers,
    CountCustomersBy,
    GetCustomer,
    GetLink,
    ListCommissions,
    ListCustomers,
    ListEvents,
    ListLinks,
    ListPartners,
    Read,
    customer_path,
)
from dubadmin.dub.records import Malformed

from .wire import Wire, answer

ADA = answer({"id": "cus_1", "name": "Ada"})

# The property names of the published schema.
CUSTOMER = {"email", "name", "avatar", "externalId", "stripeCustomerId", "country"}
LEAD = {
    "clickId",
    "eventName",
    "customerExternalId",
    "customerName",
    "customerEmail",
    "customerAvatar",
    "mode",
    "eventQuantity",
    "metadata",
}
SALE = {
    "customerExternalId",
    "amount",
    "currency",
    "eventName",
    "paymentProcessor",
    "invoiceId",
    "metadata",
    "leadEventName",
    "clickId",
    "customerName",
    "customerEmail",
    "customerAvatar",
}


# One customer's address


def sent_for(id: str, client: Client, server: Wire) -> str:
    with suppress(Uncertain):  # the answer is about Ada, whoever was meant
        client.send(DeleteCustomer(id=id))
    return server.heard[-1].target


IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
NASTY = ["ext_a/b c", "ext_100%", "ext_%2F", "ext_a?b#c", "ext_..", "ext_../..", "ext_ü😀", "~-_.!"]


@pytest.fixture
def heard(wire: Callable[..., Wire], client_of: Callable[..., Client]) -> Callable[[str], str]:
    """The target that reaches the server when the customer `id` is deleted."""
    server = wire(ADA)
    client = client_of(server)
    return lambda id: sent_for(id, client, server)


@given(id=IDS.filter(lambda id: id not in (".", "..")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(id="ext_a/b c")
@example(id="%2E")
@example(id="%2e%2e")
@example(id="..%2f..")
@example(id="...")
def test_r13_any_id_arrives_as_one_segment(heard: Callable[[str], str], id: str) -> None:
    target = heard(id)

    assert target.isascii()
    assert target.startswith("/customers/")
    segment = target.removeprefix("/customers/")
    assert not set(segment) & set("/?# ")
    assert unquote(segment, errors="strict") == id


@pytest.mark.parametrize("id", NASTY)
def test_r13_known_trouble(id: str, heard: Callable[[str], str]) -> None:
    assert unquote(heard(id).removeprefix("/customers/")) == id


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_r13_no_id_leads_to_another_address(id: str, heard: Callable[[str], str]) -> None:
    """A URL's segment cannot be empty or made of dots, however it is written."""
    segment = heard(id).removeprefix("/customers/")

    assert segment.startswith("%25")  # a percent sign of its own, which no server undoes twice


def test_r13_half_a_surrogate_is_nobody_elses_id() -> None:
    assert customer_path("ext_\ud800") == "/customers/ext_%ED%A0%80"
    assert customer_path("ext_\ud800") != customer_path("ext_?")


# Questions


@pytest.mark.parametrize(
    ("read", "path", "params"),
    [
        (ListCustomers(), "/customers", {"pageSize": "50", "includeExpandedFields": "true"}),
        (
            ListCustomers(
                search="jean luc",
                email="a@b.c",
                external_id="u1",
                country="US",
                link_id="l1",
                partner_id="p1",
                sort_by="saleAmount",
                sort_order="asc",
                page=2,
                page_size=100,
                expanded=False,
            ),
            "/customers",
            {
                "search": "jean luc",
                "email": "a@b.c",
                "externalId": "u1",
                "country": "US",
                "linkId": "l1",
                "partnerId": "p1",
                "sortBy": "saleAmount",
                "sortOrder": "asc",
                "page": "2",
                "pageSize": "100",
            },
        ),
        (
            ListCustomers(starting_after="c1", ending_before="c2", expanded=False),
            "/customers",
            {"startingAfter": "c1", "endingBefore": "c2", "pageSize": "50"},
        ),
        (GetCustomer(id="cus_1"), "/customers/cus_1", {"includeExpandedFields": "true"}),
        (GetCustomer(id="cus_1", expanded=False), "/customers/cus_1", {}),
        (CountCustomers(country="US"), "/customers/count", {"country": "US"}),
        (CountCustomersBy(group_by="country"), "/customers/count", {"groupBy": "country"}),
        (
            ListEvents(kind="sales", customer_id="cus_1", page=2),
            "/events",
            {
                "event": "sales",
                "customerId": "cus_1",
                "interval": "all",
                "limit": "100",
                "page": "2",
            },
        ),
        (GetLink(link_id="l1"), "/links/info", {"linkId": "l1"}),
        (GetLink(domain="dub.sh", key="x"), "/links/info", {"domain": "dub.sh", "key": "x"}),
        (ListLinks(search="x"), "/links", {"search": "x", "pageSize": "100"}),
        (ListPartners(), "/partners", {"pageSize": "100"}),
        (ListCommissions(invoice_id="I1"), "/commissions", {"invoiceId": "I1"}),
    ],
    ids=lambda part: type(part).__name__,
)
def test_questions_are_asked_as_documented(
    read: Read[Any], path: str, params: dict[str, str]
) -> None:
    assert read.path == path
    assert read.params == params


def test_r11_events_are_asked_for_over_all_time() -> None:
    assert ListEvents(kind="leads", customer_id="cus_1").params["interval"] == "all"


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_search_arrives_as_it_was_typed(
    text: str, wire: Callable[..., Wire], client_of: Callable[..., Client]
) -> None:
    server = wire(answer([]))

    assert client_of(server).fetch(ListCustomers(search=text)) == []

    query = parse_qs(urlsplit(server.heard[0].target).query, strict_parsing=True)
    assert query["search"] == [text]
    server.close()


@pytest.mark.parametrize("data", [None, {}, "x", 1])
@pytest.mark.parametrize(
    "read", [ListCustomers(), ListEvents(kind="leads"), ListLinks(), ListPartners()]
)
def test_what_is_no_list_is_malformed(read: Read[Any], data: object) -> None:
    with pytest.raises(Malformed):
        read.parse(data)


@pytest.mark.parametrize("data", [None, {}, [], "7", 7.5, True])
def test_q8_what_is_no_count_is_malformed(data: object) -> None:
    with pytest.raises(Malformed):
        CountCustomers().parse(data)


def test_q8_counts_and_facets() -> None:
    assert CountCustomers().parse(7) == 7
    rows = [
        {"country": "US", "_count": 5},
        {"country": None, "_count": 2},
        {"country": "DE", "_count": "many"},
    ]
    assert [
        (facet.value, facet.label, facet.count)
        for facet in CountCustomersBy(group_by="country").parse(rows)
    ] == [("US", "US", 5), ("DE", "DE", None)]
    row = {"linkId": "l1", "shortLink": "https://dub.sh/x", "_count": 1}
    assert CountCustomersBy(group_by="linkId").parse([row])[0].label == "dub.sh/x"


def test_a_link_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed):
        GetLink(link_id="l1").parse({"domain": "dub.sh"})


# Commands


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        (
            UpdateCustomer(id="ext_a/b", changes={"name": "Ada", "email": None}),
            "PATCH",
            "/customers/ext_a%2Fb",
            {"name": "Ada", "email": None},
        ),
        (DeleteCustomer(id="cus_1"), "DELETE", "/customers/cus_1", None),
        (
            TrackLead(customer_external_id="u1", event_name="Sign up"),
            "POST",
            "/track/lead",
            {"clickId": "", "eventName": "Sign up", "customerExternalId": "u1"},
        ),
        (
            TrackSale(customer_external_id="u1", amount=4900, currency="EUR", invoice_id="INV_1"),
            "POST",
            "/track/sale",
            {"customerExternalId": "u1", "amount": 4900, "currency": "eur", "invoiceId": "INV_1"},
        ),
    ],
)
def test_commands_are_sent_as_documented(
    command: Command, method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert (command.method, command.path, command.body) == (method, path, body)


WORDS = st.text(string.printable, max_size=5)
METADATA = st.none() | st.dictionaries(WORDS, WORDS)
LEADS = st.builds(
    TrackLead,
    customer_external_id=WORDS,
    event_name=WORDS,
    click_id=WORDS,
    customer_name=WORDS,
    customer_email=WORDS,
    customer_avatar=WORDS,
    mode=WORDS,
    event_quantity=st.none() | st.integers(1, 100),
    metadata=METADATA,
)
SALES = st.builds(
    TrackSale,
    customer_external_id=WORDS,
    amount=st.integers(1, 2**53),
    currency=st.sampled_from(["usd", "EUR"]),
    invoice_id=WORDS,
    event_name=WORDS,
    payment_processor=WORDS,
    lead_event_name=WORDS,
    click_id=WORDS,
    customer_name=WORDS,
    customer_email=WORDS,
    customer_avatar=WORDS,
    metadata=METADATA,
)


@given(lead=LEADS)
def test_a_lead_holds_only_what_dub_documents(lead: TrackLead) -> None:
    body = lead.body

    assert {"clickId", "eventName", "customerExternalId"} <= set(body) <= LEAD
    assert json.loads(json.dumps(body)) == body
    assert body.get("eventQuantity") == lead.event_quantity
    assert body.get("customerName", "") == lead.customer_name
    assert body.get("metadata", {}) == (lead.metadata or {})
    assert not any(value in (None, "") for key, value in body.items() if key not in required(lead))


@given(sale=SALES)
def test_a_sale_holds_only_what_dub_documents(sale: TrackSale) -> None:
    body = sale.body

    assert {"customerExternalId", "amount", "currency", "invoiceId"} <= set(body) <= SALE
    assert json.loads(json.dumps(body)) == body
    assert body["amount"] == sale.amount
    assert body.get("leadEventName", "") == sale.lead_event_name
    assert not any(value in (None, "") for key, value in body.items() if key not in required(sale))


def required(command: TrackLead | TrackSale) -> set[str]:
    if isinstance(command, TrackLead):
        return {"clickId", "eventName", "customerExternalId"}
    return {"customerExternalId", "amount", "currency", "invoiceId"}


@given(names=st.sets(st.sampled_from(sorted(CUSTOMER))))
def test_r1_only_what_changes_is_sent(names: set[str]) -> None:
    assert set(UpdateCustomer(id="cus_1", changes=dict.fromkeys(names)).body) == names


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 1, 14, 4, 49, 23, 385_999, UTC),
        datetime(2026, 1, 14, 5, 49, 23, 385_000, timezone(timedelta(hours=1))),
        datetime(2026, 1, 14, 4, 49, 23, 385_000),
    ],
)
def test_times_are_sent_in_utc(when: datetime) -> None:
    command = UpdateCustomer(id="cus_1", changes={"subscriptionCanceledAt": when})

    assert command.body == {"subscriptionCanceledAt": "2026-01-14T04:49:23.385Z"}


COMMANDS: list[Any] = [
    UpdateCustomer(id="cus_1", changes={"name": "Ada"}),
    DeleteCustomer(id="cus_1"),
    TrackLead(customer_external_id="u1", event_name="x", metadata={"a": [1]}),
    TrackSale(
        customer_external_id="u1", amount=1, currency="usd", invoice_id="", metadata={"a": [1]}
    ),
]


@pytest.mark.parametrize("frozen", [*COMMANDS, ListCustomers(), GetCustomer(id="cus_1")])
def test_nothing_changes_between_log_and_wire(frozen: Any) -> None:
    for name in [field.name for field in dataclasses.fields(frozen)]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(frozen, name, "other")


def test_what_a_command_was_made_of_may_change() -> None:
    changes, metadata = {"name": "Ada"}, {"tags": ["a"]}
    update = UpdateCustomer(id="cus_1", changes=changes)
    lead = TrackLead(customer_external_id="u1", event_name="x", metadata=metadata)

    changes["name"] = "Mallory"
    metadata["tags"].append("b")

    assert update.body == {"name": "Ada"}
    assert lead.body["metadata"] == {"tags": ["a"]}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.action)
@pytest.mark.parametrize("data", [None, [], "ok", {}, {"message": "ok"}])
def test_an_answer_to_something_else_is_malformed(command: Command, data: object) -> None:
    with pytest.raises(Malformed):
        command.check(data)


def test_l2_s1_an_answer_that_nothing_was_recorded_is_an_answer() -> None:
    lead, sale = COMMANDS[2:]

    repeat = {"click": {"id": "c"}, "link": None, "customer": {"externalId": "u1"}}
    assert lead.check(repeat)["link"] is None
    assert sale.check({"eventName": "x", "customer": None, "sale": None})["sale"] is None


def test_l3_names_are_compared_as_dub_does() -> None:
    assert lead_key("Sign up") == lead_key("sign-up") == lead_key("SIGN UP") == "sign-up"
    assert lead_key("Sign  up") != lead_key("Sign up")
    assert lead_key("signup") != lead_key("Sign up")


@given(name=st.text())
def test_l3_a_key_is_its_own_key(name: str) -> None:
    key = lead_key(name)

    assert " " not in key
    assert lead_key(key) == key
