from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.signin import invitations

from ..conftest import ALICE
from ..signin.conftest import PASSWORD, app_code, with_password
from .conftest import Browse
from .test_accessibility import Look, look  # noqa: F401  a fixture

WIDE, SMALL = [(1440, "light")], [(390, "dark")]


@pytest.fixture
def ada(browse: Browse, people: dict[str, User]) -> Page:
    with_password(people["ada"])
    page: Page = browse("ada", failing=(403, 410))
    return page


def sign_in(page: Page) -> None:
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_account_and_what_it_signs_in_with(ada: Page, look: Look) -> None:  # noqa: F811
    for address, ways in (
        ("/accounts/passkeys/add/", SMALL),
        ("/accounts/password/", WIDE),
        ("/accounts/sessions/", WIDE + SMALL),
        ("/accounts/app/add/", WIDE + SMALL),
    ):
        ada.goto(address)
        look(ada, address, ways=ways)
    secret = ada.get_by_label("Or type this key").input_value()
    ada.get_by_label("Type the code").fill("000000")
    ada.get_by_role("button", name="Set it up").click()
    expect(ada.get_by_role("alert")).to_be_visible()
    look(ada, "a wrong code", ways=SMALL)
    ada.get_by_label("Type the code").fill(app_code(secret))
    ada.get_by_role("button", name="Set it up").click()
    expect(ada.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look(ada, "recovery codes", ways=SMALL)
    for address, ways in (
        ("/accounts/codes/new/", SMALL),
        ("/accounts/app/remove/", WIDE),
        ("/accounts/", WIDE + SMALL),
        ("/accounts/logout/", SMALL),
    ):
        ada.goto(address)
        look(ada, address, ways=ways)
    ada.get_by_role("button", name="Sign out").last.click()
    sign_in(ada)
    expect(ada.get_by_role("heading", name="One more step")).to_be_visible()
    look(ada, "second step", ways=SMALL)


def test_inviting_confirming_and_being_refused(
    ada: Page,
    look: Look,  # noqa: F811
    settings: Any,
) -> None:
    invitation = invitations.invite("eve@example.com", name="Eve", role="Viewer", actor=ALICE)
    ada.goto("/accounts/invitations/")
    ada.get_by_role("button", name="Invite", exact=True).click()
    expect(ada.get_by_role("alert")).to_be_visible()
    look(ada, "invitations", ways=WIDE + SMALL)
    settings.CONFIRM_MINUTES = 0
    ada.goto("/accounts/invitations/")
    look(ada, "confirm", ways=WIDE + SMALL)
    settings.MFA_REQUIRED_FOR = ["Administrator"]
    ada.goto("/")
    look(ada, "second step needed", ways=SMALL)
    ada.context.clear_cookies()
    link = f"/accounts/invited/{invitations.token_of(invitation)}/"
    ada.goto(link)
    look(ada, "invited", ways=SMALL)
    for address in ("/accounts/invited/1:x/", "/accounts/inactive/"):
        ada.goto(address)
        look(ada, address, ways=WIDE)


def test_a_form_that_was_kept(browse: Browse, look: Look, settings: Any) -> None:  # noqa: F811
    page = browse("alice", failing=(403,))
    page.goto("/sales/new/?customer=u1")
    page.get_by_label("Amount", exact=True).fill("12.50")
    page.evaluate("main.querySelector('[name=csrfmiddlewaretoken]').value = 'old'")
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_role("heading", name="Go on where you were")).to_be_visible()
    look(page, "held", ways=WIDE + SMALL)
    page.get_by_role("button", name="Send the form").click()
    expect(page.locator("main")).to_contain_text("12.50 USD")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.context.clear_cookies()
    page.get_by_label("User name").fill("vera")
    page.get_by_label("Password").fill("x")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="This form has expired")).to_be_visible()
    look(page, "form expired", ways=SMALL)
