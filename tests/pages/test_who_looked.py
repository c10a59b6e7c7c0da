"""Who looked at one customer: every page that showed the data, forms and summaries, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers import finding
from customers.finding import Filters
from dubadmin.sandbox import Sandbox

from .browsing import LEAD, SALE, fill

pytestmark = pytest.mark.django_db


def looks_at(customer: dict[str, Any]) -> list[str]:
    asked = Filters(action="looks", customer=customer["id"])
    return [entry.action for entry in finding.newest(asked, limit=50)][::-1]


def test_forms_and_summaries_of_leads_and_sales(
    dub: Sandbox, alice: Client, una: dict[str, Any]
) -> None:
    for path in (LEAD, SALE):
        alice.get(path, {"customer": "u1"})
    fill(alice, SALE, customer_external_id="u1", amount="49.00", invoice_id="INV-1")
    fill(alice, LEAD, customer_external_id="u1", event_name="Sign up")
    shown = [each for each in looks_at(una) if each.endswith(("check", "form"))]
    assert shown.count("sale.check") == shown.count("lead.check") == 1
    assert shown[:2] == ["lead.form", "sale.form"]


def test_a_form_that_nobody_was_chosen_in_is_no_look(
    dub: Sandbox, alice: Client, una: dict[str, Any]
) -> None:
    alice.get(SALE)
    alice.get(SALE, {"customer": "nobody"})
    assert list(finding.newest(Filters(action="looks"), limit=50)) == []


def test_the_steps_of_a_correction(dub: Sandbox, alice: Client, una: dict[str, Any]) -> None:
    page = alice.get(f"/customers/{una['id']}/edit/")
    seen = page.context["form"]
    data = {name: seen[name].value() or "" for name in seen.fields} | {"name": "Una Nova"}
    alice.post(f"/customers/{una['id']}/edit/", {**data, "step": "check"})
    assert looks_at(una) == ["customer.edit", "customer.check"]


def test_an_entry_about_the_customer(
    dub: Sandbox, alice: Client, una: dict[str, Any], sign_in: Callable[[str], Client]
) -> None:
    alice.get(f"/customers/{una['id']}/")
    [entry] = finding.newest(Filters(customer=una["id"]), limit=2)
    sign_in("otto").get(f"/audit/{entry.pk}/")
    assert looks_at(una) == ["customer.view", "audit.view"]
