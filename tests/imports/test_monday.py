"""A file with wrong rows of all sorts: everything is told, and exactly the rest is sent.

With 3,000 rows, one in twenty wrong: tests/benchmarks/monday.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import Import, Outcome
from dubadmin.sandbox import Sandbox

from .monday import WRONG, invite, monday, recorded
from .rows import outcomes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_by_one")]

EVERY = 3


def fields(job: Import) -> dict[int, set[str]]:
    """The fields of which something is said, by row number."""
    told = job.rows.exclude(verdict="ready").values_list("number", "problems")
    return {number: {each["field"] for each in problems} for number, problems in told}


def test_everything_wrong_is_told_and_exactly_the_rest_is_sent(
    dub: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.FOLLOW_UP_SECONDS = 0
    monkeypatch.setattr("customers.imports.following.CONFIRM_SECONDS", 0.0)
    invite(dub)
    made, file = monday(EVERY * len(WRONG), wrong_every=EVERY), tmp_path / "monday.csv"
    file.write_bytes(made.text.encode("cp1252"))
    ways = ["--number-format", "comma", "--dry-run"]
    with pytest.raises(CommandError, match=f"^{len(made.wrong)} wrong"):
        call_command("import_sales", file, *ways)
    job = Import.objects.get()
    assert fields(job) == made.wrong
    assert dub.count("POST") == 0
    with pytest.raises(CommandError, match=f"^{len(made.wrong)} did not make it"):
        call_command("import_sales", go_on=job.pk)
    assert recorded(dub) == (made.good, made.sums)
    assert dub.count("POST") == len(made.good)
    assert outcomes(job) == {
        Outcome.RECORDED: len(made.good),
        Outcome.NOT_SENT: len(made.wrong),
    }
