"""What the pages say about finding and listing customers (Q1 to Q3, Q7 to Q9)."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dubadmin.sandbox import Sandbox

from ..conftest import text_of

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rows(page: Any) -> list[str]:
    """The lines of the list's table."""
    return re.findall(r"(?s)<tr>\s*<td.*?</tr>", page.content.decode())


@pytest.mark.parametrize("typed", ["UNA@EXAMPLE.COM", "U1", "ext_U1"])
def test_q1_case_makes_no_difference(alice: Client, una: Json, typed: str) -> None:
    page = alice.get("/customers/", {"q": typed})
    assert page["Location"] == f"/customers/{una['id']}/"


def test_q1_the_list_says_how_it_searched(dub: Sandbox, alice: Client, una: Json) -> None:
    dub.add_customer("Una Second", email="second@example.com")
    says = text_of(alice.get("/customers/", {"q": "una"}))
    assert "1–2 of 2 customers Searched by whole words in name or e-mail." in says
    says = text_of(alice.get("/customers/", {"q": "un"}))
    assert "No customer matches Searched by whole words in name or e-mail." in says
    assert "Try the whole e-mail address, the external ID, or fewer filters." in says
    says = text_of(alice.get("/customers/", {"q": "@"}))
    assert "No customer matches Searched by exact e-mail." in says


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("una@", "una"),
        ("una@exam", "una"),
        ("una.nobody@example.com", "una+nobody"),
        ("@example.com", "example"),
    ],
)
def test_q1_where_nobody_has_the_e_mail_its_words_are_searched_for(
    dub: Sandbox, alice: Client, una: Json, typed: str, words: str
) -> None:
    dub.add_customer("Otto", email="otto@elsewhere.org")
    for headers in ({}, {"HX-Request": "true"}):
        page = alice.get("/customers/", {"q": typed, "country": ""}, headers=headers, follow=True)
        assert f"No customer matches the e-mail “{typed}”" in text_of(page)
        assert "una@example.com" in text_of(page)
        assert "otto@elsewhere.org" not in text_of(page)
        assert page.redirect_chain[-1][0].startswith(f"/customers/?q={words}&")


@pytest.mark.parametrize("language", ["en", "de"])
def test_q1_suggestions_say_how_they_were_found_where_it_is_not_usual(
    alice: Client, una: Json, language: str
) -> None:
    def badges(typed: str) -> int:
        headers = {"accept-language": language}
        page = alice.get("/customers/find/", {"q": typed}, headers=headers)
        assert "una@example.com" in text_of(page)
        return page.content.decode().count('class="badge"')

    assert [badges(typed) for typed in ("una", "una@example.com", "una@exampel.com")] == [0, 1, 1]


def test_q1_who_has_all_words_comes_first_on_the_first_page(dub: Sandbox, alice: Client) -> None:
    dub.add_customer("Anika Esposito", email="ae@example.com", created_at=NOON)
    for number in range(3):
        at = NOON + timedelta(hours=number + 1)
        dub.add_customer("Anika", email=f"a{number}@example.com", created_at=at)
    page = alice.get("/customers/", {"q": "esposito anika"})
    first = [re.findall(r"\w+@example", row)[0] for row in rows(page)]
    assert first == [f"{name}@example" for name in ("ae", "a2", "a1", "a0")]
    assert "on this page the best hits come first" in text_of(page)
    assert "aria-sort=" not in page.content.decode()


def test_q1_a_chosen_order_is_kept(dub: Sandbox, alice: Client) -> None:
    dub.add_customer("Anika Esposito", email="ae@example.com", created_at=NOON)
    dub.add_customer("Anika", email="a0@example.com", created_at=NOON - timedelta(days=1))
    page = alice.get("/customers/", {"q": "esposito anika", "order": "asc"})
    assert "a0@example.com" in rows(page)[0]
    assert 'aria-sort="ascending"' in page.content.decode()
    assert "best hits" not in text_of(page)


def test_q1_the_next_page_goes_on_where_dubs_order_stood(dub: Sandbox, alice: Client) -> None:
    made = [dub.add_customer("Anika", email=f"a{n}@example.com")["id"] for n in range(29)]
    made.insert(15, dub.add_customer("Anika Esposito", email="ae@example.com")["id"])
    first = alice.get("/customers/", {"q": "anika esposito", "size": "25"})
    onward = re.search(r'id="next"[^>]*? href="([^"]+)"', first.content.decode())
    assert onward
    second = alice.get(onward[1].replace("&amp;", "&"))
    shown = [re.findall(r"/customers/(cus_\w+)/", row)[0] for row in rows(first) + rows(second)]
    assert sorted(shown) == sorted(made)


def test_q2_an_id_is_found_beside_words(dub: Sandbox, alice: Client, una: Json) -> None:
    dub.add_customer("Number U1", email="other@example.com")
    page = alice.get("/customers/", {"q": "u1"})
    assert "Found by external ID; others by whole words in name or e-mail." in text_of(page)
    assert [f"/customers/{una['id']}/" in row for row in rows(page)] == [True, False]


def test_q2_who_is_found_by_an_id_counts(alice: Client, una: Json) -> None:
    says = text_of(alice.get("/customers/", {"q": "u1", "sort": "createdAt"}))
    assert "1 of 1 customer Found by external ID." in says


def test_q3_a_double_name_is_found(dub: Sandbox, alice: Client) -> None:
    dub.add_customer("Jean-Luc Besson", email="jl@example.com")
    says = text_of(alice.get("/customers/", {"q": "jean-luc"}))
    assert "jl@example.com" in says


def test_q7_a_stripe_id_is_explained_at_its_address_too(dub: Sandbox, alice: Client) -> None:
    for tail in ("", "edit/"):
        page = alice.get(f"/customers/cus_Stripe123/{tail}")
        assert page.status_code == 404
        assert "Stripe's customer IDs begin with cus_ too" in text_of(page)
        assert "find the customer by e-mail or external ID instead" in text_of(page)


def test_q8_with_a_total_and_without_one(dub: Sandbox, alice: Client) -> None:
    for number in range(30):
        dub.add_customer(f"Number {number}", email=f"n{number}@example.com", country="DE")
    whole = alice.get("/customers/?size=25")
    assert "1–25 of 30 customers" in text_of(whole)
    assert "(30)" in text_of(whole)
    dub.count_answers = False
    page = alice.get("/customers/?size=25&page=1")
    assert "1–25 customers" in text_of(page)
    assert " of 30" not in text_of(page)
    assert 'id="next"' in page.content.decode()
    assert len(rows(page)) == 25


@pytest.mark.parametrize("email", [None, "e@example.com"])
def test_q9_no_name_in_the_list(
    dub: Sandbox, alice: Client, email: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dubadmin.sandbox.ids._random", random.Random(1))
    dub.add_customer(None, email, "u2")
    (row,) = rows(alice.get("/customers/"))
    assert "no name" in row
    assert (email or "no e-mail") in row
    assert "no name" in text_of(alice.get("/customers/"))  # nor when it is known by now
