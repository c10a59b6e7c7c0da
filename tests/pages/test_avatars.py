"""A customer's picture is a link: looking at a customer tells no other site who looks."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from customers.templatetags.web import browser, web_link
from dubadmin.sandbox import Sandbox

from .conftest import Json


def test_the_page_fetches_nothing_from_elsewhere(dub: Sandbox, una: Json, alice: Client) -> None:
    dub.change_customer(una, avatar="https://pictures.example/una.png")
    for address in ("/customers/", "/customers/ext_u1/", "/customers/ext_u1/edit/"):
        page = alice.get(address)
        fetched = re.findall(r"<(?:img|script|link|source|iframe)[^>]*", page.content.decode())
        assert fetched
        assert not [each for each in fetched if "pictures.example" in each]
        assert "img-src 'self' data:" in page["Content-Security-Policy"]
        assert page["Referrer-Policy"] == "same-origin"


def test_it_is_a_link_that_tells_nothing_of_this_page(
    dub: Sandbox, una: Json, alice: Client
) -> None:
    dub.change_customer(una, avatar="https://pictures.example/una.png?a=1&b=2")
    page = alice.get("/customers/ext_u1/").content.decode()
    assert 'href="https://pictures.example/una.png?a=1&amp;b=2" rel="noreferrer noopener"' in page


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//evil.example/x",
        "https:",
        "https://[",
        'x" onclick="alert(1)',
        "<img src=x onerror=alert(1)>",
    ],
)
def test_what_is_no_address_of_the_web_is_only_text(address: str) -> None:
    shown = web_link(address)
    assert "href" not in shown
    assert "<img" not in shown
    assert "<script" not in shown
    assert '" onclick' not in shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Mac OS X 10_15) Version/18 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_in_words(said: str, shown: str) -> None:
    assert browser(said) == shown
