"""What dubadmin itself keeps: who did what, and what Dub really did with it."""

from .access import Access, held_by
from .actions import ACTIONS, HAPPENED, LOOKS, NOTHING_HAPPENED, WRITES, Outcome
from .batches import Batch, BatchRow
from .entries import AuditEntry, Backwards, Relation, pending_timeout
from .evidence import Seal
from .exports import Export, ExportPart, ExportRow
from .heartbeat import Heartbeat
from .imports import Import, ImportPart, ImportRow, NamedMapping
from .invitations import Invitation
from .notes import Note
from .pacing import PATIENCE_SECONDS, Pace
from .preferences import Preferences, preferences_of
from .prepared import Given, Joined, Prepared, fields_of
from .sales import FollowUp, Invoice
from .saved import SavedView
from .shared_cache import SharedCache
from .strangers import Strangers
from .triggers import OUTCOME, lifted

__all__ = [
    "ACTIONS",
    "HAPPENED",
    "LOOKS",
    "NOTHING_HAPPENED",
    "OUTCOME",
    "PATIENCE_SECONDS",
    "WRITES",
    "Access",
    "AuditEntry",
    "Backwards",
    "Batch",
    "BatchRow",
    "Export",
    "ExportPart",
    "ExportRow",
    "FollowUp",
    "Given",
    "Heartbeat",
    "Import",
    "ImportPart",
    "ImportRow",
    "Invitation",
    "Invoice",
    "Joined",
    "NamedMapping",
    "Note",
    "Outcome",
    "Pace",
    "Preferences",
    "Prepared",
    "Relation",
    "SavedView",
    "Seal",
    "SharedCache",
    "Strangers",
    "fields_of",
    "held_by",
    "lifted",
    "pending_timeout",
    "preferences_of",
]
