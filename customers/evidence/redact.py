"""Taking one customer's data out of the log and out of what stands beside it, on a legal request.

What identifies the customer gives way to a marker, the same everywhere, so that it can still be
read that all of it was about one customer. A redaction in the log vouches for the digests that the
entries have since. Their seals stay, and tell nothing without the salt, which is gone.
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers import chain, followup
from customers.audit import Actor, note
from customers.models import AuditEntry, Outcome, lifted, pending_timeout

from . import beside
from .person import Person, Words
from .reading import in_order
from .vouchers import REDACT

AT_ONCE = 500
TEXTS = ("target_label", "reason", "explanation")
JSONS = ("asked", "sent", "answered", "before", "after", "comparison")
COLUMNS = ("target_id", "target_external_id", *TEXTS, *JSONS)
# In entries about the customer every text goes but these: they say what was done, not to whom.
KEPT = frozenset(
    {"method", "action", "step", "currency", "mode", "event_name", "eventName", "lead_event_name"}
    | {"leadEventName", "payment_processor", "paymentProcessor", "content_type", "code", "level"}
)


@dataclass(kw_only=True)
class Redaction:
    """What there is of `person`: the IDs of entries, and how many rows of which kind beside them.

    While there is an obstacle (a sentence each), nothing can be redacted. `read` is the last entry
    that was looked at.
    """

    person: Person
    marker: str
    entries: list[int] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    obstacles: list[str] = field(default_factory=list)
    read: int = 0

    def __post_init__(self) -> None:
        self.words = Words(self.person, self.marker)
        self.close_words = Words(self.person, self.marker, closely=True)


def look(person: Person) -> Redaction:
    """Reads the whole log, and what stands beside it, for what there is of a customer."""
    found = Redaction(person=person, marker=f"[redacted {secrets.token_hex(4)}]")
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first()
    found.read = newest or 0
    every = AuditEntry.objects.filter(pk__lte=found.read)
    found.entries = [entry.pk for entry in _redacted(found, every)]
    found.rows = Counter(kind for kind, _ in beside.redacted(person, found.words))
    found.obstacles = [*_unsettled(found), *beside.obstacles(person, found.words)]
    return found


def _unsettled(found: Redaction) -> Iterator[str]:
    """Settling asks Dub for the very customer, and seals what was wanted as it was."""
    unsettled = followup.all_unsettled().filter(pk__in=found.person.entries().values("pk"))
    on_their_way = AuditEntry.objects.filter(
        outcome=Outcome.PENDING, at__gt=timezone.now() - pending_timeout(), pk__in=found.entries
    )
    for number in sorted({entry.pk for entry in [*unsettled, *on_their_way]}):
        yield f"Entry {number} is not settled yet. Settle it first."


def redact(found: Redaction, *, actor: Actor, reason: str) -> None:
    """Does it, in one transaction: all or nothing. What was written since `look` is included."""
    with transaction.atomic():
        with lifted():
            digests = {}
            for entry in _redacted(found, _to_change(found)):
                entry.salt = uuid.uuid4()
                entry.digest = chain.digest_of(entry) if entry.digest else ""
                entry.save(update_fields=[*COLUMNS, "salt", "digest"])
                digests[entry.pk] = entry.digest
            for _, row in beside.redacted(found.person, found.words):
                row.save()
        _vouch(found, digests, actor=actor, reason=reason)
    found.entries = sorted(digests)


def _to_change(found: Redaction) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(Q(pk__in=found.entries) | Q(pk__gt=found.read))


def _vouch(found: Redaction, digests: dict[int, str], *, actor: Actor, reason: str) -> None:
    rows = ", ".join(f"{number:,} × {kind}" for kind, number in sorted(found.rows.items()))
    said = f"{len(digests):,} entries, and beside them {rows or 'nothing'}, now say {found.marker}."
    numbers = sorted(digests)
    for first in range(0, len(numbers), AT_ONCE) or [0]:
        part = numbers[first : first + AT_ONCE]
        note(
            REDACT,
            actor=actor,
            reason=reason,
            explanation=f"What identified a customer was redacted: {said}",
            after={"digests": {str(number): digests[number] for number in part}},
        )


def _redacted(found: Redaction, entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """Those of `entries` that say something of the customer, as they are without it; not saved."""
    for entry in in_order(entries):
        before = [getattr(entry, name) for name in COLUMNS]
        _redact_entry(found, entry)
        if [getattr(entry, name) for name in COLUMNS] != before:
            yield entry


def _redact_entry(found: Redaction, entry: AuditEntry) -> None:
    typed = (entry.asked or {}).get("fields")  # a form that names the customer is about them
    is_about = found.person.is_of(entry) or found.words.replaced_in(typed) != typed
    words = found.close_words if is_about else found.words
    for name in TEXTS:
        setattr(entry, name, words.replaced(getattr(entry, name)))
    for name in JSONS:
        value = getattr(entry, name)
        setattr(entry, name, _blank(value, words) if is_about else words.replaced_in(value))
    if is_about:
        entry.target_id = entry.target_external_id = ""
        entry.target_label = found.marker


def _blank(value: Any, words: Words, key: str = "") -> Any:
    """JSON about the customer: numbers stay, texts go unless their key says they are harmless."""
    if value is None or key in KEPT:
        return value
    if key in {"path", "label"}:  # an address; the name of a field in a comparison
        return words.replaced_in(value)
    if key == "metadata" or isinstance(value, str):
        return words.marker
    if isinstance(value, dict):
        return {name: _blank(inner, words, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_blank(inner, words, key) for inner in value]
    return value
