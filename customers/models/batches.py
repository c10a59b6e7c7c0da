"""One action on several customers."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .actions import ACTIONS, Outcome
from .entries import AuditEntry
from .languages import language_now


class Batch(models.Model):
    """One action on several customers, chosen one by one or by a filter, done by the worker.

    `total` is how many customers were confirmed, `found` how many the filter turned out to match:
    never more than confirmed are touched. `place` and `pages` are how far finding them has come.
    `actor` is the `audit.Actor` who asked. `field` and `value` are by Dub's key, for a correction.
    """

    class State(models.TextChoices):
        STAGING = "staging", _("Finding the customers")
        RUNNING = "running", _("Under way")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    OPEN = (State.STAGING, State.RUNNING)

    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    beat = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=100, unique=True)
    actor = models.JSONField()
    action = models.CharField(max_length=40)
    field = models.CharField(max_length=40, blank=True)
    value = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    filters = models.JSONField(null=True)
    chosen = models.JSONField(null=True)
    total = models.PositiveIntegerField()
    found = models.PositiveIntegerField(null=True)
    left_out = models.PositiveIntegerField(default=0)
    place = models.JSONField(null=True)
    pages = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State.choices, default=State.STAGING)
    note = models.TextField(blank=True)
    language = models.CharField(max_length=16, default=language_now)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="batch_state")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.action} {self.state}"

    @property
    def action_label(self) -> str:
        return str(ACTIONS[self.action])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_too_many(self) -> bool:
        """Whether more customers match than were confirmed, so that somebody must look again."""
        return self.found is not None and self.found > self.total


class BatchRow(models.Model):
    """One customer of a batch. `base` is the field's value when the customer was found.

    `outcome` is how it ended, as its audit `entry` tells it or as reading back settled it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CLAIMED = "claimed", _("Under way")
        FINISHED = "finished", _("Finished")

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="rows")
    customer_id = models.CharField(max_length=300)
    external_id = models.CharField(max_length=300, blank=True)
    label = models.CharField(max_length=300, blank=True)
    base = models.JSONField(null=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    claimed_at = models.DateTimeField(null=True)
    entry = models.ForeignKey(AuditEntry, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        indexes = [models.Index(fields=["batch", "state", "id"], name="batch_row_state")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "customer_id"], name="batch_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.pk} {self.state}"

    @property
    def key(self) -> str:
        """The key of its audit entry: however often the row is run, it is sent once."""
        return f"batch-{self.batch_id}-{self.pk}"
