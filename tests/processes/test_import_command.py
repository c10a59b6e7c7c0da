"""manage.py import_sales, stopped by Ctrl-C on its way: it goes on, and sends each sale once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from customers.models import Import, Outcome
from dubadmin.sandbox import Sandbox

from ..imports.rows import now, outcomes
from .conftest import eventually
from .workers import ROOT, Workers

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 40
# Who runs the tests in a shell's background has it ignored, and children would inherit that.
HEARS_CTRL_C = [
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])",
]


def test_stopped_and_gone_on_with(dub: Sandbox, workers: Workers, tmp_path: Path) -> None:
    workers.environment |= {"FOLLOW_UP_SECONDS": "5", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    link = dub.add_link()
    lines = ["customer,amount,currency,invoice"]
    for n in range(ROWS):
        dub.add_customer(email=f"c{n}@x.com", external_id=f"u{n}", link=link, lead="Sign up")
        lines.append(f"u{n},{n + 1}.00,USD,INV-{n}")
    file = tmp_path / "monday.csv"
    file.write_text("\n".join(lines))

    def run(*options: str) -> subprocess.Popen[Any]:
        command = [*HEARS_CTRL_C, sys.executable, "manage.py", "import_sales", *options]
        workers.process = subprocess.Popen(command, cwd=ROOT, env=workers.environment)
        return workers.process

    dub.latency_ms = 100
    process = run(str(file))
    eventually(lambda: dub.count("POST", "/track/sale") > 5, "sending")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert dub.count("POST", "/track/sale") < ROWS
    job = Import.objects.get()
    assert job.state == Import.State.PAUSED
    dub.latency_ms = 0
    assert run("--go-on", str(job.pk)).wait() == 0
    assert now(job).state == Import.State.DONE
    assert outcomes(job) == {Outcome.RECORDED: ROWS}
    sales = Counter((sale["invoice_id"], sale["amount"]) for sale in dub.sales())
    assert sales == {(f"INV-{n}", 100 * (n + 1)): 1 for n in range(ROWS)}
