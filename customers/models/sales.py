"""What is remembered of leads and sales beyond their audit entries."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .entries import AuditEntry


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

    `seen_before` is how many such events there were before sending. What the home page adds up
    stands here once more: `at` and `person` are the entry's, `expected` how many events it makes,
    `usd_cents` what Dub stored for a sale, None where that is not in US dollars.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for the event")
        CONFIRMED = "confirmed", _("Confirmed")
        MISSING = "missing", _("Missing")

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="follow_up")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    customer_id = models.CharField(max_length=300)
    seen_before = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=1)
    due = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)
    person = models.CharField(max_length=200, blank=True)
    is_sale = models.BooleanField(default=False)
    usd_cents = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["state", "due"], name="follow_up_due"),
            models.Index(
                fields=["at", "state", "person", "is_sale", "expected", "usd_cents"],
                name="follow_up_recorded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} {self.state}"

    @staticmethod
    def copied(entry: AuditEntry) -> dict[str, Any]:
        """What a follow-up repeats of its entry."""
        is_sale = entry.action == "sale.record"
        return {"at": entry.at, "person": entry.actor_name, "is_sale": is_sale}

    @property
    def is_overdue(self) -> bool:
        """Missing, or due without Dub having told whether the event is there."""
        if self.state == self.State.PENDING:
            return timezone.now() > self.due
        return self.state == self.State.MISSING
