"""Tells whether this installation has all that it needs, and what to do about what it has not."""

from __future__ import annotations

from typing import Any

from customers.doctor import Finding, examine
from customers.management.logged import Logged

_MARKS = {"ok": "ok", "note": "--", "warn": "!!", "fail": "XX"}


class Command(Logged):
    help = "Looks at settings, database, Dub, clock, worker and files. Ends with 1 if one is wrong."
    requires_system_checks: list[str] = []
    is_harmless = True

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        for subject, finding in examine():
            self.stdout.write(_line(subject, finding))
            found.append(finding.state)
        wrong, doubtful = found.count("fail"), found.count("warn")
        if wrong:
            raise SystemExit(
                f"{wrong} to put right." + (f" {doubtful} to look at." if doubtful else "")
            )
        self.stdout.write(f"All is well; {doubtful} to look at." if doubtful else "All is well.")


def _line(subject: str, finding: Finding) -> str:
    line = f"{_MARKS[finding.state]}  {subject:<13}{finding.sentence}"
    return f"{line}\n{'':<17}{finding.do}" if finding.do else line
