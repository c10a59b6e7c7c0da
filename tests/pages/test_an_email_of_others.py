"""An e-mail that another customer has: Dub takes it, and who corrects is told before it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import fields_of

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EDIT = "/customers/ext_u1/edit/"
TOLD = "Another customer has this e-mail already."


@pytest.fixture
def bo(dub: Sandbox) -> Json:
    return dub.add_customer("Bo Berg", email="bo@example.com", external_id="u2")


def review(client: Client, **typed: str) -> Any:
    return client.post(EDIT, fields_of(client.get(EDIT)) | typed | {"step": "check"})


@pytest.mark.parametrize("email", ["bo@example.com", "Bo@Example.com"])
def test_the_other_customer_is_named(
    dub: Sandbox, alice: Client, una: Json, bo: Json, email: str
) -> None:
    page = review(alice, email=email)
    assert f"{TOLD} Dub takes it nevertheless." in text_of(page)
    assert "Bo Berg u2" in text_of(page)
    assert f'href="/customers/{bo["id"]}/"' in page.content.decode()
    assert dub.count("PATCH") == 0


def test_it_can_be_saved_all_the_same(alice: Client, una: Json, bo: Json) -> None:
    page = review(alice, email="bo@example.com")
    saved = alice.post(EDIT, fields_of(page) | {"step": "send"}, follow=True)
    assert outcome_of(saved) == "recorded"


def test_several_are_all_named(dub: Sandbox, alice: Client, una: Json, bo: Json) -> None:
    dub.add_customer("Cy", email="bo@example.com", external_id="u3")
    says = text_of(review(alice, email="bo@example.com"))
    assert "Other customers have this e-mail already." in says
    assert "Bo Berg u2" in says
    assert "Cy u3" in says


def test_an_email_of_nobodys_is_no_matter(alice: Client, una: Json, bo: Json) -> None:
    assert TOLD not in text_of(review(alice, email="una@new.example"))


def test_ones_own_email_in_capitals_is_no_matter(alice: Client, una: Json) -> None:
    page = review(alice, email="UNA@example.com")
    assert "Will be sent to Dub" in text_of(page)
    assert TOLD not in text_of(page)


def test_an_email_that_stays_is_not_asked_about(
    dub: Sandbox, alice: Client, una: Json, bo: Json
) -> None:
    dub.change_customer(una, email="bo@example.com")
    form = fields_of(alice.get(EDIT))
    before = len(dub.requests)
    page = alice.post(EDIT, form | {"name": "Ida", "step": "check"})
    assert TOLD not in text_of(page)
    assert [each.path for each in dub.requests[before:]] == [f"/customers/{una['id']}"]


def test_it_is_asked_beside_the_customer_and_only_before_the_last_look(
    dub: Sandbox, alice: Client, una: Json, bo: Json
) -> None:
    form = fields_of(alice.get(EDIT))
    before = len(dub.requests)
    page = alice.post(EDIT, form | {"email": "bo@example.com", "step": "check"})
    asked = [each.path for each in dub.requests[before:]]
    assert sorted(asked) == ["/customers", f"/customers/{una['id']}"]
    before = len(dub.requests)
    alice.post(EDIT, fields_of(page) | {"step": "send"})
    assert "/customers" not in [each.path for each in dub.requests[before:]]


def test_without_an_answer_the_change_can_be_made(
    dub: Sandbox, alice: Client, una: Json, bo: Json
) -> None:
    form = fields_of(alice.get(EDIT))
    dub.fault("GET", "/customers", times=0, status=500)
    page = alice.post(EDIT, form | {"email": "bo@example.com", "step": "check"})
    assert "Will be sent to Dub" in text_of(page)
    assert TOLD not in text_of(page)
