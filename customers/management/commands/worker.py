"""Does what takes longer than a page may. Several may run; one that died is started again."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from customers import heartbeat, startup, tasks
from customers.evidence.tending import Tending, tend
from customers.management.logged import Logged

# Python's own, ten times as long, lets a thread that holds a transaction wait for those that count.
SWITCH_SECONDS = 0.0005


class Command(Logged):
    help = "Runs the background worker; SIGTERM ends it after the slice that it is at."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is left to do")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        startup.note_settings()
        tasks.wake_all()
        if not once:
            Tending().start()
        quiet = {"verbosity": 0, "reload": False, "startup_delay": False}
        try:
            call_command("db_worker", interval=0.5, batch=once, **quiet)
        finally:
            heartbeat.end()
        tend(anchoring=False)
