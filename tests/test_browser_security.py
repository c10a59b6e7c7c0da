"""What browsers are told on every page, so that a mistake elsewhere hurts less."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from customers.signin.sessions import MARK
from dubadmin.sandbox import Sandbox

from .test_configuration import MODULES, start  # noqa: F401  a fixture
from .test_roles import ALLOWED, addresses  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db
TEMPLATES = sorted(Path(django_settings.BASE_DIR, "templates").rglob("*.html"))
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/", "/nowhere/", "/healthz"])
def test_every_answer_has_the_headers(sign_in: Callable[[str], Client], address: str) -> None:
    answer = sign_in("vera").get(address)
    assert {name: answer[name] for name in HEADERS} == HEADERS
    assert answer["Cache-Control"].startswith(("private", "max-age=0"))
    assert "camera=()" in answer["Permissions-Policy"]


def test_the_policy_allows_nothing_inline_and_nobody_else(client: Client) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_no_page_needs_more_than_the_policy_allows(
    addresses: dict[str, str],  # noqa: F811
    sign_in: Callable[[str], Client],
) -> None:
    ada = sign_in("ada")
    for name, (get, _) in ALLOWED.items():
        page = ada.get(addresses[name]) if get else None
        if page is None or "text/html" not in page["Content-Type"]:
            continue
        html = page.content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), name
        for attributes, inside in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.S):
            assert "src=" in attributes or 'type="application/json"' in attributes, name
            assert not inside or 'type="application/json"' in attributes, name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_writes_has_its_token(template: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", template.read_text(), re.S):
        assert "{% csrf_token %}" in form
    assert "|safe" not in template.read_text()


def test_without_its_token_no_write_is_taken(
    addresses: dict[str, str],  # noqa: F811
    people: Any,
    dub: Sandbox,
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["ada"])
    for name, (_, post) in ALLOWED.items():
        if post:
            assert client.post(addresses[name]).status_code == 403, name
    assert client.post("/accounts/login/").status_code == 403
    assert client.post("/accounts/logout/").status_code == 403
    assert client.post("/admin/auth/user/add/").status_code == 403
    assert not [sent for sent in dub.requests if sent.method != "GET"]


def test_cookies_are_not_for_scripts_or_other_sites(client: Client, people: Any) -> None:
    people["vera"].set_password("correct horse battery")
    people["vera"].save()
    client.post("/accounts/login/", {"login": "vera", "password": "correct horse battery"})
    session = client.cookies[django_settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    client.get("/customers/")
    token = client.cookies[django_settings.CSRF_COOKIE_NAME]
    assert (token["httponly"], token["samesite"]) == (True, "Lax")
    mark = client.cookies[MARK]
    assert mark.value not in {session.value, token.value}
    client.post("/accounts/logout/")
    assert client.cookies[MARK].value == ""


# Behind TLS: HTTPS=on

SECURE = (
    "SECURE_SSL_REDIRECT",
    "SECURE_REDIRECT_EXEMPT",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
    "SECURE_PROXY_SSL_HEADER",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_NAME",
)


@pytest.fixture
def afresh(start: Any, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """Reads the settings as if none had been read before."""
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return start


@pytest.fixture
def https(afresh: Any, settings: Any) -> Client:
    """The site as HTTPS=on makes it, behind one proxy."""
    read = afresh()
    for name in SECURE:
        setattr(settings, name, read[name])
    return Client(headers={"X-Forwarded-Proto": "https"})


def test_https_is_demanded_for_a_year(https: Client) -> None:
    answer = https.get("/accounts/login/")
    assert answer.status_code == 200
    assert answer["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    plain = Client().get("/customers/?q=a")
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/customers/?q=a")
    assert Client().get("/healthz").status_code == 200


def test_https_keeps_cookies_to_this_host_and_to_https(https: Client, people: Any) -> None:
    people["vera"].set_password("correct horse battery")
    people["vera"].save()
    https.post("/accounts/login/", {"login": "vera", "password": "correct horse battery"})
    https.get("/accounts/")
    for name in ("__Host-dubadmin_session", "__Host-dubadmin_csrf"):
        cookie = https.cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


def test_without_a_proxy_nobody_is_believed_about_https(afresh: Any) -> None:
    assert "SECURE_PROXY_SSL_HEADER" in afresh()
    assert "SECURE_PROXY_SSL_HEADER" not in afresh(TRUSTED_PROXIES="0")
