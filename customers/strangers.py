"""Nobody who is signed in can fill the log: what comes often from one address is counted.

The first requests of a minute have an entry each, as everything has. All others of that minute get
one entry together, which says how many they were. So nothing is lost, and a flood is a few entries.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from .audit import Actor, note
from .models import Outcome, Strangers

ONE_BY_ONE = 30  # a minute: as many as the sign-in lets through
OVER = timedelta(minutes=2)  # until no request of a minute can still be counted


def is_counted(ip: str, action: str) -> bool:
    """Counts a request, and says whether that is all: False where it needs an entry of its own."""
    minute = timezone.now().replace(second=0, microsecond=0)
    known = {"address": network_of(ip), "action": action, "minute": minute}
    these = Strangers.objects.filter(**known)
    if these.filter(told__lt=ONE_BY_ONE).update(told=F("told") + 1):
        return False
    if these.filter(told__gte=ONE_BY_ONE).update(more=F("more") + 1):
        return True
    try:
        with transaction.atomic():
            Strangers.objects.create(**known)
    except IntegrityError:  # somebody else was first
        return is_counted(ip, action)
    return False


def network_of(ip: str) -> str:
    """The address; of an IPv6 address the network, in which whoever has one has all of them."""
    try:
        network = ip_network(ip)
    except ValueError:
        return ip
    return str(network.supernet(new_prefix=64)) if network.version == 6 else ip


def tell() -> None:
    """Writes the entries of the minutes that are over."""
    over = Strangers.objects.filter(minute__lt=timezone.now() - OVER)
    for each in over.filter(more__gt=0).iterator():
        same = Strangers.objects.filter(pk=each.pk, more=each.more)
        with transaction.atomic():
            if same.delete()[0]:
                _tell(each)
    over.filter(more=0).delete()


def _tell(each: Strangers) -> None:
    note(
        each.action,
        actor=Actor(ip=each.address),
        outcome=Outcome.BLOCKED,
        explanation=f"{each.more} more within the minute, beside the {each.told} that have an entry"
        " each. Nobody was signed in.",
        asked={"count": each.more, "minute": each.minute.isoformat()},
    )
