"""GET /events and activity: traps R8 to R11."""

from datetime import UTC, datetime

import pytest

from .conftest import message


@pytest.fixture
def history(dub, alice):
    dub.add_sale(alice, 100, at="2026-02-03T09:35:57.926Z", invoice_id="INV_1")
    dub.add_sale(alice, 200, at="2026-03-03T00:00:00Z", metadata='{"plan": "pro"}')
    dub.add_sale(alice, 300, at=dub.now())
    return alice


def amounts(answer):
    assert answer.status_code == 200, answer.text
    return [event["sale"]["amount"] for event in answer.json()]


def test_one_type_per_call_and_newest_first(api, history):
    everything = "/events?interval=all&event="
    assert amounts(api.get(everything + "sales")) == [300, 200, 100]
    assert amounts(api.get(everything + "sales&sortOrder=asc")) == [100, 200, 300]
    assert amounts(api.get(everything + "sales&order=asc")) == [100, 200, 300]
    assert [event["event"] for event in api.get(everything + "leads").json()] == ["lead"]
    assert [event["event"] for event in api.get("/events?interval=all").json()] == ["click"]


def test_r10_timestamps(api, history):
    event = api.get("/events?event=sales&interval=all").json()[-1]
    assert event["timestamp"] == "Tue Feb 03 2026 09:35:57 GMT+0000 (Coordinated Universal Time)"
    assert event["click"]["timestamp"] == "2026-02-03T09:35:57.926Z"


def test_r11_takes_dubs_id_only(dub, api, history):
    other = dub.add_customer(external_id="other", link=dub.add_link("other"), lead="Sign up")
    dub.add_sale(other, 7)
    sales = "/events?event=sales&interval=all&customerId="
    assert amounts(api.get(sales + history["id"])) == [300, 200, 100]
    assert api.get(sales + "ext_alice").json() == []
    assert api.get(sales + "cus_unknown").json() == []
    clicks = api.get(f"/events?interval=all&customerId={history['id']}").json()
    assert [event["link"]["key"] for event in clicks] == ["ada"]


def test_r11_the_default_is_thirty_days(api, history):
    assert amounts(api.get("/events?event=sales")) == [300]


def test_start_and_end_are_whole_days_and_go_before_the_interval(api, history):
    by = "/events?event=sales&interval=24h&start=2026-02-03&end="
    assert amounts(api.get(by + "2026-02-03")) == [100]
    assert amounts(api.get(by + "2026-03-03T00:00:00Z")) == [200, 100]
    assert amounts(api.get(by + "2026-03-02")) == [100]
    eastern = "&timezone=America/New_York"
    assert amounts(api.get(by + "2026-03-02" + eastern)) == [200, 100][1:]


@pytest.mark.parametrize("interval", ["24h", "7d", "30d", "90d", "1y", "mtd", "qtd", "ytd", "all"])
def test_every_interval_holds_now(api, history, interval):
    assert 300 in amounts(api.get(f"/events?event=sales&interval={interval}"))


def test_pages(api, history):
    by = "/events?event=sales&interval=all&limit=2&page="
    assert amounts(api.get(by + "1")) == [300, 200]
    assert amounts(api.get(by + "2")) == [100]
    assert amounts(api.get(by + "3")) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("domain=go.example.com&key=ada", 3),
        ("domain=-go.example.com", 0),
        ("country=US,DE", 3),
        ("country=-US", 0),
        ("device=desktop", 3),
        ("partnerId=pn_other", 0),
        ("saleType=new", 1),
        ("saleType=recurring", 2),
        ("query=metadata['plan']:'pro'", 1),
        ("qr=true", 0),
        ("root=true", 0),
        ("tagId=x", 0),
        ("tagId=-x", 3),
    ],
)
def test_filters(api, history, query, found):
    assert len(amounts(api.get(f"/events?event=sales&interval=all&{query}"))) == found


def test_link_filters_by_external_id(dub, api, history):
    assert message(api.get("/events?externalId=ext_nope")) == "Link not found."
    link = dub.add_link("mine", external_id="my-link")
    dub.add_click(link)
    (event,) = api.get("/events?externalId=ext_my-link").json()
    assert event["link"]["externalId"] == "my-link"


def test_links_of_other_workspaces_do_not_show(dub, api):
    dub.add_click(dub.add_link(foreign=True))
    assert api.get("/events").json() == []


def test_metadata_is_absent_when_empty(api, history):
    events = api.get("/events?event=sales&interval=all").json()
    assert ["metadata" in event for event in events] == [False, True, False]


def test_customer_in_an_event_has_empty_texts_for_nulls(dub, api, link):
    dub.add_customer("No Mail", external_id="x", link=link, lead="Sign up")
    customer = api.get("/events?event=leads").json()[0]["customer"]
    assert (customer["email"], customer["country"]) == ("", "")
    assert "saleAmount" not in customer


def test_r8_events_of_a_deleted_customer(dub, api, alice):
    api.sale("alice", invoiceId="INV_1")
    before = api.get("/links/info?domain=go.example.com&key=ada").json()
    assert api.delete("/customers/ext_alice").status_code == 200
    assert api.delete("/customers/ext_alice").status_code == 404
    (event,) = api.get(f"/events?event=sales&customerId={alice['id']}").json()
    assert event["customer"] == {
        "id": alice["id"],
        "name": "Deleted Customer",
        "email": "deleted@customer.com",
        "externalId": alice["id"],
        "createdAt": "1970-01-01T00:00:00.000Z",
    }
    assert api.get("/links/info?domain=go.example.com&key=ada").json() == before
    assert api.get("/commissions").json()[0]["customer"] is None
    assert api.sale("alice", invoiceId="INV_1").json()["sale"]["amount"] == 4900


def test_a_page_may_hold_fewer_when_a_link_is_gone(dub, api, history):
    other = dub.add_link("other")
    dub.add_lead(history, "Upgrade", link=other)
    dub.delete_link(other)
    assert len(api.get("/events?event=leads&interval=all&limit=1").json()) == 0
    assert len(api.get("/events?event=leads&interval=all&limit=2").json()) == 1


def test_r9_activity_shows_an_arbitrary_hundred_sales(dub, api, alice):
    for amount in range(1, 131):
        dub.add_sale(alice, amount)
    answer = api.get("/customers/ext_alice/activity").json()
    sales = [event for event in answer["events"] if event["event"] == "sale"]
    assert len(sales) == 100
    assert 130 not in [event["sale"]["amount"] for event in sales]
    assert answer["link"]["key"] == "ada"
    assert len(api.get("/events?event=sales&limit=1000").json()) == 130


def test_the_days_are_named_in_english(dub, api, alice):
    dub.add_sale(alice, 1, at=datetime(2026, 12, 27, tzinfo=UTC))
    dub.clock_offset = 400 * 24 * 3600
    (event,) = api.get("/events?event=sales&interval=all").json()
    assert event["timestamp"].startswith("Sun Dec 27 2026 00:00:00")
