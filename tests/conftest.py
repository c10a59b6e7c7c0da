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
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.core.management.color import no_style
from django.db import connection
from django.test import Client, TransactionTestCase

from customers.audit import Actor
from customers.models import lifted
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


# The roles and what they may, as the migrations made them: no test changes these.
KEPT_TABLES = {
    *("django_content_type", "auth_permission", "auth_group", "auth_group_permissions"),
    "django_migrations",
}


def pytest_configure() -> None:
    """Makes one large piece of memory for the calls of a test.

    Python keeps its frames in pieces of 16 kB and fetches another one from the system at each call
    across the end of a piece, a thousand times in a loop that lies there: a sixth of all time. A
    frame with room for so many values makes a piece of 1 MB, where all calls below find room.
    """
    pytest.Function.runtest.__code__ = pytest.Function.runtest.__code__.replace(co_stacksize=70_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """CI looks twice at what hangs on a machine's mood: browsers and killed processes."""
    for item in items if os.environ.get("CI") else []:
        if {"browser", "processes"} & set(item.path.parts):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def _quick_to_empty() -> Iterator[None]:
    """After a test that commits, all is deleted that a test may write.

    Django would delete the permissions and roles as well and make them anew, and the audit log
    refuses it.
    """

    def empty(case: TransactionTestCase) -> None:
        tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT_TABLES
        with lifted():
            connection.ops.execute_sql_flush(
                connection.ops.sql_flush(no_style(), sorted(tables), allow_cascade=False)
            )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
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
