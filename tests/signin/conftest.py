"""People with a password, and their authenticator apps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client

from customers.models import AuditEntry

from ..conftest import text_of

PASSWORD = "correct horse battery"


@pytest.fixture
def vera(people: dict[str, User]) -> User:
    return with_password(people["vera"])


def with_password(user: User) -> User:
    """Without an entry in the log."""
    user.email, user.password = f"{user.username}@example.com", make_password(PASSWORD)
    User.objects.bulk_update([user], ["email", "password"])
    return user


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(time.time(), tick=False) as traveller:
        yield traveller


def sign_in_as(client: Client, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def app_code(secret: str, *, steps: int = 0) -> str:
    """What an authenticator app shows now (RFC 6238), or some of its 30 seconds later."""
    counter = (int(time.time()) // 30 + steps).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


@pytest.fixture
def set_up_app(clock: Any) -> Callable[[Client], str]:
    """Sets up an authenticator app as its pages ask for it, and tells its secret."""

    def set_up(client: Client) -> str:
        client.get("/accounts/app/add/")
        secret: str = client.session["mfa.totp.secret"]
        answer = client.post("/accounts/app/add/", {"code": app_code(secret)})
        assert answer["Location"] == "/accounts/codes/"
        clock.shift(60)
        return secret

    return set_up


def logged(*, since: int = 0) -> list[str]:
    """The actions in the log, looks left out."""
    entries = AuditEntry.objects.filter(pk__gt=since).order_by("pk")
    return [each.action for each in entries if not each.action.endswith((".view", ".form"))]


def everything_logged() -> str:
    """All that the log says, to look for what must not be in it."""
    return "\n".join(str(sorted(vars(entry).items())) for entry in AuditEntry.objects.all())


__all__ = ["PASSWORD", "app_code", "is_signed_in", "logged", "sign_in_as", "text_of"]
