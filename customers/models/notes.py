"""What people here write about customers."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Note(models.Model):
    """A note about a customer, kept here alone. It stays when the customer is deleted at Dub.

    `customer_id` is Dub's ID. The writer is copied as text, so that it outlives the account.
    """

    LONGEST = 2000

    customer_id = models.CharField(max_length=300)
    text = models.TextField()
    person = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["customer_id"], name="note_customer")]

    def __str__(self) -> str:
        return f"note {self.pk}"
