"""What makes the audit log stand as evidence: a seal for each entry, linked into one chain."""

from __future__ import annotations

from django.db import models

from .entries import AuditEntry


class Seal(models.Model):
    """The digest of a settled entry, and where that entry stands in the chain (see `chain`).

    The database writes it when the entry is settled. It outlives the entry: what has expired is
    gone, and its seal still proves its place. `place` and `link` are empty until it is linked.
    """

    entry = models.OneToOneField(
        AuditEntry,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="seal",
    )
    digest = models.CharField(max_length=72)
    place = models.PositiveBigIntegerField(null=True)
    link = models.CharField(max_length=64, null=True)

    class Meta:
        default_permissions = ()
        ordering = ["place"]
        indexes = [
            models.Index(
                fields=["entry"], name="seal_unlinked", condition=models.Q(place__isnull=True)
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["place"], name="seal_place", condition=models.Q(place__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.place}: #{self.entry_id}"
