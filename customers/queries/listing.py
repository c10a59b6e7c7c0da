"""Lists of customers, what they can be filtered by, and finding one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import cache

from customers.search import Search, parse
from dubadmin.connect import dub
from dubadmin.dub.errors import DubError, Refused, Uncertain
from dubadmin.dub.explain import explain
from dubadmin.dub.reads import (
    MAX_PAGE,
    CountCustomers,
    CountCustomersBy,
    Facet,
    GetCustomer,
    GetLink,
    ListCustomers,
    ListPartners,
)
from dubadmin.dub.records import Customer, Link

from .names import (
    NAMELESS,
    Match,
    ask,
    is_unknown_customer,
    remember,
    truly_named,
    with_true_names,
)

FACETS_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One page of customers. `total` is None when Dub gave none (trap Q8).

    `exact` are customers whose ID is what was searched for; Dub's search never looks at IDs (Q2).
    `link` is the short link that was searched for. `left_out` counts rows that Dub itself cannot
    read (Q10).
    """

    customers: list[Customer]
    total: int | None
    exact: list[Match] = field(default_factory=list)
    link: Link | None = None
    left_out: int = 0
    error: DubError | None = None


@dataclass(frozen=True, kw_only=True)
class Facets:
    """What customers can be filtered by. Empty where Dub did not tell."""

    countries: list[Facet] = field(default_factory=list)
    links: list[Facet] = field(default_factory=list)
    partners: list[Facet] = field(default_factory=list)


def list_customers(
    *,
    q: str = "",
    country: str = "",
    link: str = "",
    partner: str = "",
    sort: str = "createdAt",
    order: str = "desc",
    page: int = 1,
    size: int = 50,
) -> tuple[Listing, Facets]:
    """A page of customers, the total, and what to filter by: one round trip.

    One row more than `size` is never asked for: Dub's page is our page (trap Q6).
    """
    asked = parse(q)
    filters: dict[str, Any] = {
        "search": asked.words,
        "country": country,
        "link_id": link,
        "partner_id": partner,
    }
    listing = ListCustomers(**filters, sort_by=sort, sort_order=order, page=page, page_size=size)
    again = replace(listing, expanded=False)
    known_facets: Facets | None = cache.get("facets")
    by_id = _reads_by_id(asked)
    by_link = _reads_by_link(asked)
    twice = bool(cache.get(NAMELESS))
    found, total, *rest = dub().fetch_together(
        listing,
        CountCustomers(**filters),
        *(read for _, read in by_id),
        *by_link,
        *([] if known_facets else _FACETS),
        *([again] if twice else []),
    )
    of_facets = rest[len(by_id) + len(by_link) :][: len(_FACETS)]
    facets = known_facets or _facets(of_facets)
    left_out = 0
    if is_broken_row(found) and page * size <= MAX_PAGE:
        found, left_out = _in_parts(listing)
    if isinstance(found, DubError):
        return Listing(customers=[], total=None, error=found), facets
    if q.strip() and not asked.words:
        found, total = [], 0  # nothing that Dub could look for, so it answered with everybody
    customers = with_true_names(found, lambda: rest[-1] if twice else ask(again))
    remember(customers)
    return Listing(
        customers=customers,
        total=total if isinstance(total, int) else None,
        exact=[truly_named(match) for match in _matches(by_id, rest)],
        left_out=left_out,
        link=next((each for each in rest if isinstance(each, Link)), None),
    ), facets


_PARTS = {100: 2, 50: 2, 25: 5, 5: 5}


def _in_parts(read: ListCustomers) -> tuple[Any, int]:
    """The rows of a page that breaks as a whole, and how many had to be left out (trap Q10).

    Asks for the same rows in smaller pages, side by side, down to the broken ones. The answer is
    a DubError when one of those fails for another reason.
    """
    if read.page_size == 1:
        return [], 1
    parts, page = _PARTS[read.page_size], read.page or 1
    size = read.page_size // parts
    smaller = [
        replace(read, page_size=size, page=(page - 1) * parts + number + 1)
        for number in range(parts)
    ]
    rows: list[Customer] = []
    left_out = 0
    for part, answer in zip(smaller, dub().fetch_together(*smaller), strict=True):
        found, bad = _in_parts(part) if is_broken_row(answer) else (answer, 0)
        if isinstance(found, DubError):
            return found, 0
        rows, left_out = rows + found, left_out + bad
    return rows, left_out


def is_broken_row(answer: object) -> bool:
    """A 422 that means one of the rows, not what was asked (trap Q10)."""
    return isinstance(answer, Refused) and explain(answer).kind == "record"


def _reads_by_id(asked: Search) -> list[tuple[str, GetCustomer]]:
    return [(how, GetCustomer(id=id)) for how, id in asked.ids]


def _reads_by_link(asked: Search) -> list[GetLink]:
    return [GetLink(domain=asked.link[0], key=asked.link[1])] if asked.link else []


def _matches(asked: Sequence[tuple[str, Any]], answers: Sequence[Any]) -> list[Match]:
    """Every customer among the answers once, with how it was found first."""
    matches: dict[str, Match] = {}
    for (how, _), answer in zip(asked, answers, strict=False):
        for customer in answer if isinstance(answer, list) else [answer]:
            if isinstance(customer, Customer):
                matches.setdefault(customer.id, Match(customer=customer, how=how))
    return list(matches.values())


_FACETS = (
    CountCustomersBy(group_by="country"),
    CountCustomersBy(group_by="linkId"),
    ListPartners(),
)


def _facets(answers: Sequence[Any]) -> Facets:
    """Facets from Dub's answers, kept for a minute. A missing answer is an empty facet (Q8)."""
    countries, links, partners = (
        [] if isinstance(answer, DubError) else answer for answer in answers
    )
    facets = Facets(
        countries=countries,
        links=links,
        partners=[Facet(value=each.id, label=each.label, count=None) for each in partners],
    )
    if not any(isinstance(answer, Uncertain) for answer in answers):
        cache.set("facets", facets, FACETS_SECONDS)
    return facets


def find_customers(text: str, *, limit: int = 8) -> list[Match]:
    """Customers for what a person typed: by ID, e-mail or words (traps Q1, Q2), side by side.

    Raises DubError only when every answer failed.
    """
    search = parse(text)
    asked: list[tuple[str, Any]] = [*_reads_by_id(search)]
    if search.words:
        asked.append((search.how, ListCustomers(search=search.words, page_size=limit)))
    answers = dub().fetch_together(*(read for _, read in asked))
    failed = [each for each in answers if isinstance(each, DubError)]
    if failed and len(failed) == len(answers) and not any(map(is_unknown_customer, failed)):
        raise failed[0]
    found = [truly_named(match) for match in _matches(asked, answers)[:limit]]
    remember([match.customer for match in found])
    return found
