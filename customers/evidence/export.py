"""Taking the log out: its entries with what ties them to the chain, as a file of any size."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from customers import chain, finding
from customers.audit import Actor, note
from customers.models import AuditEntry, Outcome, Seal
from customers.output import CSV, JSON_LINES, Format, Row, Sent, sending
from customers.output.writers import write_csv

# All that is hashed (see `chain.canonical`), in the order in which somebody reads it: so a file of
# JSON Lines can be checked against its own digests, without dubadmin.
HASHED = (
    *("at", "actor_name", "role", "action", "target_label", "outcome", "explanation", "reason"),
    *("asked", "sent", "answered", "before", "after", "comparison", "target_id"),
    *("target_external_id", "settled_at", "duration_ms", "request_id", "actor_id", "ip"),
    *("user_agent", "key", "lead_key", "earlier_id", "relation", "batch_id", "file_id", "salt"),
)
COLUMNS = ("id", *HASHED, "digest", "place", "link")
AT_ONCE = 500


@dataclass
class _Told:
    """How many entries are in the file, and the head of the chain when it was begun."""

    head: str
    entries: int = 0


def export_log(
    filters: finding.Filters, *, format: Format, actor: Actor, asked: Mapping[str, Any]
) -> Iterator[bytes]:
    """The entries that match as of now, oldest first, as CSV or JSON Lines.

    The last row has their number and the head; a file without it is not whole. That the export
    began is in the log at once, and how it ended when it has, both with what was `asked` for.
    """
    chain.link_all()
    told = _Told(head=str(chain.head()))
    start = note("audit.export", actor=actor, asked={**asked, "head": told.head})

    def end(sent: Sent, **details: Any) -> None:
        after = {"entries": told.entries, "size": sent.size, "sha256": sent.sha256}
        given = {"asked": start.asked, "after": after, "earlier": start, **details}
        note("audit.exported", actor=actor, **given)

    def broken(sent: Sent, why: str) -> None:
        end(sent, outcome=Outcome.FAILED, explanation=f"Incomplete: {why}")

    pieces = _pieces(filters, format=format, last=start.pk, told=told)
    return sending(pieces, format=format, complete=end, break_off=broken)


def _pieces(filters: finding.Filters, *, format: Format, last: int, told: _Told) -> Iterator[bytes]:
    yield from format.write(COLUMNS, _rows(filters, last=last, told=told))
    if format == CSV:
        said = ["end", f"{told.entries} entries", f"head {told.head}"]
        yield from write_csv([*said, *[""] * (len(COLUMNS) - len(said))], [], mark=False)
    else:
        yield from JSON_LINES.write(["end", "entries", "head"], [[True, told.entries, told.head]])


def _rows(filters: finding.Filters, *, last: int, told: _Told) -> Iterator[Row]:
    found = takewhile(lambda entry: entry.pk <= last, finding.all_of(filters))
    while entries := list(islice(found, AT_ONCE)):
        seals = Seal.objects.in_bulk([entry.pk for entry in entries])
        for entry in entries:
            row = _row(entry, seals.get(entry.pk))
            told.entries += 1
            yield row


def _row(entry: AuditEntry, seal: Seal | None) -> Row:
    """An entry as it is hashed; what is still on its way has no seal."""
    hashed = json.loads(chain.canonical(entry))
    proof = [seal.digest, seal.place, seal.link] if seal else [None, None, None]
    return [entry.pk, *(hashed[name] for name in HASHED), *proof]
