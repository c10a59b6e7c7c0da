"""Workers tell that they are alive, by a row each."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

from django.utils import timezone

from .models import Heartbeat

SILENCE = timedelta(minutes=2)  # after which a worker counts as gone
_FORGOTTEN = timedelta(days=1)


def beat() -> None:
    """This process lives."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(name=_name(), defaults={"at": now})
    Heartbeat.objects.filter(at__lt=now - _FORGOTTEN).delete()


def end() -> None:
    """This process ends as it should."""
    Heartbeat.objects.filter(name=_name()).delete()


def alive() -> int:
    """How many workers were heard of lately."""
    return Heartbeat.objects.filter(at__gte=timezone.now() - SILENCE).count()


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:200]
