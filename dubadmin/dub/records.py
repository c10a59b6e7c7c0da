"""What Dub sends: customers, links, partners, discounts and events.

Every record keeps the object it was read from in `raw`, so that fields which Dub adds later are
not lost (trap R12). Amounts are exact integers in minor units (trap R14), times are aware UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

CUSTOMER_FIELDS = frozenset(
    {
        "id",
        "name",
        "email",
        "avatar",
        "externalId",
        "stripeCustomerId",
        "country",
        "sales",
        "saleAmount",
        "createdAt",
        "firstSaleAt",
        "subscriptionCanceledAt",
        "link",
        "programId",
        "partner",
        "discount",
    }
)

_ECMA_TIME = re.compile(r"\w{3} (\w{3} \d{2} \d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})")


class Malformed(ValueError):
    """An answer that is JSON but does not have the shape of what was asked for."""


def parse_time(value: object) -> datetime | None:
    """An aware UTC time from ISO 8601 or from JavaScript's `Date` text (trap R10).

    None for anything that is neither: a bad date hides no record.
    """
    if not isinstance(value, str) or not value:
        return None
    try:
        if match := _ECMA_TIME.match(value):
            parsed = datetime.strptime(" ".join(match.groups()), "%b %d %Y %H:%M:%S %z")
        else:
            parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def as_object(value: object) -> Json:
    """`value` if it is a JSON object; Malformed otherwise."""
    if not isinstance(value, dict):
        raise Malformed(f"expected an object, got {type(value).__name__}")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, float) and math.isfinite(value) else 0


def _object_in(data: Json, key: str) -> Json:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A short link. `disabled` is None where the answer does not tell."""

    id: str
    domain: str
    key: str
    short_link: str
    url: str
    partner_id: str = ""
    program_id: str = ""
    disabled: bool | None = None
    raw: Json = field(repr=False, default_factory=dict)

    @property
    def label(self) -> str:
        return re.sub(r"^https?://", "", self.short_link) or f"{self.domain}/{self.key}"

    @classmethod
    def read(cls, value: object) -> Link | None:
        if not isinstance(value, dict) or not value.get("id"):
            return None
        return cls(
            id=_text(value["id"]),
            domain=_text(value.get("domain")),
            key=_text(value.get("key")),
            short_link=_text(value.get("shortLink")),
            url=_text(value.get("url")),
            partner_id=_text(value.get("partnerId")),
            program_id=_text(value.get("programId")),
            disabled=bool(value["disabledAt"]) if "disabledAt" in value else None,
            raw=value,
        )


@dataclass(frozen=True, kw_only=True)
class Partner:
    id: str
    name: str
    email: str = ""
    raw: Json = field(repr=False, default_factory=dict)

    @property
    def label(self) -> str:
        return self.name or self.email or self.id

    @classmethod
    def read(cls, value: object) -> Partner | None:
        if not isinstance(value, dict) or not value.get("id"):
            return None
        return cls(
            id=_text(value["id"]),
            name=_text(value.get("name")),
            email=_text(value.get("email")),
            raw=value,
        )


@dataclass(frozen=True, kw_only=True)
class Discount:
    """`amount` is a percentage, or USD cents when `kind` is "flat"."""

    id: str
    amount: int
    kind: str
    max_duration: int | None
    coupon_id: str = ""
    raw: Json = field(repr=False, default_factory=dict)

    @classmethod
    def read(cls, value: object) -> Discount | None:
        if not isinstance(value, dict) or not value.get("id"):
            return None
        months = value.get("maxDuration")
        return cls(
            id=_text(value["id"]),
            amount=_whole(value.get("amount")),
            kind=_text(value.get("type")),
            max_duration=None if months is None else _whole(months),
            coupon_id=_text(value.get("couponId")),
            raw=value,
        )


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A Dub customer. `sale_amount` is in USD cents.

    `name` is what Dub answered. When neither a name nor an e-mail is stored Dub invents a new
    name at every read (trap Q9), so a name without an e-mail may not be a stored one.
    """

    id: str
    external_id: str
    name: str
    email: str
    avatar: str
    stripe_customer_id: str
    country: str
    sales: int
    sale_amount: int
    created_at: datetime | None
    first_sale_at: datetime | None
    subscription_canceled_at: datetime | None
    link: Link | None
    partner: Partner | None
    discount: Discount | None
    program_id: str
    raw: Json = field(repr=False)

    @property
    def label(self) -> str:
        """How a person would call this customer, stable between two reads."""
        return self.email or self.external_id or self.id

    @property
    def extra(self) -> dict[str, Any]:
        """What Dub sent beyond the documented fields (trap R12)."""
        return {key: value for key, value in self.raw.items() if key not in CUSTOMER_FIELDS}

    @classmethod
    def read(cls, value: object) -> Customer:
        """A customer from Dub's JSON; Malformed when it is no object or has no ID."""
        data = as_object(value)
        if not data.get("id"):
            raise Malformed("a customer without an ID")
        return cls(
            id=_text(data["id"]),
            external_id=_text(data.get("externalId")),
            name=_text(data.get("name")),
            email=_text(data.get("email")),
            avatar=_text(data.get("avatar")),
            stripe_customer_id=_text(data.get("stripeCustomerId")),
            country=_text(data.get("country")),
            sales=_whole(data.get("sales")),
            sale_amount=_whole(data.get("saleAmount")),
            created_at=parse_time(data.get("createdAt")),
            first_sale_at=parse_time(data.get("firstSaleAt")),
            subscription_canceled_at=parse_time(data.get("subscriptionCanceledAt")),
            link=Link.read(data.get("link")),
            partner=Partner.read(data.get("partner")),
            discount=Discount.read(data.get("discount")),
            program_id=_text(data.get("programId")),
            raw=data,
        )


@dataclass(frozen=True, kw_only=True)
class Event:
    """A click, lead or sale. `amount` is in minor units of `currency`, None unless a sale."""

    kind: str
    at: datetime | None
    id: str
    name: str
    link: Link | None
    customer_id: str
    click_id: str
    metadata: Json
    amount: int | None = None
    currency: str = ""
    invoice_id: str = ""
    payment_processor: str = ""
    country: str = ""
    city: str = ""
    device: str = ""
    browser: str = ""
    referer: str = ""
    raw: Json = field(repr=False, default_factory=dict)

    @classmethod
    def read(cls, value: object) -> Event:
        data = as_object(value)
        click, customer = _object_in(data, "click"), _object_in(data, "customer")
        sale = _object_in(data, "sale")
        return cls(
            kind=_text(data.get("event")),
            at=parse_time(data.get("timestamp")) or parse_time(click.get("timestamp")),
            id=_text(data.get("eventId")) or _text(click.get("id")),
            name=_text(data.get("eventName")),
            link=Link.read(data.get("link")),
            customer_id=_text(customer.get("id")),
            click_id=_text(click.get("id")) or _text(data.get("click_id")),
            metadata=_object_in(data, "metadata"),
            amount=_whole(sale.get("amount")) if sale else None,
            currency=_text(sale.get("currency")).lower(),
            invoice_id=_text(sale.get("invoiceId")),
            payment_processor=_text(sale.get("paymentProcessor")),
            country=_text(click.get("country")),
            city=_text(click.get("city")),
            device=_text(click.get("device")),
            browser=_text(click.get("browser")),
            referer=_text(click.get("referer")),
            raw=data,
        )
