"""Every settled entry has a seal, every seal a link to the one before, whoever links them."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from customers import chain
from customers.audit import Actor, Target, note
from customers.chain import Head
from customers.models import AuditEntry, Outcome, Seal, lifted
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE

pytestmark = pytest.mark.django_db


def seals() -> list[Seal]:
    return list(Seal.objects.order_by("place"))


def is_whole() -> bool:
    """Whether every seal is linked to the one before it, counted from one."""
    link = ""
    for place, seal in enumerate(seals(), 1):
        link = chain.link_of(link, place=place, entry_id=seal.entry_id, digest=seal.digest)
        if (seal.place, seal.link) != (place, link):
            return False
    return True


# The digest


def test_every_column_is_hashed() -> None:
    """A new column must become part of a new version, or nobody would miss what it said."""
    columns = {field.attname for field in AuditEntry._meta.concrete_fields}
    assert set(chain.FIELDS[chain.VERSION]) == columns - {"id", "digest"}


def test_the_digest_is_what_the_documentation_says() -> None:
    entry = note("customer.find", actor=Actor(name="Zoë"), asked={"q": "ü", "n": 1.0, "a": [None]})
    text = chain.canonical(entry)
    assert '"actor_name":"Zo\\u00eb"' in text
    assert '"asked":{"a":[null],"n":1,"q":"\\u00fc"}' in text
    assert f'"salt":"{entry.salt}"' in text
    assert f'"at":"{entry.at:%Y-%m-%dT%H:%M:%S.%f}+00:00"' in text
    assert entry.digest == "1:" + hashlib.sha256(text.encode()).hexdigest()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(value=VALUES)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_comes_back_with_the_same_digest(value: Any) -> None:
    entry = note("customer.view", actor=ALICE, asked={"x": value}, explanation=str(value)[:1000])
    assert chain.matches(AuditEntry.objects.get(pk=entry.pk), entry.digest)


@pytest.mark.parametrize(
    ("one", "other"), [(1, "1"), (1, True), (None, "null"), ({}, []), (0.5, "0.5"), ("a", "A")]
)
def test_what_differs_has_another_digest(one: Any, other: Any) -> None:
    entry = note("customer.view", actor=ALICE, asked={"x": one})
    entry.asked = {"x": other}
    assert not chain.matches(entry, entry.digest)


def test_two_entries_that_say_the_same_have_different_digests() -> None:
    one, other = (note("customer.view", actor=ALICE) for _ in range(2))
    other.at = other.settled_at = one.at
    assert chain.digest_of(one) != chain.digest_of(other)


# Linking


def test_entries_are_linked_in_their_order() -> None:
    entries = [note("customer.view", actor=ALICE, target=Target(id=str(n))) for n in range(5)]
    assert chain.unlinked() == 5
    assert chain.head() == Head()
    assert chain.link_next(limit=3) == 3
    assert chain.unlinked() == 2
    chain.link_all()
    assert [seal.entry_id for seal in seals()] == [entry.pk for entry in entries]
    assert is_whole()
    assert str(chain.head()) == f"5:{seals()[-1].link}"
    assert chain.link_next() == 0


def test_what_is_settled_late_is_linked_late() -> None:
    pending = AuditEntry.objects.create(action="customer.update", outcome=Outcome.PENDING)
    later = note("customer.view", actor=ALICE)
    chain.link_all()
    pending.outcome = Outcome.RECORDED
    chain.seal(pending)
    pending.save()
    chain.link_all()
    assert [seal.entry_id for seal in seals()] == [later.pk, pending.pk]
    assert is_whole()


def test_several_may_link_at_once(at_once: AtOnce) -> None:
    def write() -> None:
        for _ in range(5):
            note("customer.view", actor=ALICE)
            chain.link_next()

    assert at_once(*[write] * 4) == [None] * 4
    [whole] = at_once(
        lambda: (chain.link_all(), is_whole(), Seal.objects.count(), chain.unlinked())
    )
    assert whole == (None, True, 20, 0)


def test_a_page_is_linked_after_it_was_sent(
    alice: Client, dub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "_pulse", chain._Pulse())
    alice.get("/customers/")
    assert chain.unlinked() == 0
    before = chain.head().place
    alice.get("/customers/")
    assert (chain.head().place, chain.unlinked()) == (before, 1)  # not twice in a second


def test_a_page_that_logs_nothing_asks_the_database_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(chain, "_pulse", chain._Pulse())
    with django_assert_num_queries(0):
        client.get("/healthz")


def test_a_database_that_cannot_link_now_hurts_nobody(
    alice: Client, dub: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(**kwargs: Any) -> int:
        raise chain.DatabaseError("database is locked")

    monkeypatch.setattr(chain, "_pulse", chain._Pulse())
    monkeypatch.setattr(chain, "link_next", locked)
    assert alice.get("/customers/").status_code == 200
    assert "could not be linked yet: database is locked" in caplog.text


# Logs from before there was a chain


def test_entries_from_before_are_sealed_by_the_migration() -> None:
    old = [note("customer.view", actor=ALICE, asked={"n": n}) for n in range(5)]
    pending = AuditEntry.objects.create(action="customer.update", outcome=Outcome.PENDING)
    migration = import_module("customers.migrations.0007_evidence")
    with lifted():
        Seal.objects.all().delete()
        AuditEntry.objects.update(salt=old[0].salt, digest="")
        migration.AT_ONCE = 2
        migration.seal_what_is_there(apps, connection.schema_editor())
    assert [seal.entry_id for seal in seals()] == [entry.pk for entry in old]
    assert is_whole()
    assert len(set(AuditEntry.objects.values_list("salt", flat=True))) == 6
    for seal in seals():
        assert seal.entry.digest == seal.digest
        assert chain.matches(seal.entry, seal.digest)
    note("customer.view", actor=ALICE)
    chain.link_all()
    assert is_whole()
    pending.refresh_from_db()
    assert pending.digest == ""
