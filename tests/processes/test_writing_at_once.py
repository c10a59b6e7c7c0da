"""Several processes write to the log at once: nothing is lost, and the chain is whole.

How long it takes with many of them is measured by `tests/benchmarks/writing.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from customers import chain
from customers.evidence.verify import verify
from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from .conftest import environment

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = 40


@pytest.mark.django_db(transaction=True)
def test_two_processes_make_one_chain(dub: Sandbox) -> None:
    code = f"from tests.writers import write; write({ENTRIES})"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    writers = [
        subprocess.Popen(command, cwd=ROOT, env=environment(dub), stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [json.loads(writer.communicate()[0]) for writer in writers]
    assert [len(each["clock"]) for each in told] == [ENTRIES, ENTRIES]
    report = verify()
    assert (report.finding, report.checked, report.unlinked) == (None, 2 * ENTRIES, 0)
    assert chain.head().place == AuditEntry.objects.count() == 2 * ENTRIES
