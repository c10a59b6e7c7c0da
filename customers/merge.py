"""Three-way comparison of an edit: what the person saw, what they want, what Dub has now (R7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .facts import FIELDS, LABELS, Change, changes_between, editable, same


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A field that somebody else changed to another value since the person saw it."""

    key: str
    base: Any
    theirs: Any
    mine: Any

    @property
    def label(self) -> str:
        return str(LABELS[self.key])

    @property
    def name(self) -> str:
        """The form field's name, in snake_case."""
        return next(field for field, key in FIELDS.items() if key == self.key)


@dataclass(frozen=True, kw_only=True)
class Merge:
    """`changes` can be sent; `merged` are others' changes that stay; `conflicts` need a choice."""

    changes: list[Change]
    merged: list[Change]
    conflicts: list[Conflict]

    @property
    def asked(self) -> dict[str, Any]:
        return {change.key: change.after for change in self.changes}


def merge(
    *,
    seen: Mapping[str, Any],
    wanted: Mapping[str, Any],
    present: Mapping[str, Any],
    choices: Mapping[str, str] | None = None,
    against: Mapping[str, Any] | None = None,
) -> Merge:
    """Compares by Dub's keys. `choices` maps a key to "mine" or "theirs" where it was asked.

    `against` holds their value as it was shown for that choice: when Dub has yet another one by
    now, the choice does not count, since nobody has made it about that value.
    A name that Dub made up is absent from all three and so is no change (trap Q9).
    """
    chosen = {
        key: choice
        for key, choice in (choices or {}).items()
        if against is None or (key in against and same(key, against[key], present.get(key)))
    }
    theirs = {change.key: change for change in changes_between(seen, editable(present))}
    changes, conflicts = [], []
    for key, mine in wanted.items():
        now = present.get(key) or None
        if same(key, mine, now):
            continue  # somebody else made the same change
        if key in theirs and key not in chosen:
            conflicts.append(Conflict(key=key, base=seen.get(key), theirs=now, mine=mine))
        elif chosen.get(key) != "theirs":
            changes.append(Change(key=key, before=now, after=mine))
    merged = [change for key, change in theirs.items() if key not in wanted]
    return Merge(changes=changes, merged=merged, conflicts=conflicts)
