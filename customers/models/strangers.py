"""Requests of nobody who is signed in, where there are many."""

from __future__ import annotations

from django.db import models


class Strangers(models.Model):
    """What came from one address within one minute, by what it is called in the log.

    `told` have an entry each. `more` are counted, and get one together when the minute is over.
    """

    address = models.CharField(max_length=45)
    action = models.CharField(max_length=50)
    minute = models.DateTimeField(db_index=True)
    told = models.PositiveIntegerField(default=1)
    more = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["address", "action", "minute"], name="one_count")
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.action}"
