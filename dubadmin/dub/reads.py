"""What can be asked of Dub without changing anything: frozen questions with typed answers.

A read says its path, its query string and how to turn the JSON into records. Nothing here is sent;
`client.fetch` and `client.fetch_together` do that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from .records import Customer, Event, Json, Link, Malformed, Partner, as_object

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

MAX_PAGE = 1000  # trap Q6
MAX_PAGE_SIZE = 100  # trap Q6
SORTS = ("createdAt", "saleAmount", "firstSaleAt", "subscriptionCanceledAt")


class Read(Protocol[T_co]):
    """A question to Dub. `parse` raises Malformed when the JSON has another shape."""

    @property
    def path(self) -> str: ...

    @property
    def params(self) -> dict[str, str]: ...

    def parse(self, data: object) -> T_co: ...


# What a URL cannot hold as a whole segment, in any encoding: it would be another address. Escaped
# twice it is an ID that no customer has, so that Dub says just that.
_NO_SEGMENT = {"": "%25", ".": "%252E", "..": "%252E%252E"}


def customer_path(id: str) -> str:
    """The path of one customer; `id` is `cus_…` or `ext_…`, percent-encoded whole (trap R13)."""
    return f"/customers/{_NO_SEGMENT.get(id) or quote(id, safe='', errors='surrogatepass')}"


def is_same_id(asked: str, answered: object) -> bool:
    """Whether an answer is about the customer that was asked for by Dub's own ID.

    By an `ext_…` Dub finds in its own way (trap Q1), so that says nothing.
    """
    return asked.startswith("ext_") or asked.strip().casefold() == str(answered).strip().casefold()


def _given(**values: object) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if value not in (None, "")}


def _rows(data: object, read: Callable[[object], T | None]) -> list[T]:
    if not isinstance(data, list):
        raise Malformed(f"expected a list, got {type(data).__name__}")
    return [row for row in map(read, data) if row is not None]


@dataclass(frozen=True, kw_only=True)
class ListCustomers:
    """A page of customers, newest first unless sorted otherwise (GET /customers).

    `page` from 1 to 1000, `page_size` to 100 (trap Q6). `search` with "@" is an exact e-mail,
    otherwise whole words of name or e-mail (trap Q1).
    """

    search: str = ""
    email: str = ""
    external_id: str = ""
    country: str = ""
    link_id: str = ""
    partner_id: str = ""
    sort_by: str = ""
    sort_order: str = ""
    page: int | None = None
    page_size: int = 50
    starting_after: str = ""
    ending_before: str = ""
    expanded: bool = True

    path = "/customers"

    @property
    def params(self) -> dict[str, str]:
        return _given(
            search=self.search,
            email=self.email,
            externalId=self.external_id,
            country=self.country,
            linkId=self.link_id,
            partnerId=self.partner_id,
            sortBy=self.sort_by,
            sortOrder=self.sort_order,
            page=self.page,
            pageSize=self.page_size,
            startingAfter=self.starting_after,
            endingBefore=self.ending_before,
            includeExpandedFields="true" if self.expanded else "",
        )

    def parse(self, data: object) -> list[Customer]:
        return _rows(data, Customer.read)


@dataclass(frozen=True, kw_only=True)
class GetCustomer:
    """One customer by `cus_…` or `ext_…` (GET /customers/{id})."""

    id: str
    expanded: bool = True

    @property
    def path(self) -> str:
        return customer_path(self.id)

    @property
    def params(self) -> dict[str, str]:
        return _given(includeExpandedFields="true" if self.expanded else "")

    def parse(self, data: object) -> Customer:
        customer = Customer.read(data)
        if not is_same_id(self.id, customer.id):
            raise Malformed("another customer than was asked for")
        return customer


@dataclass(frozen=True, kw_only=True)
class CountCustomers:
    """How many customers match (GET /customers/count, undocumented: trap Q8)."""

    search: str = ""
    country: str = ""
    link_id: str = ""
    partner_id: str = ""

    path = "/customers/count"

    @property
    def params(self) -> dict[str, str]:
        return _given(
            search=self.search,
            country=self.country,
            linkId=self.link_id,
            partnerId=self.partner_id,
        )

    def parse(self, data: object) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise Malformed("expected a number")
        return data


@dataclass(frozen=True, kw_only=True)
class Facet:
    """A value that customers can be filtered by, and how many have it."""

    value: str
    label: str
    count: int | None


@dataclass(frozen=True, kw_only=True)
class CountCustomersBy:
    """Customers per country or per link (GET /customers/count?groupBy=, trap Q8)."""

    group_by: str

    path = "/customers/count"

    @property
    def params(self) -> dict[str, str]:
        return {"groupBy": self.group_by}

    def parse(self, data: object) -> list[Facet]:
        return _rows(data, self._facet)

    def _facet(self, row: object) -> Facet | None:
        group = as_object(row)
        value, count = group.get(self.group_by), group.get("_count")
        if not isinstance(value, str) or not value:
            return None
        label = group.get("shortLink")
        return Facet(
            value=value,
            label=label.split("://")[-1] if isinstance(label, str) else value,
            count=count if isinstance(count, int) else None,
        )


@dataclass(frozen=True, kw_only=True)
class ListEvents:
    """Events of one type, newest first, over all time (GET /events, trap R11).

    `kind` is clicks, leads or sales: one type per call. `customer_id` is `cus_…` only.
    """

    kind: str
    customer_id: str = ""
    limit: int = 100
    page: int | None = None

    path = "/events"

    @property
    def params(self) -> dict[str, str]:
        return _given(
            event=self.kind,
            customerId=self.customer_id,
            interval="all",
            limit=self.limit,
            page=self.page,
        )

    def parse(self, data: object) -> list[Event]:
        return _rows(data, Event.read)


@dataclass(frozen=True, kw_only=True)
class GetLink:
    """One link with its state (GET /links/info)."""

    link_id: str = ""
    domain: str = ""
    key: str = ""

    path = "/links/info"

    @property
    def params(self) -> dict[str, str]:
        return _given(linkId=self.link_id, domain=self.domain, key=self.key)

    def parse(self, data: object) -> Link:
        link = Link.read(as_object(data))
        if link is None:
            raise Malformed("a link without an ID")
        return link


@dataclass(frozen=True, kw_only=True)
class ListLinks:
    """Links of the workspace, newest first (GET /links)."""

    search: str = ""
    page_size: int = 100

    path = "/links"

    @property
    def params(self) -> dict[str, str]:
        return _given(search=self.search, pageSize=self.page_size)

    def parse(self, data: object) -> list[Link]:
        return _rows(data, Link.read)


@dataclass(frozen=True, kw_only=True)
class ListPartners:
    """Partners of the default program (GET /partners); 404 without a program."""

    page_size: int = 100

    path = "/partners"

    @property
    def params(self) -> dict[str, str]:
        return _given(pageSize=self.page_size)

    def parse(self, data: object) -> list[Partner]:
        return _rows(data, Partner.read)


@dataclass(frozen=True, kw_only=True)
class ListCommissions:
    """Commissions for a customer or invoice (GET /commissions), as Dub sends them."""

    customer_id: str = ""
    invoice_id: str = ""

    path = "/commissions"

    @property
    def params(self) -> dict[str, str]:
        return _given(customerId=self.customer_id, invoiceId=self.invoice_id)

    def parse(self, data: object) -> list[Json]:
        return _rows(data, as_object)


AnyRead = Read[Any]
