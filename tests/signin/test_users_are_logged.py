"""Whatever happens to a user is in the log: who did it, what it was before, and what it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from customers.models import AuditEntry

from .conftest import everything_logged

USERS = "/admin/auth/user/"


@pytest.fixture
def ada(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("ada")


def told(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    groups = list(user.groups.values_list("pk", flat=True))
    form = {"username": user.username, "email": user.email, "is_active": "on", "groups": groups}
    return {key: value for key, value in {**form, **changes}.items() if value is not None}


def test_a_user_who_is_added(ada: Client) -> None:
    password = "correct horse battery"
    fields = {"username": "eve", "usable_password": "true"}
    ada.post(f"{USERS}add/", fields | {"password1": password, "password2": password})
    entry = told("user.add")
    assert (entry.actor_name, entry.role, entry.target_label) == ("ada", "Administrator", "eve")
    assert password not in everything_logged()


def test_a_role_that_is_given_and_taken(ada: Client, people: dict[str, User]) -> None:
    vera, manager = people["vera"], Group.objects.get(name="Manager")
    viewer = Group.objects.get(name="Viewer")
    ada.post(f"{USERS}{vera.pk}/change/", form_of(vera, groups=[viewer.pk, manager.pk]))
    given = told("user.roles")
    assert given.before == {"roles": ["Viewer"]}
    assert given.after == {"roles": ["Manager", "Viewer"]}
    ada.post(f"{USERS}{vera.pk}/change/", form_of(vera, groups=[manager.pk]))
    taken = AuditEntry.objects.filter(action="user.roles").latest("pk")
    assert taken.before == {"roles": ["Manager", "Viewer"]}
    assert taken.after == {"roles": ["Manager"]}
    assert (taken.actor_name, taken.target_label) == ("ada", "vera")


def test_a_user_who_is_made_inactive_and_renamed(ada: Client, people: dict[str, User]) -> None:
    vera = people["vera"]
    ada.post(f"{USERS}{vera.pk}/change/", form_of(vera, username="vera2", is_active=None))
    entry = told("user.change")
    assert entry.before == {"username": "vera", "is_active": True}
    assert entry.after == {"username": "vera2", "is_active": False}


def test_a_password_that_an_administrator_sets(ada: Client, people: dict[str, User]) -> None:
    password = "correct horse battery"
    fields = {"usable_password": "true", "password1": password, "password2": password}
    ada.post(f"{USERS}{people['vera'].pk}/password/", fields)
    assert told("password.change").target_label == "vera"
    assert password not in everything_logged()


def test_a_hash_that_is_only_renewed_is_no_new_password(
    client: Client, vera: User, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    client.post("/accounts/login/", {"login": "vera", "password": "correct horse battery"})
    assert User.objects.get(pk=vera.pk).password.startswith("pbkdf2")
    assert not AuditEntry.objects.filter(action__in=["password.change", "user.change"]).exists()


def test_a_user_who_is_deleted(ada: Client, people: dict[str, User]) -> None:
    ada.post(f"{USERS}{people['vera'].pk}/delete/", {"post": "yes"})
    entry = told("user.delete")
    assert entry.before["username"] == "vera"
    assert entry.before["roles"] == ["Viewer"]


def test_what_is_done_on_the_server(people: dict[str, User]) -> None:
    call_command("createsuperuser", "--noinput", username="root", email="root@example.com")
    entry = told("user.add")
    assert (entry.role, entry.target_label) == ("Server", "root")
    Group.objects.get(name="Viewer").permissions.clear()
    assert told("role.change").before == {"may": ["view_customers"]}
    assert told("role.change").after == {"may": []}


def test_an_open_page_ends_when_the_account_is_made_inactive(
    sign_in: Callable[[str], Client], people: dict[str, User]
) -> None:
    vera = sign_in("vera")
    assert vera.get("/accounts/").status_code == 200
    people["vera"].is_active = False
    people["vera"].save()
    assert vera.get("/accounts/")["Location"].startswith("/accounts/login/")
