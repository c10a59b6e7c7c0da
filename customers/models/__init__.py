"""What dubadmin itself keeps: who did what, and what Dub really did with it."""

from .access import Access
from .actions import ACTIONS, HAPPENED, NOTHING_HAPPENED, WRITES, Outcome
from .batches import Batch, BatchRow
from .entries import AuditEntry, Relation, pending_timeout
from .imports import Import, ImportPart, ImportRow, NamedMapping
from .pacing import Pace
from .sales import FollowUp, Invoice

__all__ = [
    "ACTIONS",
    "HAPPENED",
    "NOTHING_HAPPENED",
    "WRITES",
    "Access",
    "AuditEntry",
    "Batch",
    "BatchRow",
    "FollowUp",
    "Import",
    "ImportPart",
    "ImportRow",
    "Invoice",
    "NamedMapping",
    "Outcome",
    "Pace",
    "Relation",
    "pending_timeout",
]
