"""Fifty people at once on two web processes, PostgreSQL and a slow Dub; one process is killed.

    .venv/bin/python -m tests.benchmarks.load [--seconds 120] [--people 50] [--pause 3]

Each person opens the list and a customer in turn, now and then they record a sale, and look at
each page for 3 seconds, a third more or less. Half-way one web process is killed with SIGKILL;
whoever gets no answer asks again, as a proxy or a person would. Prints how long the pages took,
what failed, how busy the machine was (it runs the people, the sandbox and PostgreSQL, too), and
whether every sale that reached Dub is in the log, once.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import requests

from .pages import ROOT, SANDBOX, SITE, wait_for

SERVER = "postgres://postgres@127.0.0.1:5432/"
NAME = "dubadmin_load"
URL = f"http://127.0.0.1:{SITE}"
ERROR_MS = 50
SERVERS = {
    "gunicorn": ["-m", "gunicorn", "dubadmin.wsgi"],
    "granian": [
        *("-m", "granian", "--interface", "wsgi", "dubadmin.wsgi:application", "--no-ws"),
        *("--workers", "2", "--blocking-threads", "16", "--respawn-failed-workers"),
        *("--port", str(SITE)),
    ],
}
# What makes the people, and prints a session for each.
PEOPLE = """
import sys
from django.contrib.auth.models import Group, User
from django.test import Client
from customers import demo
demo.install()
for number in range(int(sys.argv[1])):
    user = User.objects.create_user(f"person{number}")
    user.groups.add(Group.objects.get(name="Editor"))
    client = Client()
    client.force_login(user)
    print("session", client.session.session_key)
"""


@dataclass
class Seen:
    """What all people together have seen. Times are milliseconds, by kind of page."""

    times: dict[str, list[float]] = field(default_factory=lambda: {"read": [], "write": []})
    problems: Counter[str] = field(default_factory=Counter)
    invoices: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    busy: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, kind: str, seconds: float) -> None:
        with self.lock:
            self.times[kind].append(seconds * 1000)

    def failed(self, what: str) -> None:
        with self.lock:
            self.problems[what] += 1


class Person(threading.Thread):
    def __init__(
        self, number: int, *, cookie: str, ids: list[str], pause: float, until: float, seen: Seen
    ):
        super().__init__(daemon=True)
        self.number, self.ids, self.until, self.seen = number, ids, until, seen
        self.pause = pause
        self.random = random.Random(number)
        self.session = requests.Session()
        self.session.cookies.set("dubadmin_session", cookie, domain="127.0.0.1")

    def run(self) -> None:
        time.sleep(self.random.uniform(0, self.pause))
        turn = 0
        while time.monotonic() < self.until:
            turn += 1
            if self.random.random() < 0.03:
                self.sell(turn)
            elif turn % 2:
                self.ask("read", "GET", "/customers/")
            else:
                self.ask("read", "GET", f"/customers/{self.random.choice(self.ids)}/")
            time.sleep(self.pause * self.random.uniform(2 / 3, 4 / 3))

    def sell(self, turn: int) -> None:
        invoice = f"LOAD-{self.number}-{turn}"
        customer = self.random.choice(self.ids)
        form = hidden(self.ask("read", "GET", f"/sales/new/?customer={customer}"))
        form |= {"amount": "49.00", "currency": "USD", "invoice_id": invoice, "step": "check"}
        form |= {"customer_external_id": customer.removeprefix("ext_"), "event_name": "Purchase"}
        fields = hidden(self.ask("write", "POST", "/sales/new/", form)) | {"step": "send"}
        if "invoice_id" in fields:
            with self.seen.lock:
                self.seen.invoices.append(invoice)
            self.ask("write", "POST", "/sales/new/", fields)

    def ask(self, kind: str, method: str, path: str, data: dict[str, str] | None = None) -> str:
        headers = {"X-CSRFToken": self.session.cookies.get("dubadmin_csrf") or ""}
        while True:
            started = time.monotonic()
            try:
                answer = self.session.request(
                    method, URL + path, data=data, headers=headers, timeout=30,
                    allow_redirects=False,
                )  # fmt: skip
            except requests.RequestException:
                self.seen.failed("no answer, asked again")
                time.sleep(0.1)
                continue
            self.seen.took(kind, time.monotonic() - started)
            if answer.status_code >= 400 or "login" in answer.headers.get("Location", ""):
                self.seen.failed(f"{method} {path.split('?', maxsplit=1)[0]}: {answer.status_code}")
            return answer.text


def hidden(html: str) -> dict[str, str]:
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", html):
        given = dict(re.findall(r"([\w-]+)=\"([^\"]*)\"", tag))
        found[given.get("name", "")] = given.get("value", "")
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pause", type=float, default=3, help="seconds on a page")
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument("--server", choices=SERVERS, default="gunicorn")
    parser.add_argument("--no-kill", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = prepare(folder)
        cookies = manage(environment, "shell", "-v0", "-c", people(options.people))
        with running(environment, options) as site:
            seen = work(site, re.findall(r"session (\w+)", cookies), options)
        report(seen, options)


def prepare(folder: str) -> dict[str, str]:
    with psycopg.connect(SERVER + "postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
    environment = os.environ | {
        "DATABASE_URL": SERVER + NAME,
        "SANDBOX_PORT": str(SANDBOX),
        "PORT": str(SITE),
        "DUB_RATE_LIMIT_PER_MINUTE": "100000",
        "LOG_LEVEL": "WARNING",
        "WEB_CONCURRENCY": "2",
    }
    manage(environment, "migrate", "-v0")
    manage(environment, "collectstatic", "-v0", "--noinput")
    return environment


def people(count: int) -> str:
    return PEOPLE.replace("int(sys.argv[1])", str(count))


def manage(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


@contextmanager
def running(
    environment: dict[str, str], options: argparse.Namespace
) -> Iterator[subprocess.Popen[bytes]]:
    latency = ["--latency-ms", str(options.latency_ms), "--rate-limit", "0"]
    commands = [
        ["manage.py", "sandbox", "--port", str(SANDBOX), *latency],
        ["manage.py", "worker"],
        SERVERS[options.server],
    ]
    started = [
        subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
        for command in commands
    ]
    try:
        wait_for(f"{URL}/readyz")
        yield started[-1]
    finally:
        for process in started[::-1]:
            process.terminate()
            process.wait()


def work(site: subprocess.Popen[bytes], cookies: list[str], options: argparse.Namespace) -> Seen:
    seen, until = Seen(), time.monotonic() + options.seconds
    rows = requests.get(
        f"http://127.0.0.1:{SANDBOX}/customers",
        headers={"Authorization": "Bearer dub_sandbox_key"},
        params={"pageSize": "100"},
        timeout=10,
    ).json()
    ids = [f"ext_{row['externalId']}" for row in rows if row["sales"]]
    everybody = [
        Person(number, cookie=cookie, ids=ids, pause=options.pause, until=until, seen=seen)
        for number, cookie in enumerate(cookies)
    ]
    idle, total = machine()
    for person in everybody:
        person.start()
    time.sleep(options.seconds / 2)
    if not options.no_kill:
        victim = children(site.pid)[0]
        os.kill(victim, signal.SIGKILL)
        print(f"killed web process {victim}")
    for person in everybody:
        person.join()
    idle, total = (after - before for after, before in zip(machine(), (idle, total), strict=True))
    seen.busy = 1 - idle / total
    seen.cpu_seconds = sum(map(cpu_seconds, children(site.pid)))
    return seen


def machine() -> tuple[int, int]:
    """How long the machine's cores were idle so far, and all their time, in ticks."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return ticks[3] + ticks[4], sum(ticks)


def cpu_seconds(pid: int) -> float:
    """What a process has worked so far, however busy the machine was."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def report(seen: Seen, options: argparse.Namespace) -> None:
    bound = 2 * options.latency_ms + ERROR_MS
    both = seen.times["read"] + seen.times["write"]
    print(
        f"{options.server}, {options.people} people, {options.pause:g} s on a page,"
        f" {options.seconds} s; p95 to stay below {bound} ms"
    )
    for name, times in (*seen.times.items(), ("all", both)):
        cuts = statistics.quantiles(times or [0.0, 0.0], n=100)
        print(
            f"{name:<6}{len(times):>7} answers, {len(times) / options.seconds:5.1f} a second;"
            f" median {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms"
        )
    if options.no_kill:
        print(f"web processes worked {seen.cpu_seconds / len(both) * 1000:.0f} ms an answer")
    print(f"all {os.cpu_count()} cores of the machine: {seen.busy:.0%} busy")
    print("problems:", dict(seen.problems) or "none")
    with psycopg.connect(SERVER + NAME) as database:
        rows = database.execute(
            "SELECT sent->'body'->>'invoiceId', outcome FROM customers_auditentry"
            " WHERE action = 'sale.record' AND sent IS NOT NULL"
        ).fetchall()
    logged = Counter(invoice for invoice, _ in rows)
    lost = set(seen.invoices) - set(logged)
    print(f"sales: {len(seen.invoices)} sent by people, {len(rows)} in the log, {len(lost)} lost,")
    print(f"  {sum(n > 1 for n in logged.values())} twice; {dict(Counter(o for _, o in rows))}")


if __name__ == "__main__":
    main()
