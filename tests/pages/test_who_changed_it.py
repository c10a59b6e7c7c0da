"""Where a customer changed while somebody's form was open, the page says by whom (R7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import fields_of

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EDIT, DELETE = "/customers/ext_u1/edit/", "/customers/ext_u1/delete/"
ELSEWHERE = "Changed somewhere else than in dubadmin."


def opened(client: Client, address: str = EDIT) -> Json:
    return fields_of(client.get(address))


def correct(client: Client, **typed: str) -> AuditEntry:
    """The other one's whole correction."""
    page = client.post(EDIT, opened(client) | typed | {"step": "send"}, follow=True)
    assert outcome_of(page) == "recorded", text_of(page)
    return AuditEntry.objects.filter(action="customer.update").latest("pk")


def review(client: Client, form: Json, **typed: str) -> Any:
    return client.post(EDIT, form | typed | {"step": "check"})


def test_a_colleague_is_named_with_the_correction(alice: Client, max_: Client, una: Json) -> None:
    form = opened(alice)
    entry = correct(max_, name="Max's")
    page = review(alice, form, name="Alice's")
    assert f"Changed by max , {entry.at:%-d %b %Y, %H:%M} : the correction" in text_of(page)
    assert f'<a href="/results/{entry.pk}/">the correction</a>' in page.content.decode()
    assert f"#{entry.pk}" not in text_of(page)
    assert ELSEWHERE not in text_of(page)


def test_who_may_read_the_log_gets_the_way_to_the_entry(
    sign_in: Callable[[str], Client], max_: Client, una: Json
) -> None:
    ada = sign_in("ada")
    form = opened(ada)
    entry = correct(max_, name="Max's")
    page = review(ada, form, name="Ada's")
    assert f'<a href="/audit/{entry.pk}/">#{entry.pk}</a>' in page.content.decode()


def test_what_came_from_somewhere_else_says_so(dub: Sandbox, alice: Client, una: Json) -> None:
    form = opened(alice)
    dub.change_customer(una, name="Dub's")
    assert ELSEWHERE in text_of(review(alice, form, name="Alice's"))


def test_a_colleagues_value_that_was_changed_again_elsewhere_is_not_the_colleagues(
    dub: Sandbox, alice: Client, max_: Client, una: Json
) -> None:
    form = opened(alice)
    correct(max_, name="Max's")
    dub.change_customer(una, name="Dub's")
    says = text_of(review(alice, form, name="Alice's"))
    assert ELSEWHERE in says
    assert "Changed by" not in says


def test_a_correction_before_the_form_was_opened_does_not_count(
    dub: Sandbox, alice: Client, max_: Client, una: Json
) -> None:
    correct(max_, name="Max's")
    dub.change_customer(una, name="Dub's")
    form = opened(alice)
    dub.change_customer(una, name="Max's")
    says = text_of(review(alice, form, name="Alice's"))
    assert ELSEWHERE in says
    assert "Changed by" not in says


def test_each_field_has_its_own_answer(
    dub: Sandbox, alice: Client, max_: Client, una: Json
) -> None:
    form = opened(alice)
    correct(max_, email="max@example.com")
    dub.change_customer(una, name="Dub's")
    says = text_of(review(alice, form, name="Alice's", country="DE"))
    conflict, kept = says.split("Changed meanwhile, and kept")
    assert ELSEWHERE in conflict
    assert "Changed by max" not in conflict
    assert "E-mail max@example.com Changed by max" in kept


def test_a_name_that_was_cleared_has_somebody_who_did_it(
    alice: Client, max_: Client, una: Json
) -> None:
    form = opened(alice)
    correct(max_, name="", email="")
    assert "Changed by max" in text_of(review(alice, form, name="Alice's"))


def test_the_choice_comes_back_with_the_name_until_it_is_made(
    alice: Client, max_: Client, una: Json
) -> None:
    form = opened(alice)
    correct(max_, name="Max's")
    asked = review(alice, form, name="Alice's")
    again = alice.post(EDIT, fields_of(asked) | {"choice_name": "", "step": "send"})
    assert "Changed by max" in text_of(again)


def test_before_a_deletion_it_is_told_too(
    dub: Sandbox, alice: Client, max_: Client, una: Json
) -> None:
    form = opened(max_, DELETE) | {"confirmation": "u1", "reason": "GDPR"}
    entry = correct(alice, name="Alice's")
    dub.change_customer(una, country="DE")
    dub.add_sale(una, 4900)
    page = max_.post(DELETE, form)
    says = text_of(page)
    assert "Name Changed by alice" in says
    assert f"Country {ELSEWHERE}" in says
    assert says.count(ELSEWHERE) == 1
    assert f'href="/results/{entry.pk}/"' in page.content.decode()
    dub.change_customer(una, name="Dub's")
    says = text_of(max_.post(DELETE, fields_of(page) | {"confirmation": "u1", "reason": "GDPR"}))
    assert f"Name {ELSEWHERE}" in says
    assert "Changed by alice" not in says


@pytest.mark.parametrize("when", ["", "yesterday", "9999999999"])
def test_a_form_that_does_not_say_when_it_was_opened_tells_nothing(
    dub: Sandbox, alice: Client, una: Json, when: str
) -> None:
    form = opened(alice)
    dub.change_customer(una, name="Dub's")
    page = review(alice, form | {"opened": when}, name="Alice's")
    assert page.status_code == 200
    assert ELSEWHERE not in text_of(page)
