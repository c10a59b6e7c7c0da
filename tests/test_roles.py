"""Who may do what: every address × method × role, and blocked attempts are in the log (A6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from customers import urls
from customers.models import AuditEntry, Batch, Outcome
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, PEOPLE, text_of
from .test_recording_a_sale import a_sale

pytestmark = pytest.mark.django_db

LOOK = set(PEOPLE)
EDIT = {"alice", "max", "ada"}
MANAGE = {"max", "ada"}
LOG = {"otto", "ada"}
OPEN = {"login", "logout", "healthz", "readyz"}
# Who is let in by GET and by POST; None is a method that nobody may use.
ALLOWED: dict[str, tuple[set[str] | None, set[str] | None]] = {
    "home": (LOOK, None),
    "customer_list": (LOOK, None),
    "customer_find": (LOOK, None),
    "customer_detail": (LOOK, None),
    "customer_edit": (EDIT, EDIT),
    "customer_delete": (MANAGE, MANAGE),
    "lead_new": (EDIT, EDIT),
    "sale_new": (EDIT, EDIT),
    "sale_minor": (EDIT, None),
    "result": (LOOK, None),
    "result_follow": (LOOK, None),
    "result_settle": (None, EDIT),
    "result_resend": (None, EDIT),
    "result_undo": (EDIT, EDIT),
    "batch_list": (LOOK, None),
    "batch_new": (EDIT, EDIT),
    "batch_detail": (LOOK, None),
    "batch_follow": (LOOK, None),
    "batch_stop": (None, EDIT),
    "batch_resume": (None, EDIT),
    "audit_list": (LOG, None),
    "audit_entry": (LOG, None),
}


@pytest.fixture
def addresses(dub: Sandbox) -> dict[str, str]:
    """An address that exists, for every page."""
    link = dub.add_link(key="go")
    customer = dub.add_customer(external_id="u1", email="u1@example.com", link=link)
    body = a_sale().body
    entry = AuditEntry.objects.create(
        action="sale.record",
        outcome=Outcome.UNKNOWN,
        target_external_id="u1",
        target_id=customer["id"],
        actor_name=ALICE.name,
        sent={"method": "POST", "path": "/track/sale", "body": body},
    )
    correction = AuditEntry.objects.create(
        action="customer.update",
        outcome=Outcome.RECORDED,
        target_id=customer["id"],
        before={"email": "old@example.com"},
        sent={"method": "PATCH", "path": "", "body": {"email": "u1@example.com"}},
    )
    batch = Batch.objects.create(action="customer.update", field="country", actor={}, total=1)
    numbers = {"result_undo": correction.pk}
    numbers |= {f"batch_{name}": batch.pk for name in ("detail", "follow", "stop", "resume")}
    found = {}
    for pattern in urls.urlpatterns:
        wanted = pattern.pattern.converters
        values = {"id": customer["id"], "number": numbers.get(pattern.name, entry.pk)}
        found[pattern.name] = reverse(pattern.name, kwargs={name: values[name] for name in wanted})
    return found


def test_every_page_is_in_the_table_and_behind_the_guard() -> None:
    pages = {pattern.name: pattern.callback for pattern in urls.urlpatterns}
    assert set(pages) == set(ALLOWED) | OPEN
    unguarded = [name for name in ALLOWED if not getattr(pages[name], "action", "")]
    assert unguarded == []
    outside = [each for each in get_resolver().url_patterns if isinstance(each, URLPattern)]
    assert outside == []


@pytest.mark.parametrize("person", PEOPLE)
def test_a6_a_role_opens_what_it_may_and_nothing_else(
    person: str, addresses: dict[str, str], sign_in: Callable[[str], Client]
) -> None:
    client = sign_in(person)
    for name, by_method in ALLOWED.items():
        for method, allowed in zip(("get", "post"), by_method, strict=True):
            response: Any = getattr(client, method)(addresses[name])
            if allowed is None:
                assert response.status_code == 405, name
            elif person in allowed:
                assert response.status_code in {200, 302}, name
            else:
                assert response.status_code == 403, name
                assert "Your role does not allow this" in text_of(response)


def test_a_stranger_is_sent_to_sign_in(
    addresses: dict[str, str], client: Client, dub: Sandbox
) -> None:
    before = len(dub.requests)
    for name, (get, _) in ALLOWED.items():
        response = getattr(client, "get" if get else "post")(addresses[name])
        assert response.status_code == 302, name
        assert response["Location"].startswith("/accounts/login/?next=")
    assert len(dub.requests) == before


def test_no_role_at_all_sees_nothing(client: Client, django_user_model: Any, dub: Sandbox) -> None:
    client.force_login(django_user_model.objects.create(username="nobody"))
    assert client.get("/customers/").status_code == 403


def test_the_admin_site_is_for_administrators(
    sign_in: Callable[[str], Client], people: Any
) -> None:
    assert sign_in("ada").get("/admin/auth/user/").status_code == 200
    for name in set(PEOPLE) - {"ada"}:
        assert sign_in(name).get("/admin/auth/user/").status_code == 302
