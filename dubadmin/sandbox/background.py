"""What Dub does after it has answered (traps L11 and D1): events, totals, commissions.

Each piece of work is a row with the moment from which it is done. It is carried out when a
later request finds it due, so it needs no thread, survives a restart and follows the clock.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from dubadmin.sandbox.call import Call
from dubadmin.sandbox.ids import nano_id, new_id
from dubadmin.sandbox.store import Store

_LARGEST_COMMISSION = 2**31 - 1


def later(call: Call, db: sqlite3.Connection, kind: str, **payload: Any) -> None:
    """Have `kind` done `background_ms` from now; at once for 0, never for `drop_background`."""
    if call.knobs.drop_background:
        return
    if call.knobs.background_ms <= 0:
        _WORK[kind](db, payload)
        return
    db.execute(
        "INSERT INTO pending (due, kind, payload) VALUES (?, ?, ?)",
        (call.now + call.knobs.background_ms, kind, json.dumps(payload)),
    )


def settle(store: Store, *, now: int | None = None) -> None:
    """Do what is due; all there is when `now` is None."""
    due = "WHERE due <= ?" if now is not None else ""
    values = () if now is None else (now,)
    with store.read() as db:
        if not db.execute(f"SELECT 1 FROM pending {due} LIMIT 1", values).fetchone():
            return
    with store.write() as db:
        for row in db.execute(f"SELECT * FROM pending {due} ORDER BY n", values).fetchall():
            _WORK[row["kind"]](db, json.loads(row["payload"]))
            db.execute("DELETE FROM pending WHERE n = ?", (row["n"],))


def follow_avatar(call: Call, db: sqlite3.Connection, customer_id: str, avatar: str | None) -> None:
    """R6: Dub copies the picture in the background, and forgets it when that fails."""
    if avatar and call.knobs.avatar_copy_fails:
        later(call, db, "avatar lost", customer=customer_id, avatar=avatar)


def record_lead(db: sqlite3.Connection, work: dict[str, Any]) -> None:
    """L9: one event for each of `quantity`."""
    event = (work["at"], work["name"], work["customer"], work["click"], work["link"])
    db.executemany(
        "INSERT INTO leads (id, at, name, customer_id, click_id, link_id, metadata) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(nano_id(), *event, work["metadata"]) for _ in range(work["quantity"])],
    )
    db.execute(
        "UPDATE links SET leads = leads + ?, updated_at = ? WHERE id = ?",
        (work["quantity"], work["at"], work["link"]),
    )


def record_sale(db: sqlite3.Connection, work: dict[str, Any]) -> None:
    event_id = nano_id()
    db.execute(
        "INSERT INTO sales (id, at, name, customer_id, click_id, link_id, metadata, amount, "
        "currency, processor, invoice_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event_id,
            *(work[key] for key in ("at", "name", "customer", "click", "link", "metadata")),
            *(work[key] for key in ("amount", "currency", "processor")),
            work["invoice"] or "",
        ),
    )
    db.execute(
        "UPDATE links SET sales = sales + 1, sale_amount = sale_amount + ?, "
        "conversions = conversions + ?, updated_at = ? WHERE id = ?",
        (work["amount"], work["first"], work["at"], work["link"]),
    )
    _record_commission(db, work, event_id)
    _add_to_customer(db, work)


def _add_to_customer(db: sqlite3.Connection, work: dict[str, Any]) -> None:
    db.execute(
        "UPDATE customers SET sales = sales + 1, sale_amount = sale_amount + ?, "
        "first_sale_at = coalesce(first_sale_at, ?), "
        "program_id = coalesce((SELECT program_id FROM links WHERE id = ?), program_id), "
        "partner_id = coalesce((SELECT partner_id FROM links WHERE id = ?), partner_id) "
        "WHERE id = ?",
        (work["amount"], work["at"], work["link"], work["link"], work["customer"]),
    )


def _record_commission(db: sqlite3.Connection, work: dict[str, Any], event_id: str) -> None:
    """S14: none for an amount beyond 32 bits. S8: none for an invoice that has one already."""
    if work["amount"] > _LARGEST_COMMISSION:
        return
    db.execute(
        "INSERT OR IGNORE INTO commissions (id, type, amount, earnings, currency, status, "
        "invoice_id, quantity, partner_id, customer_id, link_id, event_id, created_at, "
        "updated_at) SELECT ?, 'sale', ?, ? * partners.reward / 100, ?, 'pending', ?, 1, "
        "partners.id, ?, links.id, ?, ?, ? FROM links "
        "JOIN partners ON partners.id = links.partner_id "
        "WHERE links.id = ? AND links.program_id IS NOT NULL",
        (
            new_id("cm_", at=work["at"]),
            *(work["amount"], work["amount"], work["currency"], work["invoice"] or None),
            *(work["customer"], event_id, work["at"], work["at"], work["link"]),
        ),
    )


def _lose_avatar(db: sqlite3.Connection, work: dict[str, Any]) -> None:
    db.execute(
        "UPDATE customers SET avatar = NULL WHERE id = ? AND avatar = ?",
        (work["customer"], work["avatar"]),
    )


_WORK: dict[str, Callable[[sqlite3.Connection, dict[str, Any]], None]] = {
    "lead": record_lead,
    "sale": record_sale,
    "avatar lost": _lose_avatar,
}
