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

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from customers.templatetags import show
from dubadmin.dub.records import Customer

DASH = '<span class="none">–</span>'


class Words:
    """What cells say in the language of their reader, looked up once for a list of customers."""

    def __init__(self) -> None:
        self.select = gettext("Select %(customer)s")
        self.only = gettext("Only %(value)s")
        no_name, no_link = gettext("no name"), gettext("no link")
        self.no_name = f'<span class="cut none">{escape(no_name)}</span>'
        self.no_email = gettext("no e-mail")
        self.no_link = f'<span class="none">{escape(no_link)}</span>'
        self._sales: dict[int, str] = {}

    def sales(self, number: int) -> str:
        """ "3 sales" """
        if number not in self._sales:
            words = ngettext("%(number)s sale", "%(number)s sales", number)
            self._sales[number] = words % {"number": show.number(number)}
        return self._sales[number]


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
    words: Words = field(default_factory=Words, init=False)


@dataclass(frozen=True, kw_only=True)
class Column:
    """`cell` draws a customer's cell as HTML; `sort` is Dub's key where the list sorts by it."""

    name: str
    label: str | Promise
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
        pick = _pick(customer, only.words) if may_pick else ""
        cells = "".join([f"{opening}{cell(customer, only)}</td>" for opening, cell in drawing])
        drawn.append(f"<tr>{pick}{cells}</tr>")
    return SafeString("\n".join(drawn))


def _pick(customer: Customer, words: Words) -> str:
    called = escape(words.select % {"customer": customer.label})
    return (
        f'<td class="pick"><input type="checkbox" name="ids" value="{escape(customer.id)}" '
        f'form="several" aria-label="{called}"></td>'
    )


def _who(customer: Customer, only: Only) -> str:
    name = _cut(customer.name) if customer.name else only.words.no_name
    email = _cut(customer.email or only.words.no_email, "small muted")
    address = show.customer_url(customer.id) + only.places.get(customer.id, "")
    return (
        f'<a class="who" href="{escape(address)}">{show.avatar(customer)}'
        f"<span><strong>{name}</strong>{email}</span></a>"
    )


def _country(customer: Customer, only: Only) -> str:
    if not customer.country:
        return DASH
    name = show.country_name(customer.country)
    return _filter(only.country, customer.country, name, only.words.only)


def _link(customer: Customer, only: Only) -> str:
    """The short link, and below it the partner or else the link's domain."""
    link, partner = customer.link, customer.partner
    words, second = only.words, ""
    if partner:
        second = _filter(only.partner, partner.id, partner.label, words.only, "small muted")
    if link is None:
        return f"{words.no_link}{second}"
    short = f"/{link.key}" if link.key else link.label
    first = _filter(only.link, link.id, short, words.only, whole=link.label)
    return first + (second or f'<span class="cut small muted">{escape(link.domain)}</span>')


def _partner(customer: Customer, only: Only) -> str:
    partner = customer.partner
    if not partner:
        return DASH
    return _filter(only.partner, partner.id, partner.label, only.words.only)


@lru_cache(maxsize=8192)
def _filter(
    address: str, value: str, text: str, only: str, classes: str = "", *, whole: str = ""
) -> str:
    """What a cell says, as a link to the list of those who have it, too: `only` says so.

    Kept, because few values fill many rows.
    """
    if not address or not value:
        return _cut(text, classes)
    title = escape(only % {"value": whole or text})
    return (
        f'<a class="cut only {classes}" dir="auto" title="{title}" '
        f'href="{escape(address + quote(value, safe=""))}">{escape(text)}</a>'
    )


def _value(customer: Customer, only: Only) -> str:
    sales = only.words.sales(customer.sales)
    return f'{show.money(customer.sale_amount)}<span class="cut small muted">{sales}</span>'


def _id(text: str) -> str:
    safe = escape(text)
    return f'<bdi class="cut mono" title="{safe}">{safe}</bdi>' if text else DASH


def _cut(text: str, classes: str = "") -> str:
    safe = escape(text)
    return f'<span class="cut {classes}" dir="auto" title="{safe}">{safe}</span>'


COLUMNS = (
    Column(name="customer", label=_("Customer"), cell=_who),
    Column(name="country", label=_("Country"), cell=_country),
    Column(name="link", label=_("Link or partner"), cell=_link),
    Column(name="value", label=_("Lifetime value"), cell=_value, sort="saleAmount", is_number=True),
    Column(
        name="created",
        label=_("Created"),
        cell=lambda customer, only: show.moment(customer.created_at, "date"),
        sort="createdAt",
    ),
    Column(
        name="first_sale",
        label=_("First sale"),
        cell=lambda customer, only: show.moment(customer.first_sale_at, "date"),
        sort="firstSaleAt",
    ),
    Column(
        name="cancelled",
        label=_("Cancelled"),
        cell=lambda customer, only: show.moment(customer.subscription_canceled_at, "date"),
        sort="subscriptionCanceledAt",
    ),
    Column(
        name="external_id",
        label=_("External ID"),
        cell=lambda customer, only: _id(customer.external_id),
    ),
    Column(name="partner", label=_("Partner"), cell=_partner, is_usual=False),
    Column(
        name="sales",
        label=_("Sales"),
        cell=lambda customer, only: show.number(customer.sales),
        is_number=True,
        is_usual=False,
    ),
    Column(
        name="stripe_customer_id",
        label=_("Stripe ID"),
        cell=lambda customer, only: _id(customer.stripe_customer_id),
        is_usual=False,
    ),
    Column(
        name="id", label=_("Dub ID"), cell=lambda customer, only: _id(customer.id), is_usual=False
    ),
)
