"""A process is ready before its first visitor: the first page reads no files of the libraries."""

from __future__ import annotations

from typing import Any

import pytest
from babel import localedata
from django.test import Client
from django.utils.translation import trans_real

from customers import formats, startup
from customers.templatetags.show import icon
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def _started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started anew; but the test's own connection stays open."""
    monkeypatch.setattr(startup.connections, "close_all", lambda: None)
    icon.cache_clear()
    formats.called.cache_clear()
    startup.warm_up()


@pytest.mark.usefixtures("_started")
@pytest.mark.parametrize("path", ["/", "/customers/", "/sales/new/", "/batches/"])
def test_icons_are_drawn(alice: Client, dub: Sandbox, path: str) -> None:
    drawn = icon.cache_info().misses
    assert alice.get(path).status_code == 200
    assert icon.cache_info().misses == drawn


@pytest.mark.usefixtures("_started")
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_a_language_needs_is_read(
    alice: Client, dub: Sandbox, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def read(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("read for a visitor")

    monkeypatch.setattr(localedata, "load", read)
    monkeypatch.setattr(trans_real, "DjangoTranslation", read)
    answer = alice.get("/customers/", headers={"accept-language": language})
    assert answer["Content-Language"] == language
