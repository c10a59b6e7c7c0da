"""One box finds a customer by whatever was pasted into it, and says how (Q1, Q2, Q3, Q7)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.search import parse
from dubadmin.sandbox import Sandbox

from .conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(dub: Sandbox) -> dict[str, Any]:
    link = dub.add_link(key="spring", domain="go.example.com")
    dub.add_customer(external_id="other", name="Grace Hopper", email="grace@example.com")
    return dub.add_customer(
        external_id="user_7", name="Jean-Luc Ada", email="ada@example.com", link=link
    )


def test_q2_one_exact_hit_opens_the_customer(ada: dict[str, Any], alice: Client) -> None:
    typed = ["user_7", "ext_user_7", ada["id"], "ada@example.com", "mailto:ada@example.com"]
    typed += [f"https://app.dub.co/acme/customers/{ada['id']}", " “<ada@example.com>” "]
    for text in typed:
        response = alice.get("/customers/", {"q": text})
        assert (response.status_code, response.get("Location")) == (302, f"/customers/{ada['id']}/")


def test_q1_words_list_what_they_find_and_say_how(ada: dict[str, Any], alice: Client) -> None:
    page = text_of(alice.get("/customers/", {"q": "Grace"}))
    assert "grace@example.com" in page
    assert "whole words in name or e-mail" in page
    assert "ada@example.com" not in page


def test_q1_an_empty_result_says_how_it_searched(ada: dict[str, Any], alice: Client) -> None:
    assert "exact e-mail" in text_of(alice.get("/customers/", {"q": "@"}))
    assert "whole words" in text_of(alice.get("/customers/", {"q": "Nobod"}))


def test_q3_hyphens_are_spaces(ada: dict[str, Any], alice: Client, dub: Sandbox) -> None:
    alice.get("/customers/", {"q": "Anne-Marie +(x)"})
    searched = [each.query["search"] for each in dub.requests if "search" in each.query]
    assert searched[-1] in ("Anne Marie x", ["Anne Marie x"])


def test_q7_a_stripe_id_is_explained(ada: dict[str, Any], alice: Client) -> None:
    page = text_of(alice.get("/customers/", {"q": "cus_QxYz123"}))
    assert "Stripe’s and Dub’s customer IDs both begin with cus_" in page
    page = alice.get("/customers/cus_QxYz123/")
    assert page.status_code == 404
    assert "Stripe's customer IDs begin with cus_ too" in text_of(page)


def test_a_short_link_lists_its_customers(ada: dict[str, Any], alice: Client, dub: Sandbox) -> None:
    for text in ("go.example.com/spring", "https://go.example.com/spring?utm_source=x"):
        response = alice.get("/customers/", {"q": text}, follow=True)
        assert "link=" in response.request["QUERY_STRING"]
        page = text_of(response)
        assert "ada@example.com" in page
        assert "grace@example.com" not in page


def test_while_typing_the_list_stays_a_list(ada: dict[str, Any], alice: Client) -> None:
    response = alice.get("/customers/", {"q": "user_7"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "ada@example.com" in text_of(response)


def test_an_email_that_is_an_external_id_is_found(dub: Sandbox, alice: Client) -> None:
    made = dub.add_customer(external_id="me@example.com", email="new@example.com")
    response = alice.get("/customers/", {"q": "me@example.com"})
    assert response.get("Location") == f"/customers/{made['id']}/"


@given(st.text(max_size=120))
def test_any_text_can_be_asked_for(text: str) -> None:
    search = parse(text)
    assert bool(search.words or search.ids) >= bool(search.words)
    assert all(id and how for how, id in search.ids)
    assert search.text == search.text.strip()
