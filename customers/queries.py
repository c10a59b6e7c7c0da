"""Reads: what a page needs of Dub, asked side by side so that it costs one round trip."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import cache
from django.db.models import Q

from dubadmin.connect import dub
from dubadmin.dub.errors import DubError, Refused, Uncertain
from dubadmin.dub.reads import (
    AnyRead,
    CountCustomers,
    CountCustomersBy,
    Facet,
    GetCustomer,
    GetLink,
    ListCustomers,
    ListEvents,
    ListPartners,
)
from dubadmin.dub.records import Customer, Event, Link

from .models import WRITES, AuditEntry, Outcome

FACETS_SECONDS = 60
KNOWN_SECONDS = 24 * 3600
NAMELESS = "customers-without-email"
NAMELESS_SECONDS = 600
EVENT_KINDS = ("clicks", "leads", "sales")
_NOT_WORDS = re.compile(r"[^\w.'&]+")
MAX_EVENTS = 1000  # the most that Dub gives at once


@dataclass(frozen=True, kw_only=True)
class Match:
    """A customer that was found, and how ("exact e-mail", "external ID", …)."""

    customer: Customer
    how: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One page of customers. `total` is None when Dub gave none (trap Q8).

    `exact` are customers whose ID is what was searched for; Dub's search never looks at IDs (Q2).
    """

    customers: list[Customer]
    total: int | None
    exact: list[Match] = field(default_factory=list)
    error: DubError | None = None


@dataclass(frozen=True, kw_only=True)
class Facets:
    """What customers can be filtered by. Empty where Dub did not tell."""

    countries: list[Facet] = field(default_factory=list)
    links: list[Facet] = field(default_factory=list)
    partners: list[Facet] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A customer's events, newest first, and what could not be had."""

    events: list[Event]
    errors: list[DubError]


def words_of(text: str) -> str:
    """A search as Dub understands it: operators and hyphens become spaces (trap Q3)."""
    return text.strip() if "@" in text else _NOT_WORDS.sub(" ", text).strip()


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
    filters: dict[str, Any] = {
        "search": words_of(q),
        "country": country,
        "link_id": link,
        "partner_id": partner,
    }
    listing = ListCustomers(**filters, sort_by=sort, sort_order=order, page=page, page_size=size)
    again = replace(listing, expanded=False)
    known_facets: Facets | None = cache.get("facets")
    by_id = _reads_by_id(q)
    twice = bool(cache.get(NAMELESS))
    found, total, *rest = dub().fetch_together(
        listing,
        CountCustomers(**filters),
        *(read for _, read in by_id),
        *([] if known_facets else _FACETS),
        *([again] if twice else []),
    )
    facets = known_facets or _facets(rest[len(by_id) :][: len(_FACETS)])
    if isinstance(found, DubError):
        return Listing(customers=[], total=None, error=found), facets
    if q.strip() and not words_of(q):
        found, total = [], 0  # nothing that Dub could look for, so it answered with everybody
    customers = _with_true_names(found, lambda: rest[-1] if twice else _ask(again))
    remember(customers)
    exact = [_truly_named(match) for match in _matches(by_id, rest)]
    return Listing(
        customers=customers, total=total if isinstance(total, int) else None, exact=exact
    ), facets


def _reads_by_id(text: str) -> list[tuple[str, GetCustomer]]:
    """The reads that find a customer by an ID that `text` may be, each with how it would match."""
    text = text.strip()
    if not text or "@" in text:
        return []
    reads = [("external ID", GetCustomer(id=f"ext_{text.removeprefix('ext_')}"))]
    if not text.startswith("ext_") and not re.search(r"\s", text):
        reads.append(("Dub ID", GetCustomer(id=text)))
    return reads


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


def _with_true_names(found: list[Customer], again: Callable[[], Any]) -> list[Customer]:
    """Customers without the names that Dub made up: those differ between two reads (trap Q9).

    Only a name without an e-mail can be made up, so only then the second answer is wanted. For a
    while the next pages then ask for it at once, side by side.
    """
    if all(each.email or not each.name for each in found):
        return [true_name(each, "") for each in found]
    cache.set(NAMELESS, True, NAMELESS_SECONDS)
    second = again()
    names = {} if isinstance(second, DubError) else {each.id: each.name for each in second}
    return [true_name(each, names.get(each.id, "")) for each in found]


def _ask(read: AnyRead) -> Any:
    return dub().fetch_together(read)[0]


def _truly_named(match: Match) -> Match:
    def again() -> Any:
        answer = _ask(GetCustomer(id=match.customer.id, expanded=False))
        return [answer] if isinstance(answer, Customer) else answer

    return replace(match, customer=_with_true_names([match.customer], again)[0])


def true_name(customer: Customer, name_again: str) -> Customer:
    """`customer` without a name that is not its own.

    Where none is stored Dub answers the e-mail in its place, or makes one up at every read.
    """
    own = customer.name != customer.email if customer.email else customer.name == name_again
    return customer if own else replace(customer, name="")


def get_customer(id: str) -> Customer:
    """One customer, read twice side by side to tell a stored name from a made-up one (Q9).

    Raises DubError, also when only the name of a customer without e-mail could not be confirmed.
    """
    return _settled(*dub().fetch_together(*_twice(id)))


def _twice(id: str) -> list[GetCustomer]:
    """The reads of one customer: a second one unless it is known to have an e-mail (trap Q9)."""
    once = [GetCustomer(id=id)]
    return once if known(id).get("email") else [*once, GetCustomer(id=id, expanded=False)]


def _settled(first: Any, again: Any = None) -> Customer:
    if isinstance(first, DubError):
        raise first
    customer: Customer = first
    remember([customer])
    if customer.email:
        return true_name(customer, "")
    if again is None:  # the e-mail that it was known to have is gone
        again = _ask(GetCustomer(id=customer.id, expanded=False))
    if isinstance(again, DubError):
        raise again
    return true_name(customer, again.name)


def customer_with_timeline(id: str) -> tuple[Customer, Timeline]:
    """One customer with its events: one round trip when its Dub ID is known, two otherwise.

    GET /events takes `cus_…` only (trap R11), so an `ext_…` is resolved first unless it was seen
    before. Raises what GET /customers/{id} raised; a failed GET /events is in the timeline (A3).
    """
    dub_id = known(id).get("id", "") if id.startswith("ext_") else id
    twice = _twice(id)
    answers = dub().fetch_together(*twice, *_events_of(dub_id))
    customer, events = _settled(*answers[: len(twice)]), answers[len(twice) :]
    if customer.id != dub_id:
        events = dub().fetch_together(*_events_of(customer.id))
    return customer, _timeline(events)


def _events_of(customer_id: str) -> list[ListEvents]:
    if not customer_id:
        return []
    return [ListEvents(kind=kind, customer_id=customer_id) for kind in EVENT_KINDS]


def _timeline(answers: Sequence[Any]) -> Timeline:
    events = [event for answer in answers if isinstance(answer, list) for event in answer]
    events.sort(key=lambda event: event.at.timestamp() if event.at else 0, reverse=True)
    return Timeline(events=events, errors=[each for each in answers if isinstance(each, DubError)])


def remember(customers: Sequence[Customer]) -> None:
    """Keeps which Dub ID and link an external ID has, so that later reads need no extra trip.

    Only a hint: whoever uses it compares it with what Dub answers.
    """
    hints = {each.id: _hint(each) for each in customers}
    hints |= {f"ext_{each.external_id}": hints[each.id] for each in customers if each.external_id}
    cache.set_many({_known_key(id): hint for id, hint in hints.items()}, KNOWN_SECONDS)


def _hint(customer: Customer) -> dict[str, str]:
    return {
        "id": customer.id,
        "link_id": customer.link.id if customer.link else "",
        "email": "yes" if customer.email else "",
    }


def known(id: str) -> dict[str, str]:
    hint: dict[str, str] = cache.get(_known_key(id), {})
    return hint


def _known_key(id: str) -> str:
    return "known:" + id.encode().hex()[:220]


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Who a sale or lead would be credited to, read side by side before anything is sent.

    `customer` is None when Dub does not know the external ID. `link` is the customer's own link
    with its state, None when it has none or could not be read. `leads` and `sales` are its
    events, newest first; `leads_error` and `sales_error` say why they are missing.
    """

    customer: Customer | None
    link: Link | None = None
    leads: list[Event] = field(default_factory=list)
    sales: list[Event] = field(default_factory=list)
    leads_error: DubError | None = None
    sales_error: DubError | None = None


def attribution(external_id: str) -> Attribution:
    """What Dub knows about a customer before a lead or sale: one round trip when seen before.

    Raises DubError when the customer could not be looked up; an unknown customer is no error.
    """
    id = f"ext_{external_id}"
    hint = known(id)
    twice = _twice(id)
    answers = dub().fetch_together(*twice, *_around(hint))
    if is_unknown_customer(answers[0]):
        return Attribution(customer=None)
    customer, rest = _settled(*answers[: len(twice)]), answers[len(twice) :]
    if _hint(customer) != hint:
        rest = dub().fetch_together(*_around(_hint(customer)))
    leads, sales, *link = rest
    return Attribution(
        customer=customer,
        link=_same_link(link[0] if link else None, customer.link),
        leads=leads if isinstance(leads, list) else [],
        sales=sales if isinstance(sales, list) else [],
        leads_error=leads if isinstance(leads, DubError) else None,
        sales_error=sales if isinstance(sales, DubError) else None,
    )


def _same_link(answer: Any, link: Link | None) -> Link | None:
    """The link with its state when that is what Dub answered, else the link as it is known."""
    return answer if isinstance(answer, Link) and link and answer.id == link.id else link


def _around(hint: dict[str, str]) -> list[Any]:
    if not hint.get("id"):
        return []
    reads: list[Any] = [
        ListEvents(kind=kind, customer_id=hint["id"], limit=MAX_EVENTS)
        for kind in ("leads", "sales")
    ]
    return [*reads, GetLink(link_id=hint["link_id"])] if hint.get("link_id") else reads


def is_unknown_customer(answer: object) -> bool:
    """A 404 that means the customer, not the workspace (trap A5)."""
    return isinstance(answer, Refused) and answer.message.startswith("Customer not found")


def find_customers(text: str, *, limit: int = 8) -> list[Match]:
    """Customers for what a person typed: by ID, e-mail or words (traps Q1, Q2), side by side.

    Raises DubError only when every answer failed.
    """
    words, by_id = words_of(text), _reads_by_id(text)
    by_words = [(how_searched(text), ListCustomers(search=words, page_size=limit))] if words else []
    asked: list[tuple[str, Any]] = [*by_id, *by_words]
    answers = dub().fetch_together(*(read for _, read in asked))
    failed = [each for each in answers if isinstance(each, DubError)]
    if failed and len(failed) == len(answers) and not any(map(is_unknown_customer, failed)):
        raise failed[0]
    found = [_truly_named(match) for match in _matches(asked, answers)[:limit]]
    remember([match.customer for match in found])
    return found


def how_searched(text: str) -> str:
    """How Dub searches for `text` (trap Q1)."""
    return "exact e-mail" if "@" in text else "whole words in name or e-mail"


def history_of(customer: Customer, *, limit: int = 20) -> list[AuditEntry]:
    """What dubadmin did to a customer, newest first, under either of its IDs."""
    same = Q(target_id=customer.id)
    if customer.external_id:
        same |= Q(target_external_id=customer.external_id)
    return list(AuditEntry.objects.filter(same, action__in=WRITES).order_by("-id")[:limit])


def ping() -> None:
    """Asks Dub for one customer without more. Raises DubError when that does not work."""
    dub().fetch(ListCustomers(page_size=1, expanded=False))


def deletion_of(id: str) -> AuditEntry | None:
    """The entry of our deletion of the customer with this `cus_…` or `ext_…`, if we deleted it."""
    same = Q(target_external_id=id[4:]) if id.startswith("ext_") else Q(target_id=id)
    deletions = AuditEntry.objects.filter(same, action="customer.delete", before__isnull=False)
    return deletions.filter(outcome__in=[Outcome.RECORDED, Outcome.UNKNOWN]).order_by("-id").first()
