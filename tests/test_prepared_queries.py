"""Queries that are put together once answer as the ORM's own would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from customers.models import Given, Joined, Preferences, Prepared, SavedView, fields_of, held_by
from customers.saved import shown_to, views_for
from customers.signin.backends import ByRole
from customers.signin.store import SessionStore

pytestmark = pytest.mark.django_db


def test_a_query_is_put_together_once_and_asked_each_time() -> None:
    made: list[int] = []

    def make() -> QuerySet[User, tuple[Any, ...]]:
        made.append(1)
        name = Given("name", User._meta.get_field("username"))
        return User.objects.filter(is_active=True, username=name).values_list("email")

    emails = Prepared(make)
    assert emails(name="ann") == []
    User.objects.create_user("ann", "ann@example.com")
    User.objects.create_user("bob", "bob@example.com", is_active=False)
    assert [tuple(row) for row in emails(name="ann")] == [("ann@example.com",)]
    assert emails(name="bob") == []
    assert made == [1]


def test_values_go_in_and_come_out_as_their_fields_have_them() -> None:
    """Times with their zone, lists from JSON: on SQLite the database knows neither."""
    user = User.objects.create_user("ann", last_login=timezone.now())
    Preferences.objects.create(user=user, columns=["customer", "email"])
    since = Given("since", User._meta.get_field("last_login"))
    lately = Prepared(
        lambda: User.objects.filter(last_login__gte=since).values_list(
            "last_login", "preferences__columns"
        )
    )
    assert user.last_login
    assert lately(since=user.last_login)[0] == (user.last_login, ["customer", "email"])
    assert lately(since=user.last_login + timedelta(seconds=1)) == []


def test_whole_objects_are_read_as_the_orm_reads_them() -> None:
    user = User.objects.create_user("ann", "ann@example.com")
    id = Given("id", User._meta.pk)
    row = Prepared(lambda: User.objects.filter(pk=id).values_list(*fields_of(User)))(id=user.pk)[0]
    again = User.from_db("default", fields_of(User), row)
    assert {name: getattr(again, name) for name in fields_of(User)} == {
        name: getattr(User.objects.get(pk=user.pk), name) for name in fields_of(User)
    }


def test_what_belongs_to_a_row_comes_with_it(django_assert_num_queries: Any) -> None:
    ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")
    Preferences.objects.create(user=ann, theme="dark", columns=["customer"])
    joined = Joined(User, Preferences, "preferences")
    everybody = Prepared(lambda: User.objects.order_by("pk").values_list(*joined.columns))
    with django_assert_num_queries(1):
        found = [joined(row) for row in everybody()]
        assert found == [ann, bob]
        assert (found[0].preferences.theme, found[0].preferences.columns) == ("dark", ["customer"])
        assert found[0].preferences.user is found[0]
        assert not hasattr(found[1], "preferences")


def test_who_has_left_is_nobody(people: dict[str, User]) -> None:
    assert ByRole().get_user(0) is None
    User.objects.filter(pk=people["max"].pk).update(is_active=False)
    assert ByRole().get_user(people["max"].pk) is None


def test_several_roles_are_held_in_the_order_of_their_groups(people: dict[str, User]) -> None:
    User.objects.get(username="vera").groups.set(
        Group.objects.filter(name__in=["Auditor", "Editor"])
    )
    held = held_by(User.objects.get(username="vera"))
    assert list(held.roles) == list(
        Group.objects.filter(name__in=["Auditor", "Editor"])
        .order_by("id")
        .values_list("name", flat=True)
    )
    assert {"customers.edit_customers", "customers.view_audit"} <= held.permissions


def test_the_tabs_are_ones_own_views_and_the_shared_ones(people: dict[str, User]) -> None:
    alice, max_ = people["alice"], people["max"]
    SavedView.objects.create(name="Mine", owner=alice, query="country=DE")
    SavedView.objects.create(name="Hers", owner=max_)
    SavedView.objects.create(name="Ours", owner=max_, is_shared=True)
    assert [view.name for view in shown_to(alice)] == ["Mine", "Ours"]
    assert shown_to(alice) == list(views_for(alice))
    assert shown_to(alice)[0].query == "country=DE"


def test_a_session_is_over_when_its_time_is() -> None:
    store = SessionStore()
    store["word"] = "kept"
    store.save()
    assert SessionStore(store.session_key)["word"] == "kept"
    Session.objects.filter(pk=store.session_key).update(expire_date=timezone.now())
    late = SessionStore(store.session_key)
    assert late.get("word") is None
    assert late.session_key is None
