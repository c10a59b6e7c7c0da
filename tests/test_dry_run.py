"""The dry run of an import: every problem of every row, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.audit import Actor, person
from customers.models import Import
from dubadmin.sandbox import Sandbox

from .importing import SALE, checked, import_of, problems

pytestmark = pytest.mark.django_db


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def crowd(dub: Sandbox) -> list[Any]:
    """Four customers that can buy."""
    link = dub.add_link()
    return [
        dub.add_customer(f"C{n}", email=f"c{n}@example.com", external_id=f"u{n}", link=link,
                         lead="Sign up")
        for n in range(4)
    ]  # fmt: skip


def test_it_works(dub: Sandbox, crowd: list[Any], max_acts: Actor) -> None:
    rows = [("u0", "12.50", "EUR", "I1"), ("u1", 3, "usd", "I2"), ("u0", "1.50", "EUR", "I3")]
    file = checked(import_of("sales", SALE, *rows, actor=max_acts))
    assert file.state == Import.State.CHECKED
    assert problems(file) == {}
    assert file.counts["verdicts"] == {"ready": 3}
    assert [(each["currency"], each["total"]) for each in file.counts["amounts"]] == [
        ("EUR", 1400),
        ("USD", 300),
    ]
    assert file.counts["customers"] == 2
    assert dub.count("POST") == 0
    assert dub.count("GET", "/customers/*") == 2
