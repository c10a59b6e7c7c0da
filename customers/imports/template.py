"""A file to begin with: the columns of a kind by their names, and one row as an example."""

from __future__ import annotations

from customers.models import Import

from .fields import OLD, names_of

_EXAMPLE = {
    "customer_external_id": "user-123",
    "click_id": "",
    "customer_name": "Una Young",
    "customer_email": "una@example.com",
    "event_name": "Sign up",
    "amount": "1234.50",
    "currency": "EUR",
    "invoice_id": "INV-2026-001",
    "payment_processor": "custom",
    "metadata": "plan: pro",
    "reason": "Paid by bank transfer",
    "external_id": "user-123",
    "name": "Una Young",
    "email": "una.young@example.com",
    "country": "DE",
    "old_email": "una@example.com",
}
_OWN = {
    Import.Kind.SALES: {"event_name": "Purchase"},
    Import.Kind.CORRECTIONS: {"reason": "The customer told us"},
}


def template_of(kind: str) -> tuple[list[str], list[str]]:
    """The names of the columns, and the example. Corrections show one column of old values."""
    example = _EXAMPLE | _OWN.get(Import.Kind(kind), {})
    names = [name for name in names_of(kind) if not name.startswith(OLD) or name in example]
    return names, [example.get(name, "") for name in names]
