"""Hostile headers, addresses and bodies get an answer in words, and get nothing into anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from .random_requests import BODIES, HEADERS, Asked

pytestmark = pytest.mark.django_db
ALL_HEADERS = [(name, value) for name, values in HEADERS.items() for value in values]
PAGES = [
    "/",
    "/customers/",
    "/customers/ext_u1/edit/",
    "/sales/new/",
    "/accounts/login/",
    "/nowhere",
]
HERE = r"(/(?![/\\]).*)?|[\w\[\]]+"  # a path of this site, or a word beside the present one
TARGETS = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example\\",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    " https://evil.example/",
    "\thttps://evil.example/",
    "https://testserver@evil.example/",
    "http://[",
    "null",
    "[]",
    "home",
    "/%0d%0aSet-Cookie:%20a=b",
    "/\r\nSet-Cookie: a=b",
    "a" * 5_000,
]


@pytest.fixture
def una(dub: Sandbox) -> None:
    dub.add_customer(email="una@example.com", external_id="u1", link=dub.add_link(), lead="Sign up")


@pytest.mark.parametrize("name", ["alice", ""])
def test_no_header_hurts(una: None, sign_in: Callable[[str], Client], name: str) -> None:
    client = sign_in(name) if name else Client()
    for header, value in ALL_HEADERS:
        for method, path, others in [
            ("GET", "/batches/", {}),
            ("POST", "/leads/new/", {}),
            ("GET", "/batches/", {"HX-Request": "true"}),
        ]:
            asked = Asked(method=method, path=path, headers=others | {header: value})
            answer = asked.send(client)
            assert answer.status_code < 500, (header, value)
            assert "Set-Cookie: a" not in str(answer.headers)


@pytest.mark.parametrize("name", ["alice", ""])
def test_no_body_hurts(una: None, sign_in: Callable[[str], Client], name: str) -> None:
    client = sign_in(name) if name else Client()
    for body, content_type in BODIES:
        for path in PAGES:
            asked = Asked(method="POST", path=path, body=body, content_type=content_type)
            assert asked.send(client).status_code < 500, (path, content_type, body[:40])


@pytest.mark.parametrize("target", TARGETS)
def test_nobody_is_led_to_another_site(client: Client, people: Any, target: str) -> None:
    people["alice"].set_password("a long password of hers")
    people["alice"].save()
    form = {"login": "alice", "password": "a long password of hers", "next": target}
    answer = client.post("/accounts/login/", form)
    assert answer.status_code in {200, 302}
    assert re.fullmatch(HERE, answer.get("Location", ""))


@pytest.mark.parametrize("target", TARGETS)
def test_confirming_leads_on_within_this_site(alice: Client, target: str) -> None:
    answer = Asked(method="GET", path="/accounts/confirm/", query=f"next={quote(target)}").send(
        alice
    )
    assert answer.status_code in {200, 302}
    assert re.fullmatch(HERE, answer.get("Location", ""))


@pytest.mark.parametrize("referer", ["null", "http://[", "home", "https://evil.example/"])
def test_a_switch_leads_back_to_this_site(alice: Client, referer: str) -> None:
    headers = {"Referer": referer}
    answer = alice.post(reverse("preferences_theme"), {"theme": "dark"}, headers=headers)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/")


def test_a_request_id_of_a_proxy_is_taken_only_when_it_is_harmless(alice: Client) -> None:
    for given in ["a\r\nSet-Cookie: a=b", "<script>", "a" * 65, "short", "ü" * 10, "a b c d e f g"]:
        answer = alice.get("/accounts/", headers={"X-Request-ID": given})
        assert answer["X-Request-ID"] != given
        assert answer["X-Request-ID"].isalnum()


def test_what_was_sent_is_in_the_log_as_text(una: None, alice: Client) -> None:
    odd = {"User-Agent": "\x00<script>\r\n\x1b[31m\u202e"}
    Asked(method="GET", path="/customers/", query="q=%00%0d%0a%1b%ed%a0%80<script>").send(alice)
    alice.get("/customers/ext_nobody/", headers=odd)
    entries = AuditEntry.objects.filter(action__startswith="customer")
    assert entries.count() == 2
    assert "\0" not in str(list(entries.values()))


def test_what_a_proxy_and_a_browser_say_of_themselves_is_kept_as_text(
    alice: Client, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    odd = {"User-Agent": "\x00browser", "X-Forwarded-For": "\x00" * 50}
    begun = alice.session
    begun["seen_at"] -= 61  # so that the session keeps them, too
    begun.save()
    assert alice.get("/accounts/sessions/", headers=odd).status_code == 200
    entry = AuditEntry.objects.get(action="account.view")
    assert (entry.user_agent, len(entry.ip)) == ("\ufffdbrowser", 45)
    assert UserSession.objects.get(user_agent="\ufffdbrowser")


def test_numbers_beyond_the_database_are_nowhere(una: None, alice: Client) -> None:
    for number in ["9223372036854775808", "9" * 40]:
        for page in ["", "follow/", "undo/"]:
            assert alice.get(f"/results/{number}/{page}").status_code == 404
        assert alice.post(f"/results/{number}/settle/").status_code == 404
        assert alice.get(f"/batches/{number}/").status_code == 404
