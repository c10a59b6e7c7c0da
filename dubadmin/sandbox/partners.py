"""GET /partners and GET /commissions; both need a program (contract section 1)."""

import sqlite3
from typing import Any

from dubadmin.sandbox import schemas
from dubadmin.sandbox.call import PROGRAM, Answer, Call
from dubadmin.sandbox.customers import customer_json
from dubadmin.sandbox.errors import not_found
from dubadmin.sandbox.paging import Where, fetch_page
from dubadmin.sandbox.periods import period
from dubadmin.sandbox.times import iso, iso_or_none
from dubadmin.sandbox.validation import parse

_PARTNERS = """
SELECT partners.*, coalesce(sum(links.clicks), 0) AS totalClicks,
    coalesce(sum(links.leads), 0) AS totalLeads,
    coalesce(sum(links.conversions), 0) AS totalConversions,
    coalesce(sum(links.sales), 0) AS totalSales,
    coalesce(sum(links.sale_amount), 0) AS totalSaleAmount,
    (SELECT coalesce(sum(earnings), 0) FROM commissions
        WHERE commissions.partner_id = partners.id) AS totalCommissions
FROM partners LEFT JOIN links ON links.partner_id = partners.id
"""
_COMMISSIONS = """
SELECT commissions.*, partners.name AS partner_name, partners.email AS partner_email,
    partners.image AS partner_image, partners.country AS partner_country, partners.group_id
FROM commissions JOIN partners ON partners.id = commissions.partner_id
"""
_HIDDEN = ("duplicate", "fraud", "canceled")
_EMPTY = str.split(
    "username description defaultPayoutMethod paypalEmail stripeConnectId payoutsEnabledAt "
    "identityVerifiedAt website youtube twitter linkedin instagram tiktok"
)
_SORTABLE = {
    "createdAt": "created_at",
    "totalClicks": "totalClicks",
    "totalLeads": "totalLeads",
    "totalConversions": "totalConversions",
    "totalCommissions": "totalCommissions",
}


def list_partners(call: Call) -> Answer:
    _need_program(call)
    query = parse(schemas.LIST_PARTNERS, call.query)
    where = Where.everything()
    for key, column in (("country", "country"), ("groupId", "group_id"), ("status", "status")):
        if query.get(key):
            where.add(f"partners.{column} = ?", query[key])
    if query.get("tenantId"):
        where.add("partners.tenant_id = ?", query["tenantId"])
    elif query.get("email"):
        where.add("partners.email = ?", query["email"])
    elif query.get("search"):
        pattern = f"%{query['search']}%"
        where.add("(partners.name LIKE ? OR partners.email LIKE ?)", pattern, pattern)
    sort = _SORTABLE.get(query["sortBy"], "totalSaleAmount")
    size = query["pageSize"]
    with call.store.read() as db:
        rows = db.execute(
            f"{_PARTNERS} {where.sql()} GROUP BY partners.id "
            f"ORDER BY {sort} {query['sortOrder']}, partners.id LIMIT ? OFFSET ?",
            (*where.values, size, (query["page"] - 1) * size),
        ).fetchall()
        links = _links_of(db, [row["id"] for row in rows])
    return Answer(payload=[_partner_json(row, links.get(row["id"], [])) for row in rows])


def list_commissions(call: Call) -> Answer:
    _need_program(call)
    query = parse(schemas.LIST_COMMISSIONS, call.query)
    where = _commissions_where(call, query)
    sort = {"createdAt": "created_at", "amount": "amount"}[query["sortBy"]]
    with call.store.read() as db:
        rows = fetch_page(
            db, query, select=_COMMISSIONS, table="commissions", where=where, sort=sort
        )
        customers = _customers_of(db, [row["customer_id"] for row in rows])
    return Answer(payload=[_commission_json(row, customers) for row in rows])


def _need_program(call: Call) -> None:
    if not call.knobs.has_program:
        raise not_found("Program not found")


def _commissions_where(call: Call, query: dict[str, Any]) -> Where:
    """An invoice ID overrides every other filter; duplicates and the like show on request."""
    where = Where.everything()
    if query.get("invoiceId"):
        where.add("commissions.invoice_id = ?", query["invoiceId"])
        return where
    where.add("commissions.earnings <> 0")
    start, end = period(query, now=call.now)
    where.add("commissions.created_at BETWEEN ? AND ?", start, end)
    for key, column in (("customerId", "commissions.customer_id"), ("tenantId", "tenant_id")):
        if query.get(key):
            where.add(f"{column} = ?", query[key])
    for key, column in (("partnerId", "partner_id"), ("type", "type")):
        add_any_of(where, f"commissions.{column}", query.get(key))
    add_any_of(where, "partners.group_id", query.get("groupId"))
    if query["status"]:
        where.add("commissions.status = ?", query["status"])
    elif not any(query.get(key) for key in ("type", "customerId", "payoutId", "partnerId")):
        where.add("commissions.status NOT IN (?, ?, ?)", *_HIDDEN)
    if query.get("payoutId") or query.get("partnerTagId"):
        where.add("FALSE")  # the sandbox has neither payouts nor partner tags
    return where


def add_any_of(where: Where, column: str, value: str | None) -> None:
    """A filter value: a comma means any of, a leading hyphen none of (contract section 6)."""
    if not value:
        return
    values = [item for item in value.removeprefix("-").split(",") if item]
    if values:
        negation = "NOT " if value.startswith("-") else ""
        where.add(f"{column} {negation}IN ({', '.join('?' * len(values))})", *values)


def _links_of(db: sqlite3.Connection, partner_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    marks = ", ".join("?" * len(partner_ids))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.execute(f"SELECT * FROM links WHERE partner_id IN ({marks})", partner_ids):
        found.setdefault(row["partner_id"], []).append(
            {
                "id": row["id"],
                "domain": row["domain"],
                "key": row["key"],
                "shortLink": f"https://{row['domain']}/{row['key']}",
                "url": row["url"],
                "clicks": row["clicks"],
                "leads": row["leads"],
                "conversions": row["conversions"],
                "sales": row["sales"],
                "saleAmount": row["sale_amount"],
            }
        )
    return found


def _customers_of(
    db: sqlite3.Connection, customer_ids: list[str | None]
) -> dict[str, dict[str, Any]]:
    marks = ", ".join("?" * len(customer_ids))
    rows = db.execute(f"SELECT * FROM customers WHERE id IN ({marks})", customer_ids)
    return {row["id"]: customer_json(row) for row in rows if row["external_id"] is not None}


def _partner_json(row: sqlite3.Row, links: list[dict[str, Any]]) -> dict[str, Any]:
    totals = ("totalClicks", "totalLeads", "totalConversions", "totalSales")
    return {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "image": row["image"],
        "country": row["country"],
        "companyName": row["company"],
        "networkStatus": "draft",
        **dict.fromkeys(_EMPTY),
        "programId": PROGRAM,
        "groupId": row["group_id"],
        "partnerId": row["id"],
        "tenantId": row["tenant_id"],
        "createdAt": iso(row["created_at"]),
        "status": row["status"],
        "links": links,
        "discountId": row["discount_id"],
        "tags": [],
        **{total: row[total] for total in totals},
        "totalSaleAmount": row["totalSaleAmount"],
        "totalCommissions": row["totalCommissions"],
        "netRevenue": row["totalSaleAmount"] - row["totalCommissions"],
    }


def _commission_json(row: sqlite3.Row, customers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """R8: of a deleted customer nothing is left here."""
    return {
        "id": row["id"],
        "type": row["type"],
        "amount": row["amount"],
        "earnings": row["earnings"],
        "currency": row["currency"],
        "status": row["status"],
        "invoiceId": row["invoice_id"],
        "description": None,
        "quantity": row["quantity"],
        "userId": None,
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "paidAt": iso_or_none(row["paid_at"]),
        "partner": {
            "id": row["partner_id"],
            "name": row["partner_name"],
            "email": row["partner_email"],
            "image": row["partner_image"],
            "payoutsEnabledAt": None,
            "country": row["partner_country"],
            "groupId": row["group_id"],
        },
        "customer": customers.get(row["customer_id"]),
    }
