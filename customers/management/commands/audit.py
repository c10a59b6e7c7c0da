"""The audit log as evidence, from the server's command line (docs/security.md)."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customers.audit import operator
from customers.chain import Head
from customers.evidence import anchors, prune, redact
from customers.evidence.person import Person
from customers.evidence.redact import Redaction
from customers.evidence.verify import tell, verify
from customers.models import Outcome, triggers


class Command(BaseCommand):
    help = (
        "Verifies, anchors, prunes and redacts the audit log. What is done here is itself logged."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
        verify = commands.add_parser(
            "verify", help="names the first entry that was changed, removed, inserted or moved"
        )
        verify.add_argument(
            "--anchor", type=_head, action="append", default=[], metavar="PLACE:LINK",
            help="a head that was written down outside the database; may be given several times",
        )  # fmt: skip
        verify.add_argument(
            "--anchor-file", type=_heads, action="extend", metavar="FILE", dest="anchor",
            help="a file of such heads, as AUDIT_ANCHOR_FILE collects them",
        )  # fmt: skip

        prune = commands.add_parser("prune", help="removes what AUDIT_RETENTION_DAYS lets go")
        prune.add_argument("--dry-run", action="store_true", help="only tell what would go")
        _add_redact(commands)
        commands.add_parser("anchor", help="writes the head outside now, and prints it")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        getattr(self, f"_{command}")(**options)

    def _prune(self, *, dry_run: bool, **options: Any) -> None:
        expiry = prune.expiry_now()
        if expiry is None:
            self.stdout.write("AUDIT_RETENTION_DAYS is 0: everything is kept.")
            return
        pruned = prune.look(expiry) if dry_run else prune.prune(expiry, actor=operator())
        verb = "would be" if dry_run else "were"
        self.stdout.write(
            f"{pruned.removed:,} entries from before {expiry.before:%d %b %Y} {verb} removed."
        )
        for why, number in pruned.stays.most_common():
            self.stdout.write(f"{number:,} expired ones stay: {why}.")
        if pruned.jobs:
            self.stdout.write(f"The rows of {', '.join(pruned.jobs)} {verb} removed.")

    def _redact(
        self, *, customer: list[str], also: list[str], reason: str, yes: bool, **options: Any
    ) -> None:
        found = redact.look(Person.known_by(customer, also=also))
        self.stdout.write("\n".join(_told(found)))
        if found.obstacles:
            raise SystemExit("\n".join(found.obstacles))
        if found.words.replaced(reason) != reason:
            raise SystemExit("The reason names the customer. Leave that out: it stays in the log.")
        if not found.entries and not found.rows:
            return
        if not yes and input("This cannot be undone. Type “redact” to do it: ") != "redact":
            raise SystemExit("Nothing was changed.")
        redact.redact(found, actor=operator(), reason=reason)
        self.stdout.write(f"Done. The customer is now {found.marker} in the log.")

    def _anchor(self, **options: Any) -> None:
        entry = anchors.write(actor=operator())
        self.stdout.write(f"{Head(**(entry.after or {}))}\n{entry.explanation}")
        if entry.outcome != Outcome.DONE:
            raise SystemExit(1)

    def _verify(self, *, anchor: list[Head], **options: Any) -> None:
        report = verify(anchor)
        tell(report, actor=operator())
        missing = triggers.missing()
        self.stdout.write("\n".join([*report.sentences, f"Head: {report.head}"]))
        if missing:
            names = ", ".join(missing)
            self.stderr.write(
                f"The database does not protect the log: {names} is missing. "
                "manage.py migrate puts it back."
            )
        if report.finding or missing:
            raise SystemExit(1)


def _add_redact(commands: Any) -> None:
    parser = commands.add_parser(
        "redact", help="takes a customer's data out of the log, on a legal request"
    )
    parser.add_argument(
        "--customer", action="append", required=True, metavar="ID_OR_EMAIL",
        help="Dub's ID, the external ID or the e-mail; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--also", action="append", default=[], metavar="TEXT",
        help="something else to take out wherever it stands, such as a former name",
    )  # fmt: skip
    parser.add_argument("--reason", required=True, help="for the log; without the customer's name")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _told(found: Redaction) -> Iterator[str]:
    """Whom the log knows by what was given: somebody must see whether it is one and the same."""
    person = found.person
    for label, values in (
        ("Dub's ID", person.ids),
        ("External ID", person.external_ids),
        ("E-mail", person.emails),
        ("Name", person.names),
        ("Besides", person.others),
    ):
        if values:
            yield f"{label}: {', '.join(sorted(values))}"
    rows = ", ".join(f"{number:,} × {kind}" for kind, number in sorted(found.rows.items()))
    yield f"In the log: {len(found.entries):,} entries. Beside it: {rows or 'nothing'}."


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{error} This is none: {text}") from None


def _heads(name: str) -> list[Head]:
    """The last word of each line is a head; what stands before it is the time."""
    try:
        lines = Path(name).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentTypeError(f"{name} cannot be read: {error}") from None
    return [_head(line.split()[-1]) for line in lines if line.strip()]
