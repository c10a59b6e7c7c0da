"""Going through the list page by page shows every customer once, whoever comes or goes (Q4, Q6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from dubadmin.sandbox import Sandbox

from .conftest import text_of

pytestmark = pytest.mark.django_db

DAY = 24 * 3600


@pytest.fixture
def many(dub: Sandbox) -> list[dict[str, Any]]:
    """Seventy customers, the newest first."""
    made = [
        dub.add_customer(
            external_id=f"user-{number:02}",
            email=f"u{number:02}@example.com",
            created_at=f"2026-03-{1 + number // 24:02}T{number % 24:02}:00:00Z",
        )
        for number in range(70)
    ]
    return made[::-1]


def rows_of(page: Any) -> list[str]:
    return re.findall(r">(user-\d\d|new-\d\d)<", page.content.decode())


def next_of(page: Any) -> str:
    found = re.search(r'id="next"[^>]*href="([^"]+)"', page.content.decode())
    assert found
    return found[1].replace("&amp;", "&")


def test_pages_follow_each_other(many: list[dict[str, Any]], alice: Client) -> None:
    first = alice.get("/customers/?size=25")
    second = alice.get(next_of(first))
    third = alice.get(next_of(second))
    seen = rows_of(first) + rows_of(second) + rows_of(third)
    assert seen == [each["externalId"] for each in many]
    assert "26–50 of 70" in text_of(second)
    assert "51–70 of 70" in text_of(third)


def test_q4_who_comes_meanwhile_pushes_nobody_onto_two_pages(
    many: list[dict[str, Any]], alice: Client, dub: Sandbox
) -> None:
    first = alice.get("/customers/?size=25")
    for number in range(3):
        dub.add_customer(external_id=f"new-{number:02}", email=f"n{number}@example.com")
    second = alice.get(next_of(first))
    third = alice.get(next_of(second))
    seen = rows_of(first) + rows_of(second) + rows_of(third)
    assert len(seen) == len(set(seen))
    assert set(seen) >= {each["externalId"] for each in many}


def test_q4_who_goes_meanwhile_makes_nobody_skipped(
    many: list[dict[str, Any]], alice: Client, dub: Sandbox
) -> None:
    first = alice.get("/customers/?size=25")
    for gone in many[5:9]:
        dub.delete_customer(gone)
    second = alice.get(next_of(first))
    third = alice.get(next_of(second))
    seen = rows_of(first) + rows_of(second) + rows_of(third)
    assert len(seen) == len(set(seen))
    assert set(seen) == {each["externalId"] for each in many}


def test_q5_the_last_customer_of_the_page_before_is_gone(
    many: list[dict[str, Any]], alice: Client, dub: Sandbox
) -> None:
    first = alice.get("/customers/?size=25")
    dub.delete_customer(many[24])
    second = alice.get(next_of(first))
    assert second.status_code == 200
    assert rows_of(second)


def test_q6_a_page_too_deep_is_never_asked_for(dub: Sandbox, alice: Client) -> None:
    page = alice.get("/customers/?page=1001")
    assert page.status_code == 200
    assert "Dub lists at most 1,000 pages. Search or filter to see further." in text_of(page)
    assert dub.requests == []
    assert alice.get("/customers/?size=101").status_code == 200
    assert dub.requests == []
