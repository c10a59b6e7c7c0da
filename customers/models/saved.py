"""Lists of customers that people come back to."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class SavedView(models.Model):
    """Filters, sorting and columns of the list of customers, under a name.

    `query` is the query string of the list's address, as `saved.query_of` writes it. A shared view
    is everybody's to open; without an owner, whose account is gone, only administrators change it.
    """

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="saved_views"
    )
    is_shared = models.BooleanField(default=False)
    query = models.CharField(max_length=1500, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="view_once_per_person")
        ]

    def __str__(self) -> str:
        return self.name
