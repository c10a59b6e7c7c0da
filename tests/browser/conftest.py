"""A real Chromium against the real site and the sandbox.

Whatever a page writes to the console as an error fails the test, a dialog too. Without a browser
these tests are skipped and say so; in CI that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from dubadmin.sandbox import Sandbox

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Playwright runs an event loop in this thread; Django only wants to know that this is meant.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
expect.set_options(timeout=5_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium on this machine, and CI must run the browser tests.")
        pytest.skip("No Chromium on this machine.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


Browse = Callable[..., Page]


@pytest.fixture
def browse(
    chromium: Browser, live_server: Any, people: dict[str, User], dub: Sandbox
) -> Iterator[Browse]:
    """Opens a window in which a person is signed in.

    `failing` are the statuses that the site may answer with in it; Chromium calls every status
    from 400 on an error.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_window(
        name: str | None = "max",
        *,
        width: int = 1440,
        scheme: str = "light",
        scripts: bool = True,
        failing: tuple[int, ...] = (),
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(5_000)
        contexts.append(context)
        if name:
            context.add_cookies([_session_cookie(people[name], live_server.url)])
        context.on("console", lambda said: _judge(said, failing, errors))
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("dialog", lambda dialog: (errors.append(dialog.message), dialog.dismiss()))
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert errors == []


def _judge(said: ConsoleMessage, failing: tuple[int, ...], errors: list[str]) -> None:
    known = any(f"responded with a status of {status} " in said.text for status in failing)
    # What htmx says of a request that a newer one replaced; a failure has a second line.
    replaced = said.text.startswith(("htmx:afterRequest", "htmx:sendAbort", "htmx:abort"))
    if said.type == "error" and not known and not replaced:
        errors.append(f"{said.text} ({said.location['url']})")


@pytest.fixture
def jane(dub: Sandbox) -> dict[str, Any]:
    """A customer of a partner's link: a click and a lead a month ago, a sale ten days later."""
    came, bought = (datetime.now(UTC) - timedelta(days=days) for days in (30, 20))
    link = dub.add_link("spring", partner=dub.add_partner("Derek Forbes"), created_at=came)
    jane = dub.add_customer(
        "Jane Cooper", "jane@acme.example", "user_1", "DE", link=link, created_at=came
    )
    dub.add_lead(jane, "Sign up", at=came)
    dub.add_sale(jane, 4900, invoice_id="INV-0", at=bought)
    return jane


def _session_cookie(user: User, url: str) -> dict[str, str]:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {
        "name": django_settings.SESSION_COOKIE_NAME,
        "value": session.session_key or "",
        "url": url,
    }
