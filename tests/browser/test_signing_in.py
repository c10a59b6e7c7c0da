from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from customers.models import AuditEntry

from ..signin.conftest import PASSWORD, with_password
from .conftest import Browse


@pytest.fixture
def vera(people: dict[str, User]) -> User:
    return with_password(people["vera"])


def sign_in(page: Page, *, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill("vera")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_in_and_out_again(browse: Browse, vera: User, scripts: bool) -> None:
    page = browse(None, scripts=scripts)
    page.goto("/")
    expect(page).to_have_title("Sign in · dubadmin")
    sign_in(page)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.locator("details.person summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · dubadmin")
    page.goto("/customers/")
    expect(page).to_have_title("Sign in · dubadmin")
    visits = AuditEntry.objects.exclude(request_id="").order_by("pk")
    assert list(visits.values_list("actor_name", "action", "outcome")) == [
        ("", "home.view", "blocked"),
        ("vera", "session.sign_in", "done"),
        ("vera", "home.view", "done"),
        ("vera", "session.sign_out", "done"),
        ("", "customer.list", "blocked"),
    ]


def test_after_signing_out_the_back_button_shows_nothing(browse: Browse, vera: User) -> None:
    page = browse(None)
    page.goto("/customers/")
    sign_in(page)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").last.click()
    expect(page).to_have_title("Sign in · dubadmin")
    page.go_back()
    page.go_back()
    expect(page).to_have_title("Sign in · dubadmin")


def test_a_page_that_the_browser_kept_whole_is_not_seen_either(browse: Browse) -> None:
    page = browse("vera")
    page.goto("/customers/")
    back = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    page.evaluate(back)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    page.context.clear_cookies()
    page.evaluate(back)
    expect(page).to_have_title("Sign in · dubadmin")


def test_a_wrong_password_keeps_the_name_and_says_so(browse: Browse, vera: User) -> None:
    page = browse(None)
    page.goto("/accounts/login/")
    sign_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in.")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is not right.")
    expect(page.get_by_label("User name")).to_have_value("vera")
    expect(page.get_by_label("Password")).to_have_value("")
    sign_in(page)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_it_goes_on_to_the_page_that_was_asked_for(browse: Browse, vera: User) -> None:
    page = browse(None)
    page.goto("/customers/?country=DE&sort=saleAmount")
    sign_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/customers/\?country=DE&sort=saleAmount$"))


def test_it_never_leads_to_another_site(browse: Browse, vera: User) -> None:
    page = browse(None)
    for elsewhere in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:1",
    ):
        page.context.clear_cookies()
        page.goto(f"/accounts/login/?next={quote(elsewhere, safe='')}")
        sign_in(page)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_who_is_signed_out_meanwhile_signs_in_and_goes_on(browse: Browse, vera: User) -> None:
    page = browse("vera")
    page.goto("/customers/")
    page.context.clear_cookies()
    page.get_by_label("Rows", exact=True).select_option("25")
    expect(page).to_have_title("Sign in · dubadmin")
    sign_in(page)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()


def test_what_a_role_may_not_do_is_neither_offered_nor_open(
    browse: Browse, jane: dict[str, str]
) -> None:
    page = browse("vera", failing=(403,))
    page.goto("/customers/ext_user_1/")
    expect(page.get_by_role("heading", name="Jane Cooper")).to_be_visible()
    for name in ("Edit", "Record a lead", "Record a sale", "Delete", "Audit log", "Users"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    for address in ("edit/", "delete/", "../../sales/new/", "../../leads/new/", "../../audit/"):
        page.goto(f"/customers/ext_user_1/{address}")
        expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
        expect(page.locator("main")).to_contain_text("It is for: ")
