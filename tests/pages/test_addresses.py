"""Any name, e-mail and ID: every address of ours survives, every record round-trips (R13)."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from customers.addresses import customer_url
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import fields_of, landed

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
# Anything, and more of what is special in an address, a page or a database.
ANY = st.text(max_size=191)
AWKWARD = st.text(
    st.sampled_from("/%?#&=+.\\ \"'<>\0\n\r\t\x1f\x7f\u2028ü😀\u202ea2Ff"), max_size=60
)
TEXTS = st.one_of(ANY, AWKWARD)
# Dub makes these itself; what no address can hold is none.
DUB_IDS = st.from_regex(r"[ -~ü😀\u202e]{1,40}", fullmatch=True).filter(
    lambda id: id not in (".", "..") and not id.startswith("ext_")
)
bounded = settings(
    max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def ask(client: Client, address: str, **more: Any) -> Any:
    """As gunicorn hands it on: with the path as it was sent."""
    return client.get(address, RAW_URI=address, **more)


def post(client: Client, address: str, form: Json) -> Any:
    return client.post(address, form, RAW_URI=address)


def as_a_browser_sends(form: Json) -> Json:
    """One-line fields lose line ends, addresses and e-mails the space around them, too."""
    lines = {
        key: re.sub(r"[\r\n]", "", value).replace("\0", "\ufffd") for key, value in form.items()
    }
    return lines | {key: lines[key].strip() for key in ("email", "avatar")}


def links(page: Any) -> set[str]:
    return {unescape(href) for href in re.findall(r'href="([^"]*)"', page.content.decode())}


@bounded
@given(external_id=TEXTS.filter(bool), dub_id=st.one_of(st.none(), DUB_IDS))
@example(external_id="a/edit", dub_id=None)
@example(external_id="ü/delete", dub_id="b/delete")
@example(external_id="find", dub_id="export/")
@example(external_id="export", dub_id=None)
@example(external_id=".", dub_id="...")
@example(external_id="..", dub_id="../..")
@example(external_id="a/", dub_id="/")
@example(external_id="100% köln?x=1&y#z", dub_id="clx8f2k3v0001mm08legacy01")
@example(external_id="%2F", dub_id="%252F")
@example(external_id="a\nb", dub_id=" a ")
@example(external_id="\0", dub_id=None)
def test_r13_every_address_survives(
    dub: Sandbox, max_: Client, sign_in: Any, external_id: str, dub_id: str | None
) -> None:
    made = dub.add_customer("Una", None, external_id, id=dub_id)
    shown = external_id.replace("\0", "\ufffd")  # no page and no database can hold it
    whole, by_external = customer_url(made["id"]), customer_url(f"ext_{external_id}")
    try:
        listed = next(
            each for each in links(max_.get("/customers/")) if each.partition("?")[0] == whole
        )
        for address in (listed, whole, by_external):
            page = ask(max_, address)
            assert escape(shown) in page.content.decode()
            assert {f"{whole}edit/", f"{whole}delete/"} <= links(page)
            if external_id == shown.strip()[:100]:
                prefilled = next(each for each in links(page) if each.startswith("/leads/new/?"))
                assert fields_of(max_.get(prefilled))["customer_external_id"] == external_id
        form = fields_of(ask(max_, f"{by_external}edit/"))
        assert json.loads(form["seen"])["externalId"] == shown
        sent = as_a_browser_sends(form) | {"name": "Ida", "step": "send"}
        ended = landed(max_.get(post(max_, f"{by_external}edit/", sent)["Location"]))
        assert ended.outcome == "recorded"
        now = dub.customer(made["id"]) or {}
        assert (now["name"], now["externalId"]) == ("Ida", external_id)
        assert whole in links(ended.page)
        assert ask(max_, f"/results/{ended.entry.pk}/undo/").status_code == 200
        assert whole in links(sign_in("otto").get(f"/audit/{ended.entry.pk}/"))
        confirm = fields_of(ask(max_, f"{by_external}delete/"))
        can_be_typed = shown.isprintable() and shown == shown.strip()
        sent = confirm | {"confirmation": shown if can_be_typed else made["id"]}
        if sent["confirmation"].strip() == sent["confirmation"]:
            ended = landed(max_.get(post(max_, f"{whole}delete/", sent)["Location"]))
            assert ended.outcome == "recorded"
            assert ask(max_, whole).status_code == ask(max_, by_external).status_code == 410
    finally:
        dub.delete_customer(made)


@bounded
@given(name=TEXTS, email=TEXTS, external_id=TEXTS.filter(bool), stripe=TEXTS)
@example(name="\0 Una\n", email=" una@example.com ", external_id=" u1\t", stripe="\r")
@example(name="x" * 191, email="y" * 191, external_id="z" * 191, stripe="0")
def test_every_record_round_trips(
    dub: Sandbox, alice: Client, name: str, email: str, external_id: str, stripe: str
) -> None:
    made = dub.add_customer(
        name or None, email or None, external_id, stripe_customer_id=stripe or None
    )
    address = f"{customer_url(made['id'])}edit/"
    before, patches = dub.customer(made["id"]) or {}, dub.count("PATCH")
    try:
        form = as_a_browser_sends(fields_of(ask(alice, address)))
        says = text_of(post(alice, address, form | {"step": "check"}))
        assert "Nothing was changed, so there is nothing to send." in says
        page = post(alice, address, form | {"country": "DE", "step": "send"})
        assert outcome_of(alice.get(page["Location"])) == "recorded"
        assert dub.requests[-1].method == "GET"
        after = dub.customer(made["id"]) or {}
        made_up = {} if name or email else {"name": after["name"]}
        assert after == before | {"country": "DE"} | made_up
        assert dub.count("PATCH") == patches + 1
    finally:
        dub.delete_customer(made)


@pytest.mark.parametrize("raw", [True, False], ids=["gunicorn", "another server"])
@pytest.mark.parametrize(
    "id",
    [
        *("%00", "ext_%00", "%FF", "ext_%FF", "%", "ext_%", "ext_%zz", "%2F", "/", "//", "..%2f.."),
        *("ext_", "ext_%0A", "%ED%A0%80", "x" * 5000, "ext_" + "%C3%BC" * 1500, "&<>", "%252F"),
    ],
)
def test_nothing_in_an_address_is_an_error_of_ours(
    dub: Sandbox, max_: Client, id: str, raw: bool
) -> None:
    for tail in ("", "edit/", "delete/"):
        address = f"/customers/{id}/{tail}"
        more = {"RAW_URI": address} if raw else {}
        assert max_.get(address, **more).status_code in {301, 302, 404}
        if tail:
            posted = max_.post(address, {"id": "\0" + id, "key": "\0"}, **more)
            assert posted.status_code in {302, 404}


@pytest.mark.parametrize(
    "query",
    [
        *("/customers/?q=%00", "/customers/?q=%FF", "/customers/?country=%00&link=%00&partner=%ED"),
        *("/customers/?page=%00&size=x", "/customers/?after=%00&page=2", "/customers/find/?q=%00"),
        *("/leads/new/?customer=%00", "/sales/new/?customer=%FF", "/sales/new/?again=%00"),
        *("/sales/new/?again=99999999999999999999999", f"/sales/new/?customer={'x' * 5000}"),
        *("/sales/minor/?amount=%00&currency=%00", "/results/99999999999999999999999/"),
        *("/results/99999999999999999999999/undo/", "/customers/?q=" + "%F0%9F%98%80" * 400),
    ],
)
def test_nothing_in_a_query_is_an_error_of_ours(dub: Sandbox, max_: Client, query: str) -> None:
    dub.add_customer("Una", external_id="u1")
    assert max_.get(query).status_code in {200, 302, 404}


@pytest.mark.parametrize(
    "query",
    [
        "customer=%00&person=%00",
        "before=99999999999999999999",
        "after=-99999999999999999999",
        "since=9999-12-31&until=0001-01-01",
        "action=%00&outcome=%FF",
    ],
)
def test_nothing_in_the_logs_query_is_an_error_of_ours(sign_in: Any, query: str) -> None:
    assert sign_in("otto").get(f"/audit/?{query}").status_code == 200
    assert sign_in("otto").get("/audit/99999999999999999999999/").status_code == 404


@pytest.mark.parametrize("id", ["ext_a%2Fedit", "ext_%C3%BC%2Fedit"])
def test_whoever_must_sign_in_comes_back_to_the_same_customer(
    client: Client, dub: Sandbox, id: str
) -> None:
    login = ask(client, f"/customers/{id}/")["Location"]
    assert login == f"/accounts/login/?next=/customers/{id.replace('%', '%25')}/"
    login = client.get("/customers/ext_%C3%BC/")["Location"]
    assert login == "/accounts/login/?next=/customers/ext_%25C3%25BC/"


def test_an_address_without_its_last_slash_leads_to_the_same_customer(alice: Client) -> None:
    page = ask(alice, "/customers/ext_a%2Fedit?x=1")
    assert (page.status_code, page["Location"]) == (301, "/customers/ext_a%2Fedit/?x=1")


def test_a_path_that_a_proxy_has_changed_is_not_believed(dub: Sandbox, alice: Client) -> None:
    made = dub.add_customer("Una", external_id="u1")
    page = alice.get(customer_url(made["id"]), RAW_URI="/customers/ext_other/")
    assert page.status_code == 200


@pytest.mark.parametrize("address", ["/imports/template/cats/", "/nowhere/", "/metrics"])
def test_what_is_not_there_is_said_in_words(address: str, max_: Client) -> None:
    page = max_.get(address)
    assert page.status_code == 404
    assert "Not found There is nothing at this address." in text_of(page)
