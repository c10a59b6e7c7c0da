"""Who imports, about whom, and how."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.audit import Actor, person
from dubadmin.sandbox import Sandbox


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row at a time, in the test's own thread and transaction."""
    monkeypatch.setattr("customers.imports.running.IN_FLIGHT", 1)


@pytest.fixture
def buyers(dub: Sandbox) -> list[dict[str, Any]]:
    """u0 to u5, who have a link and a lead, so that they can buy."""
    link = dub.add_link("spring")
    return [
        dub.add_customer(f"Name {n}", f"c{n}@example.com", f"u{n}", "DE", link=link, lead="Sign up")
        for n in range(6)
    ]
