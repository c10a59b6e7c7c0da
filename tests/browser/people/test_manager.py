"""A manager: who changed this e-mail, when, why, what was it before, and back with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from customers import queries, services
from customers.audit import Actor, person
from dubadmin.sandbox import Sandbox

from .conftest import SitDown

Json = dict[str, Any]


@pytest.fixture
def changed(dub: Sandbox, jane: Json, people: dict[str, User]) -> None:
    """alice changed the e-mail of a customer with a long history."""
    for n in range(40):
        dub.add_lead(jane, f"Event {n}", metadata='{"order": "A-7"}')
    services.update_customer(
        queries.get_customer("ext_user_1"),
        changes={"email": "jane@wrong.example"},
        actor=Actor(**person(people["alice"])),
        reason="Ticket 42",
    )


@pytest.mark.usefixtures("changed")
def test_who_changed_this_email_and_back_with_it(sit_down: SitDown, dub: Sandbox) -> None:
    max_ = sit_down("max", scheme="dark")
    max_.sees("Home")
    max_.press("ControlOrMeta+k")
    max_.type("jane@wrong.example")
    option = max_.page.get_by_role("option", name="Jane Cooper")
    expect(option).to_have_attribute("aria-selected", "true")
    max_.looks()
    max_.press("Enter")
    max_.sees("Jane Cooper")
    history = max_.page.get_by_role("region", name="Done with dubadmin")
    for said in ("alice", "Ticket 42", "jane@acme.example → jane@wrong.example"):
        expect(history).to_contain_text(said)

    max_.skip()
    max_.do("link", "Skip the events")
    max_.do("link", "Correction")
    max_.is_told("Recorded", "correction")
    expect(max_.page.get_by_role("region", name="Record")).to_contain_text("alice")
    max_.looks()
    max_.skip()
    max_.do("link", "Undo")
    max_.sees("Undo a correction")
    max_.skip()
    max_.tab_to("checkbox", "Put E-mail back")
    expect(max_.page.get_by_label("Put E-mail back")).to_be_checked()
    max_.fill("Reason", "The customer never asked for it", role="combobox")
    max_.do("button", "Put back at Dub")
    max_.is_told("Recorded", "undo of a correction")
    max_.looks()
    assert (dub.customer("user_1") or {})["email"] == "jane@acme.example"
