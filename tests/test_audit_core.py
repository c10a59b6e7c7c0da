"""No write without a trace: the intent before it, the outcome after it, and no secret in either."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from customers import queries, services
from customers.audit import Actor, AlreadyAsked, Target, Verdict, note, perform, storable
from customers.models import AuditEntry, Outcome
from customers.preflight import check_lead, check_sale
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import TrackLead, TrackSale, UpdateCustomer
from dubadmin.dub.errors import Uncertain
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE

Json = dict[str, Any]
PATIENCE_SECONDS = 10


@pytest.fixture
def customer(dub: Sandbox) -> Json:
    link = dub.add_link(key="go")
    return dub.add_customer(
        "Una", email="u1@example.com", external_id="u1", link=link, lead="Sign up"
    )


def judge(result: Receipt | Uncertain) -> Verdict:
    return Verdict(outcome=Outcome.RECORDED, explanation="Fine.", after=dict(result.data))


def rename(customer: Json, name: str = "Ada", **details: Any) -> AuditEntry:
    options = {"actor": ALICE, "target": Target(id=customer["id"]), "judge": judge, **details}
    return perform(UpdateCustomer(id=customer["id"], changes={"name": name}), **options)


# The trace


def test_the_intent_is_committed_before_the_request_leaves(
    at_once: AtOnce, dub: Sandbox, customer: Json
) -> None:
    arrived, seen = threading.Event(), threading.Event()

    def look() -> list[str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not dub.count("PATCH") and time.monotonic() < deadline:
            arrived.wait(0.002)
        outcomes = list(AuditEntry.objects.values_list("outcome", flat=True))
        in_flight = [r.status for r in dub.requests if r.method == "PATCH"] == [None]
        seen.set()
        return [*outcomes, "in flight" if in_flight else "answered"]

    dub.fault(method="PATCH", delay_ms=500)
    entry, seen_meanwhile = at_once(lambda: rename(customer, reason="A typo"), look)
    assert seen_meanwhile == [Outcome.PENDING, "in flight"]
    assert entry.outcome == Outcome.RECORDED


@pytest.mark.django_db
def test_the_intent_says_who_wants_what_and_why(dub: Sandbox, customer: Json) -> None:
    found: list[AuditEntry] = []

    def look(result: Receipt | Uncertain) -> Verdict:
        found.append(AuditEntry.objects.get())
        return judge(result)

    rename(customer, judge=look, reason="A typo", before={"name": "Una"})
    [intent] = found
    assert (intent.outcome, intent.settled_at, intent.answered) == (Outcome.PENDING, None, None)
    assert (intent.actor_name, intent.role, intent.reason) == ("alice", "Editor", "A typo")
    assert intent.sent["body"] == {"name": "Ada"}
    assert intent.before == {"name": "Una"}
    settled = AuditEntry.objects.get()
    assert settled.outcome == Outcome.RECORDED
    assert settled.settled_at >= settled.at
    assert settled.duration_ms is not None
    assert settled.answered["status"] == 200


@pytest.mark.django_db
@pytest.mark.parametrize("crash", [RuntimeError, KeyboardInterrupt, SystemExit, MemoryError])
def test_a_crash_while_it_is_judged_leaves_it_unknown(
    dub: Sandbox, customer: Json, crash: type[BaseException]
) -> None:
    def stop(result: Receipt | Uncertain) -> Verdict:
        raise crash

    with pytest.raises(crash):
        rename(customer, judge=stop)
    entry = AuditEntry.objects.get()
    assert entry.outcome == Outcome.UNKNOWN
    assert crash.__name__ in entry.explanation
    assert entry.settled_at
    assert (dub.customer("u1") or {})["name"] == "Ada"


@pytest.mark.django_db
def test_a_claim_that_fails_leaves_no_trace_and_sends_nothing(dub: Sandbox, customer: Json) -> None:
    def refuse(entry: AuditEntry) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        rename(customer, claim=refuse)
    assert not AuditEntry.objects.exists()
    assert dub.count("PATCH") == 0


@pytest.mark.django_db
def test_s7_one_key_is_one_write(dub: Sandbox, customer: Json) -> None:
    first = rename(customer, key="k" * 32)
    with pytest.raises(AlreadyAsked) as again:
        rename(customer, "Grace", key="k" * 32)
    assert again.value.entry == first
    assert dub.count("PATCH") == 1
    rename(customer, "Grace", key="l" * 32)
    rename(customer, "Hedy")
    rename(customer, "Ida")
    assert dub.count("PATCH") == 4


@pytest.mark.django_db
def test_another_broken_rule_of_the_database_is_no_repeat(dub: Sandbox, customer: Json) -> None:
    def break_a_rule(entry: AuditEntry) -> None:
        raise IntegrityError("another rule")

    with pytest.raises(IntegrityError):
        rename(customer, claim=break_a_rule, key="k" * 32)
    assert dub.count("PATCH") == 0


def test_s7_one_key_at_the_same_time_is_one_write(
    at_once: AtOnce, dub: Sandbox, customer: Json
) -> None:
    results = at_once(*[lambda: rename(customer, key="k" * 32)] * 4)
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["AlreadyAsked"] * 3 + ["AuditEntry"]
    assert dub.count("PATCH") == 1


# What is recorded is what was sent


@pytest.fixture
def writes(dub: Sandbox, customer: Json) -> dict[str, Callable[[], AuditEntry]]:
    found = queries.get_customer("ext_u1")
    metadata = {"näme": "ünï 😀", "n": 12345678901234, "list": [1, None, True], "f": 0.1}
    sale = TrackSale(
        customer_external_id="u1",
        amount=4900,
        currency="EUR",
        invoice_id="I",
        metadata=metadata,
    )
    lead = TrackLead(customer_external_id="u1", event_name="Demo", metadata=metadata)
    checked_sale, checked_lead = check_sale(sale), check_lead(lead)
    return {
        "POST /track/sale": lambda: services.record_sale(sale, preflight=checked_sale, actor=ALICE),
        "POST /track/lead": lambda: services.record_lead(lead, preflight=checked_lead, actor=ALICE),
        f"PATCH /customers/{customer['id']}": lambda: services.update_customer(
            found, changes={"name": "Ünï", "email": None}, actor=ALICE
        ),
        f"DELETE /customers/{customer['id']}": lambda: services.delete_customer(
            found, events=[], actor=ALICE
        ),
    }


@pytest.mark.django_db
def test_the_log_holds_the_very_request_that_dub_got(
    dub: Sandbox, writes: dict[str, Callable[[], AuditEntry]]
) -> None:
    for name, write in writes.items():
        entry = AuditEntry.objects.get(pk=write().pk)
        [request] = [r for r in dub.requests if f"{r.method} {r.path}" == name]
        assert entry.sent == {"method": request.method, "path": request.path, "body": request.body}
        assert entry.outcome == Outcome.RECORDED, name


# What a database cannot hold, and what must never get there


AWKWARD = "a\0b\ud800c\udfff😀"


@pytest.mark.django_db
def test_nul_and_half_surrogates_can_be_logged(dub: Sandbox, customer: Json) -> None:
    rename(
        customer,
        actor=Actor(name=AWKWARD, user_agent=AWKWARD),
        target=Target(id=AWKWARD, external_id=AWKWARD, label=AWKWARD),
        reason=AWKWARD,
        asked={AWKWARD: [AWKWARD]},
        before={"deep": {AWKWARD: AWKWARD}},
    )
    note("customer.find", actor=ALICE, asked={"q": AWKWARD}, explanation=AWKWARD)
    assert AuditEntry.objects.count() == 2
    assert AuditEntry.objects.first().explanation.startswith("a\ufffdb")


@pytest.mark.django_db
def test_everything_too_long_is_cut_and_not_lost(dub: Sandbox, customer: Json) -> None:
    long = "x" * 5000
    entry = rename(
        customer,
        actor=Actor(name=long, role=long, ip=long, user_agent=long),
        target=Target(id=long, external_id=long, label=long),
        reason=long,
    )
    assert AuditEntry.objects.get(pk=entry.pk).reason == long


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=6,
)


@given(JSON)
def test_whatever_dub_sends_can_be_stored_and_stays_what_it_was(value: Any) -> None:
    stored = storable(value)
    assert storable(stored) == stored
    assert "\0" not in str(stored)
    str(stored).encode()


def echo(key: str) -> dict[str, Json]:
    error = {"code": "bad_request", "message": f"The key {key} may not do this.", "doc_url": key}
    return {
        "refused": {"status": 400, "body": {"error": error}},
        "not Dub": {"status": 502, "body": f"<html>Authorization: Bearer {key}</html>"},
        "garbage": {"status": 200, "body": f"Bearer {key}"},
        "as a header": {"status": 500, "content_type": f"text/{key}", "body": "x"},
        "in a field of the answer": {
            "status": 200,
            "body": {"id": "cus_1", "name": f"Bearer {key}", "headers": {key: key}},
        },
    }


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PATCH", "GET"])
@pytest.mark.parametrize("faulty", list(echo("")))
def test_the_api_key_is_never_stored_whoever_echoes_it(
    dub: Sandbox, customer: Json, faulty: str, method: str
) -> None:
    found = queries.get_customer("ext_u1")
    dub.fault(method=method, path="/customers/*", times=0, **echo(dub.api_key)[faulty])
    if method == "PATCH":
        dub.fault(method="GET", path="/customers/*", times=0, status=500)
    entry = services.update_customer(found, changes={"name": "Ada"}, actor=ALICE)
    assert entry.pk
    assert dub.api_key not in serializers.serialize("json", AuditEntry.objects.all())


@pytest.mark.django_db
def test_the_api_key_is_not_in_what_a_page_would_show(dub: Sandbox, customer: Json) -> None:
    body = {**customer, "echo": f"Bearer {dub.api_key}"}
    dub.fault(method="GET", path="/customers/*", times=0, status=200, body=body)
    assert dub.api_key not in str(queries.get_customer("ext_u1").raw)
