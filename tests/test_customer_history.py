"""What dubadmin did to a customer stands on its page, as differences people can read."""

from __future__ import annotations

import pytest
from django.test import Client

from customers import queries, services
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, text_of

pytestmark = pytest.mark.django_db


def test_a_correction_is_told_with_both_values(dub: Sandbox, alice: Client) -> None:
    dub.add_customer(external_id="u1", name="Ada", email="old@example.com")
    customer = queries.get_customer("ext_u1")
    changes = {"email": "new@example.com"}
    services.update_customer(customer, changes=changes, actor=ALICE, reason="asked by phone")
    page = text_of(alice.get(f"/customers/{customer.id}/"))
    assert "E-mail: old@example.com → new@example.com" in page
    assert "asked by phone" in page


def test_what_dub_did_not_store_is_not_told_as_changed(dub: Sandbox, alice: Client) -> None:
    dub.patch_stores_country = False
    dub.add_customer(external_id="u1", name="Ada", email="a@example.com", country="DE")
    customer = queries.get_customer("ext_u1")
    services.update_customer(customer, changes={"name": "Eve", "country": "FR"}, actor=ALICE)
    page = text_of(alice.get(f"/customers/{customer.id}/"))
    assert "Name: Ada → Eve" in page
    assert "Country: DE" not in page
