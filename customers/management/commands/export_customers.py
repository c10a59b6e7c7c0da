"""Customers as a file, from the server's command line: same walk, same file, same log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers import exports
from customers.audit import operator
from customers.exports import COLUMNS, PRESETS
from customers.forms import ExportForm, new_key
from customers.management.watched import show
from customers.models import Export
from customers.output import FORMATS
from customers.templatetags.show import time_left
from dubadmin.dub.errors import DubError
from dubadmin.dub.explain import explain

INTERRUPTED = 130
LOOK_SECONDS = 0.5  # between two looks at how far it is


class Command(BaseCommand):
    help = (
        "Exports customers to a file. Exit code 0: the file is whole. 1: there is no file, and "
        "the last line says why. 2: the options are wrong. 130: stopped by Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")
        parser.add_argument("--format", choices=FORMATS, help="by FILE’s ending unless given")
        parser.add_argument(
            "--columns", default="list", metavar="NAMES",
            help=f"{', '.join(PRESETS)}, or any of these with commas: {', '.join(COLUMNS)}",
        )  # fmt: skip
        parser.add_argument(
            "--events", action="store_true", help="also clicks, leads and sales: this takes long"
        )
        parser.add_argument("--q", default="", metavar="TEXT", help="as in the list’s search")
        parser.add_argument("--country", default="", metavar="CODE")
        parser.add_argument("--link", default="", metavar="LINK_ID")
        parser.add_argument("--partner", default="", metavar="PARTNER_ID")
        parser.add_argument("--sort", default="", metavar="FIELD", help="createdAt, saleAmount, …")
        parser.add_argument("--order", default="desc", help="asc or desc")
        parser.add_argument("--reason", default="", help="for the audit log")

    def handle(self, *args: Any, output: Path, **options: Any) -> None:
        wanted = _wanted({**options, "format": options["format"] or output.suffix[1:]})
        unfinished = output.with_name(f"{output.name}.part")
        try:
            with unfinished.open("wb") as file:
                export = self._make(wanted)
                for piece in exports.kept_file(export):
                    file.write(piece)
            unfinished.replace(output)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None
        finally:
            unfinished.unlink(missing_ok=True)
        exports.remove(export, actor=operator(), why="It was written to a file on the server.")
        self.stdout.write(f"{output}: {exports.told(export)} SHA-256 {export.sha256}")

    def _make(self, wanted: dict[str, Any]) -> Export:
        """The whole export. Raises CommandError when there is none."""
        try:
            expected = exports.count(wanted["filters"])
        except DubError as error:
            words = explain(error)
            raise CommandError(f"{words.cause} {words.next_step}".strip()) from None
        state = Export.State.WALKING
        export = exports.ask(actor=operator(), state=state, expected=expected, **wanted)
        try:
            self._carry_on(export)
        except KeyboardInterrupt:
            exports.stop(export, actor=operator())
            exports.remove(export, actor=operator(), why="Stopped by Ctrl-C.")
            raise CommandError("Stopped; there is no file.", returncode=INTERRUPTED) from None
        if export.is_open:
            raise CommandError(f"A worker has taken it over: see export {export.pk} on the site.")
        if export.state != Export.State.DONE:
            raise CommandError(f"{export.get_state_display()}: {export.note}")
        return export

    def _carry_on(self, export: Export) -> None:
        pause: float | None = 0.0
        while pause is not None:
            pause = exports.carry_on(export.pk, seconds=LOOK_SECONDS)
            export.refresh_from_db()
            show(self.stderr, _said(export), last=pause is None)
            time.sleep(pause or 0.0)


def _said(export: Export) -> str:
    now = exports.progress(export)
    of = f" of {now.of:,}" if now.of is not None else ""
    left = f", {time_left(now.left)}" if now.left else ""
    return f"{export.get_state_display()}: {now.done:,}{of}{left} {export.note}"


def _wanted(options: dict[str, Any]) -> dict[str, Any]:
    """What `exports.ask` takes, by the site's own form. Raises CommandError."""
    given = {name: options[name] for name in ("format", "sort", "order", "reason", *exports.LISTED)}
    preset, names = options["columns"], options["columns"].split(",")
    chosen = {"preset": preset} if preset in PRESETS else {"preset": "own", "columns": names}
    form = ExportForm({**given, **chosen, "with_events": options["events"], "key": new_key()})
    if not form.is_valid():
        told = [f"--{name}: {' '.join(map(str, each))}" for name, each in form.errors.items()]
        raise CommandError("\n".join(told), returncode=2)
    return form.wanted
