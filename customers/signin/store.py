"""Sessions, as Django's own keep them in the database (SESSION_ENGINE)."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from customers.models import Given, Prepared

_DATA = Prepared(
    lambda: Session.objects.filter(
        session_key=Given("key", Session._meta.pk),
        expire_date__gt=Given("now", Session._meta.get_field("expire_date")),
    ).values_list("session_data")
)


class SessionStore(DatabaseStore):
    """Reads by a query that is put together once: every page begins with it."""

    def load(self) -> dict[str, Any]:
        for (data,) in _DATA(key=self.session_key, now=timezone.now()):
            return self.decode(data)
        self._session_key = None
        return {}
