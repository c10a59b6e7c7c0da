"""Brings the catalogues of translations up to date with the sources."""

from __future__ import annotations

from typing import Any

from customers.management import catalogue
from customers.management.logged import Logged


class Command(Logged):
    help = "Finds all texts, and writes them to locale/ beside their translations."
    requires_system_checks: list[str] = []
    is_harmless = True

    def handle(self, *args: Any, **options: Any) -> None:
        for language in catalogue.languages():
            found = catalogue.renewed(language)
            catalogue.write(language, found)
            self.stdout.write(f"{language}: {len(found)} texts.")
            for each in catalogue.missing(found):
                self.stdout.write(f"  not translated: {each.id}")
