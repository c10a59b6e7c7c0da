"""What is in the store, for assertions that the sandbox's own count agrees."""

from typing import Any

from dubadmin.sandbox.customers import SELECT, customer_json, find, find_external
from dubadmin.sandbox.store import Store
from dubadmin.sandbox.times import iso


def customers(store: Store) -> list[dict[str, Any]]:
    with store.read() as db:
        rows = db.execute(f"{SELECT} ORDER BY customers.n").fetchall()
    return [customer_json(row, expanded=True) for row in rows]


def customer(store: Store, name: str) -> dict[str, Any] | None:
    with store.read() as db:
        row = find(db, name) or find_external(db, name)
    return None if row is None else customer_json(row, expanded=True)


def leads(store: Store) -> list[dict[str, Any]]:
    return _events(store, "leads", extra="")


def sales(store: Store) -> list[dict[str, Any]]:
    return _events(store, "sales", extra="amount, currency, processor, invoice_id,")


def counts(store: Store) -> dict[str, int]:
    tables = ("customers", "links", "partners", "clicks", "leads", "sales", "commissions")
    with store.read() as db:
        return {
            table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in tables
        }


def _events(store: Store, table: str, *, extra: str) -> list[dict[str, Any]]:
    """Oldest first, with the external ID as it is now; None for a deleted customer."""
    with store.read() as db:
        rows = db.execute(
            f"SELECT {table}.id, at, {table}.name AS event_name, customer_id, external_id, "
            f"{table}.click_id, {table}.link_id, {extra} metadata FROM {table} "
            f"LEFT JOIN customers ON customers.id = customer_id ORDER BY {table}.n"
        ).fetchall()
    return [dict(row) | {"at": iso(row["at"])} for row in rows]
