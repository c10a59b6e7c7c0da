"""What all processes must agree on for a while, such as counted attempts to sign in."""

from __future__ import annotations

from django.db import models


class SharedCache(models.Model):
    """The table of Django's database cache; only that reads and writes it."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "shared_cache"
        default_permissions = ()

    def __str__(self) -> str:
        return self.cache_key
