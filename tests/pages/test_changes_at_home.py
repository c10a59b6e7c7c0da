"""The home page: one's own last changes, and what else has been changed lately, nothing twice."""

from __future__ import annotations

import pytest
from django.test import Client

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import text_of

pytestmark = pytest.mark.django_db


def changed(who: str, what: str) -> None:
    """A correction of the customer who is called `what` in the log."""
    AuditEntry.objects.create(
        action="customer.update", outcome="recorded", actor_name=who, target_label=what
    )


def panels(client: Client) -> tuple[str, str]:
    """What stands under one's own changes, and under the others."""
    says = text_of(client.get("/"))
    own, _, others = says.partition("Other recent changes")
    return own.partition("Your last changes")[2], others


def test_ones_own_changes_stand_there_once(dub: Sandbox, alice: Client) -> None:
    changed("alice", "mine@example.com")
    changed("max", "his@example.com")
    own, others = panels(alice)
    assert "mine@example.com" in own
    assert "his@example.com" not in own
    assert "his@example.com" in others
    assert "mine@example.com" not in others


def test_many_of_ones_own_leave_no_gap(dub: Sandbox, alice: Client) -> None:
    for number in range(12):
        changed("max", f"his-{number:02}@example.com")
    for number in range(7):
        changed("alice", f"mine-{number}@example.com")
    own, others = panels(alice)
    assert [own.count(f"mine-{number}@") for number in range(7)] == [0, 0, 1, 1, 1, 1, 1]
    assert [others.count(f"mine-{number}@") for number in range(7)] == [1, 1, 0, 0, 0, 0, 0]
    assert others.count("his-") == 8


def test_where_nobody_else_has_changed_anything_it_says_so(dub: Sandbox, alice: Client) -> None:
    changed("alice", "mine@example.com")
    _, others = panels(alice)
    assert "Nothing else has been recorded, corrected or deleted yet." in others


def test_who_has_changed_nothing_sees_what_all_have(dub: Sandbox, alice: Client) -> None:
    assert "Recent changes Nothing has been recorded" in text_of(alice.get("/"))
    changed("max", "his@example.com")
    says = text_of(alice.get("/"))
    assert "Your last changes" not in says
    assert "Other recent changes" not in says
    assert "his@example.com" in says.partition("Recent changes")[2]
