"""The chain over the audit log: every settled entry has a seal, every seal a link to the last.

An entry carries the digest of what it says. The database copies it into a seal in the statement
that settles the entry (see `models.triggers`). Linking comes shortly after, by whichever process
has a moment, so that those who write never wait for each other. What this proves and what it does
not is told in docs/security.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.signals import request_finished
from django.db import DatabaseError, connection, transaction
from django.dispatch import receiver

from .models import Seal

# What is hashed, by the version that a digest names first. A version stays as it is: what it has
# sealed is checked by it. A new column needs a new version. The ID is in the seal and in its link.
FIELDS: dict[int, tuple[str, ...]] = {
    1: (
        *("salt", "at", "settled_at", "duration_ms", "request_id"),
        *("actor_id", "actor_name", "role", "ip", "user_agent"),
        *("action", "target_id", "target_external_id", "target_label", "reason"),
        *("asked", "sent", "answered", "before", "after"),
        *("outcome", "explanation", "comparison"),
        *("key", "lead_key", "earlier_id", "relation", "batch_id", "file_id"),
    )
}
VERSION = 1
AT_ONCE = 1_000
PAUSE_SECONDS = 1.0
_HEAD = re.compile(r"[0-9]{1,18}:[0-9a-f]{64}")
_LOCK = 0x64756261  # any number that nobody else takes
logger = logging.getLogger("dubadmin.audit")


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest link: it stands for everything up to its place. Place 0 is before the first."""

    place: int = 0
    link: str = ""

    def __str__(self) -> str:
        return f"{self.place}:{self.link}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """A head as it is written outside, PLACE:LINK. Raises ValueError."""
        if not _HEAD.fullmatch(text):
            raise ValueError("An anchor is a place, a colon and 64 hexadecimal digits.")
        place, _, link = text.partition(":")
        return cls(place=int(place), link=link)


def canonical(entry: Any, *, version: int = VERSION) -> str:
    """The text of an entry that is hashed: JSON with sorted keys, ASCII only, no white space.

    Times are UTC with microseconds. Whole numbers have no fraction and no exponent, since a
    database may give 1e2 back as 100. `entry` is an AuditEntry, or has its columns as attributes.
    """
    values = {name: _plain(getattr(entry, name)) for name in FIELDS[version]}
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return int(Decimal(repr(value))) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def digest_of(entry: Any, *, version: int = VERSION) -> str:
    """ "1:" and the SHA-256 of the canonical text, in hex."""
    text = canonical(entry, version=version)
    return f"{version}:{hashlib.sha256(text.encode()).hexdigest()}"


def matches(entry: Any, digest: str) -> bool:
    """Whether an entry is as it was when `digest` was made of it."""
    version = int(digest.partition(":")[0] or 0)
    return version in FIELDS and digest_of(entry, version=version) == digest


def link_of(previous: str, *, place: int, entry_id: int, digest: str) -> str:
    """The SHA-256, in hex, that ties an entry's digest to its place and to all before it."""
    text = f"{previous}\n{place}\n{entry_id}\n{digest}"
    return hashlib.sha256(text.encode()).hexdigest()


def seal(entry: Any) -> None:
    """Puts its digest on an entry that is about to be settled."""
    entry.digest = digest_of(entry)
    _pulse.sealed = True


def head() -> Head:
    linked = Seal.objects.filter(place__isnull=False).order_by("-place")
    newest: Any = linked.values("place", "link").first()
    return Head(**newest) if newest else Head()


def unlinked() -> int:
    """How many seals wait for their link."""
    return Seal.objects.filter(place__isnull=True).count()


def link_all() -> None:
    """Links everything that waits."""
    while link_next(wait=True) == AT_ONCE:
        pass


def link_next(*, limit: int = AT_ONCE, wait: bool = False) -> int:
    """Links the seals that wait, `limit` at most: how many.

    While another process is at it: 0, or with `wait` after it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_alone(cursor, wait=wait):
            return 0
        waiting = Seal.objects.filter(place__isnull=True).order_by("entry_id")
        rows = list(waiting.values_list("entry_id", "digest")[:limit])
        if rows:
            _store(cursor, list(_linked(rows, after=head())))
    return len(rows)


def _linked(rows: list[tuple[int, str]], *, after: Head) -> Iterator[tuple[int, str, int]]:
    place, link = after.place, after.link
    for entry_id, digest in rows:
        place += 1
        link = link_of(link, place=place, entry_id=entry_id, digest=digest)
        yield place, link, entry_id


_LINK = "UPDATE customers_seal SET place = %s, link = %s WHERE entry_id = %s"
# One statement for all, which is many times as fast there.
_LINK_ALL = """UPDATE customers_seal AS seal SET place = new.place, link = new.link
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS new (place, link, entry_id)
    WHERE seal.entry_id = new.entry_id"""


def _store(cursor: Any, linked: list[tuple[int, str, int]]) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(_LINK_ALL, [list(column) for column in zip(*linked, strict=True)])
    else:
        cursor.executemany(_LINK, linked)


def _is_alone(cursor: Any, *, wait: bool) -> bool:
    """On SQLite a transaction is alone from its beginning."""
    if connection.vendor != "postgresql":
        return True
    lock = "SELECT pg_advisory_xact_lock(%s)" if wait else "SELECT pg_try_advisory_xact_lock(%s)"
    cursor.execute(lock, [_LOCK])
    return wait or bool(cursor.fetchone()[0])


@dataclass
class _Pulse:
    """Whether this process has sealed something, and from when on it may link again."""

    sealed: bool = False
    next: float = 0.0


_pulse = _Pulse()


@receiver(request_finished)
def _after_a_page(**kwargs: Any) -> None:
    """Links after the response has left, once a second at most, in case no worker does it."""
    if not _pulse.sealed or time.monotonic() < _pulse.next:
        return
    _pulse.sealed, _pulse.next = False, time.monotonic() + PAUSE_SECONDS
    try:
        link_next()
    except DatabaseError as error:
        logger.warning("Seals of the audit log could not be linked yet: %s", error)
