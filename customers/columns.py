"""The columns of the customers list, and what each shows of a customer.

Plain functions, not template nodes: a page draws hundreds of cells, and this is several times
quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

from customers.templatetags import show
from dubadmin.dub.records import Customer

DASH = '<span class="none">–</span>'


@dataclass(frozen=True, kw_only=True)
class Column:
    """`cell` draws a customer's cell as HTML; `sort` is Dub's key where the list sorts by it."""

    name: str
    label: str
    cell: Callable[[Customer], str]
    sort: str = ""
    is_number: bool = False


def rows(customers: Iterable[Customer], *, may_pick: bool) -> SafeString:
    """The list's rows in the order of `COLUMNS`, with a box to select each where one `may_pick`."""
    columns = [('<td class="end num">' if c.is_number else "<td>", c.cell) for c in COLUMNS]
    drawn = []
    for customer in customers:
        pick = _pick(customer) if may_pick else ""
        cells = "".join([f"{opening}{cell(customer)}</td>" for opening, cell in columns])
        drawn.append(f"<tr>{pick}{cells}</tr>")
    return SafeString("\n".join(drawn))


def _pick(customer: Customer) -> str:
    return (
        f'<td class="pick"><input type="checkbox" name="ids" value="{escape(customer.id)}" '
        f'form="several" aria-label="Select {escape(customer.label)}"></td>'
    )


def _who(customer: Customer) -> str:
    name = _cut(customer.name) if customer.name else '<span class="cut none">no name</span>'
    return (
        f'<a class="who" href="{escape(show.customer_url(customer.id))}">{show.avatar(customer)}'
        f"<span><strong>{name}</strong>{_cut(customer.email or 'no e-mail', 'small muted')}</span>"
        "</a>"
    )


def _country(customer: Customer) -> str:
    return _cut(show.country_name(customer.country)) if customer.country else DASH


def _link(customer: Customer) -> str:
    """The short link, and below it the partner or else the link's domain."""
    link, partner = customer.link, customer.partner
    second = _cut(partner.label, "small muted") if partner else ""
    if link is None:
        return f'<span class="none">no link</span>{second}'
    short = f"/{link.key}" if link.key else link.label
    first = f'<span class="cut" dir="auto" title="{escape(link.label)}">{escape(short)}</span>'
    return first + (second or f'<span class="cut small muted">{escape(link.domain)}</span>')


def _value(customer: Customer) -> str:
    sales = f"{show.number(customer.sales)} sale{'' if customer.sales == 1 else 's'}"
    return f'{show.money(customer.sale_amount)}<span class="cut small muted">{sales}</span>'


def _external_id(customer: Customer) -> str:
    if not customer.external_id:
        return DASH
    safe = escape(customer.external_id)
    return f'<bdi class="cut mono" title="{safe}">{safe}</bdi>'


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
        cell=lambda customer: show.moment(customer.created_at, "date"),
        sort="createdAt",
    ),
    Column(
        name="first_sale",
        label="First sale",
        cell=lambda customer: show.moment(customer.first_sale_at, "date"),
        sort="firstSaleAt",
    ),
    Column(
        name="cancelled",
        label="Cancelled",
        cell=lambda customer: show.moment(customer.subscription_canceled_at, "date"),
        sort="subscriptionCanceledAt",
    ),
    Column(name="external_id", label="External ID", cell=_external_id),
)
