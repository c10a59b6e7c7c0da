"""A session ends after a while without use, after hours anyway, and when its person says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from customers.models import AuditEntry, Batch
from dubadmin.sandbox import Sandbox

from ..conftest import text_of
from .conftest import is_signed_in, sign_in_as

PAGE = "/accounts/sessions/"
MINUTE, HOUR = 60, 3600
SignIn = Callable[[str], Client]


def in_use(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def test_its_end_is_told_in_the_language_of_its_person_and_logged_in_english(
    clock: Any, sign_in: SignIn
) -> None:
    vera = sign_in("vera")
    clock.shift(61 * MINUTE)
    page = vera.get("/accounts/", headers={"accept-language": "de"}, follow=True)
    assert "Nach 60 Minuten ohne Benutzung abgemeldet." in text_of(page)
    entry = AuditEntry.objects.get(action="session.expire")
    assert entry.explanation == "Signed out after 60 minutes without use."


def test_it_ends_after_an_hour_without_use(clock: Any, sign_in: SignIn) -> None:
    vera = sign_in("vera")
    clock.shift(59 * MINUTE)
    assert in_use(vera)
    clock.shift(59 * MINUTE)
    assert in_use(vera)
    clock.shift(61 * MINUTE)
    page = vera.get("/accounts/", follow=True)
    assert "Signed out after 60 minutes without use." in text_of(page)
    entry = AuditEntry.objects.get(action="session.expire")
    assert (entry.actor_name, entry.explanation) == (
        "vera",
        "Signed out after 60 minutes without use.",
    )
    assert not is_signed_in(vera)


def test_it_ends_after_twelve_hours_anyway(clock: Any, sign_in: SignIn) -> None:
    vera = sign_in("vera")
    for _ in range(12 * 2):
        assert in_use(vera)
        clock.shift(30 * MINUTE)
    clock.shift(1)
    assert "12 h after signing in" in text_of(vera.get("/accounts/", follow=True))


def test_both_times_are_settings(clock: Any, sign_in: SignIn, settings: Any) -> None:
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 5, 1
    vera = sign_in("vera")
    clock.shift(6 * MINUTE)
    assert not in_use(vera)


def test_a_page_that_asks_by_itself_is_no_use(clock: Any, sign_in: SignIn, dub: Sandbox) -> None:
    batch = Batch.objects.create(action="customer.update", field="country", actor={}, total=1)
    vera = sign_in("vera")
    for _ in range(6):
        clock.shift(10 * MINUTE)
        follow = vera.get(reverse("batch_follow", args=[batch.pk]), headers={"HX-Request": "true"})
        assert follow.status_code == 200
    clock.shift(MINUTE)
    assert not in_use(vera)


def test_a_fragment_leads_the_whole_page_to_the_sign_in_and_back(
    clock: Any, sign_in: SignIn, dub: Sandbox
) -> None:
    vera = sign_in("vera")
    clock.shift(2 * HOUR)
    here = "http://testserver/customers/?country=DE"
    answer = vera.get(
        "/customers/?country=FR", headers={"HX-Request": "true", "HX-Current-URL": here}
    )
    expected = "/accounts/login/?next=/customers/%3Fcountry%3DDE"
    assert (answer.status_code, answer["HX-Redirect"]) == (200, expected)
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    answer = vera.get("/customers/", headers=elsewhere)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/"


def test_the_list_tells_where_one_is_signed_in(client: Client, vera: User) -> None:
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    sign_in_as(Client(HTTP_USER_AGENT=browser, REMOTE_ADDR="192.0.2.7"), "vera")
    sign_in_as(client, "vera")
    page = text_of(client.get(PAGE))
    assert "Firefox on Linux 192.0.2.7" in page
    assert page.count("This one") == 1
    assert UserSession.objects.count() == 2


def test_one_that_was_not_used_for_too_long_is_not_listed(
    clock: Any, sign_in: SignIn, client: Client
) -> None:
    sign_in("vera").get("/accounts/")
    clock.shift(61 * MINUTE)
    page = sign_in("vera").get("/accounts/sessions/")
    assert len(page.context["sessions"]) == 1


def test_sign_out_everywhere_else(client: Client, vera: User) -> None:
    others = [Client(), Client()]
    for each in (*others, client):
        sign_in_as(each, "vera")
    client.post(PAGE, {"session": "others"})
    assert in_use(client)
    assert not any(in_use(each) for each in others)
    entry = AuditEntry.objects.get(action="session.end")
    assert (entry.actor_name, entry.asked) == ("vera", {"ended": 2, "of": 3})


def test_sign_out_everywhere_here_too(client: Client, vera: User) -> None:
    other = Client()
    for each in (other, client):
        sign_in_as(each, "vera")
    client.post(PAGE, {"session": "all"})
    assert not in_use(client)
    assert not in_use(other)


def test_one_session_ends_by_its_number_but_nobody_elses(
    client: Client, vera: User, sign_in: SignIn
) -> None:
    other, alice = Client(), sign_in("alice")
    sign_in_as(other, "vera")
    alice.get(PAGE)
    numbers = dict(UserSession.objects.values_list("user__username", "pk"))
    sign_in_as(client, "vera")
    client.post(PAGE, {"session": str(numbers["alice"])})
    assert in_use(alice)
    client.post(PAGE, {"session": str(numbers["vera"])})
    assert not in_use(other)
    assert in_use(client)


@pytest.mark.parametrize("wanted", ["", "0", "none", "9" * 50, "\0", "-1"])
def test_a_session_that_is_not_there(sign_in: SignIn, wanted: str) -> None:
    vera = sign_in("vera")
    assert "had ended already" in text_of(vera.post(PAGE, {"session": wanted}, follow=True))
    assert in_use(vera)


def test_a_new_password_ends_the_others(client: Client, vera: User) -> None:
    other = Client()
    for each in (other, client):
        sign_in_as(each, "vera")
    short = {"new_password1": "short", "new_password2": "short"}
    assert "at least 12" in text_of(client.post("/accounts/password/", short)).lower()
    new = {"new_password1": "battery horse correct", "new_password2": "battery horse correct"}
    page = client.post("/accounts/password/", new, follow=True)
    assert "Your password was changed." in text_of(page)
    assert in_use(client)
    assert not in_use(other)
    assert AuditEntry.objects.get(action="password.change").actor_name == "vera"
    sign_in_as(other, "vera", "battery horse correct")
    assert in_use(other)


def test_who_has_no_password_cannot_make_one(sign_in: SignIn, people: dict[str, User]) -> None:
    people["vera"].set_unusable_password()
    people["vera"].save()
    assert sign_in("vera").get("/accounts/password/").status_code == 404


def test_an_address_that_is_none_stops_nobody(vera: User, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    client = Client(HTTP_X_FORWARDED_FOR="unknown", REMOTE_ADDR="")
    sign_in_as(client, "vera")
    assert client.get(PAGE).status_code == 200
