"""What every test of the site stands on: a real sandbox over HTTP, and named people.

alice edits, vera only looks, max manages, otto audits, ada administers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.test import Client, TransactionTestCase

from customers import roles
from customers.audit import Actor
from customers.models import AuditEntry, Seal, lifted
from dubadmin.sandbox import Sandbox

from .at_once import at_once  # noqa: F401  a fixture for everybody

PEOPLE = {
    "vera": "Viewer",
    "alice": "Editor",
    "max": "Manager",
    "otto": "Auditor",
    "ada": "Administrator",
}
ALICE = Actor(id="1", name="alice", role="Editor", request_id="req-of-alice")


# The same examples on every run, however slow the machine is.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """CI looks twice at what hangs on a machine's mood: browsers and killed processes."""
    for item in items if os.environ.get("CI") else []:
        if {"browser", "processes"} & set(item.path.parts):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def _log_that_can_be_emptied() -> Iterator[None]:
    """After a test that commits, Django empties all tables, which the audit log refuses.

    The roles come back as a migration made them, and nothing is told of that.
    """
    empty = TransactionTestCase._fixture_teardown

    def emptied(case: TransactionTestCase) -> None:
        with lifted():
            empty(case)
        roles.install(apps)
        with lifted():
            Seal.objects.all().delete()
            AuditEntry.objects.all().delete()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptied)
        yield


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def dub(sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, empty, with the site pointed at it and nothing to wait for between retries."""
    monkeypatch.setattr("dubadmin.dub.client.BACKOFF_SECONDS", (0.0, 0.0))
    sandbox.reset()
    settings.DUB_API_URL, settings.DUB_API_KEY = sandbox.url, sandbox.api_key
    settings.DUB_TIMEOUT_SECONDS = 2
    settings.DUB_RATE_LIMIT_PER_MINUTE = 100_000
    caches["hints"].clear()
    return sandbox


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """One signed-up person per role."""
    groups = {group.name: group for group in Group.objects.all()}
    users = User.objects.bulk_create(User(username=name) for name in PEOPLE)
    made = {user.username: user for user in users}
    User.groups.through.objects.bulk_create(
        User.groups.through(user=made[name], group=groups[role]) for name, role in PEOPLE.items()
    )
    return made


@pytest.fixture
def sign_in(people: dict[str, User]) -> Callable[[str], Client]:
    def as_person(name: str) -> Client:
        client = Client(raise_request_exception=True)
        client.force_login(people[name])
        return client

    return as_person


@pytest.fixture
def alice(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("alice")


@pytest.fixture
def max_(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("max")


def text_of(response: Any) -> str:
    """What a page says: its text without tags, white space folded."""
    html = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def hidden_fields(response: Any) -> dict[str, str]:
    """The hidden inputs of a page's forms, as a browser without JavaScript would send them."""
    fields = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", response.content.decode()):
        attributes = dict(re.findall(r"([\w-]+)=\"([^\"]*)\"", tag))
        if "name" in attributes:
            fields[attributes["name"]] = unescape(attributes.get("value", ""))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def outcome_of(response: Any) -> str:
    """The machine value that a page reports as the result of a write."""
    found = re.search(r"data-outcome=\"(\w+)\"", response.content.decode())
    return found.group(1) if found else ""
