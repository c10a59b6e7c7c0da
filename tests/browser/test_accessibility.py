from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dubadmin.sandbox import Sandbox

from . import sheet
from .conftest import Browse
from .layout import too_wide

Json = dict[str, Any]
Look = Callable[..., None]
WAYS = [(1440, "light"), (390, "dark")]  # each width and each scheme once
AXE = Axe().axe_script


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Iterator[Look]:
    """Looks at a page as it stands and tells at the end what is wrong with it."""
    found = []

    def at(page: Page, name: str, *, ways: list[tuple[int, str]] = WAYS) -> None:
        for width, scheme in sheet.EVERY_WAY if sheet.FOLDER else ways:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            found.extend((name, width, scheme, each) for each in violations(page))
            sheet.photograph(page, request.node.name, name, width, scheme)
        page.set_viewport_size({"width": 320, "height": 900})
        found.extend((name, 320, each) for each in too_wide(page))
        page.set_viewport_size({"width": 1440, "height": 900})

    yield at
    assert not found, "\n".join(map(str, found))


def violations(page: Page) -> list[list[Any]]:
    """What axe finds on a page: the rule, and where. It is put into the page only once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[list[Any]] = page.evaluate(
        """async () => (await axe.run({ resultTypes: ["violations"] })).violations
             .map((each) => [each.id, each.nodes.map((node) => node.target.join(" "))])"""
    )
    return found


def test_it_would_find_something(browse: Browse) -> None:
    page = browse("vera")
    page.goto("/customers/")
    page.evaluate("document.querySelector('main').append(new Image(400, 1))")
    page.set_viewport_size({"width": 320, "height": 900})
    assert "image-alt" in [rule for rule, _ in violations(page)]
    assert too_wide(page)


def test_lists_and_customers(browse: Browse, dub: Sandbox, jane: Json, look: Look) -> None:
    bare = dub.add_customer(external_id="bare")
    page = browse("ada", failing=(404,))
    for address in (
        "/",
        "/customers/",
        f"/customers/{jane['id']}/",
        "/audit/",
        "/accounts/preferences/",
        "/audit/state/",
        "/customers/views/new/",
        "/customers/?sort=createdAt&q=nobody",
        "/customers/?page=1001",
        f"/customers/{bare['id']}/",
        "/customers/cus_unknown/",
        "/audit/?outcome=unknown",
        "/audit/?since=tomorrow&action=dance",
        "/attention/",
        "/nowhere/",
    ):
        page.goto(address)
        look(page, address)


def test_signing_in_and_being_refused(browse: Browse, look: Look) -> None:
    page = browse(None)
    page.goto("/accounts/login/")
    look(page, "sign-in")
    page.get_by_label("User name").fill("vera")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "wrong password")
    page = browse("vera", failing=(403,))
    page.goto("/audit/")
    look(page, "not allowed")
    page.goto("/customers/")
    look(page, "no customers")


def test_menus_and_dialogs(browse: Browse, jane: Json, look: Look) -> None:
    page = browse("ada")
    page.goto("/customers/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, "shortcuts")
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+k")
    page.keyboard.type("ja")
    expect(page.get_by_role("option", name="No customer found")).to_be_visible()
    page.keyboard.type("ne")
    expect(page.get_by_role("option", name="Jane Cooper")).to_be_visible()
    look(page, "palette")
    page.keyboard.press("Escape")
    page.locator("details.person summary").click()
    look(page, "person's menu", ways=[(1440, "light"), (1440, "dark")])
    for menu in ("View", "Display"):
        page.get_by_text(menu, exact=True).click()
        look(page, menu)
    page.set_viewport_size({"width": 390, "height": 900})
    page.get_by_label("Menu").click()
    look(page, "small menu", ways=[(390, "light"), (390, "dark")])
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("jane")
    expect(page.get_by_role("option", name="Jane Cooper")).to_be_visible()
    page.keyboard.press("ArrowDown")
    look(page, "customers found")


def test_correcting_and_deleting(browse: Browse, dub: Sandbox, jane: Json, look: Look) -> None:
    page = browse("max", failing=(410,))
    page.goto("/customers/ext_user_1/edit/")
    look(page, "edit")
    page.get_by_label("E-mail").fill("wrong")
    page.get_by_role("button", name="Review the change").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "edit with errors")
    page.get_by_label("E-mail").fill("mine@acme.example")
    page.get_by_label("External ID").fill("user_2")
    dub.change_customer(jane, email="theirs@acme.example", name="Janet")
    page.get_by_role("button", name="Review the change").click()
    expect(page.get_by_label("Replace")).to_be_visible()
    look(page, "conflict")
    page.get_by_label("Replace").check()
    page.get_by_role("button", name="Save to Dub").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    look(page, "corrected")
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_role("heading", name="Undo a correction")).to_be_visible()
    look(page, "undo")
    page.goto("/customers/ext_user_2/delete/")
    look(page, "delete")
    page.get_by_label("To confirm").fill("wrong")
    page.get_by_role("button", name="Delete at Dub").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "delete with errors")
    page.get_by_label("To confirm").fill("user_2")
    page.get_by_role("button", name="Delete at Dub").click()
    expect(page.locator("[data-outcome=recorded]")).to_be_visible()
    page.goto("/customers/ext_user_2/")
    look(page, "gone")


def test_recording(browse: Browse, dub: Sandbox, jane: Json, look: Look) -> None:
    dub.background_ms = 60_000
    page = browse("ada")
    page.goto("/leads/new/?customer=user_1")
    look(page, "lead")
    page.goto("/sales/new/?customer=user_1")
    page.get_by_text("Only for a customer").click()
    page.get_by_label("Metadata key").fill("order")
    page.get_by_label("Amount", exact=True).fill("20000.005")
    expect(page.locator("#minor .bad")).to_be_visible()
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "sale with errors")
    page.get_by_label("Amount", exact=True).fill("20000")
    page.get_by_text("Only for a customer").click()
    page.get_by_label("Click ID").fill("ignored")
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_role("heading", name="Check the sale")).to_be_visible()
    look(page, "summary")
    page.get_by_role("button", name="Record this sale").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "summary with errors")
    page.get_by_label("Type the amount again").fill("20000")
    page.get_by_label("Why send it").fill("Sure")
    page.get_by_role("button", name="Record this sale").click()
    expect(page.locator("[data-follow=pending]")).to_be_visible()
    look(page, "pending")
    page.goto("/sales/new/?customer=nobody")
    page.get_by_label("Amount", exact=True).fill("1")
    page.get_by_role("button", name="Check the sale").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "stopped")


def test_when_dub_fails(browse: Browse, dub: Sandbox, jane: Json, look: Look) -> None:
    page = browse("ada", failing=(502,))
    dub.fault("POST", "/track/sale", hang_up="after")
    dub.fault("POST", "/track/lead", status=422)
    for kind, outcome in (("sale", "unknown"), ("lead", "refused")):
        page.goto(f"/{kind}s/new/?customer=user_1")
        page.get_by_label("Event name", exact=True).fill("Upgrade")
        if kind == "sale":
            page.get_by_label("Amount", exact=True).fill("1")
            dub.drop_background = True
        page.get_by_role("button", name=f"Check the {kind}").click()
        page.get_by_role("button", name=f"Record this {kind}").click()
        expect(page.locator(f"[data-outcome={outcome}]")).to_be_visible()
        look(page, outcome)
        page.get_by_role("link", name="#").click()
        expect(page.get_by_role("heading", name="Sent to Dub")).to_be_visible()
        look(page, f"entry of {outcome}")
    page.goto("/attention/")
    expect(page.locator("[data-outcome=unknown]")).to_be_visible()
    look(page, "needs attention")
    dub.fault("GET", times=0, status=503)
    for address in ("/", "/customers/", "/customers/ext_user_1/"):
        page.goto(address)
        look(page, f"{address} without Dub")


def test_names_of_all_kinds(browse: Browse, dub: Sandbox, look: Look) -> None:
    dub.add_customer(external_id="long", name="Maximiliane " * 15, email=f"{'m' * 60}@acme.example")
    dub.add_customer(external_id="rtl", name="محمد عبد الله", email="m@acme.example")
    dub.add_customer(external_id="emoji", name="🦄🦄🦄 & <b>Co</b>", email=None)
    dub.add_customer(external_id="none", name=None, email=None)
    page = browse("ada")
    for address in ("/customers/", "/customers/ext_long/", "/customers/ext_rtl/"):
        page.goto(address)
        look(page, address)
    page.goto("/customers/ext_none/edit/")
    look(page, "no name, no e-mail")
