"""From a customer to its pages in Dub's and Stripe's own dashboards, where they can be known."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from customers import queries, services
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db


@pytest.fixture
def una(dub: Sandbox, settings: Any) -> dict[str, Any]:
    settings.LIVE = True
    settings.DUB_DASHBOARD_URL = "https://app.dub.co/acme"
    return dub.add_customer("Una", external_id="u1", stripe_customer_id="cus_QpL8sNf2Zt")


def links(client: Client, id: str) -> list[str]:
    page = client.get(f"/customers/{id}/").content.decode()
    return re.findall(r'<a class="quiet" href="(https://[^"]+)"', page)


def test_both_dashboards_are_one_click_away(una: dict[str, Any], alice: Client) -> None:
    assert links(alice, una["id"]) == [
        f"https://app.dub.co/acme/customers/{una['id']}",
        "https://dashboard.stripe.com/customers/cus_QpL8sNf2Zt",
    ]


def test_what_is_not_known_is_not_linked(
    dub: Sandbox, una: dict[str, Any], alice: Client, settings: Any
) -> None:
    settings.DUB_DASHBOARD_URL = ""
    dub.change_customer(una, stripe_id="4711")
    assert links(alice, una["id"]) == []


def test_the_sandbox_leads_nowhere(una: dict[str, Any], alice: Client, settings: Any) -> None:
    settings.LIVE = False
    assert links(alice, una["id"]) == []


def test_who_was_deleted_is_not_looked_for_at_dub(una: dict[str, Any], max_: Client) -> None:
    services.delete_customer(queries.get_customer("ext_u1"), events=[], actor=ALICE)
    assert links(max_, una["id"]) == ["https://dashboard.stripe.com/customers/cus_QpL8sNf2Zt"]
