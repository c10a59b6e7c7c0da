"""Lists of customers, what they can be filtered by, and finding one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import caches

from customers.search import Search, best_first, parse
from dubadmin.connect import dub, reserved
from dubadmin.dub.errors import DubError, Refused, Uncertain
from dubadmin.dub.explain import explain
from dubadmin.dub.reads import (
    MAX_PAGE,
    AnyRead,
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
SEVERAL = 50  # customers with any of several words, from which those with all of them are taken


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One page of customers, `first` being the number of its first row, from 0.

    `total` is None when Dub gave none (trap Q8).

    `exact` are customers whose ID is what was searched for; Dub's search never looks at IDs (Q2).
    `link` is the short link that was searched for. `left_out` counts rows that Dub itself cannot
    read (Q10).
    """

    customers: list[Customer]
    total: int | None
    first: int = 0
    exact: list[Match] = field(default_factory=list)
    link: Link | None = None
    left_out: int = 0
    error: DubError | None = None


@dataclass(frozen=True, kw_only=True)
class Facets:
    """What customers can be filtered by. Empty where Dub did not tell."""

    countries: tuple[Facet, ...] = ()
    links: tuple[Facet, ...] = ()
    partners: tuple[Facet, ...] = ()


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
    after: str = "",
) -> tuple[Listing, Facets]:
    """A page of customers, the total, and what to filter by: one round trip.

    One row more than `size` is never asked for: Dub's page is our page (trap Q6). `after` is the
    last customer of the page before: the rows go on from there, whatever came or went meanwhile.
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
    reads: dict[str, AnyRead] = {"found": listing, "total": CountCustomers(**filters)}
    reads |= _reads_of(asked)
    if after and page > 1:
        reads["page before"] = replace(listing, page=page - 1)
    if caches["hints"].get(NAMELESS):
        reads["again"] = again
    known_facets: Facets | None = caches["hints"].get("facets")
    answers = _answers(reads if known_facets else reads | _FACETS)
    facets = known_facets or _facets(answers)
    found, left_out = _whole(answers["found"], listing)
    if isinstance(found, DubError):
        return Listing(customers=[], total=None, error=found), facets
    if q.strip() and not asked.words:
        found, answers["total"] = [], 0  # nothing to look for, so Dub answered with everybody
    rows, first = _onward(found, answers.get("page before"), after=after, start=(page - 1) * size)
    customers = with_true_names(rows[:size], lambda: answers.get("again") or ask(again))
    remember(customers)
    return Listing(
        customers=customers,
        first=first,
        total=answers["total"] if isinstance(answers["total"], int) else None,
        exact=[truly_named(match) for match in _matches(asked, answers)],
        link=answers["link"] if isinstance(answers.get("link"), Link) else None,
        left_out=left_out,
    ), facets


def _answers(reads: dict[str, AnyRead]) -> dict[str, Any]:
    return dict(zip(reads, dub().fetch_together(*reads.values()), strict=True))


def _reads_of(asked: Search) -> dict[str, AnyRead]:
    """The reads that find what is no word: IDs, by how they would match, and a short link."""
    reads: dict[str, AnyRead] = {how: GetCustomer(id=id) for how, id in asked.ids}
    if asked.link:
        reads["link"] = GetLink(domain=asked.link[0], key=asked.link[1])
    return reads


def _onward(
    found: list[Customer], page_before: Any, *, after: str, start: int
) -> tuple[list[Customer], int]:
    """The rows behind customer `after`, and the number of the first (from 0).

    A page counts from the start, so what came or went since shifts its rows: some would be seen
    twice or never. With the page before beside it the place to go on from is found again.
    """
    before = page_before if isinstance(page_before, list) else []
    both = [*before, *found]
    place = next((number for number, each in enumerate(both) if each.id == after), None)
    if not before or place is None:
        return found, start
    return both[place + 1 :], start - len(before) + place + 1


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


def _whole(found: Any, read: ListCustomers) -> tuple[Any, int]:
    """The rows of a page, if need be in parts, and how many had to be left out (trap Q10)."""
    if is_broken_row(found) and (read.page or 1) * read.page_size <= MAX_PAGE:
        return _in_parts(read)
    return found, 0


def _matches(asked: Search, answers: dict[str, Any]) -> list[Match]:
    """Every customer that was found by an ID once, with how it was found first."""
    matches: dict[str, Match] = {}
    for how, _ in asked.ids:
        if isinstance(customer := answers[how], Customer):
            matches.setdefault(customer.id, Match(customer=customer, how=how))
    return list(matches.values())


def with_email(email: str) -> list[Customer]:
    """The customers with this very e-mail. Raises DubError as `find_customers` does."""
    found = [match.customer for match in find_customers(email)]
    return [each for each in found if each.email.casefold() == email.casefold()]


def exact_matches(text: str) -> list[Customer]:
    """The customers whose ID is what was searched for (trap Q2). Raises DubError."""
    asked = parse(text)
    reads = {how: GetCustomer(id=id) for how, id in asked.ids}
    with reserved(max(2 * len(reads), 1)):
        answers = _answers({**reads})
        for answer in answers.values():
            if isinstance(answer, DubError) and not is_unknown_customer(answer):
                raise answer
        return [truly_named(match).customer for match in _matches(asked, answers)]


_FACETS: dict[str, AnyRead] = {
    "countries": CountCustomersBy(group_by="country"),
    "links": CountCustomersBy(group_by="linkId"),
    "partners": ListPartners(),
}


def _facets(answers: dict[str, Any]) -> Facets:
    """Facets from Dub's answers, kept for a minute. A missing answer is an empty facet (Q8)."""
    countries, links, partners = (
        () if isinstance(answers[name], DubError) else tuple(answers[name]) for name in _FACETS
    )
    facets = Facets(
        countries=countries,
        links=links,
        partners=tuple(Facet(value=each.id, label=each.label, count=None) for each in partners),
    )
    if not any(isinstance(answers[name], Uncertain) for name in _FACETS):
        caches["hints"].set("facets", facets, FACETS_SECONDS)
    return facets


def find_customers(text: str, *, limit: int = 8) -> list[Match]:
    """Customers for what a person typed: by ID, e-mail or words (traps Q1, Q2), side by side.

    Where nobody has the e-mail, by the words in it. Raises DubError only when every answer failed.
    """
    asked = parse(text)
    reads = _reads_of(asked)
    if asked.words:
        reads["words"] = _by_words(asked.words, limit)
    answers = _answers(reads)
    failed = [each for each in answers.values() if isinstance(each, DubError)]
    if failed and len(failed) == len(answers) and not any(map(is_unknown_customer, failed)):
        raise failed[0]
    matches = _matches(asked, answers)
    if asked.instead and answers["words"] == [] and not matches:
        asked = parse(asked.instead)
        answers["words"] = ask(_by_words(asked.words, limit))
    by_words = answers["words"] if isinstance(answers.get("words"), list) else []
    known_ids = {match.customer.id for match in matches}
    matches += [
        Match(customer=each, how=asked.how, by_words="@" not in asked.words)
        for each in best_first(by_words, asked.words)
        if each.id not in known_ids
    ]
    found = [truly_named(match) for match in matches[:limit]]
    remember([match.customer for match in found])
    return found


def _by_words(words: str, limit: int) -> ListCustomers:
    return ListCustomers(search=words, page_size=SEVERAL if " " in words else limit)
