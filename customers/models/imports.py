"""Files that come in: leads, sales or corrections from a spreadsheet, row by row.

The life of an import, and who moves it on:

    staging    the file's rows are put into the table, in slices        (imports.staging)
    mapping    a person says which column is what                       (views.imports)
    checking   the dry run looks at every row; nothing is written       (the worker)
    checked    a person sees what would be sent, and asks for the run
    running    the worker sends row by row, each its own audited write
    paused     a person let it rest, or Dub refuses even to look: the next row waits
    stopped    a person ended it (from then on it has `ended_at`): what was not begun by then is
               not sent, and it is `running` until what was on its way has ended
    done       every row has ended, each with its outcome
    failed     the file cannot be read; `note` says why. Nothing was written

From `mapping`, `checked` and `failed` a person may go back and map or read the file anew: rows and
problems are then made again. From `running` on rows and mapping stay as they are, for good. From
`done` and `stopped` some rows may be sent again: the import is then `running` once more.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from .actions import Outcome
from .entries import AuditEntry
from .languages import language_now

PASTED = gettext_noop("Pasted rows")


class Import(models.Model):
    """One file, from its upload to its result.

    `actor` is the `audit.Actor` who uploaded it, `key` the one-time key of that form. `name`,
    `size` (bytes) and `sha256` are the file's. `format` says how it is read: {"kind": "csv",
    "encoding", "delimiter"} or {"kind": "xlsx" or "ods", "sheet", "sheets"}. `header` holds the
    names of its columns, `hints` what was seen in each (see `imports.staging`), `place` how far
    reading has come, `rows_found` how many rows there are.

    `mapping` is {"columns": {field: column}, "metadata": {key: column}, "fixed": {field: text},
    "empty": "keep" or "clear"}, columns counted from 0. `number_format` is "point" (1,234.56),
    "comma" (1.234,56) or "" where no amount can be misread; `date_format` is "dmy", "mdy" or "".
    Times without a zone are in `time_zone`.

    `steps` counts what the dry run has done, `place` is where it is (see `imports.checking`), and
    `counts` what it has added up. `sent_by` is the `audit.Actor` who asked for the run,
    `with_doubts` whether rows in doubt are sent as well.
    """

    class Kind(models.TextChoices):
        SALES = "sales", _("Sales")
        LEADS = "leads", _("Leads")
        CORRECTIONS = "corrections", _("Corrections")

    class State(models.TextChoices):
        STAGING = "staging", _("Reading the file")
        MAPPING = "mapping", _("Columns to be matched")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Under way")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Cannot be read")

    OPEN = (State.STAGING, State.CHECKING, State.RUNNING)  # the worker is at it

    at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    beat = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=100, unique=True)
    actor = models.JSONField()
    sent_by = models.JSONField(null=True)
    with_doubts = models.BooleanField(default=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    format = models.JSONField(default=dict)
    header = models.JSONField(default=list)
    hints = models.JSONField(default=list)
    mapping = models.JSONField(null=True)
    number_format = models.CharField(max_length=8, blank=True)
    date_format = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.STAGING)
    place = models.JSONField(null=True)
    steps = models.PositiveIntegerField(default=0)
    rows_found = models.PositiveIntegerField(default=0)
    counts = models.JSONField(null=True)
    note = models.TextField(blank=True)
    language = models.CharField(max_length=16, default=language_now)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="import_state")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.state}"

    @property
    def called(self) -> str:
        """The file's name; pasted rows have none of their own."""
        return gettext(PASTED) if self.name == PASTED else self.name

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def has_ended(self) -> bool:
        return self.state in {self.State.DONE, self.State.STOPPED}

    @property
    def is_untouched(self) -> bool:
        """Whether no row was ever begun, so that it can be mapped anew or deleted."""
        return self.started_at is None


class ImportPart(models.Model):
    """A stretch of the uploaded bytes, in order, kept until the dry run begins.

    In the database, since the web process that takes the file and the worker that reads it need
    not share a disk.
    """

    file = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="import_part_once")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"


class ImportRow(models.Model):
    """One row of a file. `number` is its row in the spreadsheet, the header's being 1.

    `cells` are as they stand in the file, in its order: text, or a number where the spreadsheet
    held one.

    The dry run fills in the rest. `customer` is whom the row is about, as Dub is asked: `ext_…` or
    Dub's own ID. `identity` is what no two rows may share: the invoice ID, the lead's dedupe key,
    the customer that is corrected. `problems` are rows of {"field", "problem"}, with "doubt" where
    it can be sent all the same; `sendable` is what would be sent (see `imports.sendable`), None
    where nothing would. `amount` is in minor units of `currency`.

    `attempt` counts the sendings; `outcome` is how the last one ended, as its audit `entry` tells
    it or as reading back settled it. A row that is not sent has an outcome and no entry.
    """

    class Verdict(models.TextChoices):
        READY = "ready", _("Ready")
        DOUBT = "doubt", _("In doubt")
        WRONG = "wrong", _("Wrong")
        SAME = "same", _("Nothing to change")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CLAIMED = "claimed", _("Under way")
        FINISHED = "finished", _("Finished")

    file = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    problems = models.JSONField(null=True)
    sendable = models.JSONField(null=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True)
    customer = models.CharField(max_length=300, blank=True)
    identity = models.CharField(max_length=400, blank=True)
    amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    claimed_at = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    entry = models.ForeignKey(AuditEntry, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        indexes = [
            models.Index(fields=["file", "state", "id"], name="import_row_state"),
            models.Index(fields=["file", "verdict", "id"], name="import_row_verdict"),
            models.Index(fields=["file", "outcome", "id"], name="import_row_outcome"),
            models.Index(fields=["file", "customer"], name="import_row_customer"),
            models.Index(fields=["file", "identity"], name="import_row_identity"),
        ]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="import_row_once")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number} {self.state}"

    @property
    def told(self) -> dict[str, Any]:
        """What would be sent, of a row that would send something."""
        return self.sendable or {}

    @property
    def key(self) -> str:
        """The key of its audit entry: however often this attempt is run, it is sent once."""
        again = f"-{self.attempt}" if self.attempt > 1 else ""
        return f"import-{self.file_id}-{self.number}{again}"


class NamedMapping(models.Model):
    """How a person has matched the columns of a file before, to be used again.

    `header` is that file's; `mapping` is as an import's, with "number_format" and "date_format".
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="named_mappings")
    kind = models.CharField(max_length=16, choices=Import.Kind.choices)
    name = models.CharField(max_length=100)
    header = models.JSONField()
    mapping = models.JSONField()
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "name"], name="named_mapping_once")
        ]

    def __str__(self) -> str:
        return self.name
