"""The log is evidence and speaks one language, English, whatever language its readers have."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper
from typing import Any

import pytest
from django.core.serializers import serialize
from django.test import Client
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, trans_real

from customers import formats
from customers.audit import Target, Verdict, note, perform
from customers.models import AuditEntry, Outcome
from customers.templatetags import frame
from customers.templatetags.fixed import Fixed
from customers.templatetags.show import money
from dubadmin.dub.commands import UpdateCustomer
from dubadmin.sandbox import Sandbox

from .conftest import ALICE, hidden_fields, text_of
from .test_everything_is_logged import OWN
from .test_roles import addresses  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A German in which every text that can be translated is: it stands in double brackets."""
    german = trans_real.translation("de")
    monkeypatch.setattr(german, "gettext", lambda text: f"⟦{text}⟧")
    monkeypatch.setattr(german, "ngettext", lambda one, many, n: f"⟦{one if n == 1 else many}⟧")
    forget()
    with translation.override("de"), formats.override("de"):
        yield
    forget()


def forget() -> None:
    """What is kept of other tests' German, or of this one."""
    frame._ALIKE.clear()
    for kept in gc.get_objects():
        if type(kept) is _lru_cache_wrapper and kept.__module__.startswith("customers."):
            kept.cache_clear()
        elif type(kept) is Fixed:
            kept.drawn.clear()


@pytest.fixture
def sign_in_german(sign_in: Callable[[str], Client]) -> Callable[[str], Client]:
    def as_person(name: str) -> Client:
        client = sign_in(name)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
        return client

    return as_person


SignIn = Callable[[str], Client]


def german_in_the_log() -> list[str]:
    """The German texts in the log, each with what stands before it."""
    told = serialize("json", AuditEntry.objects.all(), ensure_ascii=False)
    return re.findall(r".{,60}⟦[^⟧]*⟧", told)


def test_texts_are_english_wherever_they_stand_in_an_entry() -> None:
    name = gettext_lazy("Name")
    entry = note(
        "customer.view",
        actor=ALICE,
        target=Target(label=name),
        explanation=format_lazy(gettext_lazy("{name} differs."), name=name),
        asked={name: [{"level": "warn", "text": name}]},
    )
    entry.refresh_from_db()
    assert entry.target_label == "Name"
    assert entry.explanation == "Name differs."
    assert entry.asked == {"Name": [{"level": "warn", "text": "Name"}]}
    assert gettext("Name") == "⟦Name⟧"


def test_a_write_is_judged_in_english(dub: Sandbox) -> None:
    una = dub.add_customer("Una", email="una@example.com", external_id="u1")

    def judge(result: Any) -> Verdict:
        rows = [{"label": gettext("Name"), "asked": "Ada", "stored": "Ada", "same": True}]
        return Verdict(outcome=Outcome.RECORDED, explanation=money(123456), comparison=rows)

    command = UpdateCustomer(id=una["id"], changes={"name": "Ada"})
    entry = perform(command, actor=ALICE, target=Target(id=una["id"]), judge=judge)
    assert entry.explanation == "1,234.56 USD"
    assert entry.comparison[0]["label"] == "Name"
    assert (translation.get_language(), money(123456)) == ("de", "1.234,56 USD")


@pytest.mark.parametrize("person", ["ada", "vera"])
def test_nothing_that_a_german_opens_or_submits_is_german_in_the_log(
    person: str,
    addresses: dict[str, str],  # noqa: F811
    sign_in_german: SignIn,
) -> None:
    client = sign_in_german(person)
    for page in OWN:
        for method in ("GET", "POST"):
            client.generic(method, addresses[page.name])
    client.put(addresses["home"])
    assert AuditEntry.objects.filter(actor_name=person).count() > len(OWN)
    assert german_in_the_log() == []


def test_what_a_german_records_corrects_and_deletes_is_english_in_the_log(
    dub: Sandbox, sign_in_german: SignIn
) -> None:
    link = dub.add_link(key="go")
    una = dub.add_customer(
        "Una", email="una@example.com", external_id="u1", link=link, lead="Sign up"
    )
    client = sign_in_german("ada")
    person = f"/customers/{una['id']}/"
    sale = {"customer_external_id": "u1", "amount": "49.90", "currency": "EUR"}
    for address, fields in [
        ("/sales/new/", {**sale, "invoice_id": "INV-1", "reason": "Bank transfer"}),
        ("/sales/new/", {**sale, "invoice_id": "INV-1", "amount": "1,234"}),
        ("/sales/new/", {**sale, "invoice_id": "INV-1", "metadata": "{"}),
        ("/sales/new/", {**sale, "invoice_id": "INV-1", "amount": "7"}),
        ("/leads/new/", {"customer_external_id": "u1", "event_name": "Demo"}),
        ("/leads/new/", {"customer_external_id": "nobody", "event_name": "Demo"}),
        (f"{person}edit/", {"name": "Ada", "email": "una@example.com", "external_id": "u1"}),
        (f"{person}edit/", {"name": "Ada", "email": "no e-mail", "external_id": ""}),
        (f"{person}delete/", {"confirmation": "wrong"}),
        (f"{person}delete/", {"confirmation": "una@example.com", "reason": "She asked"}),
    ]:
        given = hidden_fields(client.get(address)) | fields
        for step in ("check", "send", "send"):
            client.post(address, given | {"step": step})
    for entry in AuditEntry.objects.filter(action__endswith=".record"):
        client.get(f"/results/{entry.pk}/")
        client.post(f"/results/{entry.pk}/settle/")
    client.get(person)
    told = AuditEntry.objects.values_list("action", "outcome")
    assert {("sale.record", "recorded"), ("customer.update", "recorded")} <= set(told)
    assert {("lead.record", "recorded"), ("customer.delete", "recorded")} <= set(told)
    assert german_in_the_log() == []


def test_failures_of_dub_are_english_in_the_log(dub: Sandbox, sign_in_german: SignIn) -> None:
    dub.fault(times=0, status=503)
    client = sign_in_german("ada")
    for address in ("/", "/customers/", "/customers/cus_1/", "/customers/find/?q=una"):
        client.get(address)
    lead = {"customer_external_id": "u1", "event_name": "Demo", "key": "a" * 32}
    client.post("/leads/new/", lead)
    assert AuditEntry.objects.filter(outcome=Outcome.FAILED).count() > 2
    assert german_in_the_log() == []


def test_the_log_is_shown_in_the_language_of_its_reader(sign_in_german: SignIn) -> None:
    entry = note("customer.view", actor=ALICE, explanation=gettext_lazy("Name"))
    page = text_of(sign_in_german("ada").get(f"/audit/{entry.pk}/"))
    assert "⟦Looked at a customer⟧" in page
    assert "⟦Done⟧" in page
