from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox
from dubadmin.sandbox.call import Answer, Call
from dubadmin.sandbox.server import HungUp

from .conftest import Browse

Json = dict[str, Any]


class Mortal(Sandbox):
    """Is gone for good as soon as it gets a write: before it has done it, or after."""

    does_it_first = False

    def _answer(self, call: Call) -> Answer:
        if call.method == "GET":
            return super()._answer(call)
        if self.does_it_first:
            super()._answer(call)
        self.close()
        raise HungUp


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite3"


@pytest.fixture
def mortal(dub: Sandbox, store: Path, settings: Any) -> Iterator[Mortal]:
    """The site works with this one; jane is in it."""
    with Mortal(path=store, resettable=False) as mortal:
        settings.DUB_API_URL = mortal.url
        link = mortal.add_link("spring")
        mortal.add_customer("Jane Cooper", "jane@acme.example", "user_1", link=link, lead="Sign up")
        yield mortal


def to_sale(page: Page) -> str:
    page.goto("/sales/new/?customer=user_1")
    page.get_by_label("Amount", exact=True).fill("12.34")
    page.get_by_label("Invoice ID").fill("INV-1")
    page.get_by_role("button", name="Check the sale").click()
    return "Record this sale"


def to_lead(page: Page) -> str:
    page.goto("/leads/new/?customer=user_1")
    page.get_by_label("Event name").fill("Upgrade")
    page.get_by_role("button", name="Check the lead").click()
    return "Record this lead"


def to_correction(page: Page) -> str:
    page.goto("/customers/ext_user_1/edit/")
    page.get_by_label("Name", exact=True).fill("Janet Cooper")
    page.get_by_role("button", name="Review the change").click()
    return "Save to Dub"


def to_deletion(page: Page) -> str:
    page.goto("/customers/ext_user_1/delete/")
    page.get_by_label("To confirm").fill("user_1")
    return "Delete at Dub for good"


Way = Callable[[Page], str]


@pytest.mark.parametrize("way", [to_sale, to_lead, to_correction, to_deletion])
def test_in_the_middle_of_a_write_the_outcome_is_unknown(
    browse: Browse, mortal: Mortal, way: Way
) -> None:
    mortal.does_it_first = way in (to_sale, to_deletion)
    page = browse("ada", failing=(502,))
    send = page.get_by_role("button", name=way(page))
    send.click()
    expect(page.locator("main [data-outcome]").first).to_have_attribute("data-outcome", "unknown")
    expect(page.get_by_role("alert").first).to_contain_text("Unknown")
    assert AuditEntry.objects.get(outcome="unknown").sent
    page.get_by_role("button", name="Check again at Dub").click()
    expect(page.locator("main")).to_contain_text("Dub cannot be reached")
    expect(page.locator("[data-outcome=unknown]").first).to_be_visible()


def test_the_site_stays_usable_and_settles_it_when_dub_is_back(
    browse: Browse, mortal: Mortal, store: Path, settings: Any
) -> None:
    mortal.does_it_first = True
    page = browse("ada", failing=(502,))
    page.get_by_role("button", name=to_sale(page)).click()
    expect(page.locator("[data-outcome=unknown]").first).to_be_visible()
    result = page.url
    page.goto("/customers/")
    expect(page.locator("#table").get_by_role("alert")).to_contain_text("cannot be reached")
    expect(page.get_by_role("search").get_by_label("Country")).to_be_enabled()
    page.goto("/customers/ext_user_1/")
    expect(page.get_by_role("alert").first).to_contain_text("cannot be reached")
    page.goto("/audit/?outcome=unknown")
    expect(page.locator(".log tbody tr")).to_have_count(1)
    page.goto("/")
    expect(page.get_by_role("region", name="Connection to Dub")).not_to_contain_text("Dub answers")
    expect(page.get_by_role("region", name="Needs attention")).to_contain_text("jane@acme")
    with Sandbox(path=store, resettable=False) as reborn:
        settings.DUB_API_URL = reborn.url
        attention = page.get_by_role("region", name="Needs attention")
        attention.get_by_role("listitem").get_by_role("link").first.click()
        expect(page).to_have_url(result)
        page.get_by_role("button", name="Check again at Dub").click()
        expect(page.locator("main")).to_contain_text("Settled: Recorded")
        expect(page.get_by_role("button", name="Check again at Dub")).to_have_count(0)
        assert len(reborn.sales()) == 1
        assert reborn.count("POST") == 0
        page.goto("/")
        expect(page.get_by_role("region", name="Connection to Dub")).to_contain_text("Dub answers")
        expect(page.get_by_role("region", name="Needs attention")).to_contain_text(
            "Nothing is open"
        )


@pytest.mark.parametrize("way", [to_sale, to_correction, to_deletion])
def test_before_the_write_nothing_is_sent(browse: Browse, mortal: Mortal, way: Way) -> None:
    page = browse("ada", failing=(502,))
    send = page.get_by_role("button", name=way(page))
    expect(send).to_be_visible()
    mortal.close()
    send.click()
    expect(page.get_by_role("alert").first).to_contain_text("cannot be reached")
    expect(page.get_by_role("alert").first).to_contain_text("Nothing")
    assert not AuditEntry.objects.filter(outcome__in=["unknown", "recorded", "pending"]).exists()


def test_between_the_checks_and_the_write_it_is_not_sent(
    browse: Browse, dub: Sandbox, jane: Json
) -> None:
    page = browse("ada")
    send = page.get_by_role("button", name=to_sale(page))
    expect(send).to_be_visible()
    dub.fault("POST", "/track/sale", status=429)
    send.click()
    expect(page.locator("[data-outcome=not_sent]")).to_be_visible()
    assert len(dub.sales()) == 1
    page.get_by_role("link", name="Correct and try again").click()
    expect(page.get_by_label("Amount", exact=True)).to_have_value("12.34")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"hang_up": "after"}, "recorded"),
        ({"hang_up": "before"}, "unknown"),
    ],
)
def test_a_lost_answer_is_looked_up(
    browse: Browse, dub: Sandbox, jane: Json, fault: Json, outcome: str
) -> None:
    dub.fault("PATCH", "*", **fault)
    page = browse("alice")
    page.get_by_role("button", name=to_correction(page)).click()
    expect(page.locator(f"[data-outcome={outcome}]").first).to_be_visible()
    now = dub.customer("user_1")
    assert now
    assert (now["name"] == "Janet Cooper") == (outcome == "recorded")
