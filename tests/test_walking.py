"""Walking all customers visits each that is there throughout exactly once (Q4 to Q6, Q10)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from customers.walk import Filters, Place, step, walk
from dubadmin.dub.errors import Refused
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def visited(filters: Filters | None = None, *, meanwhile: Callable[[], None] = int) -> list[str]:
    """The IDs of a walk, with something going on after each step."""
    ids: list[str] = []
    place = Place()
    while not place.is_end:
        stretch = step(filters or Filters(), place, seen=set(ids).intersection)
        ids += [customer.id for customer in stretch.customers]
        place = stretch.place
        meanwhile()
    return ids


def company(dub: Sandbox, n: int, *, seed: int = 1, broken: set[int] = frozenset()) -> list[str]:
    """Customers whose age and ID sort differently."""
    rng = random.Random(seed)
    ages = rng.sample(range(1_700_000_000_000, 1_700_000_000_000 + 1000 * n), n)
    made = [
        dub.add_customer(
            f"Customer {number}",
            country=("DE", "FR")[number % 2],
            created_at=age,
            external_id=None if number in broken else f"u{number}",
        )
        for number, age in enumerate(ages)
    ]
    return [customer["id"] for customer in made]


def test_it_works(dub: Sandbox) -> None:
    ids = company(dub, 250)
    assert Counter(customer.id for customer in walk(Filters())) == Counter(ids)


@pytest.mark.parametrize("n", [0, 1, 2, 99, 100, 101, 201])
def test_q4_every_size(dub: Sandbox, n: int) -> None:
    ids = company(dub, n)
    assert Counter(visited()) == Counter(ids)


def test_q4_a_filter_visits_what_it_filters(dub: Sandbox) -> None:
    ids = company(dub, 250)
    assert Counter(visited(Filters(country="DE"))) == Counter(ids[::2])
    assert visited(Filters(country="JP")) == []


def test_q6_no_page_is_too_deep_or_too_large(dub: Sandbox) -> None:
    company(dub, 250)
    visited()
    for request in dub.requests:
        assert int(request.query.get("page", 1)) <= 1000
        assert int(request.query["pageSize"]) <= 100


def test_q5_a_deleted_cursor_gives_way_to_the_row_before(dub: Sandbox) -> None:
    ids = company(dub, 450)
    gone: list[str] = []

    def delete_the_last_two() -> None:
        cursors = [
            r.query.get("startingAfter") or r.query.get("endingBefore") for r in dub.requests
        ]
        last = max((ids.index(cursor) for cursor in cursors if cursor), default=None)
        for id in ids[last or 0 : (last or 0) + 2]:
            if id not in gone:
                gone.append(id)
                dub.delete_customer(id)

    found = Counter(visited(meanwhile=delete_the_last_two))
    assert gone
    assert {id: found[id] for id in ids if id not in gone} == {
        id: 1 for id in ids if id not in gone
    }
    assert max(found.values()) == 1


def test_q5_all_that_the_walk_came_by_may_be_deleted(dub: Sandbox) -> None:
    ids = company(dub, 350)
    first = step(Filters(), Place(), seen=set().intersection)
    second = step(Filters(), first.place, seen=set().intersection)
    seen = {customer.id for customer in (*first.customers, *second.customers)}
    for id in seen:
        dub.delete_customer(id)
    place, rest = second.place, []
    while not place.is_end:
        stretch = step(Filters(), place, seen=(seen | set(rest)).intersection)
        rest += [customer.id for customer in stretch.customers]
        place = stretch.place
    assert Counter(rest) == Counter(set(ids) - seen)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("filters", [Filters(), Filters(country="DE")])
def test_q4_a_listing_that_changes_while_it_is_walked(
    dub: Sandbox, seed: int, filters: Filters
) -> None:
    rng = random.Random(seed)
    ids = company(dub, 800, seed=seed)
    steady = set(ids[::2] if filters else ids)

    def change() -> None:
        for id in rng.sample(ids, 6):
            if id in steady and rng.random() < 0.5:
                steady.discard(id)
                dub.delete_customer(id)
            elif id in steady and filters:
                steady.discard(id)
                dub.change_customer(id, country="US")
        for n in range(3):
            dub.add_customer("New", country="DE", created_at=rng.randrange(1_800_000_000_000) + n)

    found = Counter(visited(filters, meanwhile=change))
    assert {id: found[id] for id in steady} == dict.fromkeys(steady, 1)
    assert max(found.values()) == 1


def test_q4_a_cursor_that_left_the_filter_costs_nothing(dub: Sandbox) -> None:
    ids = company(dub, 600)
    left: set[str] = set()

    def the_cursor_leaves() -> None:
        cursors = [
            r.query.get("startingAfter") or r.query.get("endingBefore") for r in dub.requests
        ]
        for cursor in cursors[-1:]:
            if cursor:
                left.add(cursor)
                dub.change_customer(cursor, country="US")

    found = Counter(visited(Filters(country="DE"), meanwhile=the_cursor_leaves))
    for id in set(ids[::2]) - left:
        assert found[id] == 1, ids.index(id)


@pytest.mark.parametrize("broken", [{0}, {299}, {150}, {7, 8, 9}, {20, 120, 121, 260}, {0, 2, 4}])
def test_q10_only_the_broken_rows_are_left_out(dub: Sandbox, broken: set[int]) -> None:
    ids = company(dub, 300, broken=broken)
    good = [id for n, id in enumerate(ids) if n not in broken]
    assert Counter(visited()) == Counter(good)


def test_q10_broken_rows_are_counted(dub: Sandbox) -> None:
    company(dub, 300, broken={20, 120, 260})
    place, seen = Place(), set()
    while not place.is_end:
        stretch = step(Filters(), place, seen=seen.intersection)
        seen |= {customer.id for customer in stretch.customers}
        place = stretch.place
    assert place.left_out == 3


def test_a_place_fits_into_json(dub: Sandbox) -> None:
    company(dub, 150)
    stretch = step(Filters(), Place(), seen=set().intersection)
    assert Place.read(vars(stretch.place)) == stretch.place


def test_what_dub_refuses_is_told(dub: Sandbox) -> None:
    company(dub, 5)
    dub.fault(method="GET", path="/customers", times=0, status=403)
    with pytest.raises(Refused):
        list(walk(Filters()))


@pytest.fixture
def crowd(dub: Sandbox) -> list[str]:
    return company(dub, 12_000)


def test_a_large_listing_that_changes(dub: Sandbox, crowd: list[str]) -> None:
    rng = random.Random(5)
    steady = set(crowd)

    def change() -> None:
        for id in rng.sample(crowd, 4):
            if id in steady:
                steady.discard(id)
                dub.delete_customer(id)
        dub.add_customer("New", created_at=rng.randrange(1_800_000_000_000))

    found = Counter(visited(meanwhile=change))
    assert {id: found[id] for id in steady} == dict.fromkeys(steady, 1)
    assert max(found.values()) == 1
