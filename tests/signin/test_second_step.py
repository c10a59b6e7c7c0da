"""The second step at signing in: an authenticator app, and recovery codes for when it is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client

from customers.models import AuditEntry

from ..conftest import text_of
from .conftest import (
    app_code,
    everything_logged,
    is_signed_in,
    logged,
    sign_in_as,
    with_password,
)

SetUp = Callable[[Client], str]
STEP = "/accounts/login/step/"


@pytest.fixture
def secret(client: Client, vera: User, set_up_app: SetUp) -> str:
    """vera has set up an app, and is signed out again."""
    sign_in_as(client, "vera")
    secret = set_up_app(client)
    client.post("/accounts/logout/")
    return secret


def recovery_codes(client: Client) -> list[str]:
    page = client.get("/accounts/codes/").content.decode()
    return re.findall(r"<li>(\d{8})</li>", page)


def test_it_works(client: Client, secret: str) -> None:
    assert sign_in_as(client, "vera", next="/customers/")["Location"] == STEP
    assert not is_signed_in(client)
    assert client.get("/customers/")["Location"].startswith("/accounts/login/")
    answer = client.post(STEP, {"code": app_code(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/customers/")
    assert is_signed_in(client)
    assert logged()[-2:] == ["step.use", "session.sign_in"]
    entry = AuditEntry.objects.filter(action="session.sign_in").latest("pk")
    assert entry.asked == {"by": "password, authenticator app"}


def test_the_step_alone_opens_nothing(client: Client, secret: str) -> None:
    assert client.get(STEP)["Location"] == "/accounts/login/"
    assert client.post(STEP, {"code": app_code(secret)})["Location"] == "/accounts/login/"
    sign_in_as(client, "vera", "wrong")
    assert client.post(STEP, {"code": app_code(secret)})["Location"] == "/accounts/login/"
    assert not is_signed_in(client)


def test_a_wrong_code_is_told_and_logged(client: Client, secret: str) -> None:
    sign_in_as(client, "vera")
    for code in ("000000", "", "abcdef", "１２３４５６", "0" * 5000):
        answer = client.post(STEP, {"code": code})
        assert answer.status_code == 200
    assert not is_signed_in(client)
    entry = AuditEntry.objects.filter(action="step.fail").first()
    assert entry is not None
    assert (entry.actor_name, entry.outcome) == ("vera", "blocked")


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True)])
def test_a_clock_may_be_half_a_minute_off(
    client: Client, secret: str, steps: int, good: bool
) -> None:
    sign_in_as(client, "vera")
    client.post(STEP, {"code": app_code(secret, steps=steps)})
    assert is_signed_in(client) is good


@pytest.mark.parametrize("seconds", [0, 31, 59])
def test_a_code_counts_once(client: Client, secret: str, clock: Any, seconds: int) -> None:
    code = app_code(secret, steps=1)
    sign_in_as(client, "vera")
    client.post(STEP, {"code": code})
    assert is_signed_in(client)
    clock.shift(seconds)
    caches["hints"].clear()  # what only this process knows
    thief = Client()
    sign_in_as(thief, "vera")
    assert "used already" in text_of(thief.post(STEP, {"code": code}))
    assert not is_signed_in(thief)


def test_after_five_wrong_codes_the_right_one_waits(
    client: Client, secret: str, clock: Any
) -> None:
    sign_in_as(client, "vera")
    for n in range(5):
        client.post(STEP, {"code": f"00000{n}"})
    assert "Too many attempts" in text_of(client.post(STEP, {"code": app_code(secret)}))
    assert not is_signed_in(client)
    entry = AuditEntry.objects.get(action="session.lock")
    assert (entry.actor_name, entry.outcome) == ("vera", "blocked")
    clock.shift(5 * 60 + 1)
    client.post(STEP, {"code": app_code(secret)})
    assert is_signed_in(client)


def test_a_recovery_code_signs_in_once(client: Client, vera: User, set_up_app: SetUp) -> None:
    sign_in_as(client, "vera")
    set_up_app(client)
    codes = recovery_codes(client)
    assert len(set(codes)) == 10
    saved = client.get("/accounts/codes/file/")
    assert "attachment" in saved["Content-Disposition"]
    assert codes[0] in saved.content.decode()
    client.post("/accounts/logout/")
    for good in (True, False):
        other = Client()
        sign_in_as(other, "vera")
        other.post(STEP, {"code": codes[0]})
        assert is_signed_in(other) is good
    sign_in_as(client, "vera")
    client.post(STEP, {"code": codes[1]})
    assert "8 are left" in text_of(client.get("/accounts/"))


def test_new_recovery_codes_end_the_old_ones(client: Client, vera: User, set_up_app: SetUp) -> None:
    sign_in_as(client, "vera")
    set_up_app(client)
    old = recovery_codes(client)
    assert "unused codes stop working" in text_of(client.get("/accounts/codes/new/"))
    client.post("/accounts/codes/new/")
    assert not set(old) & set(recovery_codes(client))
    client.post("/accounts/logout/")
    sign_in_as(client, "vera")
    client.post(STEP, {"code": old[0]})
    assert not is_signed_in(client)


def test_without_the_app_the_password_is_enough_again(
    client: Client, vera: User, set_up_app: SetUp
) -> None:
    sign_in_as(client, "vera")
    set_up_app(client)
    assert "no longer be asked for" in text_of(client.get("/accounts/app/remove/"))
    client.post("/accounts/app/remove/")
    assert not Authenticator.objects.exists()
    client.post("/accounts/logout/")
    sign_in_as(client, "vera")
    assert is_signed_in(client)
    steps = AuditEntry.objects.filter(action__startswith="step.").order_by("pk")
    assert [(each.action, each.target_label, each.actor_name) for each in steps] == [
        ("step.add", "authenticator app of vera", "vera"),
        ("step.add", "recovery codes of vera", "vera"),
        ("step.remove", "authenticator app of vera", "vera"),
        ("step.remove", "recovery codes of vera", "vera"),
    ]


def test_no_secret_is_readable_in_the_database_or_the_log(
    client: Client, vera: User, set_up_app: SetUp
) -> None:
    sign_in_as(client, "vera")
    secret = set_up_app(client)
    code = recovery_codes(client)[0]
    sign_in_as(Client(), "vera")
    kept = str([each.data for each in Authenticator.objects.all()])
    for hidden in (secret, secret.lower(), code, "correct horse battery"):
        assert hidden not in kept
        assert hidden not in everything_logged()


def test_with_another_secret_key_no_code_fits(client: Client, secret: str, settings: Any) -> None:
    settings.SECRET_KEY = "another one"
    sign_in_as(client, "vera")
    assert client.post(STEP, {"code": app_code(secret)}).status_code == 200
    assert not is_signed_in(client)


def test_a_key_that_was_replaced_still_opens_what_it_closed(
    client: Client, secret: str, settings: Any
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    sign_in_as(client, "vera")
    client.post(STEP, {"code": app_code(secret)})
    assert is_signed_in(client)


def test_who_gives_up_can_sign_in_as_somebody_else(
    client: Client, secret: str, people: dict[str, User]
) -> None:
    with_password(people["alice"])
    sign_in_as(client, "vera")
    assert client.get("/accounts/login/")["Location"] == STEP
    client.post("/accounts/logout/")
    sign_in_as(client, "alice")
    assert AuditEntry.objects.filter(action="session.sign_in").latest("pk").actor_name == "alice"


def test_setting_up_needs_a_code_that_fits(client: Client, vera: User, clock: Any) -> None:
    sign_in_as(client, "vera")
    client.get("/accounts/app/add/")
    said = text_of(client.post("/accounts/app/add/", {"code": "000000"}))
    assert "The app is not set up yet." in said
    assert not Authenticator.objects.exists()


def test_a_role_that_needs_it_goes_on_after_setting_it_up(
    client: Client, vera: User, set_up_app: SetUp, settings: Any
) -> None:
    settings.MFA_REQUIRED_FOR = ["Viewer"]
    sign_in_as(client, "vera")
    page = client.get("/", follow=True)
    assert "Your role needs a second step at signing in." in text_of(page)
    assert b"/customers/" not in page.content
    set_up_app(client)
    assert client.get("/customers/").status_code == 200


def test_a_superuser_counts_as_an_administrator(client: Client, db: None, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR = ["Administrator"]
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/")["Location"] == "/accounts/"


def test_an_administrator_removes_it_when_the_device_is_lost(
    client: Client, secret: str, sign_in: Callable[[str], Client], vera: User
) -> None:
    ada = sign_in("ada")
    chosen = {"action": "remove_second_step", "_selected_action": [str(vera.pk)]}
    ada.post("/admin/auth/user/", chosen)
    assert not Authenticator.objects.exists()
    removed = AuditEntry.objects.filter(action="step.remove", actor_name="ada")
    labels = set(removed.values_list("target_label", flat=True))
    assert labels == {"authenticator app of vera", "recovery codes of vera"}
    sign_in_as(client, "vera")
    assert is_signed_in(client)
