"""The Monday file of 3,000 sales, 150 of them wrong in eighteen ways, through the command line.

    .venv/bin/python -m pytest tests/benchmarks/monday.py -s

Asserts that the dry run names every problem, that exactly the good rows are recorded, and that what
they come to in each currency is what the file says.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from customers.models import Import
from dubadmin.sandbox import Sandbox

from ..imports.monday import invite, monday, recorded
from ..imports.test_monday import fields

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3_000


def test_three_thousand_sales(dub: Sandbox, tmp_path: Path) -> None:
    dub.rate_limit = 0
    invite(dub)
    made, file = monday(ROWS), tmp_path / "monday.csv"
    file.write_bytes(made.text.encode("cp1252"))
    started = time.monotonic()
    with pytest.raises(CommandError):
        call_command("import_sales", file, "--number-format", "comma", "--dry-run")
    checked, job = time.monotonic(), Import.objects.get()
    assert fields(job) == made.wrong
    assert dub.count("POST") == 0
    with pytest.raises(CommandError):
        call_command("import_sales", go_on=job.pk)
    ended = time.monotonic()
    assert recorded(dub) == (made.good, made.sums)
    print(
        f"\n{ROWS:,} rows, {len(made.wrong)} wrong, all told of: read and checked in "
        f"{checked - started:.1f} s, {len(made.good):,} sent and seen at Dub in "
        f"{ended - checked:.1f} s. Sums in minor units: {dict(made.sums)}"
    )
