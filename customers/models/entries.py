"""The audit log: who did what, and what Dub really did with it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .actions import ACTIONS, WRITES, Outcome
from .pacing import PATIENCE_SECONDS


class Relation(models.TextChoices):
    """Why an entry points to an earlier one."""

    RESEND = "resend", _("Sent again")
    SETTLE = "settle", _("Settled")
    FOLLOW = "follow", _("Followed")
    UNDO = "undo", _("Undid")


class Backwards(models.Func):
    """Minus an ID: the order of the newest first.

    An index on a field and this is the only one that has that field's entries in this order. Asked
    for the ID itself PostgreSQL would rather go through all entries by ID, which takes seconds
    where those that match are old.
    """

    template = "(-%(expressions)s)"
    output_field = models.BigIntegerField()


models.CharField.register_lookup(Lower)  # for target_label__lower, as its index has it


class AuditEntry(models.Model):
    """One action of one person: what was asked, sent and answered, and what came of it.

    The actor is copied as text, so that the entry outlives the account. `key` is the one-time key
    of the form that asked for a write: the same form cannot be sent twice. `digest` is the hash
    of all the rest once it is settled (see `chain`); `salt` keeps anybody from guessing what an
    entry said by the hash that is left of it. Times are UTC, durations milliseconds.
    """

    salt = models.UUIDField(default=uuid.uuid4)
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
    file = models.ForeignKey("Import", on_delete=models.PROTECT, null=True, related_name="entries")
    digest = models.CharField(max_length=72, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [
            # Each leads the log when its field is filtered by (see `finding`); what comes behind
            # the ID is filtered by within the index.
            models.Index("actor_name", Backwards("id"), "action", "outcome", name="entry_person"),
            models.Index("action", Backwards("id"), "outcome", "actor_name", name="entry_action"),
            models.Index("outcome", Backwards("id"), "action", "actor_name", name="entry_outcome"),
            models.Index("batch", Backwards("id"), "outcome", name="entry_batch"),
            models.Index(
                "file",
                Backwards("id"),
                "outcome",
                name="entry_import",
                condition=models.Q(file__isnull=False),
            ),
            models.Index("target_id", Backwards("id"), name="entry_target"),
            models.Index("target_external_id", Backwards("id"), name="entry_external"),
            models.Index(Lower("target_label"), Backwards("id"), name="entry_label"),
            models.Index("request_id", name="entry_request"),
            models.Index(
                Backwards("id"),
                name="entry_open",
                condition=models.Q(outcome__in=["pending", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.action} {self.outcome}"

    @property
    def action_label(self) -> str:
        if self.relation == Relation.UNDO:
            return gettext("Undo of a correction")
        return str(ACTIONS.get(self.action, self.action))

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


def pending_timeout() -> timedelta:
    """How long a write may be on its way: its wait for the rate, twice the longest exchange."""
    return timedelta(seconds=PATIENCE_SECONDS + 4 * settings.DUB_TIMEOUT_SECONDS)
