"""Starts the whole product in the foreground: site, worker and, without a key, the sandbox."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import Error as DatabaseError
from django.db import connection

from customers import demo
from customers.management.logged import Logged

HOST = "127.0.0.1"
READY_SECONDS = 60
RESTART_SECONDS = 5
_NEXT = {
    "sandbox": "The site goes on and says so.",
    "worker": "It is started again.",
    "site": "",
}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Command(Logged):
    help = "Migrates, seeds and starts everything; Ctrl-C stops all of it."
    requires_system_checks: list[str] = []
    prepares = True

    def handle(self, *args: Any, **options: Any) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self._prepare()
        try:
            self._start()
            self._announce()
            self._watch()
        finally:
            self._end_all()

    def _prepare(self) -> None:
        _require_free(settings.PORT, "PORT")
        if not settings.LIVE:
            _require_free(settings.SANDBOX_PORT, "SANDBOX_PORT")
        try:
            call_command("migrate", verbosity=0, interactive=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            self.tell()
            demo.remove() if settings.LIVE else demo.install()
        except (DatabaseError, OSError) as error:
            raise SystemExit(f"dubadmin: cannot prepare the data: {_first_line(error)}") from None
        self.has_users = get_user_model().objects.exists()
        connection.close()

    def _start(self) -> None:
        if not settings.LIVE:
            self.stdout.write("Starting the local Dub sandbox …")
            path = str(settings.VAR_DIR / "sandbox.sqlite3")
            port = str(settings.SANDBOX_PORT)
            self._spawn("sandbox", "manage.py", "sandbox", "--port", port, "--path", path)
            self._wait_for(settings.SANDBOX_PORT, "sandbox", "/sandbox/state")
        self._spawn("site", "-m", "gunicorn", "dubadmin.wsgi")
        self._start_worker()
        self._wait_for(settings.PORT, "site", "/healthz")

    def _start_worker(self) -> None:
        self.worker_started = time.monotonic()
        self._spawn("worker", "manage.py", "worker")

    def _spawn(self, name: str, *command: str) -> None:
        """Starts a child in a session of its own, so that Ctrl-C reaches it through us alone."""
        self.children[name] = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env={"LOG_LEVEL": "WARNING"} | os.environ,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  there are no threads here
        )

    def _wait_for(self, port: int, name: str, path: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(port, path):
            if self.stopping:
                raise SystemExit(0)
            if self.children[name].poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"dubadmin: the {name} did not start; its last lines say why.")
            time.sleep(0.1)

    def _announce(self) -> None:
        lines = ["", f"dubadmin is ready: http://{HOST}:{settings.PORT}"]
        if settings.LIVE:
            lines.append(f"It works on your Dub workspace at {settings.DUB_API_URL}.")
            if not self.has_users:
                lines.append("Nobody can sign in yet; in another terminal: make user")
        else:
            lines.append(f"It works on the local sandbox at {settings.DUB_API_URL}. Sign in as:")
            lines += [
                f"  {login['role']:<14} {login['username']:<14} {login['password']}"
                for login in demo.DEMO_LOGINS
            ]
        self.stdout.write("\n".join([*lines, "Ctrl-C stops everything.", ""]))
        self.stdout.flush()

    def _watch(self) -> None:
        """Until somebody stops us or the site ends. A dead sandbox is said, and lived with.

        A dead worker is started again: it goes on where it was.
        """
        reported: set[str] = set()
        while not self.stopping and self.children["site"].poll() is None:
            for name, child in self.children.items():
                if child.poll() is not None and name not in reported:
                    reported.add(name)
                    self.stderr.write(f"The {name} stopped. {_NEXT[name]}")
            lived = time.monotonic() - self.worker_started
            if self.children["worker"].poll() is not None and lived > RESTART_SECONDS:
                self._start_worker()
            time.sleep(0.2)
        if not self.stopping:
            raise SystemExit("dubadmin: the site stopped by itself.")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _end_all(self) -> None:
        """Site and worker first, so that a write on its way can still be answered."""
        sandbox = self.children.pop("sandbox", None)
        for group in (list(self.children.values()), [sandbox] if sandbox else []):
            for child in group:
                child.terminate()
            for child in group:
                _wait_or_kill(child)


def _wait_or_kill(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(timeout=settings.GRACE_SECONDS + 5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _die_with_parent() -> None:
    """Linux ends the child when we are killed without a chance to do it ourselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


def _require_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SystemExit(
                f"dubadmin: port {port} is not free ({os.strerror(error.errno or 0)}). "
                f"Stop what uses it, or choose another with {name}=…"
            ) from None


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
