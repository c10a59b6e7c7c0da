"""The site as real web processes, on the tests' own database and the sandbox."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as site_settings
from django.test import Client

from dubadmin.sandbox import Sandbox

from .workers import database_url, deaths, workers  # noqa: F401  fixtures for these tests

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 30.0
QUICK_TO_REPLACE = [
    *("--preload", "--config", "tests/processes/hooks.py"),
    *("--worker-class", "gthread", "--threads", "16", "--log-level", "critical"),
]


def eventually(happened: Callable[[], Any], what: str) -> Any:
    """Waits until `happened` is true, for as long as a slow machine may take."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := happened()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.002)
    return result


@dataclass(kw_only=True)
class Site:
    """A web server with one worker process; a worker that dies is started again."""

    server: subprocess.Popen[bytes]
    url: str
    worker_file: Path
    _killed: int = 0

    def worker(self) -> int:
        """The process that answers requests; another one after each kill."""

        def alive() -> int:
            pid = int(self.worker_file.read_text()) if self.worker_file.exists() else 0
            return pid if pid != self._killed else 0

        return int(eventually(alive, "a web process"))

    def kill_worker(self) -> None:
        self._killed = self.worker()
        os.kill(self._killed, signal.SIGKILL)

    def end(self) -> None:
        self.server.terminate()
        try:
            self.server.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()


StartSite = Callable[..., Site]


@dataclass(kw_only=True)
class Browser:
    """Somebody signed in to one of the sites."""

    site: Site
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, address: str) -> requests.Response:
        return self._open("GET", address)

    def post(
        self, address: str, fields: dict[str, str], *, follow: bool = True
    ) -> requests.Response:
        token = self.session.cookies.get(site_settings.CSRF_COOKIE_NAME) or ""
        headers = {"X-CSRFToken": token}
        return self._open("POST", address, data=fields, headers=headers, allow_redirects=follow)

    def _open(self, method: str, address: str, **details: Any) -> requests.Response:
        url = self.site.url + address
        return self.session.request(method, url, timeout=PATIENCE_SECONDS, **details)


@pytest.fixture
def start_site(transactional_db: None, dub: Sandbox, tmp_path: Path) -> Iterator[StartSite]:
    """Starts sites. Each answers from the start: who connects early waits for its worker.

    `as_deployed` starts one as gunicorn.conf.py says, whose process cannot be asked for.
    `more` goes to its environment.
    """
    sites: list[Site] = []

    def start(*, as_deployed: bool = False, **more: str) -> Site:
        worker_file = tmp_path / f"worker-{len(sites)}"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "dubadmin.wsgi"),
                    *("--bind", f"fd://{listener.fileno()}"),
                    *([] if as_deployed else QUICK_TO_REPLACE),
                ],
                cwd=ROOT,
                env=environment(dub) | {"WORKER_FILE": str(worker_file)} | more,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sites.append(Site(server=server, url=url, worker_file=worker_file))
        return sites[-1]

    yield start
    for site in sites:
        site.end()


@pytest.fixture
def sign_in_at(
    start_site: StartSite, sign_in: Callable[[str], Client]
) -> Iterator[Callable[[Site, str], Browser]]:
    browsers: list[Browser] = []

    def as_person(site: Site, name: str) -> Browser:
        browser = Browser(site=site)
        for cookie in sign_in(name).cookies.values():
            browser.session.cookies.set(cookie.key, cookie.value, domain="127.0.0.1")
        browsers.append(browser)
        return browser

    yield as_person
    for browser in browsers:
        browser.session.close()


def environment(dub: Sandbox) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "SECRET_KEY": site_settings.SECRET_KEY,
        "DUB_API_URL": dub.url,
        "DUB_API_KEY": dub.api_key,
        "DUB_RATE_LIMIT_PER_MINUTE": str(site_settings.DUB_RATE_LIMIT_PER_MINUTE),
        "DUB_TIMEOUT_SECONDS": "10",
        "LOG_LEVEL": "ERROR",
    }
