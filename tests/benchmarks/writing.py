"""Many processes writing to the audit log at once: what an entry costs, and that the chain holds.

    .venv/bin/python -m tests.benchmarks.writing [--processes 8] [--entries 5000]

On the database of DATABASE_URL, or on an SQLite file of its own; one like the other as in a
deployment, synchronised to the disk. Prints milliseconds per action over all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--entries", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/log.sqlite3")
        _manage("migrate", "-v0").wait()
        before = _count()
        started = time.perf_counter()
        code = f"from tests.writers import write; write({options.entries})"
        running = [_manage("shell", "-v0", "-c", code) for _ in range(options.processes)]
        told = [json.loads(process.communicate()[0]) for process in running]
        took = time.perf_counter() - started
        kind = os.environ["DATABASE_URL"].partition(":")[0]
        print(f"{kind}: {options.processes} processes, {options.entries:,} each, {took:.0f} s")
        for what in ("clock", "processor"):
            times = sorted(each for one in told for each in one[what])
            _print(what, times)
        lost = options.processes * options.entries - (_count() - before)
        print(f"lost: {lost}")
        started = time.perf_counter()
        print(_manage("audit", "verify").communicate()[0].strip())
        print(f"verified in {time.perf_counter() - started:.0f} s")


def _print(what: str, times: list[float]) -> None:
    middle, most = statistics.median(times), times[len(times) * 95 // 100]
    print(
        f"  {what:<10} median {middle:.2f} ms, 95 % below {most:.2f} ms, longest {times[-1]:.0f} ms"
    )


def _count() -> int:
    code = "from customers.models import AuditEntry; print(AuditEntry.objects.count())"
    return int(_manage("shell", "-v0", "-c", code).communicate()[0])


def _manage(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


if __name__ == "__main__":
    main()
