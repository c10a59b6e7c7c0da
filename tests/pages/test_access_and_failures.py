"""What the pages say when Dub says no, asks for a pause, or cannot be understood (A1 to A8, D1)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import AuditEntry, FollowUp, Pace, lifted
from dubadmin import connect
from dubadmin.dub.client import Client as DubClient
from dubadmin.sandbox import Sandbox

from ..conftest import outcome_of, text_of
from .browsing import (
    LEAD,
    SALE,
    Ended,
    fields_of,
    fill,
    landed,
    look,
    offers,
    press,
    press_send,
    send,
)

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
Clock = time_machine.Traveller
Write = Callable[[Client, Json], Ended]
BUY = {"customer_external_id": "u1", "amount": "49.00", "invoice_id": "INV-1"}
DEMO = {"customer_external_id": "u1", "event_name": "Demo"}
LATER = timedelta(minutes=10)
LIST = "/customers/?q=una&sort=saleAmount"


def record_sale(client: Client, una: Json) -> Ended:
    return send(client, SALE, BUY)


def record_lead(client: Client, una: Json) -> Ended:
    return send(client, LEAD, DEMO)


def correct(client: Client, una: Json) -> Ended:
    address = f"/customers/{una['id']}/edit/"
    given = fields_of(client.get(address)) | {"country": "DE", "step": "send"}
    return landed(client.post(address, given, follow=True))


def delete(client: Client, una: Json) -> Ended:
    address = f"/customers/{una['id']}/delete/"
    given = fields_of(client.get(address)) | {"confirmation": "u1", "reason": "Asked for"}
    return landed(client.post(address, given, follow=True))


WRITES = {"sale": record_sale, "lead": record_lead, "edit": correct, "delete": delete}
METHODS = {"sale": "POST", "lead": "POST", "edit": "PATCH", "delete": "DELETE"}


# Who may do what (A3 to A6)

SCOPE = (
    "The provided key does not have the required permissions for this endpoint on the workspace "
    "'ws_1'. Having the 'analytics.read' permission would allow this request to continue."
)
PERSONAL_KEY = (
    "Workspace ID not found. Did you forget to include a `workspaceId` query parameter? It looks "
    "like you might be using personal API keys, we also recommend refactoring to workspace API "
    "keys: https://d.to/keys"
)
USAGE = "You've reached your monthly limit of 50 clicks on the free plan."
ROLE = "You don't have the required role to access this endpoint. Required role(s): owner, member."
BODIES: dict[str, tuple[int, str, str]] = {
    "401 no key": (401, "Missing Authorization header.", "Dub saw no API key"),
    "401 bad key": (401, "Unauthorized: Invalid API key.", "The API key is wrong"),
    "401 expired": (401, "Unauthorized: Access token expired.", "its time is over"),
    "a3 403 plan": (403, "Unauthorized: Need higher plan.", "has a lower one"),
    "a3 403 role": (403, ROLE, "one of these roles in the workspace: owner, member"),
    "a3 403 scope": (403, SCOPE, "The API key lacks the permission analytics.read"),
    "a3 403 usage": (403, USAGE, "above its 50 clicks on Dub's free plan"),
    "a4 409 invite": (409, "Workspace invite pending.", "a new invitation is not accepted"),
    "a4 410 invite": (410, "Workspace invite expired.", "the invitation back has expired"),
    "a5 404 workspace": (404, "Workspace not found.", "The API key's workspace does not exist"),
    "a5 404 personal": (404, PERSONAL_KEY, "needs a workspace key; it begins with dub_"),
}
CODES = {"a4 409 invite": "invite_pending", "a4 410 invite": "invite_expired"}


def refuse(dub: Sandbox, body: str, **which: Any) -> str:
    """Makes Dub answer with one of its bodies; what a page must then say."""
    status, message, words = BODIES[body]
    dub.fault(status=status, code=CODES.get(body), message=message, times=0, **which)
    return words


def only(words: str, page: str) -> bool:
    """Whether the page tells this cause and none of the others."""
    return [each for _, _, each in BODIES.values() if each in page] == [words]


@pytest.mark.parametrize("body", BODIES)
def test_a3_a4_a5_each_refusal_of_a_read_has_words_of_its_own(
    dub: Sandbox, alice: Client, una: Json, body: str
) -> None:
    words = refuse(dub, body, method="GET")
    form = fill(alice, SALE, **BUY)
    assert "Nothing has been sent." in text_of(form)
    for page in (form, alice.get(LIST), alice.get(f"/customers/{una['id']}/")):
        assert only(words, text_of(page))
        assert "Dub has no customer" not in text_of(page)
        assert "does not know this customer" not in text_of(page)
        assert "may have been recorded" not in text_of(page)


OTHERS = [
    (write, body) for write in ("lead", "edit", "delete") for body in BODIES if body[:2] > "a3"
]


@pytest.mark.parametrize(("write", "body"), [*(("sale", body) for body in BODIES), *OTHERS])
def test_a3_a4_a5_each_refusal_of_a_write_has_words_of_its_own(
    dub: Sandbox, max_: Client, una: Json, body: str, write: str
) -> None:
    words = refuse(dub, body, method=METHODS[write])
    ended = WRITES[write](max_, una)
    assert ended.outcome == "refused"
    assert only(words, ended.says)
    assert "does not know this customer" not in ended.says
    assert (dub.sales(), len(dub.leads())) == ([], 1)
    assert dub.count(METHODS[write]) == 1


def test_a4_it_is_the_keys_user_who_lost_access(dub: Sandbox, alice: Client) -> None:
    for membership in ("pending", "expired"):
        dub.membership = membership
        page = text_of(alice.get(LIST))
        assert "The API key's user lost access to the workspace" in page


def test_a5_a_customer_that_is_missing_is_told_from_a_workspace_that_is(
    dub: Sandbox, alice: Client
) -> None:
    unknown = alice.get("/customers/ext_nobody/")
    assert (unknown.status_code, "Dub has no customer" in text_of(unknown)) == (404, True)
    dub.membership = "none"
    page = text_of(alice.get("/customers/ext_nobody/"))
    assert "The workspace is gone" in page
    assert "Dub has no customer" not in page


def withheld(dub: Sandbox, cause: str) -> None:
    if cause == "usage":
        dub.usage_exceeded = True
    elif cause == "scope":
        dub.scopes = "links.read"
    else:
        refuse(dub, "a3 403 plan", path="/events")


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        ("usage", "The workspace is over its limit"),
        ("scope", "The API key may not see this"),
        ("plan", "The Dub plan does not include this"),
    ],
)
def test_a3_without_its_events_a_customer_page_is_still_of_use(
    dub: Sandbox, alice: Client, una: Json, cause: str, says: str
) -> None:
    withheld(dub, cause)
    page = alice.get(f"/customers/{una['id']}/")
    assert page.status_code == 200
    assert "una@example.com" in text_of(page)
    assert text_of(page).count(says) == 1
    summary = text_of(fill(alice, SALE, **BUY))
    assert "Dub's events could not be read" in summary
    ended = send(alice, SALE, BUY, doubt_reason="Paid by bank transfer")
    assert (ended.outcome, len(dub.sales())) == ("recorded", 1)


def test_a6_the_connection_says_that_scopes_protect_nothing(dub: Sandbox, alice: Client) -> None:
    page = text_of(alice.get("/"))
    assert "The scopes of an API key do not limit what it can do to customers" in page


@pytest.mark.parametrize("address", [SALE, LEAD])
def test_a6_who_may_only_look_cannot_record(
    dub: Sandbox, una: Json, sign_in: Callable[[str], Client], address: str
) -> None:
    vera = sign_in("vera")
    for answer in (vera.get(address), vera.post(address, BUY | DEMO | {"step": "send"})):
        assert answer.status_code == 403
        assert "Your role does not allow this. It is for: Editor, Manager" in text_of(answer)
    assert AuditEntry.objects.filter(actor_name="vera", outcome="blocked").count() == 2
    assert dub.count("POST") == 0


@pytest.mark.parametrize("step", ["settle", "resend"])
def test_a6_who_may_only_look_cannot_settle(
    clock: Clock, dub: Sandbox, una: Json, sign_in: Callable[[str], Client], step: str
) -> None:
    ended = lost(dub, sign_in("alice"), una, "sale", arrived=True)
    clock.shift(LATER)
    vera = sign_in("vera")
    assert not offers(look(vera, ended), step)
    assert vera.post(f"/results/{ended.entry.pk}/{step}/").status_code == 403
    assert (look(vera, ended).outcome, dub.count("POST")) == ("unknown", 1)


# The rate (A1, A2)


@pytest.fixture
def waits(dub: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """How long the client has waited between its requests; nobody really waits."""
    waited: list[float] = []
    monkeypatch.setattr(connect, "Client", partial(DubClient, sleep=waited.append))
    connect._client.cache_clear()
    yield waited
    connect._client.cache_clear()


@pytest.mark.parametrize("address", [LIST, "/customers/ext_u1/"])
def test_a1_a_short_pause_is_waited_out(
    dub: Sandbox, alice: Client, una: Json, waits: list[float], address: str
) -> None:
    dub.fault(path="/customers*", status=429)
    page = alice.get(address)
    assert page.status_code == 200
    assert "una@example.com" in text_of(page)
    assert waits == [pytest.approx(1.0, abs=0.5)]


@pytest.mark.parametrize("address", [LIST, "/customers/ext_u1/"])
def test_a1_a_long_pause_is_said(
    dub: Sandbox, alice: Client, una: Json, waits: list[float], address: str
) -> None:
    in_ten_minutes = {"Retry-After": str(round((time.time() + 600) * 1000))}
    dub.fault(path="/customers*", status=429, headers=in_ten_minutes, times=0)
    page = text_of(alice.get(address))
    assert "Dub asks for a pause" in page
    assert "Wait 10 minutes, then try again" in page
    assert "Try again" in page
    assert waits == []


@pytest.mark.parametrize("write", WRITES)
def test_a1_a_write_that_was_held_back_was_not_sent(
    dub: Sandbox, max_: Client, una: Json, write: str
) -> None:
    dub.fault(method=METHODS[write], status=429)
    ended = WRITES[write](max_, una)
    assert ended.outcome == "not_sent"
    assert "more requests than its Dub plan allows for the moment" in ended.says
    assert "Wait 1 second, then try again" in ended.says
    assert dub.count(METHODS[write]) == 1


def test_a2_at_the_limit_a_page_says_so_and_sends_nothing(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    alice.get(LIST)
    Pace.objects.update(reached=time.time() + 60)
    asked = len(dub.requests)
    listed = text_of(alice.get(LIST))
    assert "Too many requests at once" in listed
    form = text_of(fill(alice, SALE, **BUY))
    assert "dubadmin is at the rate that Dub allows" in form
    assert "Nothing has been sent." in form
    assert len(dub.requests) == asked


# Proxies and lost answers (A7, A8)

DAMAGED: dict[str, Json] = {
    "a proxy's page": {"status": 502},
    "a page as a success": {"status": 200, "body": "<html>All is well</html>"},
    "nothing": {"status": 200, "body": ""},
    "another shape": {"status": 200, "body": {"ok": True}},
    "half of it": {"truncate": True},
    "a hang-up": {"hang_up": "before"},
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("address", [LIST, "/customers/ext_u1/"])
def test_a7_a_damaged_read_is_one_sentence_and_a_way_to_retry(
    dub: Sandbox, alice: Client, una: Json, damage: str, address: str
) -> None:
    dub.fault(path="/customers*", times=0, **DAMAGED[damage])
    page = alice.get(address)
    _hidden, *told = re.findall(r"<strong>(.*?)</strong>", page.content.decode())
    assert told in (["The answer was not Dub&#x27;s"], ["The connection broke"])
    assert "All is well" not in text_of(page)
    retry = address.replace("&", "&amp;")
    assert f'href="{retry}"' in page.content.decode()
    dub.clear_faults()
    assert "una@example.com" in text_of(alice.get(address))


@pytest.mark.parametrize(
    ("address", "damage"),
    [*((SALE, damage) for damage in DAMAGED), (SALE, "a timeout"), (LEAD, "a timeout")],
)
def test_a7_checks_that_failed_are_no_sending_that_is_unknown(
    dub: Sandbox, alice: Client, una: Json, settings: Any, address: str, damage: str
) -> None:
    settings.DUB_TIMEOUT_SECONDS = 0.1 if damage == "a timeout" else 2
    fault = DAMAGED.get(damage, {"delay_ms": 250})
    dub.fault(method="GET", path="/customers/ext_u1", times=0, **fault)
    page = text_of(fill(alice, address, **BUY | DEMO))
    assert "Nothing has been sent." in page
    assert "may have been recorded" not in page
    assert "This was sent" not in page
    assert dub.count("POST") == 0


def lost(dub: Sandbox, client: Client, una: Json, write: str, *, arrived: bool) -> Ended:
    """A write whose answer never comes; an edit or deletion cannot be read back either."""
    method = METHODS[write]
    dub.fault(method=method, hang_up="after" if arrived else "before")
    if method != "POST":
        dub.fault(method="GET", path=f"/customers/{una['id']}", nth=4, times=0, status=502)
    ended = WRITES[write](client, una)
    dub.clear_faults()
    return ended


@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
@pytest.mark.parametrize("write", WRITES)
def test_a7_a8_a_lost_answer_is_unknown_until_it_is_checked(
    clock: Clock, dub: Sandbox, max_: Client, una: Json, write: str, arrived: bool
) -> None:
    ended = lost(dub, max_, una, write, arrived=arrived)
    assert ended.outcome == "unknown"
    assert dub.count(METHODS[write]) == 1
    assert "Unknown" in text_of(max_.get("/"))
    clock.shift(LATER)
    settled = press(max_, ended, "settle")
    kind, label = ("recorded", "Recorded") if arrived else ("not_recorded", "Not recorded")
    assert f"Settled: {label}" in settled.says
    assert f'data-outcome="{kind}"' in settled.page.content.decode()
    assert AuditEntry.objects.get(earlier=ended.entry, action="write.settle").outcome == kind
    assert not offers(settled, "settle")
    assert not offers(settled, "resend")
    assert "Nothing is open" in text_of(max_.get("/"))
    assert dub.count(METHODS[write]) == 1


@pytest.mark.parametrize("answer", ["a proxy's page", "a page as a success", "nothing"])
def test_a7_what_is_not_dubs_answer_to_a_sale_is_unknown(
    dub: Sandbox, alice: Client, una: Json, answer: str
) -> None:
    dub.fault(method="POST", path="/track/sale", effect=True, **DAMAGED[answer])
    ended = send(alice, SALE, BUY)
    assert ended.outcome == "unknown"
    assert "did not come from Dub, or was damaged on its way" in ended.says
    assert offers(ended, "settle")
    assert (dub.count("POST"), len(dub.sales())) == (1, 1)


def test_a8_nothing_found_at_once_stays_unknown(dub: Sandbox, alice: Client, una: Json) -> None:
    ended = lost(dub, alice, una, "sale", arrived=False)
    again = press(alice, ended, "settle")
    assert again.outcome == "unknown"
    assert "Settled" not in again.says
    assert offers(again, "settle")


def test_a8_a_check_that_fails_says_so_on_the_result_page(
    dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = lost(dub, alice, una, "sale", arrived=True)
    dub.fault(method="GET", status=502, times=0)
    page = alice.post(f"/results/{ended.entry.pk}/settle/")
    assert "The answer was not Dub's" in text_of(page)
    assert outcome_of(page) == "unknown"
    assert f'action="/results/{ended.entry.pk}/settle/"' in page.content.decode()


@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
def test_a8_sent_again_a_sale_counts_once(
    clock: Clock, dub: Sandbox, alice: Client, una: Json, arrived: bool
) -> None:
    ended = lost(dub, alice, una, "sale", arrived=arrived)
    assert not offers(ended, "resend")  # its own request may still be on its way
    clock.shift(LATER)
    again = press(alice, look(alice, ended), "resend")
    assert again.outcome == "recorded"
    assert again.entry.pk != ended.entry.pk
    assert (again.entry.earlier, again.entry.relation) == (ended.entry, "resend")
    assert again.entry.body == ended.entry.body
    assert len(dub.sales()) == 1
    assert not offers(look(alice, ended), "resend")
    alice.post(f"/results/{ended.entry.pk}/resend/")
    assert dub.count("POST") == 2


@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "never arrived"])
def test_a8_sent_again_a_lead_counts_once(
    clock: Clock, dub: Sandbox, alice: Client, una: Json, arrived: bool
) -> None:
    ended = lost(dub, alice, una, "lead", arrived=arrived)
    clock.shift(LATER)
    again = press(alice, look(alice, ended), "resend")
    assert again.outcome == ("not_recorded" if arrived else "recorded")
    assert [lead["event_name"] for lead in dub.leads()] == ["Sign up", "Demo"]


def test_a8_a_resend_that_cannot_be_checked_is_not_sent(
    clock: Clock, dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = lost(dub, alice, una, "sale", arrived=False)
    clock.shift(LATER)
    dub.fault(method="GET", status=502, times=0)
    page = alice.post(f"/results/{ended.entry.pk}/resend/")
    assert "Nothing has been sent again." in text_of(page)
    assert dub.count("POST") == 1


@pytest.mark.parametrize("write", ["edit", "delete"])
def test_a8_an_edit_or_deletion_is_never_sent_again(
    clock: Clock, dub: Sandbox, max_: Client, una: Json, write: str
) -> None:
    ended = lost(dub, max_, una, write, arrived=False)
    clock.shift(LATER)
    assert not offers(look(max_, ended), "resend")
    max_.post(f"/results/{ended.entry.pk}/resend/")
    assert dub.count(METHODS[write]) == 1


def test_a8_after_seven_days_nothing_is_sent_again(
    clock: Clock, dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = lost(dub, alice, una, "sale", arrived=True)
    clock.shift(timedelta(days=7))
    assert not offers(look(alice, ended), "resend")
    alice.post(f"/results/{ended.entry.pk}/resend/")
    assert dub.count("POST") == 1


def test_a8_what_is_still_on_its_way_is_followed(
    clock: Clock, dub: Sandbox, alice: Client, una: Json
) -> None:
    ended = send(alice, SALE, BUY)
    FollowUp.objects.all().delete()
    with lifted():
        AuditEntry.objects.filter(pk=ended.entry.pk).update(outcome="pending", settled_at=None)
    page = look(alice, ended)
    assert page.outcome == "pending"
    assert "The request is on its way to Dub" in page.says
    poll = f"/results/{ended.entry.pk}/follow/?sending=1"
    assert f'hx-get="{poll}"' in page.page.content.decode()
    assert "HX-Refresh" not in alice.get(poll).headers
    assert (offers(page, "settle"), offers(page, "resend")) == (False, False)
    clock.shift(LATER)
    assert alice.get(poll).headers["HX-Refresh"] == "true"
    stopped = look(alice, ended)
    assert stopped.outcome == "unknown"
    assert "dubadmin stopped while this was on its way" in stopped.says
    assert "Settled: Recorded" in press(alice, stopped, "settle").says


# Delivery (D1)

SENT = {"sale": record_sale, "lead": record_lead}


@pytest.mark.parametrize("write", SENT)
def test_d1_the_page_is_polled_until_the_event_is_there(
    clock: Clock, dub: Sandbox, alice: Client, una: Json, write: str
) -> None:
    dub.background_ms = 30_000
    ended = SENT[write](alice, una)
    follow = f"/results/{ended.entry.pk}/follow/"
    for _ in range(2):
        fragment = alice.get(follow)
        assert f'hx-get="{follow}"' in fragment.content.decode()
        assert "Dub is still updating totals" in text_of(fragment)
    assert "still awaited" in text_of(alice.get("/"))
    clock.shift(31)
    assert "Confirmed: the event is at Dub." in text_of(alice.get(follow))
    confirmed = look(alice, ended)
    assert "hx-get" not in confirmed.page.content.decode().split('id="follow"')[1]
    assert not offers(confirmed, "settle")


@pytest.mark.parametrize("write", SENT)
@pytest.mark.parametrize("appears", [True, False], ids=["appears late", "never appears"])
def test_d1_what_is_missing_is_listed_until_it_is_settled(
    clock: Clock, dub: Sandbox, alice: Client, una: Json, write: str, appears: bool
) -> None:
    dub.drop_background = True
    ended = SENT[write](alice, una)
    assert (ended.outcome, "Missing" in ended.says) == ("recorded", False)
    clock.shift(LATER)
    home = alice.get("/")
    assert "Dub accepted it, but its event has not appeared." in text_of(home)
    assert f'href="/results/{ended.entry.pk}/"' in home.content.decode()
    missing = look(alice, ended)
    assert "Missing: Dub accepted this, but the event has not appeared" in missing.says
    assert not offers(missing, "resend")
    if appears and write == "sale":
        dub.add_sale(una, 4900, invoice_id="INV-1")
    elif appears:
        dub.add_lead(una, "Demo")
    settled = press(alice, missing, "settle")
    assert f"Settled: {'Recorded' if appears else 'Not recorded'}" in settled.says
    assert "Missing" not in settled.says
    assert "has not appeared" not in text_of(alice.get("/"))


def test_d1_an_event_that_cannot_be_looked_for_is_listed_too(
    clock: Clock, dub: Sandbox, alice: Client, una: Json
) -> None:
    dub.background_ms = 30_000
    ended = record_sale(alice, una)
    dub.usage_exceeded = True
    fragment = text_of(alice.get(f"/results/{ended.entry.pk}/follow/"))
    assert "The workspace is over its limit dubadmin keeps asking." in fragment
    assert "Nothing is open" in text_of(alice.get("/"))
    clock.shift(LATER)
    assert "Dub's events could not be read" in text_of(alice.get("/"))
    assert offers(look(alice, ended), "settle")
    dub.usage_exceeded = False
    assert "Nothing is open" in text_of(alice.get("/"))
    assert "Confirmed" in look(alice, ended).says


def test_d1_a_reload_looks_for_the_event_too(
    clock: Clock, dub: Sandbox, alice: Client, una: Json
) -> None:
    dub.background_ms = 30_000
    ended = record_sale(alice, una)
    clock.shift(31)
    assert "Confirmed: the event is at Dub." in look(alice, ended).says


def test_s7_a_blocked_attempt_keeps_the_form(dub: Sandbox, alice: Client, una: Json) -> None:
    summary = fill(alice, SALE, **BUY | {"event_name": "Purchase", "customer_name": "Una"})
    assert outcome_of(press_send(alice, summary)) == "not_sent"
    ended = landed(press_send(alice, summary, doubt_reason="Asked for"))
    assert (ended.outcome, len(dub.sales())) == ("recorded", 1)
