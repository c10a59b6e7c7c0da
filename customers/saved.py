"""Saved views of the list of customers: filters, sorting and columns under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet
from django.urls import reverse

from .audit import Actor, Target, note
from .models import Given, Prepared, SavedView, fields_of

MOST = 50  # tabs that a list shows; more could not be told from each other
# What a view keeps of the list's address, and what goes without saying.
KEPT = {
    "q": "",
    "country": "",
    "link": "",
    "partner": "",
    "sort": "createdAt",
    "order": "desc",
    "size": "50",
    "columns": "",
}


def query_of(given: Mapping[str, Any]) -> str:
    """The query string of a list, the same for the same list: without its page and defaults."""
    values = {name: str(given.get(name) or "") for name in KEPT}
    return urlencode({name: text for name, text in values.items() if text not in {"", KEPT[name]}})


def address_of(view: SavedView) -> str:
    return list_address(view.query, view=str(view.pk))


def list_address(query: str = "", *, view: str = "") -> str:
    """The list's address, with which view it is; "all" keeps it from opening with another one."""
    return f"{reverse('customer_list')}?view={view or 'all'}{'&' if query else ''}{query}"


def views_for(user: User) -> QuerySet[SavedView]:
    """A person's own views and the shared ones."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))


_SHOWN = Prepared(
    lambda: views_for(cast(User, Given("person", User._meta.pk))).values_list(
        *fields_of(SavedView)
    )[:MOST]
)


def shown_to(user: User) -> list[SavedView]:
    """The views that a person's list has tabs for."""
    columns = fields_of(SavedView)
    return [SavedView.from_db(DEFAULT_DB_ALIAS, columns, row) for row in _SHOWN(person=user.pk)]


def may_change(user: User, view: SavedView) -> bool:
    """Whose it is, or for a shared one an administrator."""
    return view.owner_id == user.pk or (view.is_shared and user.has_perm("auth.change_user"))


def save(view: SavedView, *, actor: Actor) -> None:
    """Saves a view that is new or changed, and logs it."""
    view.save()
    details = {"name": view.name, "shared": view.is_shared, "query": view.query}
    note("view.save", actor=actor, target=Target(label=view.name), after=details)


def delete(view: SavedView, *, actor: Actor) -> None:
    note("view.delete", actor=actor, target=Target(label=view.name), before={"query": view.query})
    view.delete()
