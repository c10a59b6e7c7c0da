"""What all processes know of the pace at which Dub may be asked."""

from __future__ import annotations

from django.db import models

PATIENCE_SECONDS = 5.0  # the longest that a person's request waits for its turn


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
