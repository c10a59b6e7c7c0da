"""A customer as plain facts: what the log keeps, what forms edit, what differences compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dubadmin.dub.records import Customer, parse_time

from .models import HAPPENED, AuditEntry

LABELS = {
    "name": _("Name"),
    "email": _("E-mail"),
    "avatar": _("Avatar"),
    "externalId": _("External ID"),
    "stripeCustomerId": _("Stripe customer ID"),
    "country": _("Country"),
    "subscriptionCanceledAt": _("Subscription cancelled"),
}
# Of users and roles, as the log has them.
_OF_PEOPLE = {
    "username": _("Username"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "is_active": _("Is active"),
    "is_staff": _("Is staff"),
    "is_superuser": _("Is superuser"),
    "roles": _("Roles"),
    "may": pgettext_lazy("a role", "May"),
}
FIELDS = {
    "name": "name",
    "email": "email",
    "avatar": "avatar",
    "external_id": "externalId",
    "stripe_customer_id": "stripeCustomerId",
    "country": "country",
    "subscription_canceled_at": "subscriptionCanceledAt",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field of a customer, by Dub's key, with the values before and after as Dub holds them."""

    key: str
    before: Any
    after: Any

    @property
    def label(self) -> str:
        words = self.key if self.key.isupper() else self.key.replace("_", " ").capitalize()
        return str((LABELS | _OF_PEOPLE).get(self.key, words))


def facts_of(customer: Customer) -> dict[str, Any]:
    """Dub's own record, without a made-up name (trap Q9)."""
    return {**customer.raw, "name": customer.name or None}


def editable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that can be corrected, by Dub's key; nothing stored is None."""
    return {key: facts.get(key) or None for key in LABELS}


def same(key: str, one: Any, other: Any) -> bool:
    """Whether two values of a field are the same to Dub. Empty and absent are one."""
    if key == "subscriptionCanceledAt":
        return parse_time(one) == parse_time(other)
    return (one or None) == (other or None)


def stored_changes(entry: AuditEntry) -> list[Change]:
    """What a correction changed at Dub, as far as is known: before, and what was read back.

    Without a record read back, what was asked stands in its place.
    """
    if entry.action != "customer.update" or not entry.before:
        return []
    after = {key: (entry.after or entry.body).get(key) for key in entry.body if key in LABELS}
    return changes_between(entry.before, after)


def differences(entry: AuditEntry) -> list[Change]:
    """What an entry changed, field by field: at Dub, or of users, roles and settings here."""
    before, after = (
        each if isinstance(each, Mapping) else {} for each in (entry.before, entry.after)
    )
    if entry.action == "customer.delete":
        is_gone = entry.outcome in HAPPENED
        return changes_between(before, dict.fromkeys(LABELS)) if is_gone else []
    if entry.action.startswith(("user.", "role.", "settings.")):
        return changes_between(before, {key: after.get(key) for key in (*before, *after)})
    return stored_changes(entry)


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields of `after` that differ from `before`."""
    return [
        Change(key=key, before=before.get(key), after=value)
        for key, value in after.items()
        if not same(key, before.get(key), value)
    ]
