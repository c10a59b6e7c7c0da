"""Many customers at once, side by side: two round trips for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dubadmin.connect import dub
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.reads import AnyRead, GetCustomer, GetLink, ListEvents
from dubadmin.dub.records import Customer, Event, Link

from .names import is_unknown_customer, true_name
from .one import MAX_EVENTS, Attribution


def get_customers(ids: Sequence[str]) -> dict[str, Customer | Refused | None]:
    """Customers by the ID that was asked (`cus_…` or `ext_…`), None where Dub has none.

    Names are true, as from `get_customer` (trap Q9). A record that Dub cannot read is its refusal
    (trap Q10). Raises DubError when Dub could not be asked.
    """
    found = _found(ids)
    customers = [each for each in found.values() if isinstance(each, Customer)]
    nameless = [each for each in customers if each.name and not each.email]
    again = _asked(GetCustomer(id=each.id, expanded=False) for each in nameless)
    names = {each.id: each.name for each in again if isinstance(each, Customer)}
    return {
        id: true_name(each, names.get(each.id, "")) if isinstance(each, Customer) else each
        for id, each in found.items()
    }


def attributions(ids: Sequence[str], *, with_sales: bool) -> dict[str, Attribution | Refused]:
    """What Dub knows of customers (`ext_…`) before leads or sales, as `attribution` tells of one.

    Sales only where wanted and where Dub has counted any. Each link is asked for once. A record
    that Dub cannot read is its refusal (trap Q10); events that it refuses to show are an error
    inside. Raises DubError when Dub could not be asked.
    """
    found = _found(ids)
    customers = {id: each for id, each in found.items() if isinstance(each, Customer)}
    links = {each.link.id for each in customers.values() if each.link}
    reads: dict[tuple[str, str], AnyRead] = {("link", id): GetLink(link_id=id) for id in links}
    for id, customer in customers.items():
        reads["leads", id] = _events("leads", customer)
        if with_sales and customer.sales:
            reads["sales", id] = _events("sales", customer)
    answers = dict(zip(reads, _asked(reads.values()), strict=True))
    return {
        id: each if isinstance(each, Refused) else _attribution(id, each, answers)
        for id, each in found.items()
    }


def newest_events(kind: str, *, page: int) -> list[Event]:
    """A page of the whole workspace's leads or sales, newest first. Raises DubError."""
    return dub().fetch(ListEvents(kind=kind, limit=MAX_EVENTS, page=page))


def _found(ids: Sequence[str]) -> dict[str, Customer | Refused | None]:
    answers = dict(zip(ids, _asked(GetCustomer(id=id) for id in ids), strict=True))
    for answer in answers.values():
        about_it = is_unknown_customer(answer) or getattr(answer, "status", None) == 422
        if isinstance(answer, DubError) and not about_it:
            raise answer
    return {id: None if is_unknown_customer(each) else each for id, each in answers.items()}


def _asked(reads: Iterable[AnyRead]) -> list[Any]:
    """Answers and refusals. Raises DubError where asking again later can help."""
    wanted = list(reads)
    answers = dub().fetch_together(*wanted) if wanted else []
    for answer in answers:
        if isinstance(answer, DubError) and not isinstance(answer, Refused):
            raise answer
    return answers


def _events(kind: str, customer: Customer) -> ListEvents:
    return ListEvents(kind=kind, customer_id=customer.id, limit=MAX_EVENTS)


def _attribution(
    id: str, customer: Customer | None, answers: dict[tuple[str, str], Any]
) -> Attribution:
    if customer is None:
        return Attribution(customer=None)
    leads, sales = answers["leads", id], answers.get(("sales", id), [])
    link = answers.get(("link", customer.link.id)) if customer.link else None
    return Attribution(
        customer=customer,
        link=link if isinstance(link, Link) else customer.link,
        leads=leads if isinstance(leads, list) else [],
        sales=sales if isinstance(sales, list) else [],
        leads_error=leads if isinstance(leads, DubError) else None,
        sales_error=sales if isinstance(sales, DubError) else None,
    )
