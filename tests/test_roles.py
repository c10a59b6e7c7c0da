"""Who may do what: every address × method × role, and blocked attempts are in the log (A6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from customers import urls
from customers.models import AuditEntry, Batch, Export, Import, Note, Outcome, SavedView
from customers.signin.invitations import invite
from customers.signin.sessions import SURE
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, PEOPLE, text_of
from .test_recording_a_sale import a_sale

pytestmark = pytest.mark.django_db

LOOK = set(PEOPLE)
EDIT = {"alice", "max", "ada"}
MANAGE = {"max", "ada"}
LOG = {"otto", "ada"}
USERS = {"ada"}
# Open to strangers: the way in and out, and what machines ask.
OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
    "invitation_accept",
    "healthz",
    "readyz",
    "metrics",
}
# About the person themselves. 404 is what they have not set up, or is another's.
PERSONAL: dict[str, tuple[set[str] | None, set[str] | None]] = {
    "mfa_index": (LOOK, None),
    "account_reauthenticate": (LOOK, LOOK),
    "account_held": (LOOK, None),
    "account_sessions": (LOOK, LOOK),
    "account_change_password": (LOOK, LOOK),
    "preferences": (LOOK, LOOK),
    "preferences_theme": (None, LOOK),
    "mfa_activate_totp": (LOOK, LOOK),
    "mfa_deactivate_totp": (LOOK, LOOK),
    "mfa_view_recovery_codes": (LOOK, None),
    "mfa_generate_recovery_codes": (LOOK, LOOK),
    "mfa_download_recovery_codes": (LOOK, None),
    "mfa_add_webauthn": (LOOK, LOOK),
    "mfa_edit_webauthn": (LOOK, LOOK),
    "mfa_remove_webauthn": (LOOK, LOOK),
}
# Who is let in by GET and by POST; None is a method that nobody may use.
ALLOWED: dict[str, tuple[set[str] | None, set[str] | None]] = {
    "home": (LOOK, None),
    "attention": (LOOK, None),
    "customer_list": (LOOK, None),
    "list_display": (None, LOOK),
    "view_new": (LOOK, LOOK),
    "view_edit": (USERS, USERS),
    "view_delete": (None, USERS),
    "customer_find": (LOOK, None),
    "customer_detail": (LOOK, None),
    "note_new": (EDIT, EDIT),
    "note_remove": (None, EDIT),
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
    "batch_leave": (None, EDIT),
    "batch_resume": (None, EDIT),
    "import_list": (MANAGE, None),
    "import_new": (MANAGE, MANAGE),
    "import_template": (MANAGE, None),
    "mapping_list": (MANAGE, MANAGE),
    "import_detail": (MANAGE, None),
    "import_follow": (MANAGE, None),
    "import_rows": (MANAGE, None),
    "import_start": (None, MANAGE),
    "import_check": (None, MANAGE),
    "import_pause": (None, MANAGE),
    "import_resume": (None, MANAGE),
    "import_stop": (None, MANAGE),
    "import_retry": (None, MANAGE),
    "import_leftover": (MANAGE, None),
    "import_map": (MANAGE, MANAGE),
    "import_reading": (MANAGE, None),
    "import_reread": (None, MANAGE),
    "import_delete": (MANAGE, MANAGE),
    "export_new": (MANAGE, MANAGE),
    "export_list": (MANAGE, None),
    "export_recent": (MANAGE, None),
    "export_detail": (MANAGE, None),
    "export_follow": (MANAGE, None),
    "export_file": (MANAGE, None),
    "export_stop": (None, MANAGE),
    "export_resume": (None, MANAGE),
    "export_remove": (None, MANAGE),
    "audit_list": (LOG, None),
    "audit_entry": (LOG, None),
    "audit_export": (LOG, None),
    "audit_state": (LOG, None),
    "audit_state_follow": (LOG, None),
    "audit_verify": (None, LOG),
    "invitation_list": (USERS, USERS),
    "invitation_withdraw": (None, USERS),
    **PERSONAL,
}
# Only for who has shown lately who they are.
CONFIRMED = {
    "customer_delete",
    "export_new",
    "export_file",
    "audit_export",
    "account_change_password",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "invitation_list",
    "invitation_withdraw",
}
# What is left to who must set up a second step first.
FOR_A_SECOND_STEP = {
    "mfa_index",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
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
    invitation = invite("eve@example.com", name="Eve", role="Viewer", actor=ALICE)
    numbers = {"result_undo": correction.pk, "invitation_withdraw": invitation.pk}
    asked = {"actor": {}, "format": "csv", "columns": ["id"], "state": Export.State.DONE}
    kept = Export.objects.create(**asked, expires_at=timezone.now() + timedelta(days=1))
    numbers |= {f"export_{name}": kept.pk for name in ("detail", "follow", "file")}
    other = Export.objects.create(**asked).pk
    numbers |= {f"export_{name}": other for name in ("stop", "resume", "remove")}
    numbers |= {
        f"batch_{name}": batch.pk for name in ("detail", "follow", "stop", "leave", "resume")
    }
    view = SavedView.objects.create(name="Of somebody who left", is_shared=True)
    numbers["note_remove"] = Note.objects.create(customer_id=customer["id"], text="Hi").pk
    numbers |= {"view_edit": view.pk, "view_delete": view.pk}
    file = Import.objects.create(
        kind="sales",
        name="sales.csv",
        state="mapping",
        size=1,
        key="k",
        actor={},
        header=["a"],
        hints=[{}],
    )
    pages = [pattern.name for pattern in urls.urlpatterns]
    numbers |= {name: file.pk for name in pages if name.startswith("import_")}
    found = {}
    for pattern in urls.urlpatterns:
        wanted = pattern.pattern.converters
        values = {
            "id": customer["id"],
            "number": numbers.get(pattern.name, entry.pk),
            "pk": 1,
            "kind": "sales",
            "token": "none",
        }
        found[pattern.name] = reverse(pattern.name, kwargs={name: values[name] for name in wanted})
    return found


def test_every_page_is_in_the_table_and_behind_the_guard() -> None:
    pages = {pattern.name: pattern.callback for pattern in urls.urlpatterns}
    assert set(pages) == set(ALLOWED) | OPEN
    unguarded = [name for name in ALLOWED if not getattr(pages[name], "action", "")]
    assert unguarded == []
    outside = [each for each in get_resolver().url_patterns if isinstance(each, URLPattern)]
    assert outside == []


def check_answer(response: Any, name: str, allowed: set[str] | None, person: str) -> None:
    """A role opens what it may and nothing else (A6)."""
    if allowed is None:
        assert response.status_code == 405, name
    elif person in allowed:
        found = {200, 302, 404} if name in PERSONAL else {200, 302}
        assert response.status_code in found, name
    else:
        assert response.status_code == 403, name
        assert "Your role does not allow this" in text_of(response)


@pytest.mark.parametrize("person", PEOPLE)
def test_a6_everybody_opens_what_is_about_themselves(
    person: str, addresses: dict[str, str], sign_in: Callable[[str], Client]
) -> None:
    """All other pages: test_everything_is_logged, which comes by them as everybody, too."""
    client = sign_in(person)
    for name, by_method in PERSONAL.items():
        for method, allowed in zip(("get", "post"), by_method, strict=True):
            check_answer(getattr(client, method)(addresses[name]), name, allowed, person)


@pytest.mark.parametrize("person", ["vera", "alice", "max"])
def test_a_deletion_is_for_managers_also_where_others_may_do_the_rest(
    person: str, sign_in: Callable[[str], Client], dub: Sandbox
) -> None:
    deletion = Batch.objects.create(action="customer.delete", actor={}, total=1)
    lost = AuditEntry.objects.create(action="customer.delete", outcome=Outcome.UNKNOWN)
    client = sign_in(person)
    for address, fields in (
        ("/batches/new/", {"action": "customer.delete"}),
        (reverse("batch_stop", args=[deletion.pk]), {}),
        (reverse("batch_resume", args=[deletion.pk]), {}),
        (reverse("batch_leave", args=[deletion.pk]), {}),
        (reverse("result_settle", args=[lost.pk]), {}),
        (reverse("result_resend", args=[lost.pk]), {}),
    ):
        answer: Any = client.post(address, fields)
        assert (answer.status_code == 403) is (person not in MANAGE), address


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
    sign_in: Callable[[str], Client], client: Client, people: dict[str, User]
) -> None:
    routes = [route for route in _routes(get_resolver()) if route.startswith("admin/")]
    assert len(routes) > 15
    values = {"object_id": str(people["vera"].pk), "id": str(people["vera"].pk), "url": "x"}
    clients = {name: sign_in(name) for name in PEOPLE}
    for route in routes:
        address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], route)
        for method in ("get", "post"):
            assert getattr(client, method)(address)["Location"].startswith("/accounts/login/")
            for name in set(PEOPLE) - USERS:
                response = getattr(clients[name], method)(address)
                assert response.status_code == 403, (name, method, address)
    assert clients["ada"].get("/admin/auth/user/").status_code == 200


def _routes(resolver: Any, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield re.sub(r"\^|\$|\(\?P<app_label>auth\)|\(\?P<url>\.\*\)", "", route)
        else:
            yield from _routes(each, route)


def stale(client: Client) -> Client:
    """As if the person had shown long ago who they are."""
    session = client.session
    session[SURE] = 0
    session.save()
    return client


def test_what_cannot_be_undone_asks_first_who_it_is(
    addresses: dict[str, str], sign_in: Callable[[str], Client], dub: Sandbox
) -> None:
    ada = stale(sign_in("ada"))
    asked = set()
    for name, by_method in ALLOWED.items():
        for method, allowed in zip(("get", "post"), by_method, strict=True):
            if allowed is None or name == "account_reauthenticate":
                continue
            response = getattr(ada, method)(addresses[name])
            if response.headers.get("Location", "").startswith("/accounts/confirm/?next="):
                asked.add((name, method))
    expected = {
        (name, method)
        for name in CONFIRMED
        for method, allowed in zip(("get", "post"), ALLOWED[name], strict=True)
        if allowed
    }
    assert asked == expected
    deletion = Batch.objects.create(key="d", action="customer.delete", actor={}, total=1)
    for address in ("/batches/new/", reverse("batch_resume", args=[deletion.pk])):
        response: Any = ada.post(address, {"action": "customer.delete"})
        assert response["Location"].startswith("/accounts/confirm/?next=")
    assert not [sent for sent in dub.requests if sent.method == "DELETE"]


def test_users_and_roles_ask_first_who_it_is(sign_in: Callable[[str], Client]) -> None:
    ada = stale(sign_in("ada"))
    for method in ("get", "post"):
        response = getattr(ada, method)("/admin/auth/user/1/change/")
        assert response["Location"].startswith("/accounts/confirm/?next=")


def test_a_role_that_needs_a_second_step_opens_nothing_before_it_has_one(
    addresses: dict[str, str], sign_in: Callable[[str], Client], settings: Any
) -> None:
    settings.MFA_REQUIRED_FOR = ["Administrator"]
    ada, max_ = sign_in("ada"), sign_in("max")
    for name, by_method in ALLOWED.items():
        for method, allowed in zip(("get", "post"), by_method, strict=True):
            if allowed is None:
                continue
            response = getattr(ada, method)(addresses[name])
            stopped = response.headers.get("Location") == "/accounts/"
            is_open = name in FOR_A_SECOND_STEP
            assert stopped is not is_open, (name, method)
    assert ada.get("/admin/").headers["Location"] == "/accounts/"
    assert max_.get("/customers/").status_code == 200
