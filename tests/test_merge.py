"""What was seen, what is wanted, what Dub has now: no update is ever lost (R7, Q9)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import queries
from customers.facts import LABELS, editable, facts_of
from customers.merge import Merge, merge
from dubadmin.sandbox import Sandbox

KEYS = ("name", "email", "stripeCustomerId", "country")
VALUES = st.sampled_from([None, "a", "b", "c"])
FACTS = st.fixed_dictionaries(dict.fromkeys(KEYS, VALUES))
CHOICES = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["mine", "theirs"]))


def facts(**values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(LABELS), "email": "a@example.com", "name": "Ada", **values}


def after(merged: Merge, present: dict[str, Any]) -> dict[str, Any]:
    """What Dub holds once the changes are sent."""
    return {**present, **merged.asked}


def test_r7_a_change_that_nobody_else_touched_is_sent_alone() -> None:
    merged = merge(seen=facts(), wanted={"email": "b@example.com"}, present=facts())
    assert merged.asked == {"email": "b@example.com"}
    assert (merged.merged, merged.conflicts) == ([], [])


def test_r7_a_change_of_another_field_stays() -> None:
    merged = merge(
        seen=facts(), wanted={"email": "b@example.com"}, present=facts(name="Ada Lovelace")
    )
    assert merged.asked == {"email": "b@example.com"}
    assert [(change.key, change.after) for change in merged.merged] == [("name", "Ada Lovelace")]


def test_r7_the_same_field_changed_by_two_needs_a_choice() -> None:
    changed = {"seen": facts(), "wanted": {"name": "Mine"}, "present": facts(name="Theirs")}
    merged = merge(**changed)
    [conflict] = merged.conflicts
    assert (conflict.base, conflict.theirs, conflict.mine) == ("Ada", "Theirs", "Mine")
    assert (conflict.label, conflict.name) == ("Name", "name")
    assert merged.asked == {}
    assert merge(**changed, choices={"name": "mine"}).asked == {"name": "Mine"}
    theirs = merge(**changed, choices={"name": "theirs"})
    assert (theirs.asked, theirs.conflicts) == ({}, [])


def test_r7_the_same_change_by_two_is_no_conflict_and_is_not_sent_again() -> None:
    merged = merge(seen=facts(), wanted={"name": "New"}, present=facts(name="New"))
    assert (merged.asked, merged.conflicts) == ({}, [])


def test_r7_a_field_that_somebody_cleared_is_a_conflict_too() -> None:
    merged = merge(seen=facts(), wanted={"name": "Mine"}, present=facts(name=None))
    assert [(each.theirs, each.mine) for each in merged.conflicts] == [(None, "Mine")]


def test_r7_a_choice_counts_only_against_the_value_that_was_shown() -> None:
    changed = {"seen": facts(), "wanted": {"name": "Mine"}, "choices": {"name": "mine"}}
    shown = {"name": "Theirs"}
    same_still = merge(**changed, present=facts(name="Theirs"), against=shown)
    assert same_still.asked == {"name": "Mine"}
    changed_again = merge(**changed, present=facts(name="Third"), against=shown)
    assert changed_again.asked == {}
    assert [each.theirs for each in changed_again.conflicts] == ["Third"]


@given(FACTS, FACTS, FACTS, CHOICES)
def test_r7_no_update_is_ever_lost(
    seen: dict[str, Any], mine: dict[str, Any], present: dict[str, Any], choices: dict[str, str]
) -> None:
    wanted = {key: value for key, value in mine.items() if value != seen[key]}
    merged = merge(seen=seen, wanted=wanted, present=present, choices=choices)
    stored = after(merged, present)
    conflicts = {conflict.key for conflict in merged.conflicts}
    for key in KEYS:
        i_changed, they_changed = key in wanted, present[key] != seen[key]
        if not i_changed:
            assert stored[key] == present[key]
        elif not they_changed and choices.get(key) != "theirs":
            assert stored[key] == mine[key]
        if i_changed and they_changed and mine[key] != present[key]:
            asked = key not in choices
            assert (key in conflicts) == asked
            if asked:
                assert stored[key] == present[key]
            else:
                assert stored[key] == {"mine": mine, "theirs": present}[choices[key]][key]
        else:
            assert key not in conflicts
        told = {change.key for change in merged.merged} | conflicts | set(merged.asked)
        if they_changed and not i_changed:
            assert key in told


@given(FACTS, FACTS)
def test_r7_nothing_wanted_sends_nothing(seen: dict[str, Any], present: dict[str, Any]) -> None:
    assert merge(seen=seen, wanted={}, present=present).asked == {}


@pytest.fixture
def nobody(dub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A customer with neither name nor e-mail."""
    monkeypatch.setattr("dubadmin.sandbox.ids._random", random.Random(1))
    return dub.add_customer(external_id="u1")


@pytest.mark.django_db
def test_q9_a_made_up_name_is_neither_a_change_nor_a_conflict(
    dub: Sandbox, nobody: dict[str, Any]
) -> None:
    seen = editable(facts_of(queries.get_customer("ext_u1")))
    present = facts_of(queries.get_customer("ext_u1"))
    assert merge(seen=seen, wanted={"country": "DE"}, present=present).merged == []
    merged = merge(seen=seen, wanted={"name": "Ada"}, present=present)
    assert (merged.asked, merged.conflicts) == ({"name": "Ada"}, [])
    assert merged.changes[0].before is None


@pytest.mark.django_db
def test_q9_a_name_that_somebody_gave_meanwhile_is_a_conflict(
    dub: Sandbox, nobody: dict[str, Any]
) -> None:
    seen = editable(facts_of(queries.get_customer("ext_u1")))
    dub.change_customer(nobody, name="Grace")
    present = facts_of(queries.get_customer("ext_u1"))
    [conflict] = merge(seen=seen, wanted={"name": "Ada"}, present=present).conflicts
    assert (conflict.base, conflict.theirs) == (None, "Grace")
