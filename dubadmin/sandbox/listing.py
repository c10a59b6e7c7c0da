"""Many customers: list and count (contract section 2, traps Q1 to Q8)."""

import re
import sqlite3
from typing import Any

from dubadmin.sandbox import schemas
from dubadmin.sandbox.call import PROGRAM, Answer, Call
from dubadmin.sandbox.customers import SELECT, checked_json, show_customer
from dubadmin.sandbox.errors import not_found
from dubadmin.sandbox.paging import Where, fetch_page
from dubadmin.sandbox.validation import parse

_SORTS = {
    "createdAt": "created_at",
    "saleAmount": "sale_amount",
    "firstSaleAt": "first_sale_at",
    "subscriptionCanceledAt": "canceled_at",
}
_OPERATORS = re.compile(r"[*+\-()~@%<>!=?:]")
_FILTERS = (("country", "country"), ("linkId", "link_id"))


def list_customers(call: Call) -> Answer:
    query = parse(schemas.LIST_CUSTOMERS, call.query)
    where = _matching(call, query)
    if query.get("customerIds"):
        chosen = query["customerIds"].split(",")
        where.add(f"customers.id IN ({', '.join('?' * len(chosen))})", *chosen)
    with call.store.read() as db:
        rows = fetch_page(
            db,
            query,
            select=SELECT,
            table="customers",
            where=where,
            sort=_SORTS[query["sortBy"]],
        )
    expanded = query["includeExpandedFields"]
    return Answer(
        payload=[
            checked_json(row, expanded=expanded, path=f"[{position}].")
            for position, row in enumerate(rows)
        ]
    )


def count_customers(call: Call) -> Answer:
    """Q8: undocumented. A server without it takes `count` for a customer's ID."""
    if not call.knobs.count_answers:
        call.id = "count"
        return show_customer(call)
    query = parse(schemas.COUNT_CUSTOMERS, call.query)
    group = query["groupBy"]
    if group in ("country", "linkId"):
        query.pop(group, None)
    where = _matching(call, query)
    with call.store.read() as db:
        if group == "country":
            return Answer(payload=_by_country(db, where))
        if group == "linkId":
            return Answer(payload=_by_link(db, where))
        row = db.execute(f"SELECT count(*) FROM customers {where.sql()}", where.values)
        return Answer(payload=row.fetchone()[0])


def _by_country(db: sqlite3.Connection, where: Where) -> list[dict[str, Any]]:
    rows = db.execute(
        f"SELECT country, count(*) AS total FROM customers {where.sql()} "
        "GROUP BY country ORDER BY count(country) DESC",
        where.values,
    )
    return [{"_count": row["total"], "country": row["country"]} for row in rows]


def _by_link(db: sqlite3.Connection, where: Where) -> list[dict[str, Any]]:
    rows = db.execute(
        "SELECT grouped.*, domain, key, url FROM (SELECT link_id, count(*) AS total "
        f"FROM customers {where.sql()} GROUP BY link_id) AS grouped "
        "JOIN links ON links.id = grouped.link_id ORDER BY total DESC LIMIT 10000",
        where.values,
    )
    return [
        {
            "_count": row["total"],
            "linkId": row["link_id"],
            "shortLink": f"https://{row['domain']}/{row['key']}",
            "url": row["url"],
        }
        for row in rows
    ]


def _matching(call: Call, query: dict[str, Any]) -> Where:
    where = Where.everything()
    if query.get("programId") or query.get("partnerId"):
        if not call.knobs.has_program:
            raise not_found("Program not found")
        # Whatever program was asked for, Dub looks in the workspace's default one.
        where.add("customers.program_id = ?", PROGRAM)
    if query.get("partnerId"):
        where.add("customers.partner_id = ?", query["partnerId"])
    _add_text(where, query)
    for key, column in _FILTERS:
        if query.get(key):
            where.add(f"customers.{column} = ?", query[key])
    return where


def _add_text(where: Where, query: dict[str, Any]) -> None:
    """Email before externalId before search. Q1: with an @ the search is an exact e-mail."""
    search = query.get("search", "")
    email = query.get("email")
    if email:
        where.add("customers.email_key = ?", email.casefold())
    elif query.get("externalId"):
        where.add("customers.external_key = ?", query["externalId"].casefold())
    elif "@" in search:
        where.add("customers.email_key = ?", search.casefold())
    elif search:
        _add_words(where, search)


def _add_words(where: Where, search: str) -> None:
    """Q1, Q2, Q3: any of the words, whole, in name or e-mail, operators deleted from them."""
    words = re.findall(r"\w+", _OPERATORS.sub("", search))
    if not words:
        where.add("FALSE")
        return
    asked = " OR ".join(f'"{word}"' for word in words)
    where.add("customers.n IN (SELECT rowid FROM words WHERE words MATCH ?)", asked)
