"""Which lead names Dub swallows, for whom, and until when (L1 to L4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from customers import services
from customers.dedupe import DEDUPE_WINDOW, Window, open_window, open_windows
from customers.models import AuditEntry, Outcome, lifted
from customers.preflight import check_lead
from customers.queries import attribution
from dubadmin.dub.commands import TrackLead
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
INSTANT = timedelta(milliseconds=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def click(clock: time_machine.Traveller, dub: Sandbox) -> str:
    """A click on a good link; the customer u1 came by it and has no lead."""
    link = dub.add_link(key="go")
    dub.add_customer(external_id="u1", email="u1@example.com", link=link)
    return dub.add_click(link)


def lead(event_name: str = "Sign up", **fields: Any) -> AuditEntry:
    command = TrackLead(**{"customer_external_id": "u1", "event_name": event_name, **fields})
    return services.record_lead(command, preflight=check_lead(command), actor=ALICE)


def window(event_name: str = "Sign up", **options: Any) -> Window | None:
    return open_window("u1", event_name=event_name, **options)


def test_l2_a_recorded_lead_sets_the_key(dub: Sandbox, click: str) -> None:
    entry = lead()
    found = window(at=NOON + INSTANT)
    assert found
    assert (found.entry, found.expires, found.sure) == (entry, NOON + DEDUPE_WINDOW, True)
    assert "recorded here on 2 Mar 2026, 12:00" in found.because


def test_l1_a_404_sets_the_key(dub: Sandbox, click: str) -> None:
    entry = lead(click_id="no-such-click")
    assert entry.outcome == Outcome.REFUSED
    found = window(at=NOON + INSTANT)
    assert found
    assert (found.entry, found.sure) == (entry, True)
    assert "refused by Dub" in found.because


@pytest.mark.parametrize("status", [400, 401, 403, 409, 410, 422, 429])
def test_l1_no_other_refusal_sets_the_key(dub: Sandbox, click: str, status: int) -> None:
    dub.fault(method="POST", status=status)
    assert lead().outcome in {Outcome.REFUSED, Outcome.NOT_SENT}
    assert window(at=NOON + INSTANT) is None


def test_l1_a_404_of_the_workspace_comes_before_the_key(dub: Sandbox, click: str) -> None:
    dub.fault(method="POST", status=404)
    assert lead().outcome == Outcome.REFUSED
    assert window(at=NOON + INSTANT) is None


def test_l1_an_attempt_that_was_blocked_here_sets_nothing(dub: Sandbox, click: str) -> None:
    services.blocked(
        "lead.record",
        actor=ALICE,
        target=services.target_of(attribution("u1").customer),
        explanation="A check stopped it.",
        lead_key="sign-up",
    )
    assert window(at=NOON + INSTANT) is None


@pytest.mark.parametrize("fault", [{"hang_up": "after"}, {"status": 502}])
def test_l1_an_unknown_result_may_have_set_the_key(
    dub: Sandbox, click: str, fault: dict[str, Any]
) -> None:
    dub.fault(method="POST", **fault)
    assert lead().outcome == Outcome.UNKNOWN
    found = window(at=NOON + INSTANT)
    assert found
    assert not found.sure
    assert found.until == "9 Mar 2026, 12:00 UTC at the latest"


def test_l7_a_deferred_lead_sets_no_key(dub: Sandbox, click: str) -> None:
    lead(customer_external_id="u1", mode="deferred")
    assert window(at=NOON + INSTANT) is None
    assert lead().outcome == Outcome.RECORDED


@pytest.mark.parametrize("again", ["Sign up", "sign-up", "SIGN UP", "Sign-Up"])
def test_l3_names_are_compared_as_dub_compares_them(dub: Sandbox, click: str, again: str) -> None:
    lead()
    assert window(again, at=NOON + INSTANT)
    assert window("Sign  up", at=NOON + INSTANT) is None
    assert window("Signup", at=NOON + INSTANT) is None


def test_l3_the_longest_name_can_be_logged_and_found(dub: Sandbox, click: str) -> None:
    name = "İ" * 255
    assert lead(name).outcome == Outcome.RECORDED
    assert window(name, at=NOON + INSTANT)


def test_l2_the_key_is_of_one_customer(dub: Sandbox, click: str) -> None:
    lead()
    assert open_window("u2", event_name="Sign up", at=NOON + INSTANT) is None


def test_l2_the_key_holds_the_external_id_as_it_was_typed(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    lead(customer_external_id="U1")
    clock.shift(1)
    assert open_window("U1", event_name="Sign up")
    assert window() is None
    assert lead().outcome == Outcome.RECORDED


def test_l2_a_repeat_does_not_prolong_the_key(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    first = lead()
    clock.shift(timedelta(days=5))
    assert lead().outcome == Outcome.NOT_RECORDED
    clock.shift(1)
    found = window()
    assert found
    assert (found.entry, found.expires) == (first, NOON + DEDUPE_WINDOW)
    clock.move_to(NOON + timedelta(days=7, seconds=1))
    assert window() is None
    assert lead().outcome == Outcome.RECORDED


def test_l2_it_ends_exactly_after_seven_days(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    lead()
    end = NOON + timedelta(days=7)
    assert window(at=end - INSTANT)
    assert window(at=end) is None
    clock.move_to(end - INSTANT)
    assert lead().outcome == Outcome.NOT_RECORDED
    clock.move_to(end)
    assert lead().outcome == Outcome.RECORDED


def test_l2_a_new_attempt_after_the_end_sets_a_new_key(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    lead()
    clock.shift(timedelta(days=8))
    second = lead()
    clock.shift(timedelta(days=6))
    found = window()
    assert found
    assert (found.entry, found.expires) == (second, NOON + timedelta(days=15))


def test_l2_a_lead_that_did_count_proves_that_the_lost_one_never_arrived(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    dub.fault(method="POST", hang_up="before")
    assert lead().outcome == Outcome.UNKNOWN
    clock.shift(timedelta(days=2))
    assert lead().outcome == Outcome.RECORDED
    clock.shift(1)
    found = window()
    assert found
    assert (found.sure, found.expires) == (True, NOON + timedelta(days=9))


def test_l2_leads_made_elsewhere_are_known_from_dubs_events(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    dub.add_lead(dub.customer("u1"), "SIGN UP", at=NOON - timedelta(days=3))
    found = window(events=attribution("u1").leads)
    assert found
    assert (found.entry, found.expires) == (None, NOON + timedelta(days=4))
    assert "Dub recorded a lead of this name on 27 Feb 2026" in found.because
    assert window("Demo", events=attribution("u1").leads) is None
    clock.move_to(NOON + timedelta(days=4))
    assert window(events=attribution("u1").leads) is None


def test_l2_a_repeat_of_something_unknown_ends_at_the_latest_seven_days_later(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    lead("Demo", click_id="no-such-click")
    with lifted():
        AuditEntry.objects.all().delete()  # as if the app had made it
    clock.shift(timedelta(days=1))
    entry = lead("Demo")
    assert entry.outcome == Outcome.NOT_RECORDED
    assert "outside dubadmin" in entry.explanation
    clock.shift(1)
    found = window("Demo")
    assert found
    assert not found.sure
    assert found.until == "10 Mar 2026, 12:00 UTC at the latest"


def test_l4_r8_every_running_key_is_told_before_a_deletion(
    dub: Sandbox, click: str, clock: time_machine.Traveller
) -> None:
    lead()
    lead("Demo", click_id="no-such-click")
    dub.add_lead(dub.customer("u1"), "Trial", at=NOON - timedelta(days=1))
    dub.add_lead(dub.customer("u1"), "Old", at=NOON - timedelta(days=9))
    clock.shift(1)
    sentences = open_windows("u1", events=attribution("u1").leads)
    assert [sentence.split("”")[0].split("“")[1] for sentence in sentences] == [
        "demo",
        "sign-up",
        "trial",
    ]
    assert "until 9 Mar 2026, 12:00 UTC," in sentences[0]
