"""POST /track/lead: traps L1 to L11."""

import pytest

from .conftest import message

WEEK = 7 * 24 * 3600


def test_it_works(dub, api, click, link):
    answer = api.lead("new", click, customerName="Ada Lovelace", customerEmail="ada@example.com")
    assert answer.status_code == 200
    assert answer.json() == {
        "click": {"id": click},
        "link": {
            "id": link["id"],
            "domain": "go.example.com",
            "key": "ada",
            "shortLink": "https://go.example.com/ada",
            "url": "https://example.com/pricing",
            "partnerId": link["partnerId"],
            "programId": link["programId"],
            "tenantId": None,
            "externalId": None,
        },
        "customer": {
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "avatar": None,
            "externalId": "new",
        },
    }
    assert [(lead["external_id"], lead["event_name"]) for lead in dub.leads()] == [
        ("new", "Sign up")
    ]
    customer = dub.customer("new")
    assert customer["country"] == "US"
    assert customer["partner"]["name"] == "Derek Forbes"


def test_name_falls_back_to_the_email_then_to_a_random_one(dub, api, click):
    assert api.lead("a", click, customerEmail="a@example.com").json()["customer"]["name"] == (
        "a@example.com"
    )
    assert len(api.lead("b", click).json()["customer"]["name"].split()) == 3


def test_external_id_goes_by_its_former_names_too(dub, api, click):
    api.lead("", click, externalId="one")
    api.lead("", click, customerId="two")
    assert [lead["external_id"] for lead in dub.leads()] == ["one", "two"]


def test_without_external_id_is_400(api, click):
    answer = api.lead("", click)
    assert (answer.status_code, message(answer)) == (400, "customerExternalId is required")


def test_l1_failed_lead_burns_the_dedupe_key(dub, api, click):
    answer = api.lead("new", "zzz")
    assert answer.status_code == 404
    assert message(answer) == "Click event not found for clickId: zzz"
    retry = api.lead("new", click)
    assert retry.status_code == 200
    assert retry.json()["link"] is None
    assert dub.leads() == []
    assert dub.customer("new") is None


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("disabled", "is disabled, lead not tracked"),
        ("foreign", "does not belong to the workspace"),
    ],
)
def test_l1_disabled_and_foreign_links(dub, api, click, kind, reason):
    bad = dub.add_link(**{kind: True})
    bad_click = dub.add_click(bad)
    answer = api.lead("new", bad_click)
    assert answer.status_code == 404
    assert message(answer) == f"Link {bad['id']} for clickId {bad_click} {reason}"
    assert api.lead("new", click).json()["link"] is None


def test_l1_link_that_is_gone(dub, api, click, link):
    dub.delete_link(link)
    assert message(api.lead("new", click)) == f"Link not found for clickId: {click}"


def test_l1_another_event_name_is_free(dub, api, click):
    api.lead("new", "zzz")
    assert api.lead("new", click, eventName="Sign up again").json()["link"] is not None


def test_l1_key_expires_after_seven_days(dub, api, click):
    api.lead("new", "zzz")
    dub.advance(WEEK - 60)
    assert api.lead("new", click).json()["link"] is None
    dub.advance(61)
    assert api.lead("new", click).json()["link"] is not None


def test_l2_duplicate_answers_200_and_records_nothing(dub, api, click):
    first = api.lead("new", click, customerName="Ada").json()
    second = api.lead("new", click, customerName="Other").json()
    assert first["link"] is not None
    assert second["link"] is None
    assert second["customer"] == first["customer"]
    assert len(dub.leads()) == 1


@pytest.mark.parametrize("name", ["sign-up", "SIGN UP", "Sign-Up", " Sign up "])
def test_l3_names_that_are_one(dub, api, click, name):
    api.lead("new", click, eventName="Sign up")
    assert api.lead("new", click, eventName=name).json()["link"] is None


def test_l3_names_that_are_not(api, click):
    api.lead("new", click, eventName="Sign up")
    assert api.lead("new", click, eventName="Signup").json()["link"] is not None


def test_l4_lead_after_a_delete_creates_no_customer(dub, api, click):
    api.lead("new", click)
    api.delete("/customers/ext_new")
    answer = api.lead("new", click, customerEmail="echo@example.com")
    assert answer.status_code == 200
    assert answer.json()["link"] is None
    assert answer.json()["customer"]["email"] == "echo@example.com"
    assert api.customer("new").status_code == 404


def test_l5_existing_customer_keeps_its_fields(dub, api, click, alice):
    body = {"customerName": "New", "customerEmail": "new@example.com", "customerAvatar": "x"}
    answer = api.lead("alice", click, eventName="Upgrade", **body).json()
    assert answer["customer"]["name"] == "Alice Abadi"
    assert dub.customer("alice")["email"] == "alice@example.com"


def test_l6_lead_gives_no_link_to_a_customer_without_one(dub, api, click):
    bare = dub.add_customer("Bare", external_id="bare")
    assert api.lead("bare", click).json()["link"] is not None
    assert "link" not in dub.customer("bare")
    sale = api.sale("bare")
    assert sale.status_code == 404
    assert message(sale) == f"Link not found for customer {bare['id']}"


def test_l7_deferred_creates_the_customer_and_records_no_lead(dub, api, click):
    answer = api.lead("new", click, mode="deferred").json()
    assert answer["link"] is not None
    assert dub.customer("new") is not None
    assert dub.leads() == []
    assert api.lead("new").json()["link"] is not None
    assert len(dub.leads()) == 1


def test_l8_no_click_and_unknown_customer_is_400(api):
    answer = api.lead("new")
    assert answer.status_code == 400
    assert message(answer).startswith("The `clickId` property was not provided in the request")


def test_l8_no_click_and_customer_without_click_is_400(dub, api):
    dub.add_customer(external_id="bare")
    assert api.lead("bare", "").status_code == 400


def test_l8_no_click_and_known_customer_takes_the_stored_one(dub, api, alice):
    assert api.lead("alice", eventName="Upgrade").status_code == 200
    first, second = dub.leads()
    assert second["click_id"] == first["click_id"]


def test_l9_quantity_writes_that_many_events(dub, api, click):
    api.lead("new", click, eventQuantity=5)
    assert len(dub.leads()) == 5
    assert len({lead["id"] for lead in dub.leads()}) == 5
    assert api.get("/links/info?domain=go.example.com&key=ada").json()["leads"] == 5


def test_l10_answer_has_no_customer_id(api, click):
    assert "id" not in api.lead("new", click).json()["customer"]


def test_l11_events_and_totals_come_later(dub, api, click):
    dub.background_ms = 60_000
    api.lead("new", click)
    assert api.customer("new").status_code == 200
    assert api.get("/events?event=leads").json() == []
    assert api.sale("new").status_code == 404
    dub.advance(61)
    assert len(api.get("/events?event=leads").json()) == 1
    assert api.sale("new").status_code == 200


def test_l11_wait_lets_a_sale_find_the_lead_for_five_minutes(dub, api, click):
    dub.drop_background = True
    api.lead("new", click, mode="wait")
    assert api.get("/events?event=leads").json() == []
    assert api.sale("new", leadEventName="SIGN-UP").status_code == 200
    dub.advance(301)
    assert api.sale("new").status_code == 404


def test_metadata_is_kept(dub, api, click):
    api.lead("new", click, metadata={"plan": "pro", "größe": 2**60})
    event = api.get("/events?event=leads").json()[0]
    assert event["metadata"] == {"plan": "pro", "größe": 2**60}


def test_external_ids_differ_by_case_in_the_key_but_not_in_the_store(dub, api, click):
    api.lead("New", click)
    assert api.lead("NEW", click).json()["link"] is not None
    assert [customer["externalId"] for customer in dub.customers()] == ["New"]


def test_published_schema_caps_and_requires(dub, api, click):
    assert api.lead("x" * 101, click).status_code == 200
    dub.published_schema = True
    assert message(api.lead("x" * 101, click)) == (
        "too_big: customerExternalId: Too big: expected string to have <=100 characters"
    )
    body = {"customerExternalId": "x", "eventName": "Sign up"}
    assert message(api.post("/track/lead", json=body)) == (
        "invalid_type: clickId: Invalid input: expected string, received undefined"
    )
