"""One record that Dub itself cannot read does not hide the others (Q10)."""

from __future__ import annotations

import pytest
from django.test import Client

from dubadmin.sandbox import Sandbox

from .conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broken", [{0}, {12}, {49}, {3, 4, 30}])
def test_q10_a_listing_leaves_out_only_the_broken_rows(
    broken: set[int], dub: Sandbox, alice: Client
) -> None:
    for number in range(60):
        external_id = None if number in broken else f"user-{number:02}"
        dub.add_customer(external_id=external_id, email=f"u{number:02}@example.com")
    seen = ""
    for page in (1, 2):
        seen += text_of(alice.get("/customers/", {"page": page}))
    for number in range(60):
        assert (f"user-{number:02}" in seen) == (number not in broken)
    rows = "1 customer is" if len(broken) == 1 else "customers are"
    assert f"{rows} left out" in seen


def test_q10_another_failure_on_the_way_is_told(dub: Sandbox, alice: Client) -> None:
    for number in range(10):
        dub.add_customer(external_id=None if number == 5 else f"user-{number}")
    dub.fault(method="GET", path="/customers", nth=2, times=0, status=403)
    page = alice.get("/customers/")
    assert page.status_code == 200
    assert "could not be listed" in text_of(page)
