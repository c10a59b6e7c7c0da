"""Every address × method × role: who may opens it, and one entry in the log tells of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from customers import queries, services, urls
from customers.models import ACTIONS, AuditEntry
from customers.visits import HEALTH, UNLOGGED, action_of
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, PEOPLE, hidden_fields, text_of
from .test_roles import ALLOWED, OPEN, PERSONAL, addresses, check_answer  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT")
READS = ("GET", "HEAD")
# What an empty submit leaves in the log, from somebody who may: the action, and how it ended.
SUBMITTED = {
    "list_display": ("view.form", "blocked"),
    "view_new": ("view.form", "blocked"),
    "view_edit": ("view.form", "blocked"),
    "view_delete": ("view.delete", "done"),
    "note_new": ("note.form", "blocked"),
    "note_remove": ("note.remove", "done"),
    "customer_edit": ("customer.check", "blocked"),
    "customer_delete": ("customer.delete", "not_sent"),
    "lead_new": ("lead.check", "blocked"),
    "sale_new": ("sale.check", "blocked"),
    "result_settle": ("write.settle", "unknown"),
    "result_resend": ("write.resend", "blocked"),
    "result_undo": ("undo.check", "blocked"),
    "batch_new": ("batch.form", "done"),
    "batch_stop": ("batch.stop", "done"),
    "batch_leave": ("batch.leave", "done"),
    "batch_resume": ("batch.resume", "done"),
    "import_new": ("import.upload", "blocked"),
    "mapping_list": ("mapping.change", "done"),
    "import_map": ("import.map", "blocked"),
    "import_start": ("import.start", "blocked"),
    "import_check": ("import.check", "blocked"),
    "import_pause": ("import.pause", "blocked"),
    "import_resume": ("import.resume", "blocked"),
    "import_stop": ("import.stop", "blocked"),
    "import_retry": ("import.retry", "blocked"),
    "import_reread": ("import.reread", "done"),
    "import_delete": ("import.delete", "done"),
    "export_new": ("export.check", "blocked"),
    "export_stop": ("export.stop", "done"),
    "export_resume": ("export.resume", "done"),
    "export_remove": ("export.remove", "done"),
    "audit_verify": ("audit.ask", "done"),
    "invitation_list": ("users.form", "done"),
    "invitation_withdraw": ("invitation.withdraw", "done"),
}


def pages(resolver: Any = None, route: str = "") -> Iterator[tuple[URLPattern, str]]:
    """Every address of the site: what it leads to, and its route."""
    for each in (resolver or get_resolver()).url_patterns:
        here = route + str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from pages(each, here)
        else:
            yield each, here


def address_of(route: str, values: dict[str, str]) -> str:
    """An address of this route; what stands for a number or a name is taken from `values`."""
    parts = r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)"
    return "/" + re.sub(parts, lambda found: values.get(found[1] or found[2], "1"), route)


@dataclass(frozen=True)
class Visit:
    """One request to one page by one person, None for somebody who is not signed in."""

    page: URLPattern
    method: str
    person: str | None

    @property
    def allowed(self) -> set[str] | None:
        return ALLOWED[self.page.name][0 if self.method in READS else 1]

    def expected(self) -> list[tuple[str, str]]:
        """The action and the outcome that the log must tell; nothing where it is not logged."""
        view: Any = self.page.callback
        if self.method == "PUT" or self.allowed is None or self.person not in self.allowed:
            return [(action_of(view, self.method), "blocked")]
        if self.method == "POST":
            return [SUBMITTED[self.page.name]]
        return [(view.action, "done")] if view.logged else []


PAGES = dict(pages())
OWN = [page for page in urls.urlpatterns if page.name in ALLOWED and page.name not in PERSONAL]
ADMIN = {page: route for page, route in PAGES.items() if route.startswith("admin/")}


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers have an entry each, however many they are (see test_strangers)."""
    monkeypatch.setattr("customers.strangers.ONE_BY_ONE", 10_000)


@pytest.fixture
def told() -> Callable[[], list[AuditEntry]]:
    """The entries since the last call, without those of the tests' own signing in."""
    last = [0]

    def new() -> list[AuditEntry]:
        others = AuditEntry.objects.exclude(action="session.sign_in")
        entries = list(others.filter(pk__gt=last[0]).order_by("pk"))
        last[0] = entries[-1].pk if entries else last[0]
        return entries

    return new


Told = Callable[[], list[AuditEntry]]


def words(entries: list[AuditEntry]) -> list[tuple[str, str]]:
    return [(entry.action, entry.outcome) for entry in entries]


def check_facts(entries: list[AuditEntry], person: str | None, method: str) -> None:
    for entry in entries:
        assert entry.action in ACTIONS
        assert (entry.actor_name, entry.role) == (person or "", PEOPLE.get(person or "", ""))
        assert (entry.ip, entry.user_agent) == ("127.0.0.1", "test")
        assert entry.request_id
        assert entry.explanation or entry.outcome == "done"
        is_look = entry.outcome in {"done", "blocked", "failed"} and entry.batch_id is None
        if is_look and not entry.action.startswith(
            (
                "session.",
                "invitation.",
                "import.delete",
                "view.delete",
                "note.remove",
                "audit.export",
            )
        ):
            assert entry.duration_ms is not None
            assert entry.asked["method"] == method
            assert entry.asked["path"].startswith("/")


@pytest.mark.parametrize("person", [*PEOPLE, None])
def test_a6_each_own_page_is_open_to_who_may_and_leaves_one_entry(
    person: str | None,
    addresses: dict[str, str],  # noqa: F811
    sign_in: Callable[[str], Client],
    told: Told,
) -> None:
    client = sign_in(person) if person else Client()
    client.defaults["HTTP_USER_AGENT"] = "test"
    told()
    wrong = []
    for page in OWN:
        for method in METHODS:
            answer = client.generic(method, addresses[page.name])
            visit = Visit(page, method, person)
            if person and method in {"GET", "POST"}:
                check_answer(answer, page.name, visit.allowed, person)
            entries = told()
            if words(entries) != visit.expected():
                wrong.append((page.name, method, visit.expected(), words(entries)))
            check_facts(entries, person, method)
    assert wrong == []


@pytest.mark.parametrize("person", ["vera", None])
def test_each_page_about_an_account_leaves_one_entry(
    person: str | None,
    addresses: dict[str, str],  # noqa: F811
    sign_in: Callable[[str], Client],
    told: Told,
) -> None:
    client = sign_in(person) if person else Client()
    client.defaults["HTTP_USER_AGENT"] = "test"
    told()
    for name in PERSONAL:
        for method in METHODS:
            client.generic(method, addresses[name])
            [entry] = told()
            assert entry.action in {"account.view", "account.form"}, (name, method)
            assert person or entry.outcome == "blocked"
            check_facts([entry], person, method)


@pytest.mark.parametrize("person", [*PEOPLE, None])
def test_each_page_for_users_and_roles_leaves_one_entry(
    person: str | None, sign_in: Callable[[str], Client], told: Told
) -> None:
    values = {
        "object_id": str(User.objects.create(username="eve").pk),
        "id": str(User.objects.get(username="eve").pk),
        "app_label": "auth",
        "url": "nowhere/",
        "content_type_id": "1",
    }
    wrong = []
    for page, route in ADMIN.items():
        for method in METHODS:
            if method == "GET" or page.name == "logout":
                client = sign_in(person) if person else Client()
                client.defaults["HTTP_USER_AGENT"] = "test"
                told()
            status = client.generic(method, address_of(route, values)).status_code
            entries, expected = told(), admin_words(page, method, person, status)
            if words(entries) not in expected:
                wrong.append((page.name, method, expected, words(entries)))
            check_facts(entries, person, method)
    assert wrong == []


def admin_words(
    page: URLPattern, method: str, person: str | None, status: int
) -> list[list[tuple[str, str]]]:
    """What the log may tell of a request to Django's admin that was answered with `status`."""
    action = "users.view" if method in READS else "users.form"
    ends = {403: "blocked", 404: "failed", 405: "blocked"}
    if person != "ada":
        assert status in {302, 403, 404, 405}
        return [[(action, "blocked")], [(action, ends.get(status, "blocked"))]]
    if status in ends:
        return [[(action, ends[status])]]
    if method in READS:
        return [[]] if page.name == "jsi18n" else [[(action, "done")]]
    if page.name == "logout":
        return [[("session.sign_out", "done")]]
    return [[(action, "done")], [(action, "blocked")]]


# What is left out of the walk, and why


def test_every_page_has_words_or_a_reason_to_have_none() -> None:
    """A page of our own without `guard.page` would be seen by nobody's log."""
    nameless = [
        page.name
        for page in urls.urlpatterns
        if not hasattr(page.callback, "action") and page.name not in HEALTH
    ]
    assert set(nameless) == OPEN - HEALTH
    views = [page.callback for page in OWN]
    assert {view.action for view in views} | {view.posted for view in views} - {""} <= set(ACTIONS)


def test_only_these_looks_are_not_logged() -> None:
    assert set(UNLOGGED) == {"account_login", "mfa_login_webauthn", "admin:jsi18n"}
    assert {"healthz", "readyz", "metrics"} == HEALTH
    fragments = {page.name for page in OWN if not page.callback.logged}
    assert fragments == {
        "sale_minor",
        "result_follow",
        "batch_follow",
        "audit_state_follow",
        "export_follow",
        "export_recent",
        "import_reading",
        "import_follow",
        "import_rows",
    }


# What the walk does not meet


def test_an_error_of_our_own_is_told_by_its_kind_only(
    alice: Client, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**query: Any) -> None:
        raise LookupError("with a secret")

    monkeypatch.setattr("customers.queries.list_customers", fail)
    alice.raise_request_exception = False
    assert alice.get("/customers/?q=jane").status_code == 500
    [entry] = told()
    assert words([entry]) == [("customer.list", "failed")]
    assert entry.explanation == "dubadmin failed (LookupError)."
    assert entry.asked == {"method": "GET", "path": "/customers/", "query": {"q": "jane"}}


def test_a_failure_of_dub_is_told_as_its_page_tells_it(
    dub: Sandbox, alice: Client, told: Told
) -> None:
    dub.fault(times=0, status=503)
    for address, action in {
        "/customers/": "customer.list",
        "/customers/find/?q=una": "customer.find",
        "/customers/cus_1/": "customer.view",
        "/customers/ext_u1/edit/": "customer.edit",
    }.items():
        alice.get(address)
        [entry] = told()
        assert words([entry]) == [(action, "failed")]
        assert "Dub" in entry.explanation
    assert entry.target_external_id == "u1"
    alice.post("/leads/new/", {"customer_external_id": "u1", "event_name": "Demo", "key": "a" * 32})
    assert words(told()) == [("lead.check", "failed")]


def test_a_customer_who_was_not_found_is_in_the_log_as_asked_for(
    dub: Sandbox, alice: Client, told: Told
) -> None:
    alice.get("/customers/cus_nobody/")
    [entry] = told()
    assert words([entry]) == [("customer.view", "failed")]
    assert entry.target_id == "cus_nobody"


def test_what_the_log_shows_of_a_deleted_customer_was_looked_at(
    dub: Sandbox, max_: Client, told: Told
) -> None:
    una = dub.add_customer("Una", email="una@example.com", external_id="u1")
    customer = queries.get_customer("ext_u1")
    services.delete_customer(customer, events=[], actor=ALICE)
    told()
    assert max_.get(f"/customers/{una['id']}/").status_code == 410
    [entry] = told()
    assert words([entry]) == [("customer.view", "done")]
    assert (entry.target_label, "deleted" in entry.explanation) == ("una@example.com", True)


def test_a_form_that_was_not_accepted_is_told_with_what_was_typed(
    dub: Sandbox, max_: Client, told: Told
) -> None:
    fields = {"customer_external_id": "u1", "amount": "x" * 600, "csrfmiddlewaretoken": "token"}
    max_.post("/sales/new/", fields | {"key": "a" * 32})
    [entry] = told()
    assert words([entry]) == [("sale.check", "blocked")]
    assert "Amount: Ensure this value has at most 40 characters" in entry.explanation
    assert entry.asked["fields"] == {
        "customer_external_id": "u1",
        "amount": "x" * 500 + "… (100 more characters)",
    }


def test_a_form_sent_twice_is_told_as_stopped(dub: Sandbox, alice: Client, told: Told) -> None:
    una = dub.add_customer("Una", email="una@example.com", external_id="u1")
    address = f"/customers/{una['id']}/edit/"
    fields = hidden_fields(alice.get(address)) | {
        "name": "Ada",
        "email": "una@example.com",
        "external_id": "u1",
        "step": "send",
    }
    told()
    for step, expected in {
        "check": ("customer.check", "done"),
        "send": ("customer.update", "recorded"),
        "send again": ("customer.check", "blocked"),
    }.items():
        alice.post(address, fields | {"step": step.split()[0]})
        entries = told()
        assert words(entries) == [expected]
    assert "sent before" in entries[0].explanation


def test_a_form_from_elsewhere_is_told(people: dict[str, User], told: Told) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["max"])
    client.post("/sales/new/", {"amount": "1"})
    [entry] = told()
    assert words([entry]) == [("sale.check", "blocked")]
    assert (entry.actor_name, "another site" in entry.explanation) == ("max", True)


def test_a_request_that_is_too_large_is_told(alice: Client, told: Told) -> None:
    alice.post("/sales/new/", {"amount": "1" * 1_100_000})
    assert words(told()) == [("sale.check", "blocked")]
    alice.get("/customers/", {f"a{n}": "b" for n in range(1001)})
    assert words(told()) == [("customer.list", "blocked")]


def test_a_wrong_address_is_told_of_people_and_not_of_strangers(
    alice: Client, client: Client, told: Told
) -> None:
    alice.get("/nowhere/")
    [entry] = told()
    assert (entry.action, entry.outcome, entry.actor_name) == ("page.miss", "failed", "alice")
    assert entry.asked == {"method": "GET", "path": "/nowhere/"}
    client.get("/nowhere/")
    assert told() == []


def test_what_stands_in_the_address_of_an_account_page_is_not_told(
    sign_in: Callable[[str], Client], told: Told
) -> None:
    sign_in("ada").get("/admin/auth/user/?q=secret")
    [entry] = told()
    assert entry.asked == {"method": "GET", "path": "/admin/auth/user/"}


def test_a_visit_that_cannot_be_logged_shows_nothing(
    dub: Sandbox, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    dub.add_customer("Una", email="una@example.com", external_id="u1")

    def full(*args: Any, **details: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr("customers.visits.note", full)
    alice.raise_request_exception = False
    response = alice.get("/customers/ext_u1/")
    assert response.status_code == 500
    assert "una@example.com" not in text_of(response)
