"""The worker as a process of its own, on the database of the test."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as site_settings
from django.db import connection

from dubadmin.sandbox import Sandbox
from dubadmin.sandbox.server import HungUp

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Worker processes, one after the other. `environment` can be changed before each."""

    def __init__(self, dub: Sandbox) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database_url(),
            "SECRET_KEY": site_settings.SECRET_KEY,
            "DUB_API_URL": dub.url,
            "DUB_API_KEY": dub.api_key,
            "DUB_TIMEOUT_SECONDS": "1",
            "DUB_RATE_LIMIT_PER_MINUTE": "100000",
        }

    def run(self) -> int:
        """Until nothing is left to do, or until it is killed."""
        return self._begin("--once").wait()

    def run_while(self, going_on: Callable[[], bool]) -> int:
        """One after the other is started as they die. How many died."""
        died, process = 0, self._begin()
        while going_on():
            if process.poll() is not None:
                died, process = died + 1, self._begin()
            time.sleep(0.05)
        self.kill()
        return died

    def _begin(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        return self.process

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


def database_url() -> str:
    given = {key: quote(str(value), safe="") for key, value in connection.settings_dict.items()}
    if connection.vendor == "sqlite":
        return f"sqlite:///{connection.settings_dict['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(given)


@pytest.fixture
def workers(dub: Sandbox) -> Iterator[Workers]:
    workers = Workers(dub)
    yield workers
    if workers.process and workers.process.poll() is None:
        workers.kill()


@dataclass(kw_only=True)
class Deaths:
    """When a worker is killed, by the count of its requests for a path: {n: "lost" or "done"}.

    A request that is lost has no effect at Dub; one that is done has, and no answer comes.
    """

    path: str = ""
    at: dict[int, str] = field(default_factory=dict)
    came: int = 0


@pytest.fixture
def deaths(dub: Sandbox, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Deaths:
    deaths, turn = Deaths(), threading.Lock()
    server: Any = dub._server
    respond = server.respond

    def deadly(method: str, path: str, *rest: Any) -> Any:
        if not deaths.path or not path.startswith(deaths.path):
            return respond(method, path, *rest)
        with turn:
            deaths.came += 1
            moment = deaths.at.pop(deaths.came, "")
        if moment == "lost":
            workers.kill()
            raise HungUp
        delivery = respond(method, path, *rest)
        if moment == "done":
            workers.kill()
        return delivery

    monkeypatch.setattr(server, "respond", deadly)
    return deaths
