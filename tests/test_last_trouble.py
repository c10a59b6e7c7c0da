"""Home names the last write that Dub did not get, or whose answer was lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from customers import services
from customers.audit import Actor, Target
from customers.queries import get_customer
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, text_of

pytestmark = pytest.mark.django_db


def correct(dub: Sandbox, **fault: Any) -> None:
    una = get_customer(dub.add_customer("Una", email="una@x.example")["id"])
    if fault:
        dub.fault(path="/customers/*", times=0, **fault)  # reading back fails, too
    services.update_customer(una, changes={"name": "Ada"}, actor=ALICE)
    dub.clear_faults()


def test_what_a_check_of_ours_stopped_is_no_trouble_with_dub(dub: Sandbox, alice: Client) -> None:
    typed_wrong = {"target": Target(id="c1"), "explanation": "The confirmation was wrong."}
    services.blocked("customer.delete", actor=Actor(name="max"), **typed_wrong)
    correct(dub)
    assert "Last trouble" not in text_of(alice.get("/"))


@pytest.mark.parametrize(
    ("fault", "words"), [({"status": 429}, "not sent"), ({"hang_up": "after"}, "unknown")]
)
def test_a_write_that_dub_did_not_get_or_whose_answer_was_lost_is(
    dub: Sandbox, alice: Client, fault: dict[str, Any], words: str
) -> None:
    correct(dub, **fault)
    told = text_of(alice.get("/")).partition("Last trouble: ")[2][:60]
    assert told.startswith(f"Correction {words}")
