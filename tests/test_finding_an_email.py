"""The log is searched by a customer's e-mail in whatever capitals, as Dub does (trap Q1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers import finding
from customers.aliases import aliases_of
from customers.finding import Filters
from customers.models import AuditEntry

from .conftest import text_of

pytestmark = pytest.mark.django_db


def add(label: str, **details: Any) -> AuditEntry:
    return AuditEntry.objects.create(
        action="customer.view", outcome="done", target_label=label, **details
    )


def found(customer: str, **filters: Any) -> list[int]:
    entries = finding.newest(Filters(customer=customer, **filters), limit=50)
    return [entry.pk for entry in entries]


@pytest.mark.parametrize("typed", ["una@b.example", "Una@B.example", "UNA@B.EXAMPLE"])
def test_capitals_do_not_matter(typed: str) -> None:
    small, large = add("una@b.example"), add("Una@B.Example")
    add("una@b.example.org")
    add("una")
    assert found(typed) == [large.pk, small.pk]
    assert found(typed, action="customer.view") == [large.pk, small.pk]
    assert found(typed, action="customer.edit") == []
    assert found(typed, text="una") == [large.pk, small.pk]
    assert found(typed, text="bo") == []


def test_they_lead_to_the_ids_behind_it() -> None:
    before = add("old@b.example", target_id="cus_1")
    now = add("Una@b.example", target_id="cus_1", target_external_id="u1")
    assert found("una@B.example") == [now.pk, before.pk]
    aliases = aliases_of("UNA@b.example")
    assert (aliases.ids, aliases.external_ids) == (["cus_1"], ["u1"])
    assert aliases.labels == ["Una@b.example", "old@b.example"]


def test_ids_keep_their_capitals() -> None:
    add("", target_id="cus_A", target_external_id="U1")
    assert found("cus_a") == found("ext_u1") == found("u1") == []


def test_the_page_finds_it(sign_in: Callable[[str], Client]) -> None:
    entry = add("Una@b.example")
    page = sign_in("otto").get("/audit/?customer=una@B.example")
    assert f'href="/audit/{entry.pk}/"' in page.content.decode()
    assert "E-mail addresses: Una@b.example" in text_of(page)


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_index_has_them_in_order(newest_first: bool) -> None:
    """Neither goes through the log nor sorts, whatever its size."""
    span = finding._Span(first=1, last=9, newest_first=newest_first)
    strands = finding._strands(Filters(customer="Una@b.example"))
    (label,) = [each for each in strands if "target_label" in str(each.leads)]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = label.within(span).explain()
    assert "entry_label" in plan
    assert "SCAN customers_auditentry" not in plan
    assert "Filter" not in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
