"""What the pages say about a sale, trap by trap (S1 to S16)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest
import time_machine
from django.test import Client

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import LEAD, SALE, Ended, fields_of, fill, landed, look, press_send, send

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
BUY = {"customer_external_id": "u1", "amount": "49.00", "invoice_id": "INV-1"}
WHY = "Paid by bank transfer"


def made_elsewhere(dub: Sandbox, **changes: Any) -> None:
    """A sale that the customer's own app has sent to Dub."""
    body = {"customerExternalId": "u1", "amount": 4900, "eventName": "Purchase"}
    body |= {"invoiceId": "INV-1", "paymentProcessor": "custom"} | changes
    request = Request(
        f"{dub.url}/track/sale",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {dub.api_key}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def row(ended: Ended, label: str) -> Json:
    return next(each for each in ended.entry.comparison if each["label"] == label)


def sent_amounts(dub: Sandbox) -> list[int]:
    return [request.body["amount"] for request in dub.requests if request.method == "POST"]


def test_it_works(dub: Sandbox, alice: Client, una: Json) -> None:
    summary = fill(alice, SALE, **BUY)
    assert "Nothing has been sent yet." in text_of(summary)
    assert "49.00 USD sent as 4900" in text_of(summary)
    assert dub.count("POST") == 0
    ended = look(alice, landed(press_send(alice, summary)))
    assert ended.outcome == "recorded"
    assert "Dub accepted the sale." in ended.says
    assert "Confirmed: the event is at Dub." in ended.says
    assert [(sale["invoice_id"], sale["amount"]) for sale in dub.sales()] == [("INV-1", 4900)]


def test_s1_an_unknown_customer_is_stopped_before_sending(dub: Sandbox, alice: Client) -> None:
    summary = fill(alice, SALE, **BUY)
    assert "Dub has no customer with this external ID and would record nothing" in text_of(summary)
    assert "Record this sale" not in text_of(summary)
    pressed = press_send(alice, summary)
    entry = AuditEntry.objects.get(action="sale.record")
    assert (outcome_of(pressed), entry.outcome) == ("not_sent", "not_sent")
    assert dub.count("POST") == 0


def test_an_email_in_place_of_the_external_id_is_told_whose_it_is(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    typed = BUY | {"customer_external_id": "Una@example.com", "reason": "By phone"}
    summary = fill(alice, SALE, **typed)
    assert "This e-mail belongs to Una ( u1 )." in text_of(summary)
    assert 'name="customer_instead" value="u1"' in summary.text
    taken = alice.post(SALE, fields_of(summary) | {"customer_instead": "u1"})
    assert "Dub knows this customer: una@example.com." in text_of(taken)
    assert "This e-mail belongs to" not in text_of(taken)
    ended = landed(press_send(alice, taken))
    assert (ended.outcome, ended.entry.reason) == ("recorded", "By phone")
    assert [(sale["invoice_id"], sale["amount"]) for sale in dub.sales()] == [("INV-1", 4900)]


def test_an_email_of_nobody_offers_nobody(dub: Sandbox, alice: Client, una: Json) -> None:
    summary = fill(alice, SALE, **BUY | {"customer_external_id": "una@example.org"})
    assert "Dub has no customer with this external ID" in text_of(summary)
    assert "customer_instead" not in summary.text


def test_s1_a_200_with_nulls_is_not_recorded(dub: Sandbox, alice: Client, una: Json) -> None:
    nothing = {"eventName": "Purchase", "customer": None, "sale": None}
    dub.fault(method="POST", path="/track/sale", status=200, body=nothing)
    ended = send(alice, SALE, BUY)
    assert ended.outcome == "not_recorded"
    assert "recorded nothing: it has no customer with this external ID" in ended.says
    assert "Dub accepted" not in ended.says


@pytest.mark.parametrize("amount", ["0", "0.00"])
def test_s2_zero_stays_on_the_form(dub: Sandbox, alice: Client, una: Json, amount: str) -> None:
    page = text_of(fill(alice, SALE, **BUY | {"amount": amount}))
    assert "Nothing was sent to Dub" in page
    assert "The amount must be greater than zero." in page


def without_link(dub: Sandbox) -> None:
    dub.add_customer("Nil", email="nil@example.com", external_id="u1")


def with_disabled_link(dub: Sandbox) -> None:
    link = dub.add_link(key="off", disabled=True)
    dub.add_customer("Dis", email="dis@example.com", external_id="u1", link=link, lead="Sign up")


def without_lead(dub: Sandbox) -> None:
    dub.add_customer("Led", email="led@example.com", external_id="u1", link=dub.add_link(key="go"))


def test_a_customer_without_a_link_has_one_reason_and_no_button(
    dub: Sandbox, alice: Client
) -> None:
    without_link(dub)
    assert "lead first" not in text_of(fill(alice, SALE, **BUY))
    page = alice.get("/customers/ext_u1/").text
    assert "/leads/new/?customer=u1" in page
    assert "/sales/new/?customer=u1" not in page


@pytest.mark.parametrize(
    ("customer", "says"),
    [
        (without_link, "has no referral link, so Dub refuses every sale for it"),
        (with_disabled_link, "The referral link go.example.com/off is disabled"),
        (without_lead, "has no lead, so Dub refuses the sale"),
    ],
)
def test_s3_each_cause_is_found_before_sending(
    dub: Sandbox, alice: Client, customer: Any, says: str
) -> None:
    customer(dub)
    summary = fill(alice, SALE, **BUY)
    assert says in text_of(summary)
    assert "This cannot be sent" in text_of(summary)
    assert outcome_of(press_send(alice, summary)) == "not_sent"
    assert dub.count("POST") == 0


REFUSALS = {
    "Link not found for customer cus_1": "Dub credits a sale to a link, and this customer has none",
    "Link link_1 for customer cus_1 is disabled, sale not tracked": (
        "The customer's referral link (link_1) is disabled at Dub"
    ),
    "Link link_1 for customer cus_1 does not belong to the workspace": (
        "(link_1) does not belong to this workspace"
    ),
    "Lead event not found for externalId: u1 and leadEventName: null": (
        "found none for this customer"
    ),
    "Lead event not found for externalId: u1 and leadEventName: Trial": (
        "Dub found no lead named “Trial” for this customer"
    ),
}


@pytest.mark.parametrize("message", REFUSALS)
def test_s3_each_refusal_of_dub_has_words_of_its_own(
    dub: Sandbox, alice: Client, una: Json, message: str
) -> None:
    dub.fault(method="POST", path="/track/sale", status=404, message=message)
    ended = send(alice, SALE, BUY)
    assert ended.outcome == "refused"
    assert REFUSALS[message] in ended.says
    assert [text for text in REFUSALS.values() if text in ended.says] == [REFUSALS[message]]
    assert "Correct and try again" in ended.says


def test_s3_dubs_analytics_down_is_no_missing_lead(dub: Sandbox, alice: Client, una: Json) -> None:
    dub.analytics_down = True
    summary = text_of(fill(alice, SALE, **BUY))
    assert "Dub's events could not be read, so it is not sure that there is a lead" in summary
    ended = send(alice, SALE, BUY, doubt_reason=WHY)
    assert ended.outcome == "refused"
    assert "when its analytics are briefly down, so trying again later can succeed" in ended.says
    dub.analytics_down = False
    again = f"{SALE}?again={ended.entry.pk}"
    assert send(alice, again, {}).outcome == "recorded"
    assert [sale["invoice_id"] for sale in dub.sales()] == ["INV-1"]


def test_s4_what_dub_ignores_is_said_once_the_customer_is_found(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    form = alice.get(f"{SALE}?customer=u1")
    assert "Dub knows this customer and ignores these. Edit the customer instead." in text_of(form)
    other = dub.add_click(dub.add_link(key="other"))
    given = BUY | {"click_id": other, "customer_name": "Una Bell"}
    summary = text_of(fill(alice, SALE, **given))
    assert "Dub ignores click ID, name, e-mail and avatar for a customer that it knows" in summary
    assert send(alice, SALE, given, doubt_reason=WHY).outcome == "recorded"
    assert dub.sales()[0]["link_id"] == una["link"]["id"]
    assert (dub.customer("u1") or {})["name"] == "Una"


def test_s4_a_direct_sale_creates_a_new_customer(dub: Sandbox, alice: Client, link: Json) -> None:
    given = BUY | {"click_id": dub.add_click(link), "customer_name": "Ada"}
    assert "the sale creates the customer" in text_of(fill(alice, SALE, **given))
    ended = look(alice, send(alice, SALE, given))
    assert ended.outcome == "recorded"
    assert "Confirmed" in ended.says
    assert "Ada" in text_of(alice.get("/customers/ext_u1/"))


@pytest.fixture
def two_leads(dub: Sandbox, una: Json) -> dict[str, str]:
    """Una has a newer lead through another link; the links by the leads' names."""
    newer = dub.add_link(key="spring")
    dub.add_lead(una, "Trial", link=newer)
    return {"Sign up": una["link"]["id"], "Trial": newer["id"]}


def test_s5_the_newest_lead_and_its_link_are_shown_and_credited(
    dub: Sandbox, alice: Client, two_leads: dict[str, str]
) -> None:
    summary = text_of(fill(alice, SALE, **BUY))
    assert "credited to the lead “Trial” through go.example.com/spring" in summary
    assert send(alice, SALE, BUY).outcome == "recorded"
    assert dub.sales()[0]["link_id"] == two_leads["Trial"]


def test_s5_another_lead_since_the_summary_is_looked_at_before_it_is_credited(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    summary = fill(alice, SALE, **BUY)
    assert "credited to the lead “Sign up”" in text_of(summary)
    dub.add_lead(una, "Trial", link=dub.add_link("spring"))
    again = press_send(alice, summary)
    assert "credited to the lead “Trial”" in text_of(again)
    assert "who would be credited has changed" in text_of(again)
    assert dub.count("POST", "/track/sale") == 0
    assert outcome_of(press_send(alice, again)) == "recorded"


def test_s5_a_named_lead_is_credited_in_exactly_its_spelling(
    dub: Sandbox, alice: Client, two_leads: dict[str, str]
) -> None:
    wrong = text_of(fill(alice, SALE, **BUY | {"lead_event_name": "sign up"}))
    assert "no lead named exactly “sign up”" in wrong
    assert "This cannot be sent" in wrong
    right = BUY | {"lead_event_name": "Sign up"}
    assert "the lead “Sign up” through go.example.com/go" in text_of(fill(alice, SALE, **right))
    assert send(alice, SALE, right).outcome == "recorded"
    assert dub.sales()[0]["link_id"] == two_leads["Sign up"]


@pytest.mark.parametrize("change", [{"amount": "50"}, {"customer_external_id": "u2"}])
def test_s6_another_sale_with_the_same_invoice_id_is_stopped(
    dub: Sandbox, alice: Client, una: Json, change: dict[str, str]
) -> None:
    dub.add_customer("Uma", email="uma@example.com", external_id="u2", link=una["link"], lead="A")
    first = send(alice, SALE, BUY)
    summary = fill(alice, SALE, **BUY | change)
    assert f"by alice for u1, 49.00 USD (entry #{first.entry.pk})" in text_of(summary)
    assert "That is another sale, so use another invoice ID" in text_of(summary)
    assert outcome_of(press_send(alice, summary)) == "not_sent"
    assert dub.count("POST", "/track/sale") == 1


@pytest.mark.parametrize(
    "other", [{"customerExternalId": "u2"}, {"amount": 700}, {"eventName": "Upgrade"}]
)
def test_s6_a_replay_of_another_sale_is_not_recorded(
    dub: Sandbox, alice: Client, una: Json, other: Json
) -> None:
    dub.add_customer("Uma", email="uma@example.com", external_id="u2", link=una["link"], lead="A")
    made_elsewhere(dub, **other)
    ended = send(alice, SALE, BUY | {"reason": WHY})
    assert ended.outcome == "not_recorded"
    assert "Dub replayed an earlier sale with this invoice ID" in ended.says
    assert "Differs" in ended.says
    assert len(dub.sales()) == 1


def test_s8_an_old_invoice_id_needs_a_reason_and_then_counts_again(
    clock: time_machine.Traveller, dub: Sandbox, sign_in: Callable[[str], Client], una: Json
) -> None:
    assert send(sign_in("alice"), SALE, BUY).outcome == "recorded"
    clock.shift(timedelta(days=8))
    alice = sign_in("alice")
    summary = fill(alice, SALE, **BUY)
    assert "This invoice ID was sent on 2 Mar 2026, 12:00 by alice" in text_of(summary)
    assert "later the sale would count twice" in text_of(summary)
    assert outcome_of(press_send(alice, summary)) == "not_sent"
    assert len(dub.sales()) == 1
    ended = landed(press_send(alice, summary, doubt_reason=WHY))
    assert (ended.outcome, ended.entry.asked["override"]) == ("recorded", True)
    assert WHY in ended.says
    assert len(dub.sales()) == 2


def test_s8_within_seven_days_the_same_invoice_id_is_a_replay(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    first = send(alice, SALE, BUY)
    assert first.outcome == "recorded"
    ended = send(alice, SALE, BUY, doubt_reason=WHY)
    assert ended.outcome == "not_recorded"
    assert len(dub.sales()) == 1
    assert "Asked, and what Dub had" in ended.says
    assert "Already at Dub since" in ended.says
    assert "Stored by Dub" not in ended.says
    assert "badge ok" not in ended.page.text
    assert f'primary" href="/results/{first.entry.pk}/">Open the earlier sale' in ended.page.text
    assert "Correct and try again" not in ended.says


def test_a_replay_of_a_sale_from_elsewhere_has_no_earlier_sale_to_open(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    made_elsewhere(dub)
    ended = send(alice, SALE, BUY | {"reason": WHY})
    assert ended.outcome == "not_recorded"
    assert "Already at Dub" in ended.says
    assert "Open the earlier sale" not in ended.says


def test_an_invoice_id_that_differs_only_in_capitals_is_in_doubt(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    assert send(alice, SALE, BUY | {"invoice_id": "INV-7"}).outcome == "recorded"
    told = "There is a sale with the invoice ID {other}. To Dub that is another one"
    summary = fill(alice, SALE, **BUY | {"invoice_id": "inv-7"})
    assert told.format(other="INV-7") in text_of(summary)
    assert outcome_of(press_send(alice, summary)) == "not_sent"
    made_elsewhere(dub, invoiceId="Ab-cD")
    summary = fill(alice, SALE, **BUY | {"invoice_id": "ab-cd"})
    assert told.format(other="Ab-cD") in text_of(summary)
    assert "There is a sale with" not in text_of(fill(alice, SALE, **BUY | {"invoice_id": "I-8"}))


def test_a_form_sent_again_says_that_it_was_not(dub: Sandbox, alice: Client, una: Json) -> None:
    summary = fill(alice, SALE, **BUY)
    assert landed(press_send(alice, summary)).outcome == "recorded"
    again = landed(press_send(alice, summary))
    assert "This was sent before and not again. Here is what became of it." in again.says
    assert "This was sent before" not in look(alice, again).says
    assert len(dub.sales()) == 1


def test_the_customer_stays_beside_the_form_after_an_error_and_on_the_way_back(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    card = 'aria-label="The customer"'
    assert card in fill(alice, SALE, **BUY | {"amount": "none"}).text
    summary = fill(alice, SALE, **BUY)
    back = alice.post(SALE, fields_of(summary) | {"step": "edit"})
    assert card in back.text
    assert card not in fill(alice, SALE, amount="none", customer_external_id="u2").text


def test_what_is_too_long_is_said_and_not_cut(dub: Sandbox, alice: Client, una: Json) -> None:
    assert "maxlength" not in alice.get(SALE).text.split("<main", 1)[1].split("</main", 1)[0]
    page = fill(alice, SALE, **BUY | {"invoice_id": "9" * 191})
    assert "at most 190 characters (it has 191)" in text_of(page)
    assert "9" * 191 in page.text


def test_the_processor_is_called_the_same_before_and_after(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    custom = "Payment processor Custom (bank transfer, other)"
    assert custom in text_of(fill(alice, SALE, **BUY))
    assert custom in send(alice, SALE, BUY).says


def test_the_home_page_has_the_amount(dub: Sandbox, alice: Client, una: Json) -> None:
    assert send(alice, SALE, BUY).outcome == "recorded"
    home = text_of(alice.get("/"))
    assert "Sale Recorded 49.00 USD" in home[home.index("Your last changes") :]


def test_s9_a_sale_is_dated_now(dub: Sandbox, alice: Client, una: Json) -> None:
    assert "A sale is dated now; Dub cannot back-date it" in text_of(alice.get(SALE))
    summary = text_of(fill(alice, SALE, **BUY))
    assert "Dub dates it itself: now. It cannot be back-dated." in summary


def test_the_reason_stands_apart_from_what_is_sent(dub: Sandbox, alice: Client, una: Json) -> None:
    sent, kept = text_of(fill(alice, SALE, **BUY | {"reason": WHY})).split("Not sent to Dub")
    assert WHY not in sent[sent.index("What will be sent") :]
    assert f"Reason {WHY} Only in the audit log." in kept


def test_an_amount_in_another_currency_than_the_chosen_one_is_told_as_it_is_typed(
    dub: Sandbox, alice: Client
) -> None:
    told = text_of(alice.get("/sales/minor/", {"amount": "49.90 €", "currency": "USD"}))
    assert told == "The amount says EUR, the currency USD. Choose which one it is."
    told = text_of(alice.get("/sales/minor/", {"amount": "49.90 €", "currency": "EUR"}))
    assert told == "49.90 EUR, sent as 4990"


def test_s10_both_amounts_are_shown(dub: Sandbox, alice: Client, una: Json) -> None:
    given = BUY | {"amount": "12.34", "currency": "EUR"}
    summary = text_of(fill(alice, SALE, **given))
    assert "converted at its rate of today" in summary
    assert "12.34 EUR sent as 1234" in summary
    ended = send(alice, SALE, given)
    assert ended.outcome == "recorded"
    assert (row(ended, "Amount")["asked"], row(ended, "Amount")["stored"]) == (
        "12.34 EUR",
        "14.35 USD",
    )
    assert "12.34 EUR 14.35 USD Converted" in ended.says
    assert dub.sales()[0]["amount"] == 1435


def test_s11_a_currency_without_a_rate_is_stored_differently(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = send(alice, SALE, BUY | {"currency": "PGK"})
    assert ended.outcome == "differs"
    assert "Recorded, but stored differently" in ended.says
    assert "no exchange rate for PGK: it keeps the bare number and adds it to totals" in ended.says


def test_s11_only_currencies_can_be_chosen(dub: Sandbox, alice: Client, una: Json) -> None:
    page = text_of(fill(alice, SALE, **BUY | {"currency": "XXX"}))
    assert "Nothing was sent to Dub" in page
    assert "Currency : Select a valid choice" in page


@pytest.mark.parametrize(
    ("amount", "currency", "number"),
    [
        ("1580", "JPY", 1580),
        ("12.34", "EUR", 1234),
        ("1580", "ISK", 158_000),
        ("1580", "MGA", 1580),
        ("10.5", "KWD", 1050),
    ],
)
def test_s12_the_number_that_is_sent_stands_on_the_summary(
    dub: Sandbox, alice: Client, una: Json, amount: str, currency: str, number: int
) -> None:
    query = {"amount": amount, "currency": currency}
    assert f"{currency}, sent as {number}" in text_of(alice.get("/sales/minor/", query))
    given = BUY | query
    assert f"{currency} sent as {number}" in text_of(fill(alice, SALE, **given))
    send(alice, SALE, given)
    assert sent_amounts(dub) == [number]


@pytest.mark.parametrize(("amount", "currency"), [("10.505", "KWD"), ("10.5", "JPY")])
def test_s12_what_dub_cannot_hold_is_refused(
    dub: Sandbox, alice: Client, una: Json, amount: str, currency: str
) -> None:
    page = text_of(fill(alice, SALE, **BUY | {"amount": amount, "currency": currency}))
    assert "Nothing was sent to Dub" in page
    assert "Dub keeps no" in page


def test_an_amount_may_name_its_currency_but_no_other_than_the_chosen(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    euros = BUY | {"amount": "1.234,56 €", "currency": "EUR"}
    assert "1,234.56 EUR" in text_of(fill(alice, SALE, **euros))
    page = text_of(fill(alice, SALE, **euros | {"currency": "USD"}))
    assert "The amount says EUR, the currency USD. Choose which one it is." in page
    page = text_of(fill(alice, SALE, **euros | {"amount": "12 ABC"}))
    assert "Enter an amount in digits" in page
    hint = alice.get("/sales/minor/", {"amount": "1.234,56 €", "currency": "EUR"})
    assert "1,234.56 EUR, sent as 123456" in text_of(hint)
    assert dub.count("POST") == 0


def test_s13_there_is_no_way_back_and_the_pages_say_so(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    assert "It cannot be refunded or deleted either" in text_of(alice.get(SALE))
    page = text_of(fill(alice, SALE, **BUY | {"amount": "-5"}))
    assert "Nothing was sent to Dub. Please correct this: Amount" in page
    assert dub.count("POST") == 0


def test_s14_a_large_amount_is_warned_of_and_typed_twice(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    given = BUY | {"amount": "30,000,000.00", "reason": WHY}
    summary = fill(alice, SALE, **given)
    assert "Above 21,474,836.47 USD Dub records the sale but no commission" in text_of(summary)
    assert "Type the amount again" in text_of(summary)
    for typed, complaint in (("", "required"), ("3000000", "This is not the amount above")):
        again = press_send(alice, summary, retyped_amount=typed)
        assert complaint in text_of(again)
        assert outcome_of(again) == "not_sent"
    assert dub.count("POST") == 0
    ended = landed(press_send(alice, summary, retyped_amount="30000000"))
    assert ended.outcome == "recorded"
    assert "so Dub records no commission for it" in ended.says


def test_s14_another_currency_is_judged_by_what_dub_stored(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    given = BUY | {"amount": "20000000", "currency": "EUR"}
    summary = fill(alice, SALE, **given)
    assert "Should that be above 21,474,836.47 USD" in text_of(summary)
    ended = landed(press_send(alice, summary, retyped_amount="20000000"))
    assert "so Dub records no commission for it" in ended.says


def test_s14_the_amount_to_retype_is_a_setting(
    dub: Sandbox, alice: Client, una: Json, settings: Any
) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 49
    assert "Type the amount again" not in text_of(fill(alice, SALE, **BUY))
    assert "Type the amount again" in text_of(fill(alice, SALE, **BUY | {"amount": "49.01"}))


@pytest.mark.parametrize(
    ("typed", "number"), [("0.29", 29), ("1.15", 115), ("4,503.59", 450_359), ("1.001,10", 100_110)]
)
def test_s15_not_a_cent_is_lost(
    dub: Sandbox, alice: Client, una: Json, typed: str, number: int
) -> None:
    assert send(alice, SALE, BUY | {"amount": typed}).outcome == "recorded"
    assert (sent_amounts(dub), dub.sales()[0]["amount"]) == ([number], number)


def test_s16_who_and_why_are_in_the_log(
    dub: Sandbox, alice: Client, una: Json, sign_in: Any
) -> None:
    ended = send(alice, SALE, BUY | {"reason": WHY})
    assert f"Reason {WHY}" in ended.says
    logged = text_of(sign_in("otto").get(f"/audit/{ended.entry.pk}/"))
    assert "Who alice Editor" in logged
    assert WHY in logged
    assert not dub.sales()[0]["metadata"]


@pytest.mark.parametrize("address", [SALE, LEAD])
def test_s16_the_reference_is_opt_in_and_announced(
    dub: Sandbox, alice: Client, una: Json, settings: Any, address: str
) -> None:
    given = BUY if address == SALE else {"customer_external_id": "u1", "event_name": "Demo"}
    assert "dubadmin_ref" not in text_of(fill(alice, address, **given))
    settings.ADD_REFERENCE_TO_METADATA = True
    assert "dubadmin_ref" in text_of(fill(alice, address, **given))
    ended = send(alice, address, given)
    [event] = (dub.sales() if address == SALE else dub.leads())[-1:]
    assert json.loads(event["metadata"]) == {"dubadmin_ref": ended.entry.request_id}
    assert ended.entry.request_id in ended.says
