"""Single sign-on by OpenID Connect: for who has an account or an invitation, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from customers.models import AuditEntry, Invitation
from customers.signin import invitations

from ..conftest import ALICE, text_of
from .conftest import is_signed_in, logged, sign_in_as
from .issuer import CLIENT, Issuer, running

START, CALLBACK = "/accounts/sso/", "/accounts/sso/callback/"


@pytest.fixture(scope="module")
def provider() -> Iterator[Issuer]:
    with running() as issuer:
        yield issuer


@pytest.fixture
def issuer(db: None, provider: Issuer, settings: Any) -> Issuer:
    provider.broken.clear()
    provider.asked.clear()
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider.url, "Acme ID"
    app = {"provider_id": "sso", "name": "Acme ID", "settings": {"server_url": provider.url}}
    oidc = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {**oidc, "APPS": [app | CLIENT]}}
    return provider


def start(client: Client, address: str = START) -> dict[str, str]:
    """What the provider is asked, by the address that the browser is sent to."""
    location = client.get(address)["Location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def come_back(client: Client, address: str = START, **query: str) -> Any:
    asked = start(client, address)
    return client.get(CALLBACK, {"code": "c", "state": asked["state"], **query})


def test_it_works(client: Client, vera: User, issuer: Issuer) -> None:
    issuer.says("7", "Vera@example.com")
    page = client.get("/accounts/login/?next=/customers/%3Fcountry%3DDE")
    assert "Sign in with Acme ID" in text_of(page)
    answer = come_back(client, f"{START}?next=/customers/%3Fcountry%3DDE")
    assert (answer.status_code, answer["Location"]) == (302, "/customers/?country=DE")
    assert is_signed_in(client)
    assert logged() == ["account.link", "session.sign_in"]
    entry = AuditEntry.objects.get(action="session.sign_in")
    assert (entry.actor_name, entry.asked) == ("vera", {"by": "single sign-on"})
    assert User.objects.get(pk=vera.pk).has_usable_password()


def test_the_provider_is_asked_with_state_and_a_challenge(client: Client, issuer: Issuer) -> None:
    asked = start(client, f"{START}?scope=admin&auth_params=prompt%3Dnone&process=connect")
    assert asked["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"]
    assert "prompt" not in asked


def test_once_linked_the_e_mail_may_change(client: Client, vera: User, issuer: Issuer) -> None:
    issuer.says("7", "vera@example.com")
    come_back(client)
    client.post("/accounts/logout/")
    issuer.says("7", "vera.new@example.com", verified=False)
    come_back(client)
    assert is_signed_in(client)
    assert SocialAccount.objects.get().user == vera


def test_who_is_unknown_gets_no_account(client: Client, vera: User, issuer: Issuer) -> None:
    issuer.says("8", "eve@example.com")
    answer = come_back(client)
    assert answer.status_code == 403
    assert "Ask an administrator for an invitation" in text_of(answer)
    assert not is_signed_in(client)
    assert not User.objects.filter(email="eve@example.com").exists()
    entry = AuditEntry.objects.get(action="session.fail")
    assert "eve" not in str(vars(entry))


@pytest.mark.parametrize("verified", [False, None, 0, ""])
def test_an_e_mail_that_is_not_confirmed_is_nobodys(
    client: Client, vera: User, issuer: Issuer, verified: Any
) -> None:
    issuer.says("7", "vera@example.com", verified=verified)
    assert come_back(client).status_code == 403
    assert not is_signed_in(client)


def test_a_provider_that_never_says_so_can_be_trusted(
    client: Client, vera: User, issuer: Issuer, settings: Any
) -> None:
    oidc = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {**oidc, "VERIFIED_EMAIL": True}}
    issuer.says("7", "vera@example.com", verified=None)
    come_back(client)
    assert is_signed_in(client)


def test_who_is_invited_has_an_account_at_once(
    client: Client, people: dict[str, User], issuer: Issuer
) -> None:
    invitations.invite("eve@example.com", name="Eve Adams", role="Editor", actor=ALICE)
    issuer.says("8", "eve@example.com")
    come_back(client)
    eve = User.objects.get(email="eve@example.com")
    assert is_signed_in(client)
    assert [group.name for group in eve.groups.all()] == ["Editor"]
    assert not eve.has_usable_password()
    assert Invitation.objects.get().state == "accepted"
    assert "invitation.accept" in logged()


def test_who_is_not_active_is_not_let_in(client: Client, vera: User, issuer: Issuer) -> None:
    User.objects.filter(pk=vera.pk).update(is_active=False)
    issuer.says("7", "vera@example.com")
    assert come_back(client)["Location"] == "/accounts/inactive/"
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "query",
    [
        {"state": "forged"},
        {"state": ""},
        {"code": ""},
        {"error": "access_denied"},
        {"error": "<script>alert(1)</script>", "error_description": "\r\nSet-Cookie: a=b"},
    ],
)
def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    client: Client, vera: User, issuer: Issuer, query: dict[str, str]
) -> None:
    issuer.says("7", "vera@example.com")
    if query.get("code") == "":
        issuer.broken["/token"] = (400, '{"error": "invalid_grant"}')
    answer = come_back(client, **query)
    assert answer.status_code == 403
    assert "No sign-in by Acme ID" in text_of(answer)
    assert "<script>alert" not in answer.content.decode()
    assert not is_signed_in(client)


def test_a_state_counts_once_and_in_its_own_browser(
    client: Client, vera: User, issuer: Issuer
) -> None:
    issuer.says("7", "vera@example.com")
    asked = start(client)
    query = {"code": "c", "state": asked["state"]}
    assert Client().get(CALLBACK, query).status_code == 403
    assert client.get(CALLBACK, query).status_code == 302
    assert Client().get(CALLBACK, query).status_code == 403


BROKEN = [
    (500, "Internal Server Error"),
    (200, "<html>not JSON"),
    (200, "[1]"),
    (200, '{"sub": null}'),
    (200, '{"access_token": 1, "id_token": "a.b.c"}'),
]


@pytest.mark.parametrize(("status", "text"), BROKEN)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/userinfo"])
def test_a_provider_that_talks_nonsense_is_told_of(
    client: Client, vera: User, issuer: Issuer, path: str, status: int, text: str
) -> None:
    issuer.says("7", "vera@example.com")
    if path.startswith("/."):
        issuer.broken[path] = (status, text)
        answer = client.get(START)
    else:
        asked = start(client)
        issuer.broken[path] = (status, text)
        answer = client.get(CALLBACK, {"code": "c", "state": asked["state"]})
    assert answer.status_code == 403
    assert "No sign-in by Acme ID" in text_of(answer)
    assert not is_signed_in(client)


def test_a_token_for_another_site_or_of_another_issuer_is_refused(
    client: Client, vera: User, issuer: Issuer
) -> None:
    for wrong in ({"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}):
        issuer.says("7", "vera@example.com", **wrong)
        assert come_back(client).status_code == 403
        assert not is_signed_in(client)


def test_it_must_name_the_same_person_twice(client: Client, vera: User, issuer: Issuer) -> None:
    issuer.says("7", "vera@example.com")
    issuer.broken["/userinfo"] = (200, '{"sub": "8", "email": "max@example.com"}')
    assert come_back(client).status_code == 403
    assert not SocialAccount.objects.exists()


def test_without_a_token_of_who_it_is_nobody_is_let_in(
    client: Client, vera: User, issuer: Issuer
) -> None:
    issuer.says("7", "vera@example.com")
    issuer.broken["/token"] = (200, '{"access_token": "a", "token_type": "Bearer"}')
    assert come_back(client).status_code == 403
    assert not is_signed_in(client)


def test_a_provider_that_is_not_there_is_told_of(
    client: Client, issuer: Issuer, settings: Any
) -> None:
    oidc = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    oidc["settings"]["server_url"] = "http://127.0.0.1:9"
    assert "could not be reached" in text_of(client.get(START))


def test_without_settings_there_is_none(client: Client, db: None) -> None:
    assert client.get(START).status_code == 404
    assert client.get(CALLBACK).status_code == 404
    assert "Sign in with" not in text_of(client.get("/accounts/login/"))


# Showing again who one is


@pytest.fixture
def linked(client: Client, vera: User, issuer: Issuer, clock: Any) -> Client:
    """vera has signed in this way a quarter of an hour ago, and has no password."""
    vera.set_unusable_password()
    vera.save()
    issuer.says("7", "vera@example.com")
    come_back(client)
    clock.shift(15 * 60 + 1)
    return client


def test_it_confirms_who_one_is(linked: Client, issuer: Issuer) -> None:
    passkeys = "/accounts/passkeys/add/"
    asked = linked.get(passkeys)["Location"]
    page = linked.get(asked)
    assert "Confirm with Acme ID" in text_of(page)
    assert "Password of" not in text_of(page)
    issuer.says("7", "vera@example.com", auth_time=int(time.time()))
    question = start(linked, f"{START}?next={passkeys}")
    assert (question["prompt"], question["max_age"]) == ("login", "0")
    answer = linked.get(CALLBACK, {"code": "c", "state": question["state"]})
    assert answer["Location"] == passkeys
    assert linked.get(passkeys).status_code == 200
    assert logged()[-1] == "session.confirm"


@pytest.mark.parametrize("auth_time", [None, 0, 1, "soon", -5])
def test_a_sign_in_of_long_ago_confirms_nothing(
    linked: Client, issuer: Issuer, auth_time: Any
) -> None:
    issuer.says("7", "vera@example.com", auth_time=auth_time)
    assert come_back(linked).status_code == 403
    assert linked.get("/accounts/passkeys/add/").status_code == 302
    assert is_signed_in(linked)


def test_another_person_confirms_nothing(
    linked: Client, issuer: Issuer, people: dict[str, User]
) -> None:
    User.objects.filter(username="max").update(email="max@example.com")
    issuer.says("9", "max@example.com", auth_time=int(time.time()))
    answer = come_back(linked)
    assert "another person" in text_of(answer)
    assert linked.get("/accounts/").context["user"].username == "vera"
    assert SocialAccount.objects.count() == 1


def test_a_second_step_is_asked_for_here_too(
    client: Client, vera: User, issuer: Issuer, set_up_app: Any
) -> None:
    sign_in_as(client, "vera")
    set_up_app(client)
    client.post("/accounts/logout/")
    issuer.says("7", "vera@example.com")
    assert come_back(client)["Location"] == "/accounts/login/step/"
    assert not is_signed_in(client)
