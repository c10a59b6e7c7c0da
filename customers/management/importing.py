"""A file of sales, leads or corrections from the server's command line.

The same import as on the site, with the same dry run, the same writes and the same log.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import CommandError, CommandParser

from customers import imports, tasks
from customers.audit import operator
from customers.files import DELIMITERS, ENCODINGS
from customers.forms import StartForm, new_key
from customers.imports import KINDS
from customers.models import Import

from . import matching, telling
from .logged import Logged
from .matching import WRONG
from .watched import show

INTERRUPTED = 130
LOOK_SECONDS = 0.5  # between two looks at how far the dry run is
CHUNK = 2**20
State = Import.State


class ImportCommand(Logged):
    """`kind` is what the rows of the file are."""

    kind: Import.Kind

    @property
    def help(self) -> str:  # type: ignore[override]
        return (
            f"Checks a file of {self.kind.label.lower()} (CSV, XLSX, ODS) row by row, lists every "
            "problem, then sends the rows that are right. Exit code 0: all rows are at Dub, or "
            "with --dry-run would be. 1: some are not, and it is said which and why. 2: the "
            "options are wrong, and nothing was sent. 130: stopped by Ctrl-C, and it can go on."
        )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("file", type=Path, nargs="?", metavar="FILE")
        add(
            "--go-on", type=int, metavar="NUMBER",
            help="instead of FILE: an import that was checked or stopped on the way",
        )  # fmt: skip
        add("--dry-run", action="store_true", help="only check; nothing is written to Dub")
        add(
            "--with-doubts", action="store_true",
            help="also send rows in doubt; needs a reason",
        )  # fmt: skip
        add("--reason", default="", help="for the audit log")
        add(
            "--leftover", type=Path, metavar="FILE",
            help="where the rows that did not make it go, as CSV, to be corrected and sent again",
        )  # fmt: skip
        matching.add_arguments(parser, self.kind)
        add = parser.add_argument_group(
            "how the file is written, where it does not show"
        ).add_argument
        add("--encoding", choices=ENCODINGS)
        add("--delimiter", choices=[*DELIMITERS, "tab"], metavar="SIGN", help="one of , ; | tab")
        add("--sheet", metavar="NAME", help="of a workbook, the first unless given")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        if (file is None) == (options["go_on"] is None):
            raise CommandError("Give either a FILE or --go-on NUMBER.", returncode=WRONG)
        self._check(options)
        job = self._received(file, options) if file else self._known(options)
        try:
            self._through(job, options)
        except KeyboardInterrupt:
            self._let_rest(job)
        except Import.DoesNotExist:
            raise CommandError(f"Import {job.pk} was deleted on the site.") from None
        finally:
            self._leave(job)
        self._end(job, options)

    def _check(self, options: dict[str, Any]) -> None:
        """What can be known to be wrong before anything is read. Raises CommandError."""
        leftover: Path | None = options["leftover"]
        if leftover and not leftover.parent.is_dir():
            raise CommandError(
                f"--leftover: there is no folder {leftover.parent}.", returncode=WRONG
            )
        asked = {"reason": options["reason"], "with_doubts": options["with_doubts"]}
        form = StartForm(asked, action=KINDS[self.kind].action, ready=1, in_doubt=1)
        if not options["dry_run"] and not form.is_valid():
            told = [f"--{name}: {' '.join(map(str, each))}" for name, each in form.errors.items()]
            raise CommandError("\n".join(told), returncode=WRONG)

    # Where the import comes from

    def _received(self, file: Path, options: dict[str, Any]) -> Import:
        """The file as an import, its rows read. What cannot be read is not kept."""
        names = ("encoding", "delimiter", "sheet")
        format = {name: options[name] for name in names if options[name]}
        if format.get("delimiter") == "tab":
            format["delimiter"] = "\t"
        try:
            job = imports.receive(
                _chunks(file),
                kind=self.kind,
                name=file.name,
                actor=operator(),
                key=new_key(),
                reason=options["reason"],
                format=format,
            )
        except OSError as error:
            raise CommandError(
                f"{file} cannot be read: {error.strerror}.", returncode=WRONG
            ) from None
        except imports.Unreadable as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            told = "Stopped before the file was taken."
            raise CommandError(told, returncode=INTERRUPTED) from None
        self.stdout.write(f"Import {job.pk}: {file.name}")
        return job

    def _known(self, options: dict[str, Any]) -> Import:
        number = options["go_on"]
        job = Import.objects.filter(pk=number, kind=self.kind).first()
        if job is None:
            told = f"--go-on: there is no import of {self.kind.label.lower()} {number}."
            raise CommandError(told, returncode=WRONG)
        if job.started_at and options["dry_run"]:
            raise CommandError(f"Import {number} is sent already.", returncode=WRONG)
        return job

    # Its life

    def _through(self, job: Import, options: dict[str, Any]) -> None:
        self._stage(job)
        if job.state == State.MAPPING:
            self._match(job, options)
        elif job.state == State.PAUSED:
            imports.resume(job, actor=operator())
        self._carry_on(job)
        if job.state == State.CHECKED:
            self._tell(job)
            if not options["dry_run"]:
                self._send(job, options)

    def _stage(self, job: Import) -> None:
        while job.state == State.STAGING:
            imports.stage(job)
            job.refresh_from_db()
            show(self.stderr, telling.so_far(job), last=job.state != State.STAGING)
        if job.state == State.FAILED:
            imports.delete(job, actor=operator())
            raise CommandError(job.note)

    def _match(self, job: Import, options: dict[str, Any]) -> None:
        try:
            self.stdout.write(matching.match(job, options))
        except CommandError:
            if not options["go_on"]:
                imports.delete(job, actor=operator())
            raise
        job.refresh_from_db()

    def _send(self, job: Import, options: dict[str, Any]) -> None:
        asked = {"reason": options["reason"], "with_doubts": options["with_doubts"]}
        if imports.start(job, actor=operator(), **asked):
            self._carry_on(job)
        else:
            self.stdout.write("There was nothing to send.")

    def _carry_on(self, job: Import) -> None:
        """As far as it comes; at its end, until Dub shows what it accepted."""
        job.refresh_from_db()
        pause: float | None = 0.0
        while pause is not None:
            pause = imports.carry_on(job.pk, seconds=LOOK_SECONDS)
            job.refresh_from_db()
            show(self.stderr, telling.so_far(job), last=pause is None)
            time.sleep(pause or 0.0)

    def _let_rest(self, job: Import) -> NoReturn:
        job.refresh_from_db()
        imports.pause(job, actor=operator())
        told = f"Stopped on the way. It goes on with --go-on {job.pk}, or on the site."
        if job.has_ended:
            told = "All is sent. The worker goes on looking whether it appears among Dub’s events."
        raise CommandError(told, returncode=INTERRUPTED)

    def _leave(self, job: Import) -> None:
        """The worker goes on looking for what has not appeared at Dub yet."""
        if imports.unconfirmed().filter(pk=job.pk).exists():
            tasks.wake_import(job)

    def _end(self, job: Import, options: dict[str, Any]) -> None:
        """Raises CommandError when not all is well."""
        if job.started_at:
            self._tell(job)
        if options["leftover"]:
            self._write(options["leftover"], job)
        if job.state == State.PAUSED:
            raise CommandError(f"Paused: {job.note} It goes on with --go-on {job.pk}.")
        if options["dry_run"]:
            self.stdout.write(f"Nothing was written to Dub. --go-on {job.pk} sends it.")
        if problems := [*telling.problems(job, with_doubts=options["with_doubts"])]:
            raise CommandError(f"{', '.join(problems)}. See /imports/{job.pk}/ on the site.")

    def _tell(self, job: Import) -> None:
        self.stdout.writelines(f"{line}\n" for line in telling.result(job))

    def _write(self, leftover: Path, job: Import) -> None:
        try:
            told = telling.write_leftover(job, leftover)
        except OSError as error:
            raise CommandError(f"{leftover} cannot be written: {error.strerror}.") from None
        self.stdout.write(told)


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
