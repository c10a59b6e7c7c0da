"""The engineer who deploys: signs in for the first time, is asked for nothing by hand that a page
could do, lets a colleague in and sees that the log is well."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from customers.models import Invitation

from ...signin.conftest import PASSWORD, app_code, with_password
from .conftest import SitDown


@pytest.fixture
def ada(people: dict[str, User]) -> User:
    return with_password(people["ada"])


@pytest.mark.usefixtures("ada")
def test_from_the_first_sign_in_to_a_colleague(sit_down: SitDown, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR = ["Administrator"]
    ada = sit_down(None, width=390, failing=(403,))
    ada.sees("Sign in")
    ada.fill("User name or e-mail", "ada")
    ada.fill("Password", PASSWORD)
    ada.press("Enter")
    ada.sees("Your account")
    ada.skip()
    ada.do("link", "Set up an app")
    ada.sees("Set up an authenticator app")
    secret = ada.page.get_by_label("Or type this key").input_value()
    ada.skip()
    ada.fill("Type the code that the app shows", app_code(secret))
    ada.press("Enter")
    ada.sees("Recovery codes")

    ada.press("ControlOrMeta+k")
    ada.type("invit")
    expect(ada.page.get_by_role("option", name="Invitations")).to_have_attribute(
        "aria-selected", "true"
    )
    ada.press("Enter")
    ada.sees("Invitations")
    ada.skip()
    ada.fill("Name", "Eve")
    ada.fill("E-mail", "eve@example.com")
    ada.tab_to("combobox", "Role")
    ada.type("Viewer")
    ada.do("button", "Invite")
    ada.sees("Invitations")
    ada.hears("Copy the link below and send it to Eve.")
    assert Invitation.objects.get().email == "eve@example.com"
    ada.skip()
    ada.do("button", "Copy the link")
    ada.hears("Copied.")
    link = ada.page.evaluate("navigator.clipboard.readText()")

    ada.press("g", "a")
    ada.sees("Audit log")
    ada.skip()
    ada.do("link", "State of the log")
    ada.sees("State of the log")
    ada.press("ControlOrMeta+k")
    ada.type("sign out")
    ada.press("Enter")
    ada.sees("Sign in")

    eve = ada
    eve.go(link)
    eve.sees("Welcome, Eve")
    eve.fill("New password", PASSWORD)
    eve.fill("The same again", PASSWORD)
    eve.press("Enter")
    eve.sees("Sign in")
    eve.hears("Your account is ready.")
    eve.fill("User name or e-mail", "eve@example.com")
    eve.fill("Password", PASSWORD)
    eve.press("Enter")
    eve.sees("Home")
