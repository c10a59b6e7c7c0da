"""A form that comes when its session is over is kept for its person, and sent when they say so."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.housekeeping import tidy
from dubadmin.sandbox import Sandbox

from ..conftest import hidden_fields, text_of
from .conftest import PASSWORD, sign_in_as, with_password

HELD = "/accounts/held/"
SALE = {
    "customer_external_id": "u1",
    "event_name": "Übertragung & more",
    "amount": "12.50",
    "currency": "EUR",
    "metadata_key": ["one", "two"],
    "key": "a" * 32,
}
TYPED = "Übertragung & more"


@pytest.fixture
def alice_was_here(client: Client, people: dict[str, User], clock: Any, dub: Sandbox) -> Client:
    """alice fills in a form, and her session ends meanwhile."""
    with_password(people["alice"])
    sign_in_as(client, "alice")
    client.get("/sales/new/")
    clock.shift(3601)
    return client


def test_it_is_there_after_signing_in(alice_was_here: Client, dub: Sandbox) -> None:
    client = alice_was_here
    answer = client.post("/sales/new/?customer=u1", SALE)
    assert answer["Location"] == f"/accounts/login/?next={HELD}"
    assert "without use" in text_of(client.get(answer["Location"]))
    assert sign_in_as(client, "alice", next=HELD)["Location"] == HELD
    page = client.get(HELD)
    assert TYPED in text_of(page)
    assert 'action="/sales/new/?customer=u1"' in page.content.decode()
    assert hidden_fields(page)["amount"] == "12.50"
    assert page.content.decode().count('name="metadata_key"') == 2
    assert dub.count("POST") == 0


def test_it_stays_for_an_hour(alice_was_here: Client, clock: Any) -> None:
    client = alice_was_here
    client.post("/sales/new/", SALE)
    sign_in_as(client, "alice")
    clock.shift(3599)
    assert client.get(HELD).status_code == 200
    clock.shift(2)
    assert client.get(HELD)["Location"] == "/"


def test_it_is_kept_of_who_comes_back_on_monday(
    alice_was_here: Client, clock: Any, people: dict[str, User]
) -> None:
    clock.shift(70 * 3600)
    tidy()
    assert alice_was_here.post("/sales/new/", SALE)["Location"].endswith(f"?next={HELD}")
    sign_in_as(alice_was_here, "alice")
    assert TYPED in text_of(alice_was_here.get(HELD))


def test_nobody_else_sees_it(alice_was_here: Client, people: dict[str, User]) -> None:
    client = alice_was_here
    client.post("/sales/new/", SALE)
    with_password(people["max"])
    sign_in_as(client, "max")
    assert client.get(HELD)["Location"] == "/"


def test_nothing_is_kept_of_strangers(client: Client, people: dict[str, User]) -> None:
    answer = client.post("/sales/new/", SALE)
    assert answer["Location"] == "/accounts/login/?next=/"
    assert not client.session.keys()
    page = text_of(client.get(answer["Location"]))
    assert "You were signed out. Nothing was sent to Dub." in page


@pytest.mark.parametrize(
    "fields",
    [
        {"new_password1": "secret"},
        {"code": "123456"},
        {"credential": "{}"},
        {"reason": "x" * 100_001},
        {"file": SimpleUploadedFile("sales.csv", b"a,b")},
    ],
)
def test_secrets_files_and_what_is_too_large_are_not_kept(
    alice_was_here: Client, fields: dict[str, Any]
) -> None:
    came_from = {"Referer": "http://testserver/sales/new/?customer=u1"}
    answer = alice_was_here.post("/sales/new/", fields, headers=came_from)
    assert answer["Location"] == "/accounts/login/?next=/sales/new/%3Fcustomer%3Du1"
    assert "held" not in alice_was_here.session


def test_where_one_came_from_is_believed_only_of_this_site(alice_was_here: Client) -> None:
    elsewhere = {"Referer": "https://evil.example/sales/new/"}
    answer = alice_was_here.post("/sales/new/", {"code": "1"}, headers=elsewhere)
    assert answer["Location"] == "/accounts/login/?next=/"


def test_an_address_that_is_too_long_is_left_out(alice_was_here: Client) -> None:
    answer = alice_was_here.get(f"/customers/?q={'x' * 3000}")
    assert answer["Location"] == "/accounts/login/?next=/"


# Signed in anew in another tab: the form's token is an old one


@pytest.fixture
def strict(people: dict[str, User]) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["alice"])
    return client


def test_a_form_of_our_own_with_an_old_token_is_kept(strict: Client, dub: Sandbox) -> None:
    answer = strict.post("/sales/new/", SALE, headers={"Origin": "http://testserver"})
    assert answer["Location"] == HELD
    assert TYPED in text_of(strict.get(HELD))
    assert dub.count("POST") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver.evil.example"},
        {"Referer": "http://testserver/sales/new/"},
    ],
)
def test_a_form_of_another_site_is_not(strict: Client, headers: dict[str, str]) -> None:
    answer = strict.post("/sales/new/", SALE, headers=headers)
    assert answer.status_code == 403
    assert "This form has expired" in text_of(answer)
    assert "held" not in strict.session


def test_a_stranger_gets_a_calm_page(people: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        "/accounts/login/",
        {"login": "vera", "password": PASSWORD},
        headers={"Origin": "http://testserver"},
    )
    assert answer.status_code == 403
    assert "Open the page again" in text_of(answer)
    assert 'href="/accounts/login/"' in answer.content.decode()
