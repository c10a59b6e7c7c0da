"""Who stands before and behind a customer in the list that it was opened from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from customers.search import parse
from dubadmin.dub.reads import MAX_PAGE, ListCustomers

MARGIN = 4  # by how many rows the list may have moved on since


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """`row` is where the customer stands now, from 0. `before` and `behind` are Dub IDs or ""."""

    row: int
    before: str
    behind: str


def read_around(
    row: int, *, q: str, country: str, link: str, partner: str, sort: str, order: str, **more: Any
) -> ListCustomers | None:
    """The read of a few rows around this one (from 0) of the list as it is filtered and sorted.

    It is a page like any other of Dub's (trap Q6), chosen so small that this row stands within it
    and not at its edge. None where the list has no order at Dub: what was searched for is an ID.
    """
    words = parse(q).words
    if q.strip() and not words:
        return None
    fitting = (size for size in range(3, 100) if _fits(row, size))
    size = next(fitting, 100)
    return ListCustomers(
        search=words,
        country=country,
        link_id=link,
        partner_id=partner,
        sort_by=sort,
        sort_order=order,
        page=min(row // size + 1, MAX_PAGE),
        page_size=size,
        expanded=False,
    )


def _fits(row: int, size: int) -> bool:
    place, page = row % size, row // size + 1
    return place >= min(row, MARGIN) and size - 1 - place >= MARGIN and page <= MAX_PAGE


def neighbours_of(id: str, *, read: ListCustomers | None, answer: Any) -> Neighbours | None:
    """From what Dub answered to `read`; None where it failed, or the customer is elsewhere now."""
    ids = [each.id for each in answer] if isinstance(answer, list) else []
    if read is None or id not in ids:
        return None
    place = ids.index(id)
    first = ((read.page or 1) - 1) * read.page_size
    return Neighbours(
        row=first + place,
        before=ids[place - 1] if place else "",
        behind=ids[place + 1] if place + 1 < len(ids) else "",
    )
