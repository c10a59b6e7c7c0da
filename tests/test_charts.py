"""The figures of the home page: what Dub accepted from here, by day, by person, in US dollars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from customers.charts import DAYS, HIGH, Figures, bars, recorded
from customers.models import AuditEntry, FollowUp
from dubadmin.sandbox import Sandbox

from .conftest import text_of
from .pages.browsing import SALE, press, send

TODAY = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def accepted(
    at: datetime, *, person: str = "alice", cents: int | None = 100, **fields: Any
) -> FollowUp:
    entry = AuditEntry.objects.create(action="sale.record", outcome="recorded", at=at)
    given = {"is_sale": True, "state": "confirmed"} | fields
    return FollowUp.objects.create(
        entry=entry, at=at, due=at, person=person, usd_cents=cents, **given
    )


@pytest.mark.django_db
def test_days_and_people_add_up_to_the_same() -> None:
    accepted(NOON)
    accepted(NOON - timedelta(days=1), person="max", cents=250)
    accepted(NOON - timedelta(days=29), cents=None, is_sale=False, expected=3)
    found = recorded(TODAY)
    assert found.total == Figures(sales=2, cents=350, leads=3)
    assert sum(found.people.values(), Figures()) == found.total
    assert list(found.people) == ["max", "alice"]
    assert list(found.days) == [TODAY - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    assert found.days[TODAY] == Figures(sales=1, cents=100)
    assert found.days[date(2026, 3, 15)] == Figures()


@pytest.mark.django_db
def test_what_is_missing_or_older_does_not_count_and_what_is_awaited_does() -> None:
    accepted(NOON, state="missing")
    accepted(NOON - timedelta(days=30))
    accepted(NOON + timedelta(days=1))
    accepted(NOON, state="pending", cents=7)
    assert recorded(TODAY).total == Figures(sales=1, cents=7)


@pytest.mark.django_db
def test_a_sale_without_a_rate_counts_and_adds_no_dollars() -> None:
    accepted(NOON, cents=None)
    assert recorded(TODAY).total == Figures(sales=1)


@pytest.mark.django_db
def test_days_are_those_of_the_person_who_looks() -> None:
    accepted(datetime(2026, 3, 30, 22, 30, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        assert recorded(TODAY).days[TODAY].sales == 1
    assert recorded(TODAY).days[date(2026, 3, 30)].sales == 1


@pytest.mark.django_db
def test_it_is_one_query(django_assert_num_queries: Any) -> None:
    for n in range(3):
        accepted(NOON - timedelta(days=n), person=f"person {n}")
    with django_assert_num_queries(1):
        recorded(TODAY)


@given(st.lists(st.integers(min_value=0, max_value=10**15), max_size=40))
def test_bars_stay_in_their_box_and_keep_their_order(values: list[int]) -> None:
    drawn = bars([TODAY + timedelta(days=n) for n in range(len(values))], values)
    for bar in drawn:
        assert (bar.y + bar.height, bar.y >= 0) == (HIGH, True)
        assert (bar.height > 1) == (bar.value > 0)
        assert all(bar.height >= other.height for other in drawn if bar.value >= other.value)
    assert [bar.value for bar in drawn] == values


# From the form to the home page


def sale_of(client: Client, **given: str) -> Any:
    fields = {"customer_external_id": "u1", "amount": "12.50", "currency": "USD"}
    return send(client, SALE, fields | given)


@pytest.fixture
def una(dub: Sandbox) -> dict[str, Any]:
    una = dub.add_customer("Una", external_id="u1", link=dub.add_link(key="go"))
    dub.add_lead(una, "Sign up", at=timezone.now() - timedelta(days=3))
    return una


@pytest.mark.django_db
def test_the_home_page_shows_what_dub_stored(
    dub: Sandbox, alice: Client, una: dict[str, Any], sign_in: Callable[[str], Client]
) -> None:
    assert "Nothing was recorded here" in text_of(alice.get("/"))
    sale_of(alice)
    sale_of(alice, amount="100", currency="JPY")
    stored = sum(sale["amount"] for sale in dub.sales())
    assert stored != 1250 + 100
    home = alice.get("/")
    assert f"{stored / 100:.2f} USD" in text_of(home)
    assert "Your last changes" in text_of(home)
    assert "style=" not in home.content.decode()
    assert "Your last changes" not in text_of(sign_in("vera").get("/"))


@pytest.mark.django_db
def test_a_sale_that_was_settled_later_counts_from_then_on(
    dub: Sandbox, alice: Client, una: dict[str, Any]
) -> None:
    dub.fault("POST", "/track/sale", hang_up="after")
    ended = sale_of(alice)
    assert ended.outcome == "unknown"
    today = timezone.localdate()
    assert recorded(today).total == Figures()
    press(alice, ended, "settle")
    assert recorded(today).total == Figures(sales=1, cents=1250)
