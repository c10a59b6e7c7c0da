"""Files that go out: customers as a file, made while it is downloaded or by the worker.

The life of an export, and who moves it on:

    streaming  the browser gets the file while it is made; nothing is kept
    walking    the worker visits the customers, each once
    reading    the worker reads their events, where they are asked for
    writing    the worker makes the file of them
    done       complete; what the worker made is kept for some days
    stopped    a person, or Dub's refusal, ended it: it can go on
    broken     the download ended before the last customer
"""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .entries import AuditEntry
from .languages import language_now

LOST = timedelta(minutes=5)  # a download that nobody was at for so long has ended


class Export(models.Model):
    """One file of customers, from what was asked to what became of it.

    `actor` is the `audit.Actor` who asked, `entry` the log's word of it. `filters` are those of the
    list: {"q", "country", "link", "partner"}; `columns` are names of `exports.COLUMNS`. `expected`
    is how many customers Dub counted when it was asked for, `counted` at the end; None where Dub
    gave no number. `customers` and `rows` are what the file holds, `size` (bytes) and `sha256` are
    the file's. `place` and `steps` are how far the worker has come, `writer` the one that writes.
    """

    class State(models.TextChoices):
        STREAMING = "streaming", _("Being downloaded")
        WALKING = "walking", _("Collecting the customers")
        READING = "reading", _("Reading their events")
        WRITING = "writing", _("Writing the file")
        DONE = "done", _("Complete")
        STOPPED = "stopped", _("Stopped")
        BROKEN = "broken", _("Incomplete")

    OPEN = (State.WALKING, State.READING, State.WRITING)  # the worker is at it

    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    beat = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=100, unique=True, null=True)
    actor = models.JSONField()
    entry = models.ForeignKey(AuditEntry, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    format = models.CharField(max_length=8)
    columns = models.JSONField()
    with_events = models.BooleanField(default=False)
    filters = models.JSONField(default=dict)
    sort = models.CharField(max_length=40, blank=True)
    order = models.CharField(max_length=4, blank=True)
    expected = models.PositiveIntegerField(null=True)
    counted = models.PositiveIntegerField(null=True)
    customers = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    place = models.JSONField(null=True)
    steps = models.PositiveIntegerField(default=0)
    writer = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=16, choices=State.choices)
    note = models.TextField(blank=True)
    language = models.CharField(max_length=16, default=language_now)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="export_state")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.format} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_kept(self) -> bool:
        """Whether its file can be downloaded now."""
        if self.state != self.State.DONE or self.expires_at is None:
            return False
        return timezone.now() < self.expires_at

    @property
    def is_lost(self) -> bool:
        """A download whose process must have died."""
        return self.state == self.State.STREAMING and timezone.now() - self.beat > LOST

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"customers-{self.at:%Y-%m-%d}-{self.pk}.{self.format}"


class ExportRow(models.Model):
    """One customer that the worker has visited: its cells, and its events where they are asked for.

    The file is in the order of `rank`. Rows are deleted when it is written.
    """

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="visited", db_index=False
    )
    customer_id = models.CharField(max_length=300)
    rank = models.BigIntegerField(default=0)
    cells = models.JSONField()
    events = models.JSONField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        indexes = [models.Index(fields=["export", "rank", "id"], name="export_row_rank")]
        constraints = [
            models.UniqueConstraint(fields=["export", "customer_id"], name="export_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.customer_id}"


class ExportPart(models.Model):
    """A stretch of the finished file, in order.

    In the database, since the worker that makes the file and the web process that hands it out
    need not share a disk.
    """

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="export_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
