"""What people set for themselves: saved with the account, in the log, and followed everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from customers.models import AuditEntry, Preferences, preferences_of
from customers.preferences import start_of
from customers.signin.backends import ByRole
from dubadmin.sandbox import Sandbox

from .conftest import text_of

pytestmark = pytest.mark.django_db

PAGE = "/accounts/preferences/"
CHOSEN = {
    "theme": "dark",
    "contrast": "more",
    "density": "compact",
    "time_zone": "Asia/Tokyo",
    "start": "customer_list",
}


def html_of(response: Any) -> str:
    return str(response.content.decode())


def test_what_is_saved_is_followed_by_every_page(
    alice: Client, sign_in: Callable[[str], Client], dub: Sandbox
) -> None:
    assert "Your preferences are saved." in text_of(alice.post(PAGE, CHOSEN, follow=True))
    for client in (alice, sign_in("alice")):
        html = html_of(client.get("/customers/"))
        assert 'data-theme="dark" data-contrast="more" data-density="compact"' in html
    assert 'data-theme="auto"' in html_of(sign_in("vera").get("/customers/"))


def test_a_saved_time_zone_wins_over_that_of_the_browser(alice: Client, dub: Sandbox) -> None:
    customer = dub.add_customer("Una", created_at=datetime(2026, 1, 1, 22, tzinfo=UTC))
    alice.cookies["tz"] = "Europe/Berlin"
    address = f"/customers/{customer['id']}/"
    assert "1 Jan 2026, 23:00" in text_of(alice.get(address))
    alice.post(PAGE, CHOSEN)
    assert "2 Jan 2026, 07:00" in text_of(alice.get(address))


def test_a_change_is_one_entry_with_what_was_before(alice: Client) -> None:
    alice.post(PAGE, CHOSEN)
    alice.post(PAGE, CHOSEN | {"theme": "light"})
    first, second = AuditEntry.objects.filter(action="preferences.change").order_by("pk")
    assert (first.actor_name, first.before["start"]) == ("alice", "home")
    assert first.after == CHOSEN
    assert (second.before, second.after) == ({"theme": "dark"}, {"theme": "light"})


def test_nothing_new_changes_nothing(alice: Client) -> None:
    alice.post(PAGE, CHOSEN)
    before = AuditEntry.objects.filter(action="preferences.change").count()
    assert alice.post(PAGE, CHOSEN).status_code == 302
    assert AuditEntry.objects.filter(action="preferences.change").count() == before


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("time_zone", "Mars/Olympus", "There is no time zone “Mars/Olympus”."),
        ("start", "audit_list", "This is no page that your role may open."),
        ("theme", "pink", "pink is not one of the available choices."),
        ("density", "", "This field is required."),
    ],
)
def test_what_cannot_be_is_told_and_the_rest_is_kept(
    alice: Client, field: str, value: str, says: str
) -> None:
    page = alice.post(PAGE, CHOSEN | {field: value})
    assert says in text_of(page)
    assert '<option value="Asia/Tokyo" selected>' in html_of(page) or field == "time_zone"
    assert not Preferences.objects.exists()


def test_the_switch_in_the_menu_works_without_javascript(alice: Client, dub: Sandbox) -> None:
    theme = f"{PAGE}theme/"
    back = alice.post(theme, {"theme": "dark"}, headers={"referer": "http://testserver/customers/"})
    assert back["Location"] == "http://testserver/customers/"
    assert alice.post(theme, {"theme": "light"}, headers={"hx-request": "true"}).status_code == 204
    assert Preferences.objects.get().theme == "light"
    away = alice.post(theme, {"theme": "pink"}, headers={"referer": "https://evil.example/"})
    assert away["Location"] == "/"
    assert Preferences.objects.get().theme == "light"


def test_signing_in_leads_to_the_start_page(
    people: dict[str, User], client: Client, dub: Sandbox
) -> None:
    vera = people["vera"]
    vera.set_password("a-long-password")
    vera.save()
    Preferences.objects.create(user=vera, start="customer_list")
    form = {"login": "vera", "username": "vera", "password": "a-long-password"}
    assert client.post("/accounts/login/", form)["Location"] == "/customers/"


def test_a_start_page_that_the_role_has_lost_is_home(people: dict[str, User]) -> None:
    otto = people["otto"]
    Preferences.objects.create(user=otto, start="audit_list")
    assert start_of(otto) == "/audit/"
    otto.groups.set(Group.objects.filter(name="Viewer"))
    assert start_of(User.objects.get(pk=otto.pk)) == "/"


def test_preferences_come_with_the_person_in_one_query(
    people: dict[str, User], django_assert_num_queries: Any
) -> None:
    Preferences.objects.create(user=people["alice"], theme="dark")
    for name, theme in {"alice": "dark", "vera": "auto"}.items():
        with django_assert_num_queries(1):
            user = ByRole().get_user(people[name].pk)
            assert preferences_of(user).theme == theme
