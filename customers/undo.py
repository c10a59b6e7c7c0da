"""Putting a correction back, field by field, where Dub still has the value that was set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dubadmin.dub.records import Customer

from .facts import LABELS, facts_of, same, stored_changes
from .models import HAPPENED, AuditEntry, Relation


@dataclass(frozen=True, kw_only=True)
class Step:
    """One field of a correction. `was` is what to put back, `present` what Dub has now.

    `possible` only when Dub still has the value that was `set`, and has it from this correction:
    nobody has changed it and set it `again`.
    """

    key: str
    was: Any
    set: Any
    present: Any
    again: bool = False

    @property
    def label(self) -> str:
        return str(LABELS.get(self.key, self.key))

    @property
    def possible(self) -> bool:
        is_set = same(self.key, self.set, self.present)
        return is_set and not self.again and not same(self.key, self.was, self.present)


def can_undo(entry: AuditEntry) -> bool:
    """A correction that Dub stored, at least in part, and whose values before are known."""
    return (
        entry.action == "customer.update"
        and entry.outcome in HAPPENED
        and entry.before is not None
        and entry.target_id != ""  # redacted
    )


def undone_by(entry: AuditEntry) -> list[AuditEntry]:
    """The corrections that put something of `entry` back, and were not undone themselves."""
    later = entry.later.filter(relation=Relation.UNDO, outcome__in=HAPPENED).order_by("pk")
    return [undo for undo in later if not is_undone(undo)]


def is_undone(entry: AuditEntry) -> bool:
    """Whether all that `entry` changed has been put back since."""
    changed = {change.key for change in stored_changes(entry)}
    return bool(changed) and changed <= _put_back(entry)


def _put_back(entry: AuditEntry) -> set[str]:
    return {change.key for undo in undone_by(entry) for change in stored_changes(undo)}


def steps(entry: AuditEntry, customer: Customer) -> list[Step]:
    """What undoing `entry` means for each of its fields, given Dub's present record.

    A field that Dub stored otherwise than asked counts as set to what it stored (trap R1).
    """
    before, after, present = entry.before or {}, entry.after or {}, facts_of(customer)
    again = _set_since(entry)
    return [
        Step(
            key=key,
            was=before.get(key),
            set=after.get(key, asked),
            present=present.get(key),
            again=key in again and same(key, after.get(key, asked), present.get(key)),
        )
        for key, asked in entry.body.items()
    ]


def _set_since(entry: AuditEntry) -> set[str]:
    """The fields that later corrections changed, but for what was put back of them."""
    corrections = AuditEntry.objects.filter(target_id=entry.target_id, action=entry.action)
    later = corrections.filter(pk__gt=entry.pk, outcome__in=HAPPENED).exclude(
        relation=Relation.UNDO
    )
    found: set[str] = set()
    for each in later:
        found |= {change.key for change in stored_changes(each)} - _put_back(each)
    return found
