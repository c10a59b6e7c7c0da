"""What changes something at Dub: frozen commands. What is recorded in the log is what is sent.

A command is the whole request: method, path and JSON body. `client.send` sends it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from .reads import customer_path, is_same_id
from .records import Json, Malformed, as_object

LEAD_MODES = ("async", "wait", "deferred")
PAYMENT_PROCESSORS = (
    "stripe",
    "shopify",
    "polar",
    "paddle",
    "apple",
    "revenuecat",
    "lemonsqueezy",
    "dub",
    "custom",
)
DEDUPE_DAYS = 7  # traps L1, L2 and S6
MAX_EXTERNAL_ID = 100  # trap R4
MAX_METADATA = 10_000  # characters of JSON
MAX_EVENT_QUANTITY = 100  # trap L9


class Command(Protocol):
    """One request that writes. `check` raises Malformed when a 2xx is not Dub's answer to it."""

    action: ClassVar[str]
    method: ClassVar[str]

    @property
    def path(self) -> str: ...

    @property
    def body(self) -> dict[str, Any] | None: ...

    def check(self, data: object) -> Json: ...


def lead_key(event_name: str) -> str:
    """The event name as Dub compares it for duplicates: "Sign up" and "sign-up" are one (L3)."""
    return event_name.strip().lower().replace(" ", "-")


def _needs(data: object, *keys: str) -> Json:
    answer = as_object(data)
    if missing := [key for key in keys if key not in answer]:
        raise Malformed(f"an answer without {', '.join(missing)}")
    return answer


def _about(id: str, answer: Json) -> Json:
    if not is_same_id(id, answer["id"]):
        raise Malformed("an answer about another customer")
    return answer


def _whose(customer: object) -> None:
    if not isinstance(_needs(customer, "externalId")["externalId"], str):
        raise Malformed("an answer about nobody")


def _own(command: object, name: str) -> None:
    """Gives a frozen command its own copy of a mapping: what is recorded is what is sent."""
    object.__setattr__(command, name, deepcopy(getattr(command, name)))


def _without_blanks(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in (None, "")}


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


@dataclass(frozen=True, kw_only=True)
class UpdateCustomer:
    """PATCH /customers/{id}. `changes` holds only what changes, by Dub's JSON keys (trap R1)."""

    action: ClassVar[str] = "customer.update"
    method: ClassVar[str] = "PATCH"

    id: str
    changes: Mapping[str, object]

    def __post_init__(self) -> None:
        _own(self, "changes")

    @property
    def path(self) -> str:
        return customer_path(self.id)

    @property
    def body(self) -> dict[str, Any]:
        return {key: _json_value(value) for key, value in self.changes.items()}

    def check(self, data: object) -> Json:
        return _about(self.id, _needs(data, "id"))


@dataclass(frozen=True, kw_only=True)
class DeleteCustomer:
    """DELETE /customers/{id}. Final (trap R8)."""

    action: ClassVar[str] = "customer.delete"
    method: ClassVar[str] = "DELETE"

    id: str

    @property
    def path(self) -> str:
        return customer_path(self.id)

    @property
    def body(self) -> None:
        return None

    def check(self, data: object) -> Json:
        return _about(self.id, _needs(data, "id"))


@dataclass(frozen=True, kw_only=True)
class TrackLead:
    """POST /track/lead. An empty `click_id` reuses the known customer's own click (trap L8)."""

    action: ClassVar[str] = "lead.record"
    method: ClassVar[str] = "POST"
    path: ClassVar[str] = "/track/lead"

    customer_external_id: str
    event_name: str
    click_id: str = ""
    customer_name: str = ""
    customer_email: str = ""
    customer_avatar: str = ""
    mode: str = ""
    event_quantity: int | None = None
    metadata: Json | None = None

    def __post_init__(self) -> None:
        _own(self, "metadata")

    @property
    def body(self) -> dict[str, Any]:
        optional = _without_blanks(
            {
                "customerName": self.customer_name,
                "customerEmail": self.customer_email,
                "customerAvatar": self.customer_avatar,
                "mode": self.mode,
                "eventQuantity": self.event_quantity,
                "metadata": dict(self.metadata) if self.metadata else None,
            }
        )
        return {
            "clickId": self.click_id,
            "eventName": self.event_name,
            "customerExternalId": self.customer_external_id,
            **optional,
        }

    def check(self, data: object) -> Json:
        answer = _needs(data, "click", "link", "customer")
        _needs(answer["click"], "id")
        _whose(answer["customer"])
        if answer["link"] is not None:
            _needs(answer["link"], "id")
        return answer


@dataclass(frozen=True, kw_only=True)
class TrackSale:
    """POST /track/sale. `amount` is in minor units by Dub's list (trap S12).

    `click_id`, name, e-mail and avatar only count for a customer that Dub does not know (S4).
    """

    action: ClassVar[str] = "sale.record"
    method: ClassVar[str] = "POST"
    path: ClassVar[str] = "/track/sale"

    customer_external_id: str
    amount: int
    currency: str
    invoice_id: str
    event_name: str = ""
    payment_processor: str = ""
    lead_event_name: str = ""
    click_id: str = ""
    customer_name: str = ""
    customer_email: str = ""
    customer_avatar: str = ""
    metadata: Json | None = None

    def __post_init__(self) -> None:
        _own(self, "metadata")

    @property
    def body(self) -> dict[str, Any]:
        optional = _without_blanks(
            {
                "eventName": self.event_name,
                "paymentProcessor": self.payment_processor,
                "leadEventName": self.lead_event_name,
                "clickId": self.click_id,
                "customerName": self.customer_name,
                "customerEmail": self.customer_email,
                "customerAvatar": self.customer_avatar,
                "metadata": dict(self.metadata) if self.metadata else None,
            }
        )
        return {
            "customerExternalId": self.customer_external_id,
            "amount": self.amount,
            "currency": self.currency.lower(),
            "invoiceId": self.invoice_id,
            **optional,
        }

    def check(self, data: object) -> Json:
        answer = _needs(data, "eventName", "customer", "sale")
        if answer["customer"] is None and answer["sale"] is None:  # trap S1
            return answer
        _whose(answer["customer"])
        sale = _needs(answer["sale"], "amount", "currency", "invoiceId", "paymentProcessor")
        if not isinstance(sale["amount"], int) or not isinstance(sale["currency"], str):
            raise Malformed("a sale without an amount")
        if sale["invoiceId"] != self.invoice_id:
            raise Malformed("another sale's answer")  # a replay is by this very ID (trap S6)
        return answer


ACTIONS = tuple(kind.action for kind in (UpdateCustomer, DeleteCustomer, TrackLead, TrackSale))
