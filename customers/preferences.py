"""What people set for themselves: how dubadmin looks, counts time and where it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from django.urls import resolve, reverse
from django.utils.translation import gettext_lazy as _

from .audit import Actor, note
from .models import AuditEntry, preferences_of

# Pages that somebody may want to begin with, by the name of their address.
STARTS = {
    "home": _("Home"),
    "customer_list": _("Customers"),
    "lead_new": _("Record a lead"),
    "sale_new": _("Record a sale"),
    "import_list": _("Imports"),
    "batch_list": _("Batches"),
    "audit_list": _("Audit log"),
}


def starts_for(user: User) -> list[tuple[str, str]]:
    """The pages of `STARTS` that this person may open."""
    return [(name, str(label)) for name, label in STARTS.items() if _may_open(user, name)]


def start_of(user: User) -> str:
    """The address that signing in leads to; home when a role has lost the page since."""
    name = preferences_of(user).start
    return reverse(name if name in STARTS and _may_open(user, name) else "home")


def _may_open(user: User, name: str) -> bool:
    permission = cast(Any, resolve(reverse(name)).func).permission
    return permission is None or user.has_perm(permission)


def change(user: User, values: Mapping[str, Any], *, actor: Actor) -> AuditEntry | None:
    """Saves what is different in `values` and logs it; None where nothing is."""
    preferences = preferences_of(user)
    before = {name: getattr(preferences, name) for name in values}
    changed = [name for name, value in values.items() if before[name] != value]
    if not changed:
        return None
    for name in changed:
        setattr(preferences, name, values[name])
    preferences.save()
    return note(
        "preferences.change",
        actor=actor,
        before={name: before[name] for name in changed},
        after={name: values[name] for name in changed},
    )
