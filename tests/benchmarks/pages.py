"""How long the pages take beside the bare API calls behind them, in one run.

    .venv/bin/python -m tests.benchmarks.pages [--latency-ms 100] [--runs 100]

The site answers over HTTP from a gunicorn of its own, the sandbox from another process; both kinds
of call alternate, so that the machine's mood hits both alike. Prints medians in milliseconds, the
ratio, "own work": the page's median less the bare call's, and "inside": all the site's time less
that in which a call to Dub was on its way, as its Server-Timing tells (an administrator).
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import requests
import urllib3

ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SITE, SANDBOX = _free_port(), _free_port()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(folder, "--latency-ms", str(options.latency_ms)),
    ):
        site = requests.Session()
        sign_in(site)
        cookies = "; ".join(f"{each.name}={each.value}" for each in site.cookies)
        dub = {"Authorization": "Bearer dub_sandbox_key"}
        api, page = f"http://127.0.0.1:{SANDBOX}/customers", f"http://127.0.0.1:{SITE}/customers/"
        query = "includeExpandedFields=true"
        rows = _get(f"{api}?pageSize=50&{query}", dub).json()
        busy = next(row["id"] for row in rows if row["sales"])
        print(f"latency {options.latency_ms} ms, {options.runs} runs each; medians in ms")
        print(
            f"{'page':<22}{'bare call':>10}{'page':>10}{'ratio':>8}{'own work':>10}{'inside':>10}"
        )
        for name, call, url in (
            ("customers, 50 rows", f"{api}?pageSize=50&{query}", page),
            ("one customer", f"{api}/{busy}?{query}", f"{page}{busy}/"),
        ):
            _compare(
                name,
                partial(_get, call, dub),
                partial(_get, url, _as_a_browser(cookies)),
                options.runs,
            )


def _as_a_browser(cookies: str) -> dict[str, str]:
    return {"Cookie": cookies, "Accept-Encoding": "gzip"}


_pool = urllib3.PoolManager()


def _get(url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
    """The whole answer, unpacked, by a client that does little else: it counts as ours, too."""
    answer = _pool.request("GET", url, headers=headers, redirect=False)
    if answer.status != 200:
        raise SystemExit(f"{url}: {answer.status}")
    return answer


def _compare(
    name: str,
    bare: Callable[[], urllib3.BaseHTTPResponse],
    page: Callable[[], urllib3.BaseHTTPResponse],
    runs: int,
) -> None:
    times: dict[str, list[float]] = {"bare": [], "page": [], "inside": []}
    for number in range(runs + 5):
        for kind, call in (("bare", bare), ("page", page)):
            started = time.perf_counter()
            answer = call()
            if number >= 5:
                times[kind].append((time.perf_counter() - started) * 1000)
        if number >= 5:
            told = dict(re.findall(r"(\w+);dur=([\d.]+)", answer.headers["Server-Timing"]))
            times["inside"].append(float(told["total"]) - float(told["dub"]))
    low, high, inside = map(statistics.median, times.values())
    print(
        f"{name:<22}{low:>10.1f}{high:>10.1f}{high / low:>8.2f}{high - low:>10.1f}{inside:>10.1f}"
    )


def sign_in(site: requests.Session) -> None:
    address = f"http://127.0.0.1:{SITE}/accounts/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', site.get(address).text)
    assert token
    form = {
        "login": "administrator",
        "password": "administrator-demo",
        "csrfmiddlewaretoken": token[1],
    }
    assert site.post(address, data=form, headers={"Referer": address}).url != address


@contextmanager
def running(folder: str, *sandbox: str, **settings: str) -> Iterator[dict[str, str]]:
    """Site and sandbox, each in a process of its own; gives the environment of the site's."""
    environment = (
        os.environ
        | settings
        | {
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "SANDBOX_PORT": str(SANDBOX),
            "PORT": str(SITE),
            "DUB_RATE_LIMIT_PER_MINUTE": "100000",
        }
    )
    for command in ("migrate", "collectstatic"):
        manage(environment, command, "--noinput", "-v0").wait()
    code = "from customers import demo; demo.install()"
    manage(environment, "shell", "-v0", "-c", code).wait()
    started = [
        manage(environment, "sandbox", "--port", str(SANDBOX), *sandbox),
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "dubadmin.wsgi", "-b", f"127.0.0.1:{SITE}",
             "--worker-class", "gthread", "--threads", "8", "--log-level", "error"],
            cwd=ROOT, env=environment,
        ),
    ]  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{SITE}/readyz")
        yield environment
    finally:
        for process in started:
            process.terminate()
            process.wait()


def manage(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def wait_for(address: str) -> None:
    for _ in range(3000):
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{address} did not answer")


if __name__ == "__main__":
    main()
