"""Stages a CSV file of one million rows: how quickly, and in how much memory.

.venv/bin/python -m pytest tests/benchmarks/staging.py -s
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from customers import imports
from customers.models import Import, ImportRow

from ..conftest import ALICE

pytestmark = pytest.mark.django_db

ROWS = 1_000_000


def lines() -> Iterator[bytes]:
    yield "Kunde;Betrag;Währung;Rechnungsnummer;Name;E-Mail;Notiz\r\n".encode()
    for n in range(0, ROWS, 1000):
        yield "".join(
            f"user-{k};{k % 9973},{k % 100:02};EUR;RE-2026-{k:07};Jürgen Groß {k};"
            f"juergen.{k}@example.com;Überweisung\r\n"
            for k in range(n, n + 1000)
        ).encode()


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_million_rows() -> None:
    before, started = megabytes(), time.monotonic()
    file = imports.receive(
        lines(), kind=Import.Kind.SALES, name="million.csv", actor=ALICE, key="0" * 32
    )
    kept, slices = time.monotonic() - started, 1
    started = time.monotonic()
    while imports.stage(Import.objects.get(pk=file.pk)):
        slices += 1
    took = time.monotonic() - started
    file.refresh_from_db()
    assert file.rows_found == ImportRow.objects.filter(file=file).count() == ROWS
    print(
        f"\n{connection.vendor}: {file.size / 2**20:.0f} MB kept in {kept:.1f} s, {ROWS:,} rows "
        f"staged in {took:.0f} s ({ROWS / took:,.0f} a second) in {slices} slices; the process "
        f"grew from {before:.0f} to {megabytes():.0f} MB at its peak"
    )
