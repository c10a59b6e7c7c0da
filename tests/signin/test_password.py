"""Signing in by a password: by name or e-mail, and nobody learns which names there are."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client

from customers.models import AuditEntry, SharedCache

from ..at_once import AtOnce
from ..conftest import text_of
from .conftest import everything_logged, is_signed_in, logged, sign_in_as, with_password


@pytest.mark.parametrize("login", ["vera", "VERA", "vera@example.com", " Vera@Example.com "])
def test_name_and_e_mail_sign_in(client: Client, vera: User, login: str) -> None:
    answer = sign_in_as(client, login)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    [entry] = AuditEntry.objects.filter(action="session.sign_in")
    assert (entry.actor_name, entry.role, entry.asked) == ("vera", "Viewer", {"by": "password"})


def test_an_e_mail_of_two_people_is_nobodys(client: Client, people: dict[str, User]) -> None:
    for name in ("vera", "alice"):
        with_password(people[name])
    User.objects.update(email="both@example.com")
    sign_in_as(client, "both@example.com")
    assert not is_signed_in(client)
    sign_in_as(client, "alice")
    assert is_signed_in(client)


def test_wrong_and_unknown_get_the_same_answer(client: Client, vera: User) -> None:
    answers = [
        text_of(sign_in_as(client, login, password))
        for login, password in (
            ("vera", "wrong"),
            ("vera@example.com", "wrong"),
            ("nobody", "wrong"),
            ("nobody@example.com", "wrong"),
        )
    ]
    assert "The name or the password is not right." in answers[0]
    assert len(set(answers)) == 1
    assert not is_signed_in(client)


@pytest.mark.parametrize("login", ["vera", "vera@example.com", "nobody", "passkey", "inactive"])
def test_each_attempt_costs_the_same_hashing(
    client: Client, vera: User, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """Hashing a password takes most of the time, on purpose."""
    User.objects.create_user("passkey")
    User.objects.create_user("inactive", password="another long one", is_active=False)
    hashed = []
    encode = hashers.MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str, *args: Any) -> str:
        hashed.append(password)
        return encode(self, password, salt, *args)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    sign_in_as(client, login, "wrong")
    assert len(hashed) == 1


def test_an_account_that_is_not_active_is_told_so_only_with_its_password(
    client: Client, vera: User
) -> None:
    User.objects.filter(pk=vera.pk).update(is_active=False)
    assert "not right" in text_of(sign_in_as(client, "vera", "wrong"))
    answer = client.post(
        "/accounts/login/", {"login": "vera", "password": "correct horse battery"}, follow=True
    )
    assert "This account is not active" in text_of(answer)
    assert not is_signed_in(client)


def test_only_names_of_accounts_are_logged(client: Client, vera: User) -> None:
    sign_in_as(client, "vera", "wrong-secret-1")
    sign_in_as(client, "my-secret-2", "vera")
    entries = AuditEntry.objects.filter(action="session.fail").order_by("pk")
    assert [entry.target_label for entry in entries] == ["vera", "unknown account"]
    assert "secret" not in everything_logged()


def test_after_five_wrong_ones_the_right_one_waits_too(
    client: Client, vera: User, clock: Any
) -> None:
    for _ in range(5):
        sign_in_as(client, "vera", "wrong")
    said = text_of(sign_in_as(client, "vera@example.com"))
    assert "Too many attempts. Wait five minutes, then try again." in said
    assert logged().count("session.lock") == 1
    [entry] = AuditEntry.objects.filter(action="session.lock")
    assert (entry.target_label, entry.outcome) == ("vera", "blocked")
    clock.shift(5 * 60 + 1)
    sign_in_as(client, "vera")
    assert is_signed_in(client)


def test_attempts_are_counted_for_all_processes(client: Client, vera: User) -> None:
    for _ in range(5):
        sign_in_as(client, "vera", "wrong")
    caches["hints"].clear()  # what only this process knows
    sign_in_as(client, "vera")
    assert not is_signed_in(client)
    assert SharedCache.objects.exists()


def test_many_attempts_in_one_moment_are_counted_one_by_one(at_once: AtOnce) -> None:
    def make() -> None:
        User.objects.create_user("vera", password="correct horse battery")

    def attempt() -> None:
        sign_in_as(Client(), "vera", "wrong")

    def count() -> int:
        return AuditEntry.objects.filter(action="session.fail").count()

    at_once(make)
    at_once(*[attempt] * 12)
    [tried] = at_once(count)
    assert 1 <= tried <= 5


def test_one_address_has_ten_wrong_attempts_in_a_minute(
    client: Client, vera: User, clock: Any
) -> None:
    for n in range(10):
        sign_in_as(client, f"name{n}", "wrong")
    sign_in_as(client, "vera")
    assert not is_signed_in(client)
    sign_in_as(Client(REMOTE_ADDR="198.51.100.7"), "vera")
    clock.shift(61)
    sign_in_as(client, "vera")
    assert is_signed_in(client)


def test_far_too_many_get_a_page_that_says_so(client: Client, vera: User) -> None:
    answers = [sign_in_as(client, "", "") for _ in range(31)]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    assert "Too many attempts" in text_of(answers[-1])
    assert logged()[-1] == "session.lock"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://testserver.evil.example/",
        "http:evil.example",
        "\t//evil.example",
        "/customers/\r\nSet-Cookie: a=b",
    ],
)
def test_it_never_leads_elsewhere(
    client: Client, vera: User, settings: Any, elsewhere: str
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", ".evil.example", "*"]
    answer = sign_in_as(client, "vera", next=elsewhere)
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith(("//", "/\\"))
    assert "\n" not in answer["Location"]


def test_signing_in_changes_the_session_and_the_token_of_forms(client: Client, vera: User) -> None:
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    sign_in_as(client, "vera")
    assert client.session.session_key != before
    assert client.cookies["dubadmin_csrf"].value


@pytest.mark.django_db
def test_there_is_no_other_way_to_an_account(client: Client) -> None:
    for address in (
        "signup/",
        "email/",
        "password/reset/",
        "confirm-email/",
        "3rdparty/",
        "3rdparty/signup/",
        "2fa/",
        "login/code/",
        "phone/change/",
    ):
        assert client.get(f"/accounts/{address}").status_code == 404


def test_signing_out_is_a_form(client: Client, vera: User) -> None:
    sign_in_as(client, "vera")
    assert "Sign out?" in text_of(client.get("/accounts/logout/"))
    assert is_signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert not is_signed_in(client)
    assert logged() == ["session.sign_in", "session.sign_out"]


def test_the_admin_has_no_door_of_its_own(client: Client, vera: User) -> None:
    for address in ("/admin/", "/admin/login/"):
        assert client.get(address)["Location"].startswith("/accounts/login/?next=/admin/")
    answer = client.post("/admin/login/", {"username": "vera", "password": "correct horse battery"})
    assert answer["Location"].startswith("/accounts/login/")
    assert not is_signed_in(client)
