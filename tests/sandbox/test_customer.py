"""One customer: traps R1 to R7, R12 to R14, Q9."""

import pytest

from .conftest import message

TAKEN = "A customer with this external ID already exists."


def test_it_works(dub, api, alice):
    assert api.get(f"/customers/{alice['id']}").json() == api.customer("alice").json()
    changed = api.patch("/customers/ext_alice", json={"name": "Alicia", "email": None}).json()
    assert (changed["name"], changed["email"]) == ("Alicia", None)
    assert dub.customer("alice")["name"] == "Alicia"
    assert api.delete("/customers/ext_alice").json() == {"id": alice["id"]}
    assert api.customer("alice").status_code == 404


def test_create(dub, api):
    body = {"externalId": "new", "country": "GB", "email": "new@example.com"}
    answer = api.post("/customers", json=body)
    assert answer.status_code == 201
    assert answer.json() == api.customer("new").json()
    assert answer.json()["name"] == "new@example.com"
    assert answer.json()["id"].startswith("cus_")
    assert len(answer.json()["id"]) == 29


def test_unknown_customer(api):
    answer = api.get("/customers/cus_nope")
    assert answer.status_code == 404
    assert message(answer) == (
        "Customer not found. Make sure you're using the correct customer ID "
        "(e.g. `cus_3TagGjzRzmsFJdH8od2BNCsc`) or external ID (has to be prefixed with `ext_`)."
    )


def test_q9_nobody_has_a_new_name_at_every_read(dub, api):
    dub.add_customer(external_id="nobody")
    names = {api.customer("nobody").json()["name"] for _ in range(8)}
    assert len(names) > 1
    assert dub.customer("nobody")["email"] is None


def test_r1_patch_stores_country_and_cancellation(dub, api, alice):
    body = {"country": "DE", "subscriptionCanceledAt": "2026-05-01T00:00:00.000Z", "shoe": 44}
    answer = api.patch("/customers/ext_alice", json=body).json()
    assert answer["country"] == "DE"
    assert answer["subscriptionCanceledAt"] == "2026-05-01T00:00:00.000Z"
    assert "shoe" not in answer
    cleared = api.patch("/customers/ext_alice", json={"subscriptionCanceledAt": None})
    assert cleared.json()["subscriptionCanceledAt"] is None


def test_r1_older_servers_accept_and_ignore_them(dub, api, alice):
    dub.patch_stores_country = False
    body = {"country": "DE", "subscriptionCanceledAt": "2026-05-01T00:00:00.000Z"}
    answer = api.patch("/customers/ext_alice", json=body)
    assert answer.status_code == 200
    assert answer.json()["country"] == "US"
    assert answer.json()["subscriptionCanceledAt"] is None


def test_r2_clashes_have_one_text(dub, api, alice):
    dub.add_customer(external_id="bob", stripe_customer_id="cus_stripe1")
    dub.take_stripe_id("cus_elsewhere")
    for clash in (
        {"externalId": "BOB"},
        {"stripeCustomerId": "cus_stripe1"},
        {"stripeCustomerId": "cus_elsewhere"},
    ):
        answer = api.patch("/customers/ext_alice", json=clash)
        assert (answer.status_code, message(answer)) == (409, TAKEN)
    answer = api.post("/customers", json={"externalId": "bob", "country": "US"})
    assert (answer.status_code, message(answer)) == (409, TAKEN)
    assert api.patch("/customers/ext_alice", json={"externalId": "Alice"}).status_code == 200


def test_r3_only_the_first_problem_is_named(api, alice):
    body = {"country": None, "avatar": "x", "email": "x"}
    assert message(api.patch("/customers/ext_alice", json=body)) == (
        "invalid_format: email: Invalid email address"
    )


@pytest.mark.parametrize("field", ["name", "externalId", "stripeCustomerId", "country"])
def test_r3_beyond_191_characters_is_raw_database_text(dub, api, alice, field):
    assert api.patch("/customers/ext_alice", json={field: "é" * 191}).status_code == 200
    answer = api.patch(f"/customers/{alice['id']}", json={field: "é" * 192})
    assert answer.status_code == 422
    assert "prisma.customer.update()" in message(answer)
    assert field in message(answer)


def test_r3_beyond_191_characters_is_a_500_on_track(dub, api, click):
    answer = api.lead("x" * 192, click)
    assert answer.status_code == 500
    assert message(answer) == (
        "An internal server error occurred. Please contact our support if the problem persists."
    )
    assert api.sale("y" * 192, clickId=click).status_code == 500
    assert dub.customers() == []


def test_r4_patch_does_not_trim_and_track_does(dub, api, alice):
    api.patch("/customers/ext_alice", json={"externalId": " alice "})
    assert dub.customer(alice["id"])["externalId"] == " alice "
    assert api.sale(" alice ").json()["sale"] is None
    assert api.lead(" alice ").status_code == 400
    assert api.customer(" alice ").status_code == 200


def test_r4_changing_it_orphans_the_next_events(dub, api, alice):
    api.patch("/customers/ext_alice", json={"externalId": "alicia"})
    assert api.sale("alice").json()["sale"] is None
    assert api.sale("alicia").json()["sale"] is not None


def test_r5_country_is_free_text(api, alice):
    body = {"country": "Atlantis"}
    assert api.patch("/customers/ext_alice", json=body).json()["country"] == "Atlantis"


def test_r6_avatar_is_rewritten_and_may_be_lost(dub, api, alice):
    body = {"avatar": "https://example.com/a.png"}
    avatar = api.patch("/customers/ext_alice", json=body).json()["avatar"]
    assert avatar.startswith(f"https://dubassets.com/customers/{alice['id']}/avatar_")
    again = api.patch("/customers/ext_alice", json={"avatar": avatar}).json()["avatar"]
    assert again == avatar
    dub.avatar_copy_fails, dub.background_ms = True, 30_000
    assert api.patch("/customers/ext_alice", json=body).json()["avatar"] is not None
    dub.advance(31)
    assert api.customer("alice").json()["avatar"] is None


def test_r7_neither_etag_nor_updated_at(api, alice):
    answer = api.customer("alice")
    assert "etag" not in {name.lower() for name in answer.headers}
    assert "updatedAt" not in answer.json()


def test_r12_nothing_attached_is_absent(dub, api):
    dub.add_customer(external_id="bare")
    bare = api.get("/customers/ext_bare?includeExpandedFields=true").json()
    assert not {"link", "programId", "partner", "discount"} & set(bare)


def test_expanded_after_a_patch(api, alice):
    answer = api.patch("/customers/ext_alice?includeExpandedFields=true", json={"name": "B"})
    assert answer.json()["link"]["key"] == "ada"


@pytest.mark.parametrize("external_id", ["a/b c", "100%", "köln", "a?b#c", "شركة", "ext_x", "a+b"])
def test_r13_external_ids_of_all_sorts(dub, api, external_id):
    dub.add_customer("Odd", external_id=external_id)
    assert api.customer(external_id).json()["externalId"] == external_id
    path = dub.requests[-1].path
    assert path.startswith("/customers/ext_")
    assert path.count("/") == 2


def test_r13_an_unescaped_slash_is_another_path(dub, api):
    dub.add_customer(external_id="a/b")
    answer = api.get("/customers/ext_a/b")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_r13_ids_need_not_begin_with_cus(dub, api):
    dub.add_customer("Legacy", external_id="old", id="clx8f2k3v0001")
    assert api.get("/customers/clx8f2k3v0001").json()["externalId"] == "old"


def test_r14_amounts_beyond_2_53_are_exact(dub, api, alice):
    dub.change_customer(alice, sale_amount=2**53 + 1)
    assert '"saleAmount":9007199254740993,' in api.customer("alice").text
    api.sale("alice", 2**53 - 1)
    assert api.customer("alice").json()["saleAmount"] == 2**54


def test_json_is_written_as_node_writes_it(dub, api):
    dub.add_customer("Zoë 🦊", external_id="z")
    answer = api.customer("z")
    assert answer.headers["content-type"] == "application/json"
    assert '"name":"Zoë 🦊",' in answer.content.decode()


def test_lone_surrogates_become_replacement_characters(api, alice):
    body = b'{"name":"a\\ud800b \\ud83e\\udd8a"}'
    answer = api.patch("/customers/ext_alice", data=body)
    assert answer.json()["name"] == "a\ufffdb 🦊"
