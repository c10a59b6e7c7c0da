"""The columns of the customers list, and what each shows of a customer.

Plain functions, not template nodes: a page draws hundreds of cells, and this is several times
quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from urllib.parse import quote

from django.utils.safestring import SafeString

from customers.templatetags import show
from dubadmin.dub.records import Customer

DASH = '<span class="none">–</span>'


@dataclass(frozen=True, kw_only=True)
class Only:
    """Links to the same list with only one country, link or partner.

    `country`, `link` and `partner` are addresses that lack only the value at their end; "" where
    the list is filtered so already. `places` says, by ID, what the address of a customer tells of
    its place in this list.
    """

    country: str = ""
    link: str = ""
    partner: str = ""
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Column:
    """`cell` draws a customer's cell as HTML; `sort` is Dub's key where the list sorts by it."""

    name: str
    label: str
    cell: Callable[[Customer, Only], str]
    sort: str = ""
    is_number: bool = False
    is_usual: bool = True


def columns_called(names: Iterable[str]) -> list[Column]:
    """The columns of these names in the order of `COLUMNS`; the usual ones for no name.

    Whom a row is about is always told.
    """
    wanted = set(names)
    if not wanted:
        return [column for column in COLUMNS if column.is_usual]
    return [column for column in COLUMNS if column.name in wanted or column.name == "customer"]


def rows(
    customers: Iterable[Customer], columns: Iterable[Column], *, may_pick: bool, only: Only
) -> SafeString:
    """The list's rows, with a box to select each where one `may_pick`."""
    drawing = [('<td class="end num">' if c.is_number else "<td>", c.cell) for c in columns]
    drawn = []
    for customer in customers:
        pick = _pick(customer) if may_pick else ""
        cells = "".join([f"{opening}{cell(customer, only)}</td>" for opening, cell in drawing])
        drawn.append(f"<tr>{pick}{cells}</tr>")
    return SafeString("\n".join(drawn))


def _pick(customer: Customer) -> str:
    return (
        f'<td class="pick"><input type="checkbox" name="ids" value="{escape(customer.id)}" '
        f'form="several" aria-label="Select {escape(customer.label)}"></td>'
    )


def _who(customer: Customer, only: Only) -> str:
    name = _cut(customer.name) if customer.name else '<span class="cut none">no name</span>'
    address = show.customer_url(customer.id) + only.places.get(customer.id, "")
    return (
        f'<a class="who" href="{escape(address)}">{show.avatar(customer)}'
        f"<span><strong>{name}</strong>{_cut(customer.email or 'no e-mail', 'small muted')}</span>"
        "</a>"
    )


def _country(customer: Customer, only: Only) -> str:
    if not customer.country:
        return DASH
    return _filter(only.country, customer.country, show.country_name(customer.country))


def _link(customer: Customer, only: Only) -> str:
    """The short link, and below it the partner or else the link's domain."""
    link, partner = customer.link, customer.partner
    second = _filter(only.partner, partner.id, partner.label, "small muted") if partner else ""
    if link is None:
        return f'<span class="none">no link</span>{second}'
    short = f"/{link.key}" if link.key else link.label
    first = _filter(only.link, link.id, short, whole=link.label)
    return first + (second or f'<span class="cut small muted">{escape(link.domain)}</span>')


def _partner(customer: Customer, only: Only) -> str:
    partner = customer.partner
    return _filter(only.partner, partner.id, partner.label) if partner else DASH


@lru_cache(maxsize=8192)
def _filter(address: str, value: str, text: str, classes: str = "", *, whole: str = "") -> str:
    """What a cell says, as a link to the list of those who have it, too.

    Kept, because few values fill many rows.
    """
    if not address or not value:
        return _cut(text, classes)
    return (
        f'<a class="cut only {classes}" dir="auto" title="Only {escape(whole or text)}" '
        f'href="{escape(address + quote(value, safe=""))}">{escape(text)}</a>'
    )


def _value(customer: Customer, only: Only) -> str:
    sales = f"{show.number(customer.sales)} sale{'' if customer.sales == 1 else 's'}"
    return f'{show.money(customer.sale_amount)}<span class="cut small muted">{sales}</span>'


def _id(text: str) -> str:
    safe = escape(text)
    return f'<bdi class="cut mono" title="{safe}">{safe}</bdi>' if text else DASH


def _cut(text: str, classes: str = "") -> str:
    safe = escape(text)
    return f'<span class="cut {classes}" dir="auto" title="{safe}">{safe}</span>'


COLUMNS = (
    Column(name="customer", label="Customer", cell=_who),
    Column(name="country", label="Country", cell=_country),
    Column(name="link", label="Link or partner", cell=_link),
    Column(name="value", label="Lifetime value", cell=_value, sort="saleAmount", is_number=True),
    Column(
        name="created",
        label="Created",
        cell=lambda customer, only: show.moment(customer.created_at, "date"),
        sort="createdAt",
    ),
    Column(
        name="first_sale",
        label="First sale",
        cell=lambda customer, only: show.moment(customer.first_sale_at, "date"),
        sort="firstSaleAt",
    ),
    Column(
        name="cancelled",
        label="Cancelled",
        cell=lambda customer, only: show.moment(customer.subscription_canceled_at, "date"),
        sort="subscriptionCanceledAt",
    ),
    Column(
        name="external_id",
        label="External ID",
        cell=lambda customer, only: _id(customer.external_id),
    ),
    Column(name="partner", label="Partner", cell=_partner, is_usual=False),
    Column(
        name="sales",
        label="Sales",
        cell=lambda customer, only: show.number(customer.sales),
        is_number=True,
        is_usual=False,
    ),
    Column(
        name="stripe_customer_id",
        label="Stripe ID",
        cell=lambda customer, only: _id(customer.stripe_customer_id),
        is_usual=False,
    ),
    Column(name="id", label="Dub ID", cell=lambda customer, only: _id(customer.id), is_usual=False),
)
