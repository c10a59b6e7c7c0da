"""What a file can say of a customer and of its events, by the names of the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from customers.columns import columns_called
from customers.facts import FIELDS, LABELS, facts_of
from customers.output import JSON_LINES, Cell, Row
from dubadmin.dub.money import to_major
from dubadmin.dub.records import Customer, Event


@dataclass(frozen=True, kw_only=True)
class Column:
    """`read` takes what the file says from a customer; where `is_money`, in US cents."""

    name: str
    label: str | Promise
    group: str | Promise
    read: Callable[[Customer], Any]
    is_money: bool = False


def _of(field: str) -> Callable[[Customer], Any]:
    """A field as Dub answers it, so that a file that comes back changes nothing."""
    return lambda customer: customer.raw.get(field)


def _name(customer: Customer) -> str | None:
    return customer.name or None  # never one that Dub made up (trap Q9)


def _inside(part: str, field: str) -> Callable[[Customer], Any]:
    def read(customer: Customer) -> Any:
        inner = customer.raw.get(part)
        return inner.get(field) if isinstance(inner, Mapping) else None

    return read


def _link(customer: Customer) -> str | None:
    return customer.link.label if customer.link else None


_READERS = {name: _of(field) for name, field in FIELDS.items()} | {"name": _name}
_GROUPS: dict[str | Promise, list[tuple[str, str | Promise, Callable[[Customer], Any]]]] = {
    _("Customer"): [
        ("id", _("Dub ID"), _of("id")),
        *((name, LABELS[FIELDS[name]], _READERS[name]) for name in FIELDS),
        ("created_at", _("Created"), _of("createdAt")),
        ("first_sale_at", _("First sale"), _of("firstSaleAt")),
        ("sales", _("Sales"), _of("sales")),
        (
            "sale_amount_usd",
            _("Lifetime value in US dollars"),
            lambda customer: customer.sale_amount,
        ),
        ("sale_amount", _("Lifetime value in US cents"), _of("saleAmount")),
    ],
    _("Link"): [
        ("link", _("Short link"), _link),
        ("link_id", _("Link ID"), _inside("link", "id")),
        ("link_url", _("Where it leads"), _inside("link", "url")),
    ],
    _("Partner"): [
        ("partner", _("Partner"), _inside("partner", "name")),
        ("partner_email", _("Partner’s e-mail"), _inside("partner", "email")),
        ("partner_id", _("Partner ID"), _inside("partner", "id")),
        ("program_id", _("Program ID"), _of("programId")),
    ],
    _("Discount"): [
        ("discount_id", _("Discount ID"), _inside("discount", "id")),
        ("discount_type", _("Kind"), _inside("discount", "type")),
        ("discount_amount", _("Amount"), _inside("discount", "amount")),
        ("discount_max_duration", _("Months"), _inside("discount", "maxDuration")),
        ("discount_coupon_id", _("Coupon ID"), _inside("discount", "couponId")),
    ],
    _("As it is now, for a file of corrections"): [
        (f"old_{name}", format_lazy(_("{field} now"), field=LABELS[FIELDS[name]]), _READERS[name])
        for name in FIELDS
    ],
    _("Everything"): [("record", _("Dub’s whole record as JSON"), facts_of)],
}
COLUMNS = {
    name: Column(name=name, label=label, group=group, read=read, is_money=name == "sale_amount_usd")
    for group, columns in _GROUPS.items()
    for name, label, read in columns
}
# What the columns of the list show, by their names (`customers.columns`).
_SHOWN = {
    "customer": ["name", "email"],
    "country": ["country"],
    "link": ["link", "partner"],
    "value": ["sale_amount_usd", "sales"],
    "created": ["created_at"],
    "first_sale": ["first_sale_at"],
    "cancelled": ["subscription_canceled_at"],
    "external_id": ["external_id"],
    "partner": ["partner"],
    "sales": ["sales"],
    "stripe_customer_id": ["stripe_customer_id"],
    "id": [],
}


def shown_by(names: Iterable[str]) -> list[str]:
    """The columns that tell what the list's columns of these names show, and the Dub ID."""
    return [*dict.fromkeys(each for name in names for each in _SHOWN[name]), "id"]


PRESETS = {
    "list": (_("The usual ones"), shown_by(each.name for each in columns_called(()))),
    "corrections": (_("For corrections"), ["id", *FIELDS]),
    "all": (
        _("All columns"),
        [name for name in COLUMNS if not name.startswith("old_") and name != "record"],
    ),
}
EVENT_COLUMNS = [
    *("event", "event_at", "event_id", "event_name", "event_link", "click_id"),
    *("amount", "currency", "invoice_id", "payment_processor", "metadata"),
]


def event_cells(event: Event) -> dict[str, Any]:
    """An event by the names of its columns. `amount` is in minor units."""
    cells = {
        "event": event.kind,
        "event_at": event.at.isoformat().replace("+00:00", "Z") if event.at else None,
        "event_id": event.id,
        "event_name": event.name,
        "event_link": event.link.label if event.link else None,
        "click_id": event.click_id,
        "amount": event.amount,
        "currency": event.currency,
        "invoice_id": event.invoice_id,
        "payment_processor": event.payment_processor,
        "metadata": dict(event.metadata) or None,
    }
    return {name: None if cell == "" else cell for name, cell in cells.items()}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the customers become rows: which columns, and where events go.

    In JSON Lines a customer is one row, with its events in a list. In a table every event is a row
    that begins with its customer's cells; a customer without any has one row.
    """

    format: str
    columns: Sequence[str]
    with_events: bool = False

    @property
    def names(self) -> list[str]:
        if not self.with_events:
            return [*self.columns]
        return [*self.columns, *(["events"] if self._is_nested else EVENT_COLUMNS)]

    @property
    def _is_nested(self) -> bool:
        return self.format == JSON_LINES.name

    def cells(self, customer: Customer) -> list[Any]:
        """What is kept of a customer: money in cents, all of it JSON."""
        return [COLUMNS[name].read(customer) for name in self.columns]

    def rows(
        self, cells: Sequence[Any], events: Iterable[Mapping[str, Any]] | None
    ) -> Iterator[Row]:
        """The rows of a customer with these `cells` and, by `event_cells`, `events`."""
        shown = [
            _major(cell, "usd") if COLUMNS[name].is_money else cell
            for name, cell in zip(self.columns, cells, strict=True)
        ]
        if not self.with_events:
            yield shown
            return
        told = [_shown(event) for event in events or ()]
        if self._is_nested:
            yield [*shown, told]
            return
        for event in told or [dict.fromkeys(EVENT_COLUMNS)]:
            yield [*shown, *(event[name] for name in EVENT_COLUMNS)]


def _shown(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "amount": _major(event["amount"], event["currency"] or "usd")}


def _major(minor: Any, currency: str) -> Cell:
    return to_major(minor, currency=currency) if isinstance(minor, int) else minor
