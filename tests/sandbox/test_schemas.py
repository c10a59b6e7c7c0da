"""Every answer fits what Dub publishes about it."""

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from dubadmin.sandbox import Sandbox

from . import answers
from .conftest import Api


@pytest.fixture(scope="module")
def seeded():
    with Sandbox(customers=300, seed=7, rate_limit=0) as dub:
        yield dub


@pytest.fixture
def seeded_api(seeded):
    seeded.reset()
    with Api(seeded) as api:
        yield api


def fits(schema, value):
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    problems = [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(value)]
    assert problems == []


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/customers?pageSize=100", answers.CUSTOMER),
        ("/customers?includeExpandedFields=true&page=1", answers.CUSTOMER_EXPANDED),
        ("/customers?includeExpandedFields=true&page=2", answers.CUSTOMER_EXPANDED),
        ("/customers?includeExpandedFields=true&page=3", answers.CUSTOMER_EXPANDED),
        ("/events?event=clicks&interval=all&limit=1000", answers.CLICK_EVENT),
        ("/events?event=leads&interval=all&limit=1000", answers.LEAD_EVENT),
        ("/events?event=sales&interval=all&limit=1000", answers.SALE_EVENT),
        ("/links", answers.LINK),
        ("/partners", answers.PARTNER),
        ("/commissions", answers.COMMISSION),
    ],
)
def test_lists(seeded_api, path, schema):
    found = seeded_api.get(path).json()
    assert len(found) >= 12
    fits(answers.many(schema), found)


def test_one_customer(seeded_api):
    fits(answers.CUSTOMER, seeded_api.customer("script").json())
    path = "/customers/ext_script?includeExpandedFields=true"
    fits(answers.CUSTOMER_EXPANDED, seeded_api.get(path).json())
    fits(answers.CUSTOMER_EXPANDED, seeded_api.patch(path, json={"name": "B"}).json())
    fits(answers.CUSTOMER_DELETED, seeded_api.delete("/customers/ext_script").json())
    fits(answers.many(answers.LEAD_EVENT), seeded_api.get("/events?event=leads").json())
    fits(answers.many(answers.COMMISSION), seeded_api.get("/commissions").json())


def test_create(seeded_api):
    body = {"externalId": "new", "country": "US"}
    fits(answers.CUSTOMER, seeded_api.post("/customers", json=body).json())


def test_tracking(seeded, seeded_api):
    click = seeded.add_click(seeded.add_link("new"))
    for _ in ("recorded", "duplicate"):
        fits(answers.LEAD_TRACKED, seeded_api.lead("new", click).json())
    for amount in (0, 100):
        fits(answers.SALE_TRACKED, seeded_api.sale("new", amount, invoiceId="I").json())
    fits(answers.SALE_TRACKED, seeded_api.sale("new", 100, invoiceId="I").json())
    fits(answers.LINK, seeded_api.get("/links/info?domain=go.example.com&key=new").json())


def test_errors(seeded, seeded_api):
    for path in ("/customers/x", "/customers?page=0", "/links/info", "/events?limit=0"):
        fits(answers.ERROR, seeded_api.get(path).json())
    seeded.membership = "pending"
    fits(answers.ERROR, seeded_api.get("/customers").json())


def test_additional_keys_are_noticed():
    with pytest.raises(AssertionError):
        fits(answers.CUSTOMER_DELETED, {"id": "cus_1", "extra": 1})
