"""An administrator invites; whoever has the link makes one account, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import mail
from django.http import HttpRequest
from django.test import Client

from customers import roles
from customers.models import AuditEntry, Invitation
from customers.signin import invitations

from ..at_once import AtOnce
from ..conftest import ALICE, text_of
from .conftest import everything_logged, is_signed_in, logged, sign_in_as

PAGE = "/accounts/invitations/"
EVE = {"name": "Eve Adams", "email": "Eve@Example.com", "role": "Editor"}
PASSWORD = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


@pytest.fixture
def ada(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("ada")


def link_on(page: Any) -> str:
    found = re.search(r'value="http://testserver(/accounts/invited/[^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_it_works(ada: Client, client: Client) -> None:
    page = ada.post(PAGE, EVE, follow=True)
    assert "Copy the link below" in text_of(page)
    link = link_on(page)
    welcome = text_of(client.get(link))
    assert "Welcome, Eve Adams" in welcome
    assert "ada has invited you as Editor" in welcome
    answer = client.post(link, PASSWORD, follow=True)
    assert "Your user name is eve@example.com" in text_of(answer)
    eve = User.objects.get(username="eve@example.com")
    assert (eve.email, eve.get_full_name()) == ("eve@example.com", "Eve Adams")
    assert [group.name for group in eve.groups.all()] == ["Editor"]
    sign_in_as(client, "eve@example.com")
    assert is_signed_in(client)
    assert logged()[-5:] == [
        "invitation.make",
        "user.add",
        "user.roles",
        "invitation.accept",
        "session.sign_in",
    ]
    made = AuditEntry.objects.get(action="invitation.make")
    assert (made.actor_name, made.asked) == ("ada", {"role": "Editor"})


def test_the_link_works_once(ada: Client, client: Client) -> None:
    link = link_on(ada.post(PAGE, EVE, follow=True))
    client.post(link, PASSWORD)
    for method in (client.get, client.post):
        assert method(link).status_code == 410
    assert User.objects.filter(email="eve@example.com").count() == 1
    assert "Accepted" in text_of(ada.get(PAGE))


def test_it_ends_after_three_days(ada: Client, client: Client, clock: Any) -> None:
    link = link_on(ada.post(PAGE, EVE, follow=True))
    clock.shift(72 * 3600 + 1)
    assert "too old" in text_of(client.get(link))
    assert client.post(link, PASSWORD).status_code == 410
    assert not User.objects.filter(email="eve@example.com").exists()


def test_it_can_be_made_anew_when_it_is_too_old(ada: Client, clock: Any) -> None:
    ada.post(PAGE, EVE)
    assert "open invitation for this address already" in text_of(ada.post(PAGE, EVE))
    clock.shift(72 * 3600 + 1)
    ada.force_login(User.objects.get(username="ada"))
    ada.post(PAGE, EVE)
    assert [each.state for each in Invitation.objects.all()] == ["open", "withdrawn"]


def test_it_can_be_withdrawn(ada: Client, client: Client) -> None:
    link = link_on(ada.post(PAGE, EVE, follow=True))
    withdraw = f"{PAGE}{Invitation.objects.get().pk}/withdraw/"
    assert "no longer works" in text_of(ada.post(withdraw, follow=True))
    assert client.get(link).status_code == 410
    assert "not open any more" in text_of(ada.post(withdraw, follow=True))
    assert logged().count("invitation.withdraw") == 1


@pytest.mark.parametrize("token", ["1", "1:x", "x:y", ":", "%00", "1:" + "a" * 43, "9" * 400])
def test_a_link_that_nobody_made(client: Client, db: None, token: str) -> None:
    invitations.invite("eve@example.com", name="Eve", role="Viewer", actor=ALICE)
    assert client.get(f"/accounts/invited/{token}/").status_code == 410


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": ""}, "E-mail : This field is required."),
        ({"email": "eve"}, "valid email address"),
        ({"email": "eve@example.com\r\nBcc: all@example.com"}, "valid email address"),
        ({"email": "ADA@example.com"}, "has an account with this e-mail address already"),
        ({"name": ""}, "Name : This field is required."),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"role": "Superuser"}, "Select a valid choice"),
    ],
)
def test_what_does_not_fit_is_told_and_kept(
    ada: Client, changes: dict[str, str], said: str
) -> None:
    User.objects.filter(username="ada").update(email="ada@example.com")
    page = ada.post(PAGE, EVE | changes)
    assert said in text_of(page)
    assert not Invitation.objects.exists()
    if "name" not in changes:
        assert 'value="Eve Adams"' in page.content.decode()


@pytest.mark.parametrize(
    "password", ["shrt!9x", "908172635401928", "qwertyuiop123", "Eve@example.com"]
)
def test_a_weak_password_makes_no_account(ada: Client, client: Client, password: str) -> None:
    link = link_on(ada.post(PAGE, EVE, follow=True))
    page = client.post(link, {"new_password1": password, "new_password2": password})
    assert "There is no account yet." in text_of(page)
    assert client.get(link).status_code == 200
    assert password not in everything_logged()  # the address is there, in small letters


def test_who_is_signed_in_is_told_to_sign_out_first(ada: Client) -> None:
    link = link_on(ada.post(PAGE, EVE, follow=True))
    assert "You are signed in as ada." in text_of(ada.post(link, PASSWORD))
    assert Invitation.objects.get().state == "open"


def test_it_is_sent_where_there_is_an_e_mail_server(ada: Client, settings: Any) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    page = ada.post(PAGE, EVE | {"name": "Eve <b>&"}, follow=True)
    assert "The link was sent to eve@example.com." in text_of(page)
    [letter] = mail.outbox
    assert letter.to == ["eve@example.com"]
    assert link_on(page) in letter.body
    assert "Hello Eve <b>&" in letter.body


def test_an_e_mail_that_cannot_be_sent_is_told(ada: Client, settings: Any) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = ada.post(PAGE, EVE, follow=True)
    assert "The e-mail could not be sent." in text_of(page)
    assert link_on(page)


def test_no_link_is_in_the_log(ada: Client, client: Client) -> None:
    link = link_on(ada.post(PAGE, EVE, follow=True))
    client.get(link)
    client.post(link, PASSWORD)
    assert link.split("/")[-2] not in everything_logged()


def test_two_at_once_make_one_account(at_once: AtOnce) -> None:
    def make() -> Invitation:
        roles.install(apps)
        return invitations.invite("eve@example.com", name="Eve", role="Viewer", actor=ALICE)

    def accept() -> User:
        user = invitations.future_user(invitation)
        return invitations.accept(invitation, user=user, request=HttpRequest())

    [invitation] = at_once(make)
    results = at_once(accept, accept)
    assert sorted(type(result).__name__ for result in results) == ["NotOpen", "User"]


@pytest.mark.parametrize(
    "email",
    ["o'brien!#$%&*@example.com", f"{'x' * 64}@{'y' * 63}.{'z' * 63}.example"],
)
def test_any_address_makes_a_name_that_the_admin_takes(db: None, email: str) -> None:
    invitation = Invitation(email=email, name=f"Eve {'of Nowhere ' * 20}"[:150], role="Viewer")
    for _ in range(3):
        user = invitations.future_user(invitation)
        user.set_unusable_password()
        user.full_clean(exclude=["password"])
        user.save()
