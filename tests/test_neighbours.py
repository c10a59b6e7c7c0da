"""From a customer to the next and the previous one of the list that it was opened from."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.queries import read_around
from customers.queries.neighbours import MARGIN
from dubadmin.dub.reads import MAX_PAGE
from dubadmin.sandbox import Sandbox

SOME = {"q": "", "country": "", "link": "", "partner": "", "sort": "createdAt", "order": "desc"}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=MAX_PAGE * 100 - 1))
def test_any_row_of_a_list_stands_within_one_small_page(row: int) -> None:
    read = read_around(row, **SOME)
    assert read is not None
    assert read.page is not None
    place = row - (read.page - 1) * read.page_size
    assert 1 <= read.page <= MAX_PAGE
    assert 0 <= place < read.page_size <= 100
    if row < MAX_PAGE * 20:
        assert read.page_size < 40
        assert min(row, MARGIN) <= place < read.page_size - MARGIN


# On the page


@pytest.fixture
def customers(dub: Sandbox) -> list[str]:
    """Twelve from Germany and one from France, in the order of the list: the newest first."""
    made = [
        dub.add_customer(
            f"N{n}", f"n{n}@example.com", f"u{n}", "FR" if n == 5 else "DE",
            created_at=NEW_YEAR + timedelta(days=n),
        )["id"]
        for n in range(13)
    ]  # fmt: skip
    return list(reversed(made))


def first_of(client: Client, query: str) -> str:
    """Where the first row of a list leads."""
    page = client.get(f"/customers/?{query}").content.decode()
    return unescape(re.findall(r'<a class="who" href="([^"]+)"', page)[0])


def ways(client: Client, address: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    found = re.findall(r'rel="(prev|next)" href="([^"]+)"', page)
    return {rel: unescape(href) for rel, href in found}


def id_in(address: str) -> str:
    return address.split("/")[2]


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["sort=createdAt&size=25", "sort=createdAt&country=DE"])
def test_the_whole_list_can_be_walked_and_walked_back(
    dub: Sandbox, customers: list[str], alice: Client, query: str
) -> None:
    french = customers[13 - 1 - 5]
    wanted = [id for id in customers if "DE" not in query or id != french]
    address, walked = first_of(alice, query), []
    assert "prev" not in ways(alice, address)
    while address:
        walked.append(id_in(address))
        last, address = address, ways(alice, address).get("next", "")
    assert walked == wanted
    assert id_in(ways(alice, last)["prev"]) == wanted[-2]


@pytest.mark.django_db
def test_it_costs_one_read_more_in_the_same_round_trip(
    dub: Sandbox, customers: list[str], alice: Client
) -> None:
    address = first_of(alice, "sort=createdAt")
    before = len(dub.requests)
    ways(alice, address)
    asked = [each.path for each in dub.requests[before:]]
    assert sorted(asked) == ["/customers", f"/customers/{id_in(address)}", *["/events"] * 3]


@pytest.mark.django_db
def test_others_who_came_meanwhile_skip_nobody(
    dub: Sandbox, customers: list[str], alice: Client
) -> None:
    address = ways(alice, first_of(alice, "sort=createdAt"))["next"]
    for n in range(3):
        dub.add_customer(f"New {n}", created_at=NEW_YEAR + timedelta(days=60 + n))
    found = ways(alice, address)
    assert (id_in(found["prev"]), id_in(found["next"])) == (customers[0], customers[2])
    assert found["next"].endswith("row=6")


@pytest.mark.django_db
def test_the_way_back_leads_to_the_list_as_it_was(
    dub: Sandbox, customers: list[str], alice: Client
) -> None:
    page = alice.get(f"/customers/{customers[11]}/?country=DE&size=25&columns=country&row=11")
    back = 'href="/customers/?view=all&amp;country=DE&amp;size=25&amp;columns=country">Customers'
    assert back in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("row", ["0", "-1", "²", "1e3", "100001", "x", "1&size=7", "1&sort=name"])
def test_a_place_that_is_none_is_no_error(
    dub: Sandbox, customers: list[str], alice: Client, row: str
) -> None:
    assert ways(alice, f"/customers/{customers[0]}/?row={row}") == {}


@pytest.mark.django_db
def test_without_the_list_the_customer_is_there_all_the_same(
    dub: Sandbox, customers: list[str], alice: Client
) -> None:
    dub.fault(method="GET", path="/customers", status=503, times=0)
    page: Any = alice.get(f"/customers/{customers[1]}/?row=2")
    assert page.status_code == 200
    assert 'rel="next"' not in page.content.decode()
