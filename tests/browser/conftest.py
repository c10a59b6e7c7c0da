"""A real Chromium against the real site and the sandbox.

Whatever a page writes to the console as an error fails the test, a dialog too, but for the
browser's own question whether to leave a form: it is left. Without a browser
these tests are skipped and say so; in CI that is a failure.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.signals import request_finished, request_started
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    expect,
    sync_playwright,
)

from customers.signin.sessions import begun
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
    "--renderer-process-limit=1",
]
# Playwright runs an event loop in this thread; Django only wants to know that this is meant.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
PATIENCE_MS = 15_000  # a busy machine's; what is there is there at once
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What test_weight measured, also where it ran in another process."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if weighed := [text for name, text in report.user_properties if name == "weight"]:
            terminalreporter.write_sep("=", "what a visit costs")
            terminalreporter.write_line("\n".join(weighed))


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


class Windows:
    """Chromium's windows, each as if nobody had used it before.

    A new one costs Chromium half a second, so one that is done with is emptied and kept for the
    next test.
    """

    def __init__(self, chromium: Browser, url: str) -> None:
        self.chromium, self.url = chromium, url
        self.free: dict[bool, list[Page]] = {True: [], False: []}

    def open(self, *, scripts: bool) -> Page:
        if self.free[scripts]:
            return self.free[scripts].pop()
        context = self.chromium.new_context(
            base_url=self.url,
            java_script_enabled=scripts,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()

    def leave(self, page: Page, *, scripts: bool) -> None:
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        page.goto("about:blank")
        devtools = page.context.new_cdp_session(page)
        devtools.send("Storage.clearDataForOrigin", {"origin": self.url, "storageTypes": "all"})
        devtools.detach()
        page.context.clear_cookies()
        self.free[scripts].append(page)


class Underway:
    """How many requests the site is at. Who empties the database waits until there are none."""

    def __init__(self) -> None:
        self.number, self.changed = 0, threading.Condition()
        request_started.connect(self.count_started)
        request_finished.connect(self.count_finished)

    def count_started(self, **kwargs: Any) -> None:
        self._count(1)

    def count_finished(self, **kwargs: Any) -> None:
        self._count(-1)

    def _count(self, more: int) -> None:
        if threading.current_thread() is not threading.main_thread():  # the site has its own
            with self.changed:
                self.number += more
                self.changed.notify_all()

    def wait(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.number <= 0, timeout=5)
            self.number = 0


@pytest.fixture(scope="session")
def underway() -> Underway:
    return Underway()


@pytest.fixture(scope="session")
def windows(chromium: Browser, live_server: Any) -> Windows:
    return Windows(chromium, live_server.url)


@pytest.fixture
def browse(
    windows: Windows, people: dict[str, User], dub: Sandbox, underway: Underway
) -> Iterator[Browse]:
    """Opens a window in which a person is signed in.

    `failing` are the statuses that the site may answer with in it; Chromium calls every status
    from 400 on an error. What is done to the clock of a window needs one that is thrown away.
    """
    left: list[Callable[[], None]] = []
    errors: list[str] = []

    def open_window(
        name: str | None = "max",
        *,
        width: int = 1440,
        scheme: str = "light",
        scripts: bool = True,
        failing: tuple[int, ...] = (),
        thrown_away: bool = False,
    ) -> Page:
        page = windows.open(scripts=scripts)
        context = page.context
        if name:
            context.add_cookies([_session_cookie(people[name], windows.url)])
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(
            media="null",
            color_scheme=scheme,
            contrast="no-preference",
            forced_colors="none",
            reduced_motion="reduce",
        )
        listeners = {
            "console": lambda said: _judge(said, failing, errors),
            "weberror": lambda error: errors.append(str(error.error)),
            "dialog": lambda dialog: _answer(dialog, errors),
        }
        for event, listener in listeners.items():
            context.on(event, listener)

        def leave() -> None:
            if thrown_away:
                context.close()
                return
            windows.leave(page, scripts=scripts)
            for event, listener in listeners.items():
                context.remove_listener(event, listener)

        left.append(leave)
        return page

    yield open_window
    for leave in left:
        leave()
    underway.wait()
    assert errors == []


def _answer(dialog: Dialog, errors: list[str]) -> None:
    if dialog.type == "beforeunload":
        dialog.accept()
    else:
        errors.append(dialog.message)
        dialog.dismiss()


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
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(begun())
    session.save()
    return {
        "name": django_settings.SESSION_COOKIE_NAME,
        "value": session.session_key or "",
        "url": url,
    }
