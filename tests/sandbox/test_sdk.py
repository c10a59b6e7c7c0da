"""The official Python SDK as an independent witness."""

import pytest
from dub import Dub
from dub.models import errors


@pytest.fixture
def sdk(dub):
    with Dub(token=dub.api_key, server_url=dub.url) as sdk:
        yield sdk


def test_list(dub, sdk, link):
    dub.add_customer("Ada", "ada@example.com", "ada", link=link)
    dub.add_customer("Bob", external_id="bob")
    found = sdk.customers.list(request={"include_expanded_fields": True}).result
    assert [customer.external_id for customer in found] == ["bob", "ada"]
    assert found[1].partner.name == "Derek Forbes"
    assert found[1].discount.coupon_id == "XZuejd0Q"


def test_read_update_delete(dub, sdk, alice):
    assert sdk.customers.get(request={"id": "ext_alice"}).name == "Alice Abadi"
    sdk.customers.update(
        request={"id": alice["id"], "request_body": {"name": "Alicia", "country": "DE"}}
    )
    assert dub.customer("alice")["name"] == "Alicia"
    assert sdk.customers.delete(id="ext_alice").id == alice["id"]
    with pytest.raises(errors.NotFound):
        sdk.customers.get(request={"id": "ext_alice"})


def test_track_a_lead_and_a_sale(dub, sdk, click):
    lead = sdk.track.lead(
        request={"click_id": click, "event_name": "Sign up", "customer_external_id": "new"}
    )
    assert lead.link.key == "ada"
    sale = sdk.track.sale(
        request={"customer_external_id": "new", "amount": 1000, "currency": "eur"}
    )
    assert (sale.sale.amount, sale.sale.currency) == (1163, "usd")
    assert len(dub.sales()) == 1


def test_events_links_partners(dub, sdk, alice):
    dub.add_sale(alice, 500, invoice_id="INV_1")
    (event,) = sdk.events.list(request={"event": "sales", "customer_id": alice["id"]})
    assert event.sale.amount == 500
    assert sdk.links.list(request={}).result[0].key == "ada"
    assert sdk.links.get(request={"domain": "go.example.com", "key": "ada"}).sales == 1
    assert sdk.partners.list(request={})[0].name == "Derek Forbes"


@pytest.mark.parametrize(
    ("knob", "value", "error"),
    [
        ("key_expired", True, errors.Unauthorized),
        ("plan", "free", errors.Forbidden),
        ("membership", "expired", errors.InviteExpired),
    ],
)
def test_errors(dub, sdk, knob, value, error):
    dub.turn(**{knob: value})
    with pytest.raises(error):
        sdk.customers.list(request={})
