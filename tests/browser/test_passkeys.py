"""Passkeys in a real browser, with a device that Chromium only pretends to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from playwright.sync_api import CDPSession, Page, expect

from customers.models import AuditEntry

from ..signin.conftest import PASSWORD, with_password
from .conftest import Browse

Device = Callable[[Page], Callable[[bool], Any]]


@pytest.fixture
def device(browse: Browse) -> Iterator[Device]:
    """Gives a window a device for passkeys, and a way to say whether it knows who is there."""
    given: list[CDPSession] = []

    def give(page: Page) -> Callable[[bool], Any]:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        answer = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        given.append(devtools)
        return lambda known: devtools.send(
            "WebAuthn.setUserVerified", answer | {"isUserVerified": known}
        )

    yield give
    for devtools in given:
        devtools.send("WebAuthn.disable")
        devtools.detach()


def add_passkey(page: Page) -> None:
    page.goto("/accounts/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add the passkey").click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").last.click()
    expect(page).to_have_title("Sign in · dubadmin")


def use_passkey(page: Page) -> None:
    page.get_by_role("button", name="Use a passkey").click()


def test_it_signs_in_without_a_password(browse: Browse, device: Device) -> None:
    page = browse("vera")
    device(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    page.goto("/customers/?country=DE")
    use_passkey(page)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    assert page.url.endswith("/customers/?country=DE")
    signed_in = AuditEntry.objects.filter(action="session.sign_in").latest("pk")
    assert (signed_in.actor_name, signed_in.asked) == ("vera", {"by": "passkey"})
    used = AuditEntry.objects.get(action="passkey.use")
    assert used.target_label == "My laptop of vera"
    page.goto("/accounts/")
    expect(page.get_by_role("row", name="My laptop")).to_contain_text("just now")


def test_it_is_a_second_step_too(browse: Browse, device: Device, people: dict[str, User]) -> None:
    with_password(people["vera"])
    page = browse("vera")
    device(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    page.get_by_label("User name").fill("vera")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    use_passkey(page)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_it_confirms_who_one_is(browse: Browse, device: Device, settings: Any) -> None:
    page = browse("ada")
    device(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    settings.CONFIRM_MINUTES = 0
    page.goto("/accounts/invitations/")
    expect(page.get_by_role("heading", name="Confirm who you are")).to_be_visible()
    settings.CONFIRM_MINUTES = 15
    use_passkey(page)
    expect(page.get_by_role("heading", name="Invitations")).to_be_visible()
    assert AuditEntry.objects.get(action="session.confirm").asked == {"by": "passkey"}


def test_it_is_renamed_and_removed(browse: Browse, device: Device) -> None:
    page = browse("vera")
    device(page)
    add_passkey(page)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Rename My laptop").click()
    page.get_by_label("Name").fill("<b>Old & broken</b>")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Remove <b>Old & broken</b>").click()
    expect(page.locator("main")).to_contain_text("<b>Old & broken</b> will no longer sign you in")
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey was removed.")
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="passkey.remove").count() == 1


def test_what_goes_wrong_is_told(browse: Browse, device: Device) -> None:
    page = browse("vera")
    knows = device(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/accounts/passkeys/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("has a passkey for your account already")
    sign_out(page)
    knows(False)
    use_passkey(page)
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")


def test_a_passkey_that_was_removed_signs_nobody_in(browse: Browse, device: Device) -> None:
    page = browse("vera")
    device(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    Authenticator.objects.all().delete()
    sign_out(page)
    use_passkey(page)
    expect(page.get_by_role("status")).to_contain_text("not right")
    assert AuditEntry.objects.filter(action="passkey.fail", outcome="blocked").count() == 1


def test_without_scripts_nothing_offers_it(browse: Browse) -> None:
    page = browse(None, scripts=False)
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    page = browse("vera", scripts=False)
    page.goto("/accounts/passkeys/add/")
    expect(page.locator("main")).to_contain_text("Passkeys need JavaScript.")
    expect(page.get_by_role("button", name="Add the passkey")).to_have_count(0)
