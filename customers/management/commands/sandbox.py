from typing import Any

from django.core.management.base import CommandParser

from customers.management.logged import Logged
from dubadmin.sandbox import cli


class Command(Logged):
    help = "Runs the local Dub: a real HTTP server with its own data, for trying things out."
    requires_system_checks: list[str] = []
    is_harmless = True

    def add_arguments(self, parser: CommandParser) -> None:
        cli.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if code := cli.run(options):
            raise SystemExit(code)
