"""What a customer bought, month by month: drawn, in a table, and what the drawing leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from customers.charts import AT_LEAST, MONTHS, Figures, by_month
from dubadmin.dub.records import Event
from dubadmin.sandbox import Sandbox

from .conftest import text_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def sale(at: str, cents: int, currency: str = "usd") -> Event:
    return Event.read({"timestamp": at, "sale": {"amount": cents, "currency": currency}})


def test_months_have_no_gaps_and_are_a_year_at_least() -> None:
    months = by_month([sale("2025-11-30T12:00:00Z", 100), sale("2025-11-01T12:00:00Z", 50)], TODAY)
    assert next(iter(months)) == date(2025, 4, 1)
    assert list(months)[-1] == date(2026, 3, 1)
    assert len(months) == AT_LEAST
    assert {month: each for month, each in months.items() if each.sales} == {
        date(2025, 11, 1): Figures(sales=2, cents=150)
    }


def test_months_go_back_to_the_first_sale_but_not_for_ever() -> None:
    assert next(iter(by_month([sale("2024-06-01T12:00:00Z", 1)], TODAY))) == date(2024, 6, 1)
    ancient = by_month([sale("1970-01-01T12:00:00Z", 1)], TODAY)
    assert (len(ancient), sum(each.sales for each in ancient.values())) == (MONTHS, 0)


def test_months_are_those_of_the_viewer() -> None:
    sold = [sale("2026-01-31T23:30:00Z", 100)]
    with timezone.override("Europe/Berlin"):
        assert by_month(sold, TODAY)[date(2026, 2, 1)].cents == 100
    assert by_month(sold, TODAY)[date(2026, 1, 1)].cents == 100


# On the page


@pytest.fixture
def una(dub: Sandbox) -> Iterator[dict[str, Any]]:
    with time_machine.travel(NOON, tick=False):
        yield dub.add_customer("Una", "una@example.com", "u1", link=dub.add_link(key="go"))


def value_of(client: Client) -> str:
    html = client.get("/customers/ext_u1/").content.decode()
    found = re.search(r'(?s)aria-labelledby="value">.*?</section>', html)
    return found[0] if found else ""


@pytest.mark.django_db
def test_it_is_drawn_with_the_table_behind_it(
    dub: Sandbox, una: dict[str, Any], alice: Client
) -> None:
    dub.add_sale(una, 4900, at=NOON - timedelta(days=1))
    dub.add_sale(una, 10_000, at=NOON - timedelta(days=40))
    drawn = value_of(alice)
    assert (
        'role="img" aria-label="Sales a month in US dollars, from April 2025 to March 2026' in drawn
    )
    assert "<title>Mar 2026: 49.00 USD</title>" in drawn
    assert '<th scope="row">Jan 2026</th><td class="end num">100.00</td>' in drawn
    assert "newest" not in drawn


@pytest.mark.django_db
def test_without_a_sale_there_is_nothing_to_draw(una: dict[str, Any], alice: Client) -> None:
    assert value_of(alice) == ""


@pytest.mark.django_db
def test_what_is_left_out_is_said(dub: Sandbox, una: dict[str, Any], alice: Client) -> None:
    for _ in range(99):
        dub.add_sale(una, 100, at=NOON - timedelta(days=1))
    dub.add_sale(una, 100, currency="xyz", at=NOON - timedelta(days=1))
    dub.add_sale(una, 100, at=NOON - timedelta(days=1500))
    drawn = value_of(alice)
    assert "Of the newest 100 sales of 101; what came before is not in it." in drawn
    assert "Sales in a currency that Dub cannot convert count, and add no dollars." in drawn
    assert "These are the newest 100 sales." in text_of(alice.get("/customers/ext_u1/"))
