"""How long an export of 100,000 customers takes beside a bare walk of the same, and its memory.

    .venv/bin/python -m tests.benchmarks.export [--customers 100000] [--latency-ms 0] [--rounds 3]

The bare walk is what any script would do: requests by cursor, one after the other, JSON read and
thrown away. The download comes from the site over HTTP, from a gunicorn of its own; the kept file
is made by `manage.py export_customers`, in the worker's steps. All of them alternate. Prints the
median of the rounds, the time to the first byte, and how far the process's memory has grown at
its peak; and checks that every customer is in the file once.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from .pages import ROOT, SANDBOX, SITE, running, sign_in

API, PAGE = f"http://127.0.0.1:{SANDBOX}", f"http://127.0.0.1:{SITE}"


@dataclass
class Run:
    seconds: float
    first_byte: float | None = None
    megabytes: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    seeded = ("--customers", str(options.customers), "--latency-ms", str(options.latency_ms))
    with (
        tempfile.TemporaryDirectory() as folder,
        running(folder, *seeded, "--rate-limit", "0", EXPORT_AT_ONCE="1000000") as environment,
    ):
        file = Path(folder) / "customers.csv"
        steps: dict[str, Callable[[], Run]] = {
            "bare walk": lambda: bare_walk(options.customers),
            "download, CSV": lambda: download(file, "csv"),
            "download, JSON Lines": lambda: download(file.with_suffix(".jsonl"), "jsonl"),
            "kept file, CSV": lambda: command(file, environment),
            "kept file, XLSX": lambda: command(file.with_suffix(".xlsx"), environment),
        }
        runs = {name: [] for name in steps}
        for _ in range(options.rounds):
            for name, step in steps.items():
                runs[name].append(step())
                if "CSV" in name:
                    check(file, options.customers)
        report(runs, options)


def report(runs: dict[str, list[Run]], options: argparse.Namespace) -> None:
    print(f"{options.customers:,} customers, latency {options.latency_ms} ms")
    print(f"{'':<24}{'seconds':>10}{'of bare':>10}{'first byte':>12}{'memory':>10}")
    bare = statistics.median(run.seconds for run in runs["bare walk"])
    for name, found in runs.items():
        seconds = statistics.median(run.seconds for run in found)
        first = [run.first_byte for run in found if run.first_byte is not None]
        grown = [run.megabytes for run in found if run.megabytes is not None]
        print(
            f"{name:<24}{seconds:>10.1f}{seconds / bare:>10.2f}"
            f"{f'{statistics.median(first) * 1000:.0f} ms' if first else '':>12}"
            f"{f'+{max(grown):.0f} MB' if grown else '':>10}"
        )


def bare_walk(customers: int) -> Run:
    started = time.perf_counter()
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer dub_sandbox_key"
        query = {"pageSize": "100", "includeExpandedFields": "true"}
        found = session.get(f"{API}/customers", params=query | {"pageSize": "1"}).json()
        ids = {found[0]["id"]}
        for cursor, end in (("startingAfter", -1), ("endingBefore", 0)):
            last = found[0]["id"]
            while rows := session.get(f"{API}/customers", params=query | {cursor: last}).json():
                ids.update(row["id"] for row in rows)
                last = rows[end]["id"]
    assert len(ids) == customers
    return Run(time.perf_counter() - started)


def download(file: Path, format: str) -> Run:
    with requests.Session() as session:
        sign_in(session)
        address = f"{PAGE}/customers/export/"
        page = session.get(address).text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        site = web_process()
        before, started = memory(site, "VmRSS"), time.perf_counter()
        reset_peak(site)
        given = fields | {"format": format, "preset": "list"}
        with (
            session.post(
                address, data=given, headers={"Referer": address}, stream=True
            ) as response,
            file.open("wb") as out,
        ):
            response.raise_for_status()
            pieces = response.iter_content(None)
            out.write(next(pieces))
            first_byte = time.perf_counter() - started
            out.writelines(pieces)
        took = time.perf_counter() - started
    return Run(took, first_byte, memory(site, "VmHWM") - before)


def command(file: Path, environment: dict[str, str]) -> Run:
    """Its memory is all that the process takes beyond what Django takes to start."""
    idle = peak_of([sys.executable, "manage.py", "export_customers", "--help"], environment)
    started = time.perf_counter()
    peak = peak_of(
        [sys.executable, "manage.py", "export_customers", "--output", str(file)], environment
    )
    return Run(time.perf_counter() - started, None, peak - idle)


def peak_of(words: list[str], environment: dict[str, str]) -> float:
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1024


def web_process() -> int:
    """The process of gunicorn that answers."""
    listed = subprocess.check_output(["ps", "-eo", "pid,ppid,args"], text=True)
    found = [line.split(None, 2) for line in listed.splitlines() if f":{SITE}" in line]
    pids = {int(pid) for pid, _, _ in found}
    return next(int(pid) for pid, parent, _ in found if int(parent) in pids)


def memory(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024


def reset_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def check(file: Path, customers: int) -> None:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        ids = Counter(row["id"] for row in csv.DictReader(lines))
    assert len(ids) == customers
    assert max(ids.values()) == 1


if __name__ == "__main__":
    main()
