"""Before deleting, and before anything about users and accounts, one shows again who one is.

What was typed meanwhile is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import hidden_fields, outcome_of, text_of
from .conftest import PASSWORD, app_code, sign_in_as, with_password

CONFIRM = "/accounts/confirm/"
DELETE = "/customers/ext_u1/delete/"
QUARTER = 15 * 60


@pytest.fixture
def max_at_work(client: Client, people: dict[str, User], clock: Any) -> Client:
    """max has signed in a quarter of an hour ago."""
    with_password(people["max"])
    sign_in_as(client, "max")
    clock.shift(QUARTER + 1)
    return client


@pytest.fixture
def una(dub: Sandbox) -> dict[str, Any]:
    return dub.add_customer("Una", email="una@example.com", external_id="u1")


def test_it_is_asked_once_and_then_goes_on(
    max_at_work: Client, una: dict[str, Any], clock: Any
) -> None:
    asked = max_at_work.get(DELETE)
    assert asked["Location"] == f"{CONFIRM}?next={DELETE}"
    page = max_at_work.get(asked["Location"])
    assert "Confirm who you are" in text_of(page)
    fields = hidden_fields(page) | {"password": PASSWORD}
    assert max_at_work.post(CONFIRM, fields)["Location"] == DELETE
    assert max_at_work.get(DELETE).status_code == 200
    clock.shift(QUARTER - 1)
    assert max_at_work.get(DELETE).status_code == 200
    entry = AuditEntry.objects.get(action="session.confirm")
    assert (entry.actor_name, entry.asked) == ("max", {"by": "password"})


def test_who_has_just_signed_in_is_not_asked(
    client: Client, people: dict[str, User], una: dict[str, Any]
) -> None:
    with_password(people["max"])
    sign_in_as(client, "max")
    assert client.get(DELETE).status_code == 200


def test_what_was_typed_is_kept_and_sent_after(
    max_at_work: Client, dub: Sandbox, una: dict[str, Any], clock: Any
) -> None:
    max_at_work.post(CONFIRM, {"password": PASSWORD})
    form = hidden_fields(max_at_work.get(DELETE))
    clock.shift(QUARTER + 1)
    typed = {"confirmation": "u1", "reason": "Asked by mail, ticket 7", "step": "send"}
    asked = max_at_work.post(DELETE, form | typed)
    assert asked["Location"] == f"{CONFIRM}?next=/accounts/held/"
    assert dub.customers()
    answer = max_at_work.post(CONFIRM, {"password": PASSWORD, "next": "/accounts/held/"})
    page = max_at_work.get(answer["Location"])
    assert "Asked by mail, ticket 7" in text_of(page)
    assert f'action="{DELETE}"' in page.content.decode()
    sent = max_at_work.post(DELETE, hidden_fields(page), follow=True)
    assert outcome_of(sent) == "recorded"
    assert not dub.customers()
    assert AuditEntry.objects.get(action="customer.delete").reason == "Asked by mail, ticket 7"


def test_a_wrong_password_is_told_logged_and_limited(
    max_at_work: Client, una: dict[str, Any]
) -> None:
    page = max_at_work.post(CONFIRM, {"password": "wrong", "next": DELETE})
    assert "The password is not right." in text_of(page)
    assert hidden_fields(page)["next"] == DELETE
    entry = AuditEntry.objects.get(action="session.fail")
    assert (entry.actor_name, entry.target_label) == ("max", "max")
    for _ in range(4):
        max_at_work.post(CONFIRM, {"password": "wrong"})
    assert "Too many attempts" in text_of(max_at_work.post(CONFIRM, {"password": PASSWORD}))
    assert max_at_work.get(DELETE)["Location"].startswith(CONFIRM)


def test_a_code_confirms_too(
    client: Client,
    people: dict[str, User],
    set_up_app: Callable[[Client], str],
    clock: Any,
    una: dict[str, Any],
) -> None:
    with_password(people["max"])
    sign_in_as(client, "max")
    secret = set_up_app(client)
    clock.shift(QUARTER)
    assert "Code of your authenticator app" in text_of(client.get(CONFIRM))
    assert "not right" in text_of(client.post(CONFIRM, {"code": "000000"}))
    code = app_code(secret)
    assert client.post(CONFIRM, {"code": code, "next": DELETE})["Location"] == DELETE
    clock.shift(QUARTER)
    assert client.post(CONFIRM, {"code": code}).status_code == 200


def test_another_ones_password_confirms_nothing(
    max_at_work: Client, people: dict[str, User], una: dict[str, Any]
) -> None:
    people["alice"].set_password("another long password")
    people["alice"].save()
    max_at_work.post(CONFIRM, {"password": "another long password", "login": "alice"})
    assert max_at_work.get(DELETE)["Location"].startswith(CONFIRM)


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", "1", '{"id": 1}', "x" * 5000])
def test_a_passkey_that_makes_no_sense_confirms_nothing(
    max_at_work: Client, una: dict[str, Any], credential: str
) -> None:
    assert max_at_work.post(CONFIRM, {"credential": credential}).status_code == 200
    assert max_at_work.get(DELETE)["Location"].startswith(CONFIRM)


def test_it_leads_to_no_other_site(max_at_work: Client) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "x:y"):
        answer = max_at_work.post(CONFIRM, {"password": PASSWORD, "next": elsewhere})
        assert answer["Location"] == "/"


def test_several_customers_are_deleted_only_after_confirming(
    max_at_work: Client, una: dict[str, Any]
) -> None:
    asked = {"action": "customer.delete", "for-chosen": una["id"]}
    assert max_at_work.get("/batches/new/", asked)["Location"].startswith(CONFIRM)
    other = {"action": "customer.update", "for-chosen": una["id"]}
    answer = max_at_work.get("/batches/new/", other)
    assert not answer.headers.get("Location", "").startswith(CONFIRM)


def test_what_is_about_users_asks_but_keeps_no_password(
    client: Client, people: dict[str, User], clock: Any
) -> None:
    with_password(people["ada"])
    sign_in_as(client, "ada")
    clock.shift(QUARTER + 1)
    address = f"/admin/auth/user/{people['vera'].pk}/password/"
    secret = {"password1": "some new secret", "password2": "some new secret"}
    asked = client.post(address, secret, headers={"Referer": f"http://testserver{address}"})
    assert asked["Location"] == f"{CONFIRM}?next={address}"
    assert "some new secret" not in str(dict(client.session.items()))


def test_the_time_is_a_setting(max_at_work: Client, una: dict[str, Any], settings: Any) -> None:
    settings.CONFIRM_MINUTES = 30
    assert max_at_work.get(DELETE).status_code == 200
