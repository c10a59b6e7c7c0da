"""Columns, row height and saved views of the list of customers, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from customers.models import AuditEntry, Preferences, SavedView
from dubadmin.sandbox import Sandbox

from ..conftest import text_of
from .browsing import fields_of

pytestmark = pytest.mark.django_db

GERMANY = {"name": "Germany", "query": "country=DE&sort=saleAmount"}


def heads(page: Any) -> list[str]:
    """The table's columns, by name."""
    return re.findall(r'class="c-(\w+)', page.content.decode().split("<tbody")[0])


def current(page: Any) -> str:
    """The tab that is open."""
    tabs = page.content.decode().split('aria-label="Views"')[1]
    found = re.search(r'aria-current="page">(.*?)</a>', tabs)
    assert found
    return re.sub("<.*?>", "", found[1])


@pytest.fixture(autouse=True)
def company(dub: Sandbox) -> Sandbox:
    partner = dub.add_partner("Derek & Co")
    dub.add_customer("Una", country="DE", link=dub.add_link(key="go", partner=partner))
    dub.add_customer("Eve", country="FR")
    return dub


@pytest.fixture
def vera(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("vera")


def test_columns_are_chosen_and_kept(vera: Client, sign_in: Callable[[str], Client]) -> None:
    assert heads(vera.get("/customers/"))[:3] == ["customer", "country", "link"]
    given = {"columns": ["id", "value"], "density": "compact", "query": "country=DE"}
    page = vera.post("/customers/display/", given, follow=True)
    assert page.redirect_chain == [("/customers/?view=all&country=DE", 302)]
    again = sign_in("vera").get("/customers/")
    assert heads(again) == ["customer", "value", "id"]
    assert 'data-density="compact"' in again.content.decode()
    entry = AuditEntry.objects.get(action="preferences.change")
    assert entry.after == {"density": "compact", "columns": ["customer", "value", "id"]}


def test_the_address_has_the_last_word_about_columns(vera: Client) -> None:
    page = vera.get("/customers/?columns=sales,partner&sort=saleAmount")
    assert heads(page) == ["customer", "partner", "sales"]
    assert "columns=sales%2Cpartner" in page.content.decode()  # the links to other pages keep it
    assert "There is no column “shoes”." in text_of(vera.get("/customers/?columns=shoes"))


def test_the_usual_columns_are_not_kept_by_name(vera: Client) -> None:
    usual = heads(vera.get("/customers/"))
    vera.post("/customers/display/", {"columns": usual, "density": "comfortable"})
    assert not Preferences.objects.exists()  # nothing was changed


def test_a_choice_that_makes_no_sense_changes_nothing(vera: Client) -> None:
    given = {"columns": ["shoes"], "density": "compact", "query": "page=%&country=DE"}
    page = vera.post("/customers/display/", given, follow=True)
    assert "Nothing was changed" in text_of(page)
    assert not Preferences.objects.exists()


def test_a_value_of_a_row_leads_to_all_that_have_it(vera: Client) -> None:
    html = vera.get("/customers/?sort=saleAmount&page=1").content.decode()
    for what in ("Germany", "Derek &amp; Co", "go.example.com/go"):
        found = re.search(rf'title="Only {re.escape(what)}" href="([^"]+)"', html)
        assert found, what
        address = found[1].replace("&amp;", "&")
        assert address.startswith("/customers/?sort=saleAmount&")
        assert "1 of 1" in text_of(vera.get(address))
    assert 'title="Only Germany"' not in vera.get("/customers/?country=DE").content.decode()


def test_a_view_is_saved_opened_and_told_apart(vera: Client) -> None:
    page = vera.post("/customers/views/new/", GERMANY, follow=True)
    view = SavedView.objects.get()
    address = f"/customers/?view={view.pk}&country=DE&sort=saleAmount"
    assert page.redirect_chain[0][0] == address
    assert current(page) == "Germany"
    assert "1 of 1 customer" in text_of(page)
    assert current(vera.get("/customers/?view=all")) == "All customers"
    assert current(vera.get(f"{address}&order=asc")).endswith("changed")
    entry = AuditEntry.objects.get(action="view.save")
    assert (entry.actor_name, entry.target_label) == ("vera", "Germany")
    assert entry.after["query"] == "country=DE&sort=saleAmount"


def test_what_goes_without_saying_is_no_part_of_a_view(vera: Client) -> None:
    query = "order=desc&sort=createdAt&size=50&page=3&after=cus_1&view=7&country=DE&evil=1"
    vera.post("/customers/views/new/", {"name": "x", "query": query})
    assert SavedView.objects.get().query == "country=DE"


def test_columns_within_a_view_belong_to_it(vera: Client) -> None:
    vera.post("/customers/views/new/", GERMANY)
    view = SavedView.objects.get()
    given = {"columns": ["sales"], "density": "comfortable", "view": view.pk}
    page = vera.post("/customers/display/", given | {"query": view.query}, follow=True)
    assert heads(page) == ["customer", "sales"]
    assert current(page) == "Germany• changed"
    assert heads(vera.get("/customers/?view=all")) != ["customer", "sales"]
    changed = {"name": "Germany", "query": f"{view.query}&columns=customer,sales"}
    page = vera.post(f"/customers/views/{view.pk}/", changed, follow=True)
    assert (current(page), heads(page)) == ("Germany", ["customer", "sales"])


def test_the_list_opens_with_the_chosen_view(vera: Client) -> None:
    vera.post("/customers/views/new/", GERMANY)
    view = SavedView.objects.get()
    vera.post("/customers/display/", {"density": "comfortable", "opens_with": view.pk})
    assert vera.get("/customers/")["Location"].startswith(f"/customers/?view={view.pk}&country=DE")
    assert vera.get("/customers/?view=all").status_code == 200
    assert vera.get("/customers/?country=FR").status_code == 200
    vera.post(f"/customers/views/{view.pk}/delete/")
    assert vera.get("/customers/").status_code == 200


def test_bad_names_and_lists_are_told_and_kept(vera: Client) -> None:
    vera.post("/customers/views/new/", GERMANY)
    page = vera.post("/customers/views/new/", GERMANY | {"is_shared": "on"})
    assert "You have a view of this name already." in text_of(page)
    assert fields_of(page)["name"] == "Germany"
    for bad in ({"name": " ", "query": ""}, {"name": "x", "query": "sort=shoes"}):
        assert "Nothing was saved" in text_of(vera.post("/customers/views/new/", bad))
    assert SavedView.objects.count() == 1


def test_a_shared_view_is_changed_by_its_owner_or_an_administrator(
    vera: Client, people: dict[str, User], sign_in: Callable[[str], Client]
) -> None:
    shared = SavedView.objects.create(owner=people["alice"], name="Shared", is_shared=True)
    own = SavedView.objects.create(owner=people["alice"], name="Own")
    page = text_of(vera.get(f"/customers/?view={shared.pk}"))
    assert ("Shared" in page, "Own" in page, "Rename" in page) == (True, False, False)
    for name, expected in {"vera": (403, 404), "ada": (200, 404), "alice": (200, 200)}.items():
        client = sign_in(name)
        found = [client.get(f"/customers/views/{view.pk}/").status_code for view in (shared, own)]
        assert tuple(found) == expected, name
    assert vera.post(f"/customers/views/{shared.pk}/delete/").status_code == 403
    assert sign_in("ada").post(f"/customers/views/{shared.pk}/delete/").status_code == 302
    entry = AuditEntry.objects.get(action="view.delete")
    assert (entry.actor_name, entry.target_label) == ("ada", "Shared")


def test_a_view_that_is_not_shared_any_more_opens_nothing(
    vera: Client, people: dict[str, User]
) -> None:
    view = SavedView.objects.create(owner=people["alice"], name="Own", query="country=DE")
    Preferences.objects.create(user=people["vera"], view=view)
    assert vera.get("/customers/").status_code == 200
    assert current(vera.get(f"/customers/?view={view.pk}&country=DE")) == "All customers"
