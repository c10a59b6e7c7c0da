"""What somebody runs on the server is in the log: who, which command, and with what."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from customers.audit import Target, note, operator

_SECRET = re.compile(r"key|secret|token|password", re.I)


class Logged(BaseCommand):
    """A command of ours, logged as it starts; what it does then has entries of its own.

    `is_harmless` is for those that change nothing and must work without a database. Where
    `prepares` is set the database is only ready later: then `handle` calls `tell`.
    """

    is_harmless = False
    prepares = False
    arguments: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        self.arguments = argv[2:]
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        if not self.prepares:
            self.tell()
        return super().execute(*args, **options)

    def tell(self) -> None:
        """Writes the entry. Without one only what is harmless goes on."""
        name = type(self).__module__.rpartition(".")[2]
        try:
            note(
                "command.run",
                actor=operator(),
                target=Target(label=f"manage.py {name}"),
                asked={"command": name, "arguments": without_secrets(self.arguments)},
                explanation="Started.",
            )
        except DatabaseError as error:
            if not self.is_harmless:
                raise SystemExit(
                    f"dubadmin: this cannot be logged, so it is not done: {_first_line(error)}"
                ) from None
            self.stderr.write("This is not in the audit log: the database is not ready.")


def without_secrets(arguments: list[str]) -> list[str]:
    """The words of a command line, with what follows the name of a secret left out."""
    told, is_hidden = [], False
    for word in arguments:
        name, is_joined, _ = word.partition("=")
        is_secret = word.startswith("-") and _SECRET.search(name) is not None
        told.append(f"{name}=…" if is_secret and is_joined else "…" if is_hidden else word)
        is_hidden = is_secret and not is_joined
    return told


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
