"""Does what takes longer than a page may. Several may run; one that died is started again."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from customers import tasks


class Command(BaseCommand):
    help = "Runs the background worker; SIGTERM ends it after the customer that it is at."

    def handle(self, *args: Any, **options: Any) -> None:
        tasks.wake_all()
        call_command("db_worker", verbosity=0, reload=False, startup_delay=False, interval=0.5)
