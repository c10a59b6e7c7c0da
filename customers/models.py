"""What dubadmin itself keeps: who did what, and what Dub really did with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class Outcome(models.TextChoices):
    """How an action ended. The first six are the only ends of a write (see Dub's traps)."""

    RECORDED = "recorded", "Recorded"
    DIFFERS = "differs", "Recorded, but stored differently"
    NOT_RECORDED = "not_recorded", "Not recorded"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"
    UNKNOWN = "unknown", "Unknown"
    PENDING = "pending", "On its way"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    BLOCKED = "blocked", "Blocked"


HAPPENED = frozenset({Outcome.RECORDED, Outcome.DIFFERS})
NOTHING_HAPPENED = frozenset({Outcome.NOT_RECORDED, Outcome.REFUSED, Outcome.NOT_SENT})

# A write is named by what was wanted: refused, it has recorded nothing.
ACTIONS = {
    "home.view": "Opened the home page",
    "customer.list": "Listed customers",
    "customer.find": "Looked for a customer",
    "customer.view": "Looked at a customer",
    "customer.edit": "Opened the edit form",
    "customer.update": "Correction",
    "customer.undo": "Opened the undo form",
    "customer.remove": "Opened the delete form",
    "customer.delete": "Deletion",
    "lead.form": "Opened the lead form",
    "lead.record": "Lead",
    "sale.form": "Opened the sale form",
    "sale.record": "Sale",
    "sale.minor": "Checked an amount",
    "result.view": "Looked at a result",
    "result.follow": "Followed a result",
    "delivery.confirm": "Saw the event at Dub",
    "delivery.miss": "Missed the event at Dub",
    "write.settle": "Settled an unknown result",
    "write.resend": "Sent an unknown write again",
    "batch.form": "Opened the form for several customers",
    "batch.start": "Asked for a batch",
    "batch.list": "Looked through the batches",
    "batch.view": "Looked at a batch",
    "batch.follow": "Followed a batch",
    "batch.stop": "Stopped a batch",
    "batch.resume": "Let a batch go on",
    "audit.list": "Looked through the audit log",
    "audit.view": "Looked at an audit entry",
    "session.sign_in": "Signed in",
    "session.sign_out": "Signed out",
    "session.fail": "Failed to sign in",
}


class Access(models.Model):  # noqa: DJ008  nothing to print, there is no row
    """No table: the permissions that the five roles are made of."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("view_customers", "Can look at customers"),
            ("edit_customers", "Can correct customers"),
            ("record_events", "Can record leads and sales"),
            ("delete_customers", "Can delete customers"),
            ("move_files", "Can import and export"),
            ("view_audit", "Can read the audit log"),
        ]


class Relation(models.TextChoices):
    """Why an entry points to an earlier one."""

    RESEND = "resend", "Sent again"
    SETTLE = "settle", "Settled"
    FOLLOW = "follow", "Followed"
    UNDO = "undo", "Undid"


class AuditEntry(models.Model):
    """One action of one person: what was asked, sent and answered, and what came of it.

    The actor is copied as text, so that the entry outlives the account. `key` is the one-time key
    of the form that asked for a write: the same form cannot be sent twice. Times are UTC,
    durations milliseconds.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    settled_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    actor_id = models.CharField(max_length=32, blank=True, db_index=True)
    actor_name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=200, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=40)
    target_id = models.CharField(max_length=300, blank=True)
    target_external_id = models.CharField(max_length=300, blank=True)
    target_label = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)
    asked = models.JSONField(null=True)
    sent = models.JSONField(null=True)
    answered = models.JSONField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    explanation = models.TextField(blank=True)
    comparison = models.JSONField(null=True)
    key = models.CharField(max_length=100, unique=True, null=True)
    lead_key = models.CharField(max_length=300, blank=True)
    earlier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="later")
    relation = models.CharField(max_length=16, choices=Relation.choices, blank=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, null=True, related_name="entries")

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_id", "-id"], name="entry_target"),
            models.Index(fields=["target_external_id", "-id"], name="entry_external"),
            models.Index(
                fields=["-id"],
                name="entry_open",
                condition=models.Q(outcome__in=["pending", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.action} {self.outcome}"

    @property
    def action_label(self) -> str:
        return ACTIONS.get(self.action, self.action)

    @property
    def is_write(self) -> bool:
        return self.action in WRITES

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that was sent to Dub; empty when none was."""
        return (self.sent or {}).get("body") or {}

    @property
    def is_overdue(self) -> bool:
        """A write whose process must have died: its answer can no longer come."""
        return self.outcome == Outcome.PENDING and timezone.now() - self.at > pending_timeout()

    @property
    def shown_outcome(self) -> str:
        return Outcome.UNKNOWN.value if self.is_overdue else self.outcome

    @property
    def outcome_label(self) -> str:
        return str(Outcome(self.shown_outcome).label)


WRITES = frozenset({"customer.update", "customer.delete", "lead.record", "sale.record"})


def pending_timeout() -> timedelta:
    """How long a write may be on its way: twice the client's longest exchange."""
    return timedelta(seconds=4 * settings.DUB_TIMEOUT_SECONDS)


class Invoice(models.Model):
    """The ledger of invoice IDs that were sent to Dub. It has no expiry (traps S6, S8).

    `amount` is in minor units of `currency`, as sent. `serial` above 1 is an override.
    """

    invoice_id = models.CharField(max_length=190)
    serial = models.PositiveSmallIntegerField(default=1)
    customer_external_id = models.CharField(max_length=300)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    entry = models.ForeignKey(AuditEntry, on_delete=models.PROTECT, related_name="invoices")

    class Meta:
        default_permissions = ()
        ordering = ["invoice_id", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["invoice_id", "serial"], name="invoice_once")
        ]

    def __str__(self) -> str:
        return self.invoice_id


class FollowUp(models.Model):
    """A lead or sale that Dub accepted and whose event is awaited (trap D1).

    `seen_before` is how many such events there were before sending.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for the event"
        CONFIRMED = "confirmed", "Confirmed"
        MISSING = "missing", "Missing"

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="follow_up")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    customer_id = models.CharField(max_length=300)
    seen_before = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=1)
    due = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["state", "due"], name="follow_up_due")]

    def __str__(self) -> str:
        return f"{self.entry} {self.state}"

    @property
    def is_overdue(self) -> bool:
        """Missing, or due without Dub having told whether the event is there."""
        if self.state == self.State.PENDING:
            return timezone.now() > self.due
        return self.state == self.State.MISSING


class Batch(models.Model):
    """One action on several customers, chosen one by one or by a filter, done by the worker.

    `total` is how many customers were confirmed, `found` how many the filter turned out to match:
    never more than confirmed are touched. `place` and `pages` are how far finding them has come.
    `actor` is the `audit.Actor` who asked. `field` and `value` are by Dub's key, for a correction.
    """

    class State(models.TextChoices):
        STAGING = "staging", "Finding the customers"
        RUNNING = "running", "Under way"
        STOPPED = "stopped", "Stopped"
        DONE = "done", "Done"

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

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="batch_state")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.action} {self.state}"

    @property
    def action_label(self) -> str:
        return ACTIONS[self.action]

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
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Under way"
        FINISHED = "finished", "Finished"

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


class Pace(models.Model):
    """How far the requests already allowed reach into the future, shared by all processes (A2).

    `reached` is seconds since 1970.
    """

    name = models.CharField(max_length=64, unique=True)
    reached = models.FloatField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
