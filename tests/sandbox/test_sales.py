"""POST /track/sale: traps S1 to S16."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import message

WEEK = 7 * 24 * 3600
NOTHING = {"eventName": "Purchase", "customer": None, "sale": None}


def test_it_works(dub, api, alice):
    answer = api.sale(
        "alice", 4900, paymentProcessor="stripe", invoiceId="INV_1", metadata={"a": 1}
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "eventName": "Purchase",
        "customer": {
            "id": alice["id"],
            "name": "Alice Abadi",
            "email": "alice@example.com",
            "avatar": None,
            "externalId": "alice",
        },
        "sale": {
            "amount": 4900,
            "currency": "usd",
            "paymentProcessor": "stripe",
            "invoiceId": "INV_1",
            "metadata": {"a": 1},
        },
    }
    (sale,) = dub.sales()
    assert (sale["external_id"], sale["amount"], sale["invoice_id"]) == ("alice", 4900, "INV_1")
    customer = dub.customer("alice")
    assert (customer["sales"], customer["saleAmount"]) == (1, 4900)
    assert customer["firstSaleAt"] is not None


def test_totals_and_commission_follow(dub, api, alice):
    api.sale("alice", 4900, invoiceId="INV_1")
    api.sale("alice", 100)
    found = api.get("/links/info?domain=go.example.com&key=ada").json()
    assert (found["sales"], found["saleAmount"], found["conversions"]) == (2, 5000, 1)
    commissions = api.get("/commissions").json()
    assert [(entry["amount"], entry["earnings"]) for entry in commissions] == [
        (100, 20),
        (4900, 980),
    ]
    assert commissions[1]["invoiceId"] == "INV_1"
    assert commissions[1]["customer"]["externalId"] == "alice"


def test_s1_unknown_customer_without_click_answers_nulls(dub, api):
    answer = api.sale("nobody")
    assert (answer.status_code, answer.json()) == (200, NOTHING)
    assert dub.sales() == []


def test_s2_amount_zero_answers_nulls(dub, api, alice):
    assert api.sale("alice", 0, eventName="Free").json() == NOTHING | {"eventName": "Free"}
    assert dub.sales() == []


def test_s2_amount_zero_with_a_click_still_creates_customer_and_lead(dub, api, click):
    assert api.sale("new", 0, clickId=click).json() == NOTHING
    assert dub.customer("new") is not None
    assert [lead["event_name"] for lead in dub.leads()] == ["Direct sale tracking lead event"]


def test_s3_customer_without_link(dub, api):
    bare = dub.add_customer(external_id="bare")
    answer = api.sale("bare")
    assert (answer.status_code, message(answer)) == (
        404,
        f"Link not found for customer {bare['id']}",
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("disabled", "is disabled, sale not tracked"),
        ("foreign", "does not belong to the workspace"),
    ],
)
def test_s3_customer_with_a_bad_link(dub, api, alice, kind, reason):
    link = alice["link"]["id"]
    dub.change_link(link, **{kind: True})
    answer = api.sale("alice")
    assert answer.status_code == 404
    assert message(answer) == f"Link {link} for customer {alice['id']} {reason}"


def test_s3_customer_without_lead(dub, api, link):
    dub.add_customer(external_id="no-lead", link=link)
    assert message(api.sale("no-lead")) == (
        "Lead event not found for externalId: no-lead and leadEventName: null"
    )


def test_s3_analytics_down_looks_the_same_and_passes(dub, api, alice):
    dub.analytics_down = True
    answer = api.sale("alice")
    assert answer.status_code == 404
    assert message(answer).startswith("Lead event not found")
    dub.analytics_down = False
    assert api.sale("alice").status_code == 200


def test_s4_click_and_person_are_ignored_for_an_existing_customer(dub, api, alice, link):
    other = dub.add_link("other")
    api.sale("alice", clickId=dub.add_click(other), customerName="New", customerEmail="n@ew.com")
    assert dub.sales()[0]["link_id"] == link["id"]
    assert dub.customer("alice")["name"] == "Alice Abadi"


def test_s4_unknown_click_is_ignored_too(api, alice):
    assert api.sale("alice", clickId="zzz").status_code == 200


def test_s5_newest_lead_has_the_credit(dub, api, alice):
    other = dub.add_link("other", partner=dub.add_partner("Newer"))
    dub.add_lead(alice, "Upgrade", link=other)
    api.sale("alice")
    assert dub.sales()[0]["link_id"] == other["id"]
    assert dub.customer("alice")["link"]["key"] == "ada"
    assert dub.customer("alice")["partner"]["name"] == "Newer"


def test_s5_lead_event_name_picks_another_by_its_exact_case(dub, api, alice, link):
    dub.add_lead(alice, "Upgrade", link=dub.add_link("other"))
    assert api.sale("alice", leadEventName="Sign up").status_code == 200
    assert dub.sales()[0]["link_id"] == link["id"]
    answer = api.sale("alice", leadEventName="sign up")
    assert answer.status_code == 404
    assert message(answer) == (
        "Lead event not found for externalId: alice and leadEventName: sign up"
    )


def test_s6_invoice_replays_the_first_answer_whatever_is_asked(dub, api, alice):
    first = api.sale("alice", 4900, invoiceId="INV_1")
    dub.add_customer(external_id="bob")
    assert api.sale("alice", 100, invoiceId="INV_1").text == first.text
    assert api.sale("bob", 200, eventName="Other", invoiceId="INV_1").text == first.text
    assert len(dub.sales()) == 1


def test_s6_what_recorded_nothing_is_not_replayed(dub, api, link):
    api.sale("late", invoiceId="INV_1")
    dub.add_customer(external_id="late", link=link, lead="Sign up")
    assert api.sale("late", invoiceId="INV_1").json()["sale"] is not None


def test_s7_two_quick_submits_both_record(dub, api, alice):
    dub.sale_work_ms = 200
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: api.sale("alice", invoiceId="INV_1"), range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(dub.sales()) == 2


def test_s8_after_seven_days_the_invoice_records_again_without_commission(dub, api, alice):
    api.sale("alice", invoiceId="INV_1")
    dub.advance(WEEK + 1)
    api.sale("alice", invoiceId="INV_1")
    assert len(dub.sales()) == 2
    assert dub.customer("alice")["saleAmount"] == 9800
    assert len(api.get("/commissions").json()) == 1


def test_s9_no_back_dating(dub, api, alice):
    api.sale("alice", timestamp="2020-01-01T00:00:00Z", createdAt="2020-01-01")
    assert dub.sales()[0]["at"] > "2025"


@pytest.mark.parametrize(
    ("currency", "amount", "stored"),
    [("EUR", 1234, 1435), ("eur", 1234, 1435), ("jpy", 1580, 1066), ("USD", 5, 5)],
)
def test_s10_other_currencies_become_usd_cents(api, alice, currency, amount, stored):
    sale = api.sale("alice", amount, currency=currency).json()["sale"]
    assert (sale["amount"], sale["currency"]) == (stored, "usd")
    assert api.customer("alice").json()["saleAmount"] == stored


def test_s11_unknown_currency_keeps_the_raw_number(dub, api, alice):
    sale = api.sale("alice", 777, currency="XYZ").json()["sale"]
    assert (sale["amount"], sale["currency"]) == (777, "xyz")
    assert dub.customer("alice")["saleAmount"] == 777


@pytest.mark.parametrize(
    ("currency", "amount", "stored"),
    [("ISK", 158000, 1290), ("MGA", 1580, 36), ("KWD", 1050, 3431)],
)
def test_s12_decimals_go_by_dubs_own_list(api, alice, currency, amount, stored):
    assert api.sale("alice", amount, currency=currency).json()["sale"]["amount"] == stored


def test_s13_negative_amounts_are_refused(api, alice):
    answer = api.sale("alice", -1)
    assert (answer.status_code, message(answer)) == (
        422,
        "too_small: amount: amount cannot be negative",
    )


def test_s14_beyond_32_bits_there_is_a_sale_but_no_commission(dub, api, alice):
    api.sale("alice", 2**31 - 1)
    api.sale("alice", 2**31)
    assert dub.customer("alice")["saleAmount"] == 2**32 - 1
    assert [entry["amount"] for entry in api.get("/commissions").json()] == [2**31 - 1]


def test_s15_amount_is_a_safe_integer(dub, api, alice):
    assert api.sale("alice", 2**53 - 1).json()["sale"]["amount"] == 2**53 - 1
    assert message(api.sale("alice", 49.5)) == (
        "invalid_type: amount: Invalid input: expected int, received number"
    )
    assert message(api.sale("alice", 2**53)) == (
        "too_big: amount: Too big: expected int to be <=9007199254740991"
    )
    assert api.sale("alice", 4900.0).json()["sale"]["amount"] == 4900


def test_s16_metadata_is_all_that_is_kept_besides(dub, api, alice):
    api.sale("alice", metadata={"dubadmin_ref": "7"}, actor="bob", reason="why")
    (event,) = api.get("/events?event=sales").json()
    assert event["metadata"] == {"dubadmin_ref": "7"}
    assert "bob" not in str(event)


def test_direct_sale_makes_customer_lead_and_sale(dub, api, click, link):
    sale = api.sale("new", clickId=click, customerEmail="new@example.com").json()
    assert sale["customer"]["name"] == "new@example.com"
    assert dub.customer("new")["link"]["id"] == link["id"]
    assert len(dub.leads()) == len(dub.sales()) == 1


def test_direct_sale_takes_the_lead_event_name(dub, api, click):
    api.sale("new", clickId=click, leadEventName="Bought at once")
    assert dub.leads()[0]["event_name"] == "Bought at once"


def test_direct_sale_with_an_unknown_click_is_404(dub, api):
    assert message(api.sale("new", clickId="zzz")) == "Click event not found for clickId: zzz"
    assert dub.customer("new") is None


def test_d1_totals_and_events_come_later(dub, api, alice):
    dub.background_ms = 60_000
    assert api.sale("alice", invoiceId="INV_1").status_code == 200
    assert api.customer("alice").json()["sales"] == 0
    assert api.get("/events?event=sales").json() == []
    assert api.sale("alice", invoiceId="INV_1").json()["sale"]["amount"] == 4900
    dub.advance(60)
    assert api.customer("alice").json()["sales"] == 1
    assert len(api.get("/events?event=sales").json()) == 1


def test_d1_background_work_that_never_happens(dub, api, alice):
    dub.drop_background = True
    assert api.sale("alice").json()["sale"]["amount"] == 4900
    dub.advance(3600)
    assert api.customer("alice").json()["sales"] == 0
    assert dub.sales() == []


def test_many_clients_at_once_lose_nothing(dub, api, alice):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: api.sale("alice", n + 1).status_code, range(60)))
    assert answers == [200] * 60
    assert dub.customer("alice")["saleAmount"] == sum(range(1, 61))
