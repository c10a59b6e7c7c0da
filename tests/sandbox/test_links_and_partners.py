"""GET /links, /links/info, /partners, /commissions."""

from .conftest import message


def keys(answer):
    assert answer.status_code == 200, answer.text
    return sorted(link["key"] for link in answer.json())


def test_links(dub, api, link):
    dub.add_link("plain", url="https://example.com/docs")
    dub.add_link("foreign", foreign=True)
    dub.add_link("old", archived=True)
    dub.add_link("off", disabled=True)
    assert keys(api.get("/links")) == ["ada", "off", "plain"]
    assert keys(api.get("/links?showArchived=true")) == ["ada", "off", "old", "plain"]
    assert keys(api.get("/links?search=docs")) == ["plain"]
    assert keys(api.get("/links?search=example.com/ada")) == ["ada"]
    assert keys(api.get("/links?domain=other.com")) == []
    assert keys(api.get(f"/links?partnerId={link['partnerId']}")) == ["ada"]
    assert keys(api.get(f"/links?linkIds={link['id']}")) == ["ada"]
    assert keys(api.get("/links?tagIds=x")) == []


def test_links_by_cursor(dub, api):
    made = [dub.add_link(str(index), created_at=f"2026-01-0{index + 1}") for index in range(4)]
    assert keys(api.get(f"/links?startingAfter={made[2]['id']}")) == ["0", "1"]
    assert keys(api.get("/links?pageSize=2&page=2")) == ["0", "1"]
    assert api.get("/links?startingAfter=link_x").status_code == 422


def test_link_info(dub, api, link):
    dub.add_link("mine", external_id="my-link")
    assert api.get("/links/info?domain=go.example.com&key=ada").json()["id"] == link["id"]
    assert api.get(f"/links/info?linkId={link['id']}").json()["key"] == "ada"
    assert api.get("/links/info?externalId=ext_my-link").json()["key"] == "mine"


def test_link_info_that_fails(dub, api):
    foreign = dub.add_link("foreign", foreign=True)
    missing = api.get("/links/info?domain=go.example.com&key=zzz")
    assert (missing.status_code, message(missing)) == (404, "Link not found.")
    assert api.get("/links/info").status_code == 400
    bare = api.get("/links/info?externalId=zzz")
    assert message(bare) == "Invalid externalId. Did you forget to prefix it with `ext_`?"
    assert api.get(f"/links/info?linkId={foreign['id']}").status_code == 401


def test_partners(dub, api, link, alice):
    api.sale("alice", 1000)
    dub.add_partner("Second", "second@example.com", country="DE", status="pending")
    first, second = api.get("/partners").json()
    assert first["name"] == "Derek Forbes"
    assert (first["totalSales"], first["totalSaleAmount"]) == (1, 1000)
    assert (first["totalCommissions"], first["netRevenue"]) == (200, 800)
    assert [found["key"] for found in first["links"]] == ["ada"]
    assert second["links"] == []
    names = [found["name"] for found in api.get("/partners?search=second").json()]
    assert names == ["Second"]
    assert len(api.get("/partners?country=US").json()) == 1
    assert len(api.get("/partners?status=pending&email=second@example.com").json()) == 1
    assert api.get("/partners?page=2").json() == []


def test_commissions(dub, api, alice):
    api.sale("alice", 1000, invoiceId="INV_1")
    api.sale("alice", 3000, invoiceId="INV_2")
    by_amount = api.get("/commissions?sortBy=amount&sortOrder=asc").json()
    assert [entry["amount"] for entry in by_amount] == [1000, 3000]
    for query, found in (
        (f"customerId={alice['id']}", 2),
        ("customerId=cus_x", 0),
        ("invoiceId=INV_2", 1),
        ("invoiceId=INV_2&customerId=cus_x", 1),
        ("status=paid", 0),
        ("type=sale,lead", 2),
        ("type=-sale", 0),
        ("start=2030-01-01&end=2030-01-02", 0),
        ("payoutId=x", 0),
    ):
        assert len(api.get(f"/commissions?{query}").json()) == found, query


def test_a_sale_without_a_partner_has_no_commission(dub, api):
    dub.add_customer(external_id="plain", link=dub.add_link("plain"), lead="Sign up")
    api.sale("plain")
    assert api.get("/commissions").json() == []
