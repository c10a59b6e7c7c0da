"""The page of an import in each state of its life: readable by all, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers import imports
from customers.audit import Actor, person
from customers.models import Import
from dubadmin.sandbox import Sandbox

from ..imports.conftest import buyers, one_by_one  # noqa: F401  fixtures
from ..imports.rows import SALE, checked, import_of, now, run, sales
from .conftest import Browse
from .test_accessibility import Look, look  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("buyers", "one_by_one")

State = Import.State
WRONG = [("nobody", "1", "USD", "X-1"), ("u1", "much", "Taler", "X-2")]
LOST = {"status": 403, "message": "Unauthorized: Need higher plan."}


@pytest.fixture
def max_acts(people: dict[str, User]) -> Actor:
    return Actor(**person(people["max"]))


@pytest.fixture
def made(max_acts: Actor, settings: Any) -> Callable[..., Import]:
    """Sales of which two are wrong and two in doubt."""
    settings.RETYPE_AMOUNT_ABOVE = 4

    def of(**details: Any) -> Import:
        file = import_of("sales", SALE, *sales(6), *WRONG, actor=max_acts, **details)
        Import.objects.filter(pk=file.pk).update(name="bank transfers October.csv")
        return now(file)

    return of


def show(page: Page, file: Import, state: str) -> None:
    """Opens the page, which says what state the import is in."""
    page.goto(f"/imports/{file.pk}/")
    expect(page.get_by_role("heading", name=re.compile(f"^{state}"))).to_be_visible()


def leave(page: Page) -> None:
    """Before the import changes: its page would follow it by itself, across the next address."""
    page.goto("about:blank")


def test_every_state_can_be_read(
    browse: Browse,
    dub: Sandbox,
    made: Any,
    look: Look,  # noqa: F811
    max_acts: Actor,
) -> None:
    page = browse("ada")
    file = made(state=State.STAGING)
    Import.objects.update(beat=timezone.now() - timedelta(minutes=5))
    show(page, file, "Reading the file")
    expect(page.get_by_text("No worker has been at this")).to_be_visible()
    look(page, "nobody reads it")
    leave(page)
    Import.objects.update(state=State.CHECKING, beat=timezone.now())
    for phase in ("reading each row", "asking Dub about each customer", "looking for rows"):
        while phase not in imports.progress(now(file)).doing:
            imports.step(now(file))
        show(page, file, f"Checking: {phase}")
        look(page, phase)
        leave(page)
    imports.pause(now(file), actor=max_acts)
    show(page, file, "Paused")
    expect(page.get_by_text("Nothing was written to Dub.")).to_be_visible()
    leave(page)
    imports.resume(now(file), actor=max_acts)
    show(page, checked(file), "Checked")
    page.get_by_role("navigation", name="Which rows").get_by_role("link", name="All").click()
    expect(page.get_by_role("cell", name="INV-5")).to_be_visible()
    look(page, "checked")
    leave(page)
    assert imports.start(now(file), actor=max_acts, with_doubts=True, reason="looked at")
    show(page, file, "Under way")
    look(page, "running")
    leave(page)
    imports.pause(now(file), why="Dub refuses: the key is not valid any more.")
    show(page, file, "Paused")
    look(page, "paused")
    leave(page)
    imports.resume(now(file), actor=max_acts)
    dub.fault("POST", "/track/sale", status=422, message="too_big: amount: No.")
    dub.fault("POST", "/track/sale", nth=2, hang_up="before")
    dub.fault("GET", "/events", nth=2, times=0, **LOST)
    run(file)
    show(page, file, "Done")
    expect(page.get_by_text("0 of 4 that Dub accepted are seen among its events")).to_be_visible()
    expect(page.get_by_text("1 row whose result is unknown is not in it")).to_be_visible()
    look(page, "done, waiting for confirmation")


def test_corrections_can_be_read(browse: Browse, look: Look, max_acts: Actor) -> None:  # noqa: F811
    header = ("external_id", "name", "old_email", "email")
    rows = [("u0", "New", "", ""), ("u1", "", "old@x.com", "b@x.com"), ("u2", "Name 2", "", "")]
    page = browse("max")
    show(page, checked(import_of("corrections", header, *rows, actor=max_acts)), "Checked")
    page.get_by_role("navigation", name="Which rows").get_by_role("link", name="All").click()
    expect(page.get_by_text("the file wants “b@x.com”")).to_be_visible()
    look(page, "corrections")


def test_from_the_check_to_the_end_without_scripts(browse: Browse, made: Any, dub: Sandbox) -> None:
    file = checked(made())
    page = browse("max", scripts=False)
    show(page, file, "Checked")
    page.get_by_label("Also send the 2 rows in doubt").check()
    page.get_by_role("button", name="Send 4 sales").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why the rows in doubt are sent")
    page.get_by_label("Reason").fill("Asked the bank")
    page.get_by_role("button", name="Send 4 sales").click()
    expect(page.get_by_role("heading", name="Under way")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").click()
    run(file)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="The 2 rows that did not make it").click()
    assert download.value.suggested_filename == "bank transfers October-left.csv"
    assert len(dub.sales()) == 6
