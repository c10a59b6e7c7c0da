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


def get_customers(ids: Sequence[str]) -> dict[str, Customer | None]:
    """Customers by the ID that was asked (`cus_…` or `ext_…`), None where Dub has none.

    Names are true, as from `get_customer` (trap Q9). Raises DubError when Dub could not be asked.
    """
    found = _found(ids)
    nameless = [each for each in found.values() if each and each.name and not each.email]
    again = _asked(GetCustomer(id=each.id, expanded=False) for each in nameless)
    names = {each.id: each.name for each in again if isinstance(each, Customer)}
    return {
        id: customer and true_name(customer, names.get(customer.id, ""))
        for id, customer in found.items()
    }


def attributions(external_ids: Sequence[str], *, with_sales: bool) -> dict[str, Attribution]:
    """What Dub knows of several customers before leads or sales, as `attribution` tells of one.

    Sales only where wanted and where Dub has counted any. Each link is asked for once. Raises
    DubError when Dub could not be asked; events that Dub refuses to show are an error inside.
    """
    found = _found([f"ext_{id}" for id in external_ids])
    customers = {id: found[f"ext_{id}"] for id in external_ids}
    links = {each.link.id for each in customers.values() if each and each.link}
    reads: dict[tuple[str, str], AnyRead] = {("link", id): GetLink(link_id=id) for id in links}
    for id, customer in customers.items():
        if customer:
            reads["leads", id] = _events("leads", customer)
        if customer and with_sales and customer.sales:
            reads["sales", id] = _events("sales", customer)
    answers = dict(zip(reads, _asked(reads.values()), strict=True))
    return {id: _attribution(id, customer, answers) for id, customer in customers.items()}


def newest_events(kind: str, *, page: int) -> list[Event]:
    """A page of the whole workspace's leads or sales, newest first. Raises DubError."""
    return dub().fetch(ListEvents(kind=kind, limit=MAX_EVENTS, page=page))


def _found(ids: Sequence[str]) -> dict[str, Customer | None]:
    answers = _asked(GetCustomer(id=id) for id in ids)
    for answer in answers:
        if isinstance(answer, DubError) and not is_unknown_customer(answer):
            raise answer
    return {
        id: answer if isinstance(answer, Customer) else None
        for id, answer in zip(ids, answers, strict=True)
    }


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
