"""Records: what Dub sends, read tolerantly and kept whole (R10, R12, R14, Q9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubadmin.dub.records import Customer, Discount, Event, Link, Malformed, Partner, parse_time

BARE: dict[str, Any] = {
    "id": "cus_1",
    "name": "Chemical Copper Gorilla",
    "email": None,
    "avatar": None,
    "externalId": "user_124",
    "stripeCustomerId": None,
    "country": None,
    "sales": 0,
    "saleAmount": 0,
    "createdAt": "2026-01-15T04:49:23.385Z",
    "firstSaleAt": None,
    "subscriptionCanceledAt": None,
}
LINK = {
    "id": "link_1",
    "domain": "dub.sh",
    "key": "track-test",
    "shortLink": "https://dub.sh/track-test",
    "url": "https://github.com/dubinc/dub",
    "programId": "prog_1",
}
FULL = BARE | {
    "email": "ada@example.com",
    "stripeCustomerId": "cus_QxYz123",
    "country": "US",
    "sales": 2,
    "saleAmount": 9800,
    "firstSaleAt": "2026-02-03T09:35:57.926Z",
    "link": LINK,
    "programId": "prog_1",
    "partner": {"id": "pn_1", "name": "Derek", "email": "derek@example.com", "image": None},
    "discount": {
        "id": "disc_1",
        "amount": 20,
        "type": "percentage",
        "maxDuration": 12,
        "couponId": "XZuejd0Q",
        "couponTestId": None,
        "description": None,
    },
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def test_it_works() -> None:
    customer = Customer.read(FULL)

    assert (customer.id, customer.external_id) == ("cus_1", "user_124")
    assert customer.created_at == datetime(2026, 1, 15, 4, 49, 23, 385000, UTC)
    assert (customer.sales, customer.sale_amount) == (2, 9800)
    assert customer.link
    assert customer.link.label == "dub.sh/track-test"
    assert customer.link.disabled is None
    assert customer.partner == Partner.read(FULL["partner"])
    assert customer.discount
    assert (customer.discount.kind, customer.discount.max_duration) == ("percentage", 12)
    assert customer.raw == FULL


def test_r12_absent_keys_and_nulls_are_the_same() -> None:
    nulls = {key: None for key in FULL if key != "id"}

    absent, null = Customer.read({"id": "cus_1"}), Customer.read({"id": "cus_1", **nulls})

    assert absent.link is absent.partner is absent.discount is None
    for field in ("external_id", "name", "email", "country", "sales", "created_at", "program_id"):
        assert getattr(absent, field) == getattr(null, field)


@given(extra=st.dictionaries(st.text().filter(lambda key: key not in FULL), ANYTHING))
def test_r12_unknown_keys_survive(extra: dict[str, object]) -> None:
    customer = Customer.read(FULL | extra)

    assert customer.extra == extra
    assert customer.raw == FULL | extra


@given(values=st.dictionaries(st.sampled_from([key for key in FULL if key != "id"]), ANYTHING))
def test_r12_odd_values_hide_no_customer(values: dict[str, object]) -> None:
    customer = Customer.read(FULL | values)

    assert customer.id == "cus_1"
    assert isinstance(customer.sale_amount, int)
    assert isinstance(customer.name, str)


@pytest.mark.parametrize("value", [None, [], "cus_1", 1, {}, {"id": None}, {"id": ""}])
def test_what_is_no_customer_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        Customer.read(value)


def test_r14_amounts_stay_exact() -> None:
    assert Customer.read(BARE | {"saleAmount": 2**53 + 1}).sale_amount == 2**53 + 1
    assert Customer.read(BARE | {"saleAmount": 10**400}).sale_amount == 10**400


def test_q9_a_customer_is_called_by_what_stays() -> None:
    assert Customer.read(BARE).label == "user_124"
    assert Customer.read(FULL).label == "ada@example.com"
    assert Customer.read({"id": "cus_1", "name": "Random Name"}).label == "cus_1"


@pytest.mark.parametrize(
    ("disabled", "state"),
    [({}, None), ({"disabledAt": None}, False), ({"disabledAt": "2026"}, True)],
)
def test_a_link_knows_whether_it_is_disabled(disabled: dict[str, Any], state: bool | None) -> None:
    link = Link.read(LINK | disabled)

    assert link
    assert link.disabled is state


@pytest.mark.parametrize("read", [Link.read, Partner.read, Discount.read])
@pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"id": None}])
def test_what_is_not_attached_is_none(read: Any, value: object) -> None:
    assert read(value) is None


# Events

SALE = {
    "event": "sale",
    "timestamp": "Wed Jan 14 2026 04:49:23 GMT+0000 (Coordinated Universal Time)",
    "eventId": "ev_1",
    "eventName": "Invoice paid",
    "link": LINK,
    "click": {"id": "clk_1", "timestamp": "2026-01-14T04:49:23.385Z", "country": "US"},
    "customer": {"id": "cus_1", "externalId": "user_1", "name": "Ada"},
    "sale": {
        "amount": 4900,
        "currency": "USD",
        "invoiceId": "INV_1",
        "paymentProcessor": "stripe",
    },
    "metadata": {"plan": "pro"},
}


def test_r10_an_event_with_its_odd_time() -> None:
    event = Event.read(SALE)

    assert event.at == datetime(2026, 1, 14, 4, 49, 23, tzinfo=UTC)
    assert (event.kind, event.id, event.customer_id) == ("sale", "ev_1", "cus_1")
    assert (event.amount, event.currency, event.invoice_id) == (4900, "usd", "INV_1")
    assert event.metadata == {"plan": "pro"}
    assert event.raw is SALE


def test_r10_the_clicks_time_stands_in() -> None:
    assert Event.read(SALE | {"timestamp": "?"}).at == datetime(2026, 1, 14, 4, 49, 23, 385000, UTC)


def test_a_click_is_called_by_its_click() -> None:
    event = Event.read({"event": "click", "click": {"id": "clk_1"}})

    assert event.id == event.click_id == "clk_1"
    assert event.amount is None
    assert (event.at, event.link, event.metadata) == (None, None, {})


@given(values=st.dictionaries(st.sampled_from(list(SALE)), ANYTHING))
def test_odd_values_hide_no_event(values: dict[str, object]) -> None:
    assert Event.read(SALE | values).raw == SALE | values


# Times

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(
    min_value=datetime(1900, 1, 1), max_value=datetime(9990, 1, 1), timezones=ZONES
)
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def as_javascript(time: datetime) -> str:
    """`String(date)` of JavaScript."""
    day = f"{DAYS[time.weekday()]} {MONTHS[time.month - 1]} {time:%d} {time.year:04}"
    return f"{day} {time:%H:%M:%S} GMT{time:%z} (Some Time)"


@given(time=TIMES)
def test_r10_both_ways_to_write_a_time_are_read(time: datetime) -> None:
    seconds = time.replace(microsecond=0)
    millis = time.replace(microsecond=time.microsecond // 1000 * 1000)
    zulu = millis.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    assert parse_time(as_javascript(seconds)) == seconds
    assert parse_time(time.isoformat()) == time
    assert parse_time(zulu) == millis


@pytest.mark.parametrize(
    "value",
    [
        "Wed Jan 14 2026 04:49:23 GMT+0000 (Coordinated Universal Time)",
        "Wed Jan 14 2026 05:49:23 GMT+0100 (Central European Standard Time)",
        "Wed Jan 14 2026 04:49:23 GMT+0000",
        "2026-01-14T04:49:23.000Z",
        "2026-01-14T04:49:23Z",
        "2026-01-14T04:49:23",
        "2026-01-14 04:49:23",
        "2026-01-13T23:49:23-05:00",
    ],
)
def test_r10_times(value: str) -> None:
    parsed = parse_time(value)

    assert parsed == datetime(2026, 1, 14, 4, 49, 23, tzinfo=UTC)
    assert parsed.tzinfo is UTC


@given(value=ANYTHING | st.from_regex(r"\w{3} \w{3} \d{2} \d{4} \d{2}:\d{2}:\d{2} GMT[+-]\d{4}"))
def test_r10_a_bad_time_is_none(value: object) -> None:
    parsed = parse_time(value)

    assert parsed is None or parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "value", ["", "yesterday", "Invalid Date", None, 0, True, "0001-01-01T00:00:00+14:00", "null"]
)
def test_r10_what_is_no_time(value: object) -> None:
    assert parse_time(value) is None
