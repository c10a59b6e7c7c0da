"""Removes what has expired and is of no use to anybody. Workers do it now and then."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from .models import SharedCache

logger = logging.getLogger("dubadmin.worker")
TASKS_KEPT = timedelta(days=1)


def tidy() -> dict[str, int]:
    """What was removed, and how much of it. Nothing of it is in the audit log or needed for it."""
    now = timezone.now()
    sessions = Session.objects.filter(expire_date__lt=now)
    removed = {
        "sessions": sessions.delete()[0],
        "lines about sessions that are over": _orphans(now - timedelta(hours=1)).delete()[0],
        "counters": SharedCache.objects.filter(expires__lt=now).delete()[0],
        "tasks that are done": DBTaskResult.objects.finished()
        .filter(finished_at__lt=now - TASKS_KEPT)
        .delete()[0],
    }
    if any(removed.values()):
        told = ", ".join(f"{count} {what}" for what, count in removed.items() if count)
        logger.info("Removed what had expired: %s.", told)
    return removed


def _orphans(before: datetime) -> QuerySet[UserSession]:
    """What *Your account → Sessions* would list, were its session still there."""
    kept = Session.objects.values("session_key")
    old: QuerySet[UserSession] = UserSession.objects.filter(last_seen_at__lt=before)
    return old.exclude(session_key__in=kept)
