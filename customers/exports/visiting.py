"""Visiting the customers that a list shows, each once, however they come and go meanwhile (Q4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from customers import queries, walk
from customers.search import parse
from dubadmin.connect import dub, reserved
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.reads import CountCustomers, ListEvents
from dubadmin.dub.records import Customer, Event

LISTED = ("q", "country", "link", "partner")  # a list's filters, by their names in its address
SMALLEST = -(2**62)  # what is empty comes before all else, as in Dub's own lists
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_DATES = {
    "createdAt": "created_at",
    "firstSaleAt": "first_sale_at",
    "subscriptionCanceledAt": "subscription_canceled_at",
}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """The next customers, and the place to go on from, as JSON. None at the end."""

    customers: list[Customer]
    place: dict[str, Any] | None
    left_out: int = 0


def walk_filters(filters: Mapping[str, str]) -> walk.Filters:
    """A list's query (q, country, link, partner) as a walk's filters."""
    return walk.Filters(
        search=parse(filters.get("q", "")).words,
        country=filters.get("country", ""),
        link_id=filters.get("link", ""),
        partner_id=filters.get("partner", ""),
    )


def visit(filters: Mapping[str, str], place: Mapping[str, Any], *, seen: walk.Seen) -> Visit:
    """The next customers that a list with these filters shows. `place` is {} at the beginning.

    First who has the very ID that was searched for, then who has the words (traps Q1, Q2). Waits
    for its turn behind people. Raises DubError.
    """
    if not place and filters.get("q", "").strip():
        return _first(filters, seen)
    at = walk.Place.read(dict(place)) if place else walk.Place()
    stretch = walk.step(walk_filters(filters), at, seen=seen)
    end = stretch.place.is_end
    return Visit(
        customers=stretch.customers,
        place=None if end else asdict(stretch.place),
        left_out=stretch.place.left_out,
    )


def _first(filters: Mapping[str, str], seen: walk.Seen) -> Visit:
    found = queries.exact_matches(filters["q"])
    known = set(seen([customer.id for customer in found]))
    # Without words Dub would answer with everybody.
    place = asdict(walk.Place()) if parse(filters["q"]).words else None
    return Visit(customers=[each for each in found if each.id not in known], place=place)


def count(filters: Mapping[str, str]) -> int | None:
    """How many customers Dub counts, but for those found by ID; None when it does not say (Q8).

    Raises DubError when Dub cannot be asked at all.
    """
    wanted = walk_filters(filters)
    if filters.get("q", "").strip() and not wanted.search:
        return 0
    try:
        return dub().fetch(CountCustomers(**vars(wanted)))
    except Refused:
        return None


def rank_of(customer: Customer, *, sort: str, order: str) -> int:
    """A number that sorts customers as the list does; 0 for all when there is no `sort`."""
    if not sort:
        return 0
    value = _sortable(customer, sort)
    rank = SMALLEST if value is None else max(min(value, -SMALLEST), SMALLEST)
    return -rank if order == "desc" else rank


def _sortable(customer: Customer, sort: str) -> int | None:
    if sort == "saleAmount":
        return customer.sale_amount
    when = getattr(customer, _DATES[sort])
    return round(when.timestamp() * 1000) if when else None


def events_of(customer_id: str) -> list[Event]:
    """All events of a customer, newest first. Waits behind people. Raises DubError."""
    found: dict[tuple[str, object], Event] = {}
    kinds, page = list(queries.EVENT_KINDS), 1
    while kinds:
        answers = _events(customer_id, kinds, page)
        for event in (event for answer in answers for event in answer):
            # What comes meanwhile moves the others to the next page: they are met twice.
            found[event.kind, event.id or len(found)] = event
        is_full = [len(answer) == queries.MAX_EVENTS for answer in answers]
        kinds, page = [kind for kind, full in zip(kinds, is_full, strict=True) if full], page + 1
    return sorted(found.values(), key=lambda event: event.at or _LONG_AGO, reverse=True)


def _events(customer_id: str, kinds: list[str], page: int) -> list[list[Event]]:
    reads = [
        ListEvents(kind=kind, customer_id=customer_id, limit=queries.MAX_EVENTS, page=page)
        for kind in kinds
    ]
    with reserved(len(reads)):
        answers = dub().fetch_together(*reads)
    for answer in answers:
        if isinstance(answer, DubError):
            raise answer
    return answers
