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

    `possible` only when Dub still has the value that was `set`.
    """

    key: str
    was: Any
    set: Any
    present: Any

    @property
    def label(self) -> str:
        return str(LABELS.get(self.key, self.key))

    @property
    def possible(self) -> bool:
        return same(self.key, self.set, self.present) and not same(self.key, self.was, self.present)


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
    back = {change.key for undo in undone_by(entry) for change in stored_changes(undo)}
    return bool(changed) and changed <= back


def steps(entry: AuditEntry, customer: Customer) -> list[Step]:
    """What undoing `entry` means for each of its fields, given Dub's present record.

    A field that Dub stored otherwise than asked counts as set to what it stored (trap R1).
    """
    before, after, present = entry.before or {}, entry.after or {}, facts_of(customer)
    return [
        Step(key=key, was=before.get(key), set=after.get(key, asked), present=present.get(key))
        for key, asked in entry.body.items()
    ]
