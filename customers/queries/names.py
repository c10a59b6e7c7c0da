"""Whose name is it: a stored one, or one that Dub made up for this read (trap Q9).

And what is remembered of a customer, so that the next read of it costs one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import caches

from dubadmin.connect import dub
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.reads import AnyRead, GetCustomer
from dubadmin.dub.records import Customer

KNOWN_SECONDS = 24 * 3600
NAMELESS = "customers-without-email"
NAMELESS_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Match:
    """A customer that was found, and how ("exact e-mail", "external ID", …).

    `by_words` is what is usual: any of several words may have been enough.
    """

    customer: Customer
    how: str
    by_words: bool = False


def with_true_names(found: list[Customer], again: Callable[[], Any]) -> list[Customer]:
    """Customers without the names that Dub made up: those differ between two reads (trap Q9).

    Only a name without an e-mail can be made up, so only then the second answer is wanted. For a
    while the next pages then ask for it at once, side by side.
    """
    if all(each.email or not each.name for each in found):
        return [true_name(each, "") for each in found]
    caches["hints"].set(NAMELESS, True, NAMELESS_SECONDS)
    second = again()
    names = {} if isinstance(second, DubError) else {each.id: each.name for each in second}
    return [true_name(each, names.get(each.id, "")) for each in found]


def ask(read: AnyRead) -> Any:
    return dub().fetch_together(read)[0]


def truly_named(match: Match) -> Match:
    def again() -> Any:
        answer = ask(GetCustomer(id=match.customer.id, expanded=False))
        return [answer] if isinstance(answer, Customer) else answer

    return replace(match, customer=with_true_names([match.customer], again)[0])


def true_name(customer: Customer, name_again: str) -> Customer:
    """`customer` without a name that is not its own.

    Where none is stored Dub answers the e-mail in its place, or makes one up at every read.
    """
    own = customer.name != customer.email if customer.email else customer.name == name_again
    return customer if own else replace(customer, name="")


def remember(customers: Sequence[Customer]) -> None:
    """Keeps which Dub ID and link an external ID has, so that later reads need no extra trip.

    Only a hint: whoever uses it compares it with what Dub answers.
    """
    hints = {each.id: hint_of(each) for each in customers}
    hints |= {f"ext_{each.external_id}": hints[each.id] for each in customers if each.external_id}
    caches["hints"].set_many({_known_key(id): hint for id, hint in hints.items()}, KNOWN_SECONDS)


def hint_of(customer: Customer) -> dict[str, str]:
    return {
        "id": customer.id,
        "link_id": customer.link.id if customer.link else "",
        "email": "yes" if customer.email else "",
    }


def known(id: str) -> dict[str, str]:
    hint: dict[str, str] = caches["hints"].get(_known_key(id), {})
    return hint


def _known_key(id: str) -> str:
    return "known:" + id.encode().hex()[:220]


def is_unknown_customer(answer: object) -> bool:
    """A 404 that means the customer, not the workspace (trap A5)."""
    return isinstance(answer, Refused) and answer.message.startswith("Customer not found")
