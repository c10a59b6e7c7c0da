"""What the log itself says about entries that have expired or were redacted.

A checkpoint (`audit.prune`) says at which places entries have expired, a redaction
(`audit.redact`) which digests its entries have since. Both are entries like all others: sealed,
linked, and there for everybody to read.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from customers import chain
from customers.models import AuditEntry

PRUNE, REDACT = "audit.prune", "audit.redact"


@dataclass(kw_only=True)
class Vouchers:
    """The numbers of the entries that vouch, and what for.

    `expired` are ranges of places, first and last, in order; `redacted` digests by entry.
    """

    checkpoints: list[int] = field(default_factory=list)
    redactions: list[int] = field(default_factory=list)
    expired: list[tuple[int, int]] = field(default_factory=list)
    redacted: dict[int, str] = field(default_factory=dict)

    def has_expired(self, place: int | None) -> bool:
        if place is None:
            return False  # what is not linked yet cannot have expired
        at = bisect_right(self.expired, place, key=lambda span: span[0]) - 1
        return at >= 0 and place <= self.expired[at][1]


def load() -> Vouchers:
    """What all checkpoints and redactions say that are themselves as they were sealed.

    The newest first, since a redaction may have been redacted by a later one.
    """
    found = Vouchers()
    entries = AuditEntry.objects.filter(action__in=[PRUNE, REDACT], seal__isnull=False)
    for entry in entries.select_related("seal").order_by("-pk").iterator(chunk_size=10):
        if not chain.matches(entry, found.redacted.get(entry.pk, entry.seal.digest)):
            continue
        said = entry.after or {}
        if entry.action == PRUNE:
            found.checkpoints.append(entry.pk)
            found.expired += [(first, last) for first, last in said.get("places", [])]
        else:
            found.redactions.append(entry.pk)
            for number, digest in said.get("digests", {}).items():
                found.redacted.setdefault(int(number), digest)
    found.expired.sort()
    return found
