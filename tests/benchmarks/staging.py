"""Stages a CSV file of one million rows, and a large workbook: how quickly, in how much memory.

.venv/bin/python -m pytest tests/benchmarks/staging.py -s
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from customers import imports, output
from customers.models import Import, ImportRow

from ..conftest import ALICE

pytestmark = pytest.mark.django_db

ROWS = 1_000_000
SHEET_ROWS = 200_000


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


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.monotonic()
    return work(), time.monotonic() - started


def stage(file: Import) -> int:
    slices = 1
    while imports.stage(Import.objects.get(pk=file.pk)):
        slices += 1
    file.refresh_from_db()
    assert file.rows_found == ImportRow.objects.filter(file=file).count()
    return slices


def received(chunks: Iterator[bytes], name: str) -> Import:
    return imports.receive(
        chunks, kind=Import.Kind.SALES, name=name, actor=ALICE, key=name.rjust(32, "0")
    )


def test_a_csv_file_of_a_million_rows() -> None:
    before = megabytes()
    file, kept = timed(lambda: received(lines(), "million.csv"))
    slices, took = timed(lambda: stage(file))
    assert file.rows_found == ROWS
    peak = megabytes()
    _, deleted = timed(lambda: imports.delete(file, actor=ALICE))
    print(
        f"\n{connection.vendor}: {file.size / 2**20:.0f} MB kept in {kept:.1f} s, {ROWS:,} rows "
        f"staged in {took:.0f} s ({ROWS / took:,.0f} a second) in {slices} slices, deleted in "
        f"{deleted:.1f} s; the process grew from {before:.0f} to {peak:.0f} MB at its peak"
    )


def test_a_workbook_of_many_rows() -> None:
    rows = ([f"user-{n}", n / 100, "EUR", f"RE-{n}", "Jürgen Groß"] for n in range(SHEET_ROWS))
    names = ["Kunde", "Betrag", "Währung", "Rechnung", "Name"]
    data = b"".join(output.XLSX.write(names, rows))
    before = megabytes()
    file = received(iter([data]), "many.xlsx")
    _, took = timed(lambda: stage(file))
    assert file.rows_found == SHEET_ROWS
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"\n{connection.vendor}: an XLSX file of {len(data) / 2**20:.0f} MB, {SHEET_ROWS:,} rows "
        f"staged in {took:.0f} s; the process grew from {before:.0f} to {megabytes():.0f} MB, the "
        f"one that reads the sheet to {child:.0f} MB"
    )
