"""What the pages say about a lead, trap by trap (L1 to L11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.addresses import customer_url
from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import LEAD, SALE, fill, look, press_send, send

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
DEMO = {"customer_external_id": "u1", "event_name": "Demo"}
NEW = {"customer_external_id": "new", "event_name": "Demo"}
WHY = "Seen in the CRM"


def test_it_works(dub: Sandbox, alice: Client, una: Json) -> None:
    summary = fill(alice, LEAD, **DEMO)
    assert "Nothing has been sent yet." in text_of(summary)
    assert dub.count("POST") == 0
    ended = look(alice, send(alice, LEAD, DEMO))
    assert ended.outcome == "recorded"
    assert "Dub accepted the lead." in ended.says
    assert [lead["event_name"] for lead in dub.leads()] == ["Sign up", "Demo"]


def test_l1_the_corrected_retry_of_a_404_is_warned_of(
    clock: time_machine.Traveller, dub: Sandbox, alice: Client, link: Json
) -> None:
    failed = send(alice, LEAD, NEW | {"click_id": "typo"})
    assert failed.outcome == "refused"
    assert "No click has this ID" in failed.says
    assert "until then a corrected lead needs another event name" in failed.says
    clock.shift(60)
    corrected = f"{LEAD}?again={failed.entry.pk}"
    assert corrected in failed.page.content.decode()
    summary = fill(alice, corrected, click_id=dub.add_click(link))
    assert "tried, and refused by Dub, here on 2 Mar 2026, 12:00" in text_of(summary)
    assert "Until 9 Mar 2026, 12:00 UTC Dub will answer as if all were fine" in text_of(summary)
    assert "Use another event name" in text_of(summary)
    unexplained = press_send(alice, summary)
    assert (outcome_of(unexplained), dub.count("POST")) == ("not_sent", 1)
    ended = send(alice, corrected, {"click_id": dub.add_click(link)}, doubt_reason=WHY)
    assert ended.outcome == "not_recorded"
    assert "The name stays taken until 9 Mar 2026, 12:00 UTC" in ended.says
    assert (dub.leads(), dub.customers()) == ([], [])
    other = {"click_id": dub.add_click(link), "event_name": "Demo 2"}
    assert send(alice, corrected, other).outcome == "recorded"
    assert len(dub.leads()) == 1


@pytest.mark.parametrize("again", ["Book a demo", "book-a-demo", "BOOK A DEMO"])
def test_l2_l3_a_repeat_is_not_recorded(
    clock: time_machine.Traveller, dub: Sandbox, alice: Client, una: Json, again: str
) -> None:
    assert send(alice, LEAD, DEMO | {"event_name": "Book a demo"}).outcome == "recorded"
    clock.shift(timedelta(hours=1))
    summary = fill(alice, LEAD, **DEMO | {"event_name": again})
    assert "A lead of this name was recorded here on 2 Mar 2026, 12:00" in text_of(summary)
    ended = send(alice, LEAD, DEMO | {"event_name": again}, doubt_reason=WHY)
    assert ended.outcome == "not_recorded"
    assert "recorded nothing: it takes this for a repeat" in ended.says
    assert "was recorded here on 2 Mar 2026, 12:00" in ended.says
    assert "Dub accepted" not in ended.says
    assert ended.entry.reason == WHY
    assert len(dub.leads()) == 2


def test_l3_the_form_says_that_the_names_are_one(alice: Client, dub: Sandbox) -> None:
    assert "“Sign up”, “sign-up” and “SIGN UP” are one name" in text_of(alice.get(LEAD))


def test_l4_a_lead_after_a_deletion_creates_no_customer(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    assert send(alice, LEAD, DEMO).outcome == "recorded"
    dub.delete_customer(una)
    given = DEMO | {"click_id": dub.add_click(una["link"])}
    assert "was recorded here" in text_of(fill(alice, LEAD, **given))
    ended = send(alice, LEAD, given, doubt_reason=WHY)
    assert ended.outcome == "not_recorded"
    assert "creates no customer for a repeat" in ended.says
    assert dub.customer("u1") is None


def test_l4_a_customer_that_cannot_be_read_back_is_not_recorded(
    dub: Sandbox, alice: Client, link: Json
) -> None:
    answer = {"click": {"id": "c"}, "link": {"id": "l"}, "customer": {"externalId": "new"}}
    dub.fault(method="POST", path="/track/lead", status=200, body=answer)
    ended = send(alice, LEAD, NEW | {"click_id": dub.add_click(link)})
    assert ended.outcome == "not_recorded"
    assert "it has no such customer" in ended.says


def test_l5_details_of_a_known_customer_are_ignored_and_the_form_says_so(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    edit = f"/customers/{una['id']}/edit/"
    form = alice.get(f"{LEAD}?customer=u1")
    assert "Dub knows this customer and ignores these. Edit the customer instead." in text_of(form)
    assert f'href="{edit}"' in form.content.decode()
    given = DEMO | {"customer_name": "Una Bell"}
    summary = fill(alice, LEAD, **given)
    assert "Dub ignores name, e-mail and avatar for a customer that it knows" in text_of(summary)
    assert f'href="{edit}"' in summary.content.decode()
    ended = send(alice, LEAD, given, doubt_reason=WHY)
    assert ended.outcome == "differs"
    assert "not every detail was stored" in ended.says
    assert "Una Bell" in ended.says
    assert (dub.customer("u1") or {})["name"] == "Una"


def test_l6_a_customer_without_a_link_is_warned_of_everywhere(
    dub: Sandbox, alice: Client, link: Json
) -> None:
    customer = dub.add_customer("Nil", email="nil@example.com", external_id="u2")
    page = text_of(alice.get(f"/customers/{customer['id']}/"))
    assert "has no referral link and cannot gain one" in page
    given = {"customer_external_id": "u2", "click_id": dub.add_click(link)}
    summary = fill(alice, LEAD, **given)
    assert "never gains one from a lead: later sales will be refused" in text_of(summary)
    assert "no referral link" in text_of(summary)
    assert send(alice, LEAD, given, doubt_reason=WHY).outcome == "recorded"
    assert "link" not in (dub.customer("u2") or {})
    sale = fill(alice, SALE, customer_external_id="u2", amount="10")
    assert "Neither a lead nor a sale can add one" in text_of(sale)
    assert "This cannot be sent" in text_of(sale)


def test_l7_a_deferred_lead_only_saves_the_customer(
    dub: Sandbox, alice: Client, link: Json
) -> None:
    given = NEW | {"click_id": dub.add_click(link), "mode": "deferred"}
    assert "Dub saves the customer but records no lead" in text_of(fill(alice, LEAD, **given))
    ended = send(alice, LEAD, given, doubt_reason=WHY)
    assert ended.outcome == "recorded"
    assert "Customer saved, lead deferred" in ended.says
    assert "accepted the lead" not in ended.says
    assert (dub.leads(), dub.customer("new") is not None) == ([], True)


def test_l7_a_deferred_lead_for_a_known_customer_is_not_recorded(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = send(alice, LEAD, DEMO | {"mode": "deferred"}, doubt_reason=WHY)
    assert ended.outcome == "not_recorded"
    assert "Dub knew this customer already" in ended.says


def test_l8_without_a_click_an_unknown_customer_is_stopped(dub: Sandbox, alice: Client) -> None:
    summary = fill(alice, LEAD, **NEW)
    assert "without a click ID it cannot create the customer" in text_of(summary)
    assert "Record this lead" not in text_of(summary)
    pressed = press_send(alice, summary)
    entry = AuditEntry.objects.get(action="lead.record")
    assert (outcome_of(pressed), entry.outcome) == ("not_sent", "not_sent")
    assert dub.count("POST") == 0


def test_l8_without_a_click_a_known_customer_keeps_its_own(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    summary = text_of(fill(alice, LEAD, **DEMO))
    assert "Dub reuses the click stored with this customer" in summary
    assert send(alice, LEAD, DEMO).outcome == "recorded"
    assert dub.leads()[-1]["click_id"] == dub.leads()[0]["click_id"]


def test_l8_a_known_customer_without_any_click_is_refused_in_words(
    dub: Sandbox, alice: Client
) -> None:
    dub.add_customer("Nil", email="nil@example.com", external_id="u1")
    assert "Without a click Dub refuses the lead" in text_of(fill(alice, LEAD, **DEMO))
    ended = send(alice, LEAD, DEMO, doubt_reason=WHY)
    assert ended.outcome == "refused"
    assert "or that customer has no click" in ended.says


def test_l9_a_quantity_is_confirmed(dub: Sandbox, alice: Client, una: Json) -> None:
    given = DEMO | {"event_quantity": "3", "reason": WHY}
    summary = fill(alice, LEAD, **given)
    assert "This writes 3 lead events, not one" in text_of(summary)
    assert "Type the number of lead events" in text_of(summary)
    for typed, complaint in (("", "required"), ("2", "would be written 3 times")):
        again = press_send(alice, summary, confirmed_quantity=typed)
        assert complaint in text_of(again)
        assert outcome_of(again) == "not_sent"
    assert dub.count("POST") == 0
    assert send(alice, LEAD, given, confirmed_quantity="3").outcome == "recorded"
    assert [lead["event_name"] for lead in dub.leads()[1:]] == ["Demo"] * 3


@pytest.mark.parametrize("quantity", ["0", "101", "-1"])
def test_l9_a_quantity_that_dub_does_not_take_stays_on_the_form(
    dub: Sandbox, alice: Client, una: Json, quantity: str
) -> None:
    page = fill(alice, LEAD, **DEMO | {"event_quantity": quantity})
    assert "Nothing was sent to Dub. Please correct this: Quantity" in text_of(page)


def test_l10_the_result_leads_to_the_new_customer(dub: Sandbox, alice: Client, link: Json) -> None:
    given = {"customer_external_id": "a/b c", "click_id": dub.add_click(link)}
    ended = send(alice, LEAD, given | {"customer_name": "Ada Bee"})
    assert ended.outcome == "recorded"
    address = customer_url("ext_a/b c")
    assert f'href="{address}"' in ended.page.content.decode()
    assert "Ada Bee" in text_of(alice.get(address))


@pytest.mark.parametrize("mode", ["async", "wait"])
def test_l11_the_page_waits_for_the_event_and_then_says_so(
    dub: Sandbox, alice: Client, una: Json, mode: str
) -> None:
    dub.background_ms = 60_000
    ended = send(alice, LEAD, DEMO | {"mode": mode})
    assert ended.outcome == "recorded"
    assert "Dub is still updating totals" in ended.says
    follow = f"/results/{ended.entry.pk}/follow/"
    assert f'hx-get="{follow}"' in ended.page.content.decode()
    assert "Confirmed" not in text_of(alice.get(follow))
    dub.settle()
    fragment = alice.get(follow)
    assert "Confirmed: the event is at Dub." in text_of(fragment)
    assert "hx-get" not in fragment.content.decode()
