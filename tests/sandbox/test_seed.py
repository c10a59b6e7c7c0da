"""The seeded data: what is in it, that it adds up, that it is the same every time."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from dubadmin.sandbox import Sandbox
from dubadmin.sandbox.awkward import AWKWARD

from .conftest import Api


@pytest.fixture(scope="module")
def seeded():
    with Sandbox(customers=2000, rate_limit=0) as dub:
        yield dub


@pytest.fixture
def seeded_api(seeded):
    with Api(seeded) as api:
        yield api


def test_two_thousand_in_about_a_second():
    start = time.monotonic()
    with Sandbox(customers=2000) as dub:
        took = time.monotonic() - start
        assert dub.state()["customers"] == 2000
    assert took < 2


def test_two_years_up_to_today(seeded):
    created = sorted(customer["createdAt"] for customer in seeded.customers())
    today = datetime.now(UTC)
    assert created[-1][:10] >= (today - timedelta(days=1)).strftime("%Y-%m-%d")
    assert created[0][:4] == str((today - timedelta(days=729)).year)
    assert max(sale["at"] for sale in seeded.sales()) <= today.isoformat()


def test_totals_agree_with_the_events(seeded):
    sums, counts = Counter(), Counter()
    for sale in seeded.sales():
        sums[sale["customer_id"]] += sale["amount"]
        counts[sale["customer_id"]] += 1
    for customer in seeded.customers():
        assert customer["saleAmount"] == sums[customer["id"]]
        assert customer["sales"] == counts[customer["id"]]
        assert (customer["firstSaleAt"] is not None) == (customer["sales"] > 0)


def test_link_totals_agree_too(seeded, seeded_api):
    leads = Counter(lead["link_id"] for lead in seeded.leads())
    for link in seeded_api.get("/links").json():
        assert link["leads"] == leads[link["id"]]
    assert sum(leads.values()) == seeded.state()["leads"]


def test_awkward_ones(seeded):
    found = {item.external_id: seeded.customer(item.external_id) for item in AWKWARD}
    assert None not in found.values()
    assert found["no-name"]["name"] == found["no-name"]["email"]
    assert found["no-email"]["email"] is None
    assert found["no-name-no-email"]["country"] is None
    assert "🦊" in found["emoji"]["name"]
    assert found["arabic"]["name"] == "ليلى حداد"
    assert len(found["long-name"]["name"]) == 190
    assert found["script"]["name"].startswith("<script>")
    assert found["acme/eu 42"]["name"] == "Acme Europe"
    assert found["beyond-2-53"]["saleAmount"] == 2**53 + 1
    assert found["canceled"]["subscriptionCanceledAt"] is not None
    assert "link" not in found["no-link"]
    assert found["legacy-id"]["id"].startswith("clx")
    assert found["no-lead"]["link"]
    assert found["no-lead"]["id"] not in {lead["customer_id"] for lead in seeded.leads()}


@pytest.mark.parametrize(
    ("external_id", "reason"),
    [
        ("no-link", "Link not found for customer"),
        ("disabled-link", "is disabled"),
        ("foreign-link", "does not belong to the workspace"),
        ("no-lead", "Lead event not found"),
    ],
)
def test_awkward_ones_refuse_a_sale(seeded_api, external_id, reason):
    assert reason in seeded_api.sale(external_id).json()["error"]["message"]


def test_nothing_breaks_dubs_own_schema(seeded, seeded_api):
    for page in range(1, 21):
        assert seeded_api.get(f"/customers?page={page}").status_code == 200


def test_q4_some_were_imported_with_older_dates(seeded):
    customers = [each for each in seeded.customers() if each["id"].startswith("cus_")]
    by_id = sorted(customers, key=lambda customer: customer["id"])
    by_date = sorted(customers, key=lambda customer: customer["createdAt"])
    assert by_id != by_date


def test_the_same_seed_gives_the_same_people():
    def people(seed):
        with Sandbox(customers=60, seed=seed) as dub:
            return [(each["externalId"], each["email"], each["sales"]) for each in dub.customers()]

    assert people(5) == people(5)
    assert people(5) != people(6)


@pytest.mark.parametrize("customers", [0, 1, 37, 38])
def test_any_number(customers):
    with Sandbox(customers=customers) as dub:
        assert dub.state()["customers"] == customers


def test_a_page_takes_a_few_milliseconds(seeded_api):
    path = "/customers?pageSize=50&includeExpandedFields=true"
    seeded_api.get(path)
    took = []
    for _ in range(9):
        start = time.perf_counter()
        assert len(seeded_api.get(path).json()) == 50
        took.append(time.perf_counter() - start)
    assert sorted(took)[4] < 0.05
