"""Tricks at the sign-in and with sessions: none lets somebody in or makes a page fall over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client

from customers.models import AuditEntry
from customers.signin import invitations

from ..at_once import AtOnce
from ..conftest import ALICE, text_of
from .conftest import PASSWORD, app_code, everything_logged, is_signed_in, sign_in_as

LOGIN, STEP = "/accounts/login/", "/accounts/login/step/"
PASSKEY = "/accounts/login/passkey/"
NAMES = [
    "\0",
    "vera\0",
    "ve\u200bra",
    "vеra",
    "%",
    "vera%",
    "_era",
    "' OR 1=1 --",
    "\ud800",
    "x" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_nobodys(client: Client, vera: User, name: str) -> None:
    login = name.encode("utf-8", "surrogatepass").decode("latin-1")
    for each in (name.encode("utf-8", "replace").decode(), login):
        assert sign_in_as(client, each).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"login": "vera", "password": PASSWORD}), "application/json"),
        ("login=vera&login=alice&password=x&password=y", "application/x-www-form-urlencoded"),
        ("login[]=vera&password[$ne]=x", "application/x-www-form-urlencoded"),
        ("--x\r\nContent-Disposition: form-data; name=login\r\n\r\nvera", "multipart/form-data"),
        ("<login>vera</login>", "text/xml"),
    ],
)
def test_odd_bodies_sign_nobody_in(client: Client, vera: User, body: str, kind: str) -> None:
    for address in (LOGIN, STEP, PASSKEY, "/accounts/confirm/", "/accounts/logout/"):
        answer = client.post(address, body, content_type=kind)
        assert answer.status_code < 500
    assert not is_signed_in(client)


def test_a_name_in_the_address_is_not_taken(client: Client, vera: User) -> None:
    client.get(f"{LOGIN}?login=vera&password={PASSWORD.replace(' ', '+')}")
    assert not is_signed_in(client)
    assert PASSWORD not in everything_logged()


def test_a_password_of_a_megabyte_is_too_large_or_wrong(client: Client, vera: User) -> None:
    assert sign_in_as(client, "vera", "x" * 900_000).status_code == 200
    assert sign_in_as(client, "vera", "x" * 1_100_000).status_code == 413


@pytest.mark.parametrize("name", ["nobody", "vera"])
def test_unknown_names_are_locked_out_like_known_ones(
    client: Client, vera: User, name: str
) -> None:
    answers = [text_of(sign_in_as(client, name, "wrong")) for _ in range(6)]
    assert ["Too many attempts" in answer for answer in answers] == [False] * 5 + [True]


def test_no_spelling_of_a_name_has_attempts_of_its_own(client: Client, vera: User) -> None:
    for name in ("vera", "VERA", " vera", "Vera@example.com", "vera@EXAMPLE.com"):
        sign_in_as(client, name, "wrong")
    assert "Too many attempts" in text_of(sign_in_as(client, "vERA"))


@pytest.mark.parametrize(
    "cookie", ["", "x", "x" * 5000, "'", "../../etc/passwd", "\xff", "a" * 32, "0" * 32]
)
def test_a_made_up_session_is_nobodys(vera: User, cookie: str) -> None:
    client = Client()
    client.cookies["dubadmin_session"] = cookie
    assert client.get("/accounts/").status_code == 302
    sign_in_as(client, "vera")
    assert client.cookies["dubadmin_session"].value not in {"", cookie}


def test_a_session_that_was_signed_out_stays_so(client: Client, vera: User) -> None:
    sign_in_as(client, "vera")
    stolen = client.cookies["dubadmin_session"].value
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies["dubadmin_session"] = stolen
    assert thief.get("/accounts/").status_code == 302


CREDENTIALS = [
    "",
    "null",
    "[]",
    "{}",
    "0",
    "false",
    "1e999",
    '"x"',
    "{" * 500,
    '{"id": null, "rawId": {}, "type": [], "response": 7}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"MQ"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30",'
    '"authenticatorData":"AA","signature":"AA","userHandle":"////"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30",'
    '"authenticatorData":"' + "A" * 60 + '","signature":"AA","userHandle":"MQ"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30",'
    '"authenticatorData":"AA","signature":"AA","userHandle":"' + "eno" * 200 + '"}}',
]


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_made_up_passkey_signs_nobody_in(
    client: Client, vera: User, sign_in: Callable[[str], Client], credential: str
) -> None:
    client.get(PASSKEY, headers={"Accept": "application/json"})
    answer = client.post(PASSKEY, {"credential": credential})
    assert answer.status_code in {200, 302}
    assert not is_signed_in(client)
    alice = sign_in("alice")
    alice.get("/accounts/passkeys/add/")
    form = {"name": "x", "passwordless": "on", "credential": credential}
    page = alice.post("/accounts/passkeys/add/", form)
    assert "The passkey was not added." in text_of(page)
    assert not Authenticator.objects.exists()


def test_passkeys_and_sessions_of_others_are_not_there(
    sign_in: Callable[[str], Client], people: dict[str, User]
) -> None:
    data = {"name": "hers", "credential": {}}
    theirs = Authenticator.objects.create(user=people["max"], type="webauthn", data=data)
    vera = sign_in("vera")
    for page in ("", "remove/"):
        address = f"/accounts/passkeys/{theirs.pk}/{page}"
        assert vera.get(address).status_code == 404
        assert vera.post(address, {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get().data == data


def test_names_of_people_browsers_and_devices_are_text(
    client: Client, vera: User, sign_in: Callable[[str], Client]
) -> None:
    evil = "<script>alert(1)</script>"
    User.objects.filter(pk=vera.pk).update(username=evil, first_name=evil)
    other = Client(HTTP_USER_AGENT=evil)
    sign_in_as(other, "vera@example.com")
    Authenticator.objects.create(user=vera, type="webauthn", data={"name": evil, "credential": {}})
    ada = sign_in("ada")
    ada.post("/accounts/invitations/", {"name": evil, "email": "e@example.com", "role": "Viewer"})
    invitation = invitations.invite("f@example.com", name=evil, role="Viewer", actor=ALICE)
    token = invitations.token_of(invitation)
    for page in (
        other.get("/accounts/"),
        other.get("/accounts/sessions/"),
        other.get("/accounts/password/"),
        ada.get("/accounts/invitations/"),
        ada.get("/admin/auth/user/"),
        client.get(f"/accounts/invited/{token}/"),
    ):
        assert page.status_code == 200
        assert evil not in page.content.decode()
        assert "&lt;script&gt;" in page.content.decode()


def test_one_code_lets_one_of_many_in(at_once: AtOnce) -> None:
    """Somebody who sees a code can be as quick as its owner, but not both come in."""
    secret = generate_totp_secret()

    def make() -> None:
        user = User.objects.create_user("vera", password=PASSWORD)
        request = HttpRequest()
        request.user = user
        TOTP.activate(user, secret)

    def come_in(code: str) -> Callable[[], bool]:
        def attempt() -> bool:
            client = Client()
            sign_in_as(client, "vera")
            client.post(STEP, {"code": code})
            return is_signed_in(client)

        return attempt

    at_once(make)
    came_in = at_once(*[come_in(app_code(secret))] * 4)
    assert sorted(map(str, came_in)) == ["False", "False", "False", "True"]

    def renew() -> list[str]:
        codes: list[str] = RecoveryCodes.activate(User.objects.get()).get_unused_codes()
        return codes

    [codes] = at_once(renew)
    came_in = at_once(*[come_in(codes[0])] * 4)
    assert sorted(map(str, came_in)) == ["False", "False", "False", "True"]


def test_another_host_is_not_answered(client: Client, vera: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["dubadmin.example.com"]
    for host in ("evil.example", "dubadmin.example.com.evil.example", "dubadmin.example.com:x@e"):
        assert client.get(LOGIN, headers={"Host": host}).status_code == 400
    good = client.get(
        LOGIN, headers={"Host": "dubadmin.example.com", "X-Forwarded-Host": "evil.example"}
    )
    assert good.status_code == 200
    assert b"evil.example" not in good.content


def test_other_methods_do_nothing(client: Client, vera: User) -> None:
    sign_in_as(client, "vera")
    before = AuditEntry.objects.filter(action__startswith="session").count()
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "MADEUP"):
        for address in (LOGIN, STEP, "/accounts/logout/", "/accounts/sessions/", "/accounts/"):
            assert client.generic(method, address).status_code in {200, 302, 405}
    assert is_signed_in(client)
    assert AuditEntry.objects.filter(action__startswith="session").count() == before
