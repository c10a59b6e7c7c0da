"""GET /events and GET /customers/{id}/activity (contract section 6, traps R8 to R11)."""

import json
import re
import sqlite3
from typing import Any

from dubadmin.sandbox import schemas
from dubadmin.sandbox.call import Answer, Call
from dubadmin.sandbox.customers import find_or_404
from dubadmin.sandbox.errors import ApiError, not_found, unexpected
from dubadmin.sandbox.ids import random_name
from dubadmin.sandbox.links import link_json
from dubadmin.sandbox.paging import Where
from dubadmin.sandbox.partners import add_any_of
from dubadmin.sandbox.periods import period
from dubadmin.sandbox.times import iso, javascript_date
from dubadmin.sandbox.validation import parse

_CLICK = (
    "clicks.id AS click_id, clicks.url AS click_url, clicks.country AS click_country, city, "
    "region, continent, device, browser, os, ua, trigger, referer, referer_url"
)
_SOURCES = {
    "clicks": f"SELECT clicks.at, {_CLICK}, clicks.link_id FROM clicks",
    "leads": f"SELECT leads.*, {_CLICK} FROM leads JOIN clicks ON clicks.id = leads.click_id",
    "sales": f"SELECT sales.*, {_CLICK} FROM sales JOIN clicks ON clicks.id = sales.click_id",
}
_LINK_FILTERS = {
    "linkId": "links.id",
    "domain": "links.domain",
    "tenantId": "links.tenant_id",
    "partnerId": "links.partner_id",
    "programId": "links.program_id",
    "groupId": "(SELECT group_id FROM partners WHERE partners.id = links.partner_id)",
    # The sandbox has no tags and no folders.
    "tagId": "''",
    "folderId": "''",
    "partnerTagId": "''",
}
_CLICK_FILTERS = {
    "country": "clicks.country",
    "city": "clicks.city",
    "region": "clicks.region",
    "continent": "clicks.continent",
    "device": "clicks.device COLLATE NOCASE",
    "browser": "clicks.browser COLLATE NOCASE",
    "os": "clicks.os COLLATE NOCASE",
    "trigger": "clicks.trigger",
    "referer": "clicks.referer",
    "refererUrl": "clicks.referer_url",
    "url": "clicks.url",
}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_METADATA = re.compile(r"metadata\['([^']+)'\]\s*(!?)[:=]\s*'([^']*)'")
_ACTIVITY = 100


def list_events(call: Call) -> Answer:
    """One type at a time, by page, newest first unless asked otherwise."""
    if call.knobs.usage_exceeded:
        raise ApiError("forbidden", _exceeded(call.knobs.plan))
    query = parse(schemas.EVENTS, call.query)
    if call.knobs.analytics_down:
        raise unexpected()
    kind = query["event"]
    with call.store.read() as db:
        where = _where(call, db, query)
        ascending = query["order"] == "asc" or query["sortOrder"] == "asc"
        rows = db.execute(
            f"{_SOURCES[kind]} {where.sql()} ORDER BY {kind}.at {'ASC' if ascending else 'DESC'} "
            "LIMIT ? OFFSET ?",
            (*where.values, query["limit"], (query["page"] - 1) * query["limit"]),
        ).fetchall()
        return Answer(payload=_dressed(db, kind, rows))


def show_activity(call: Call) -> Answer:
    """R9: all types at once, but an arbitrary hundred of the sales."""
    with call.store.read() as db:
        customer = find_or_404(db, call.id)
        events = []
        for kind in ("clicks", "leads", "sales"):
            where = Where.everything()
            _add_customer(where, kind, customer["id"])
            sql = f"{_SOURCES[kind]} {where.sql()} LIMIT ?"
            rows = db.execute(sql, (*where.values, _ACTIVITY)).fetchall()
            found = zip(rows, _dressed(db, kind, rows), strict=False)
            events += [(row["at"], event) for row, event in found]
        events.sort(key=lambda pair: pair[0], reverse=True)
        link = db.execute("SELECT * FROM links WHERE id = ?", (customer["link_id"],)).fetchone()
    shown = ("id", "domain", "key", "shortLink")
    short = None if link is None else {key: link_json(link)[key] for key in shown}
    return Answer(payload={"events": [event for _, event in events], "link": short})


def _where(call: Call, db: sqlite3.Connection, query: dict[str, Any]) -> Where:
    where = Where.everything()
    kind = query["event"]
    start, end = period(query, now=call.now)
    where.add(f"{kind}.at BETWEEN ? AND ?", start, end)
    if "customerId" in query:
        _add_customer(where, kind, query["customerId"])
    _add_links(db, where, kind, query)
    for key, column in _CLICK_FILTERS.items():
        add_any_of(where, column, query.get(key))
    for key in _UTM:
        if query.get(key):
            where.add("clicks.url LIKE ?", f"%{key}={query[key]}%")
    if query["qr"] is not None:
        where.add(f"clicks.trigger {'=' if query['qr'] else '<>'} 'qr'")
    if query["saleType"] and kind == "sales":
        _add_sale_type(where, query["saleType"])
    if kind != "clicks":
        for key, negation, value in _METADATA.findall(query["query"]):
            column = f"json_extract(nullif({kind}.metadata, ''), ?)"
            where.add(f"{column} {negation}= ?", f'$."{key}"', value)
    return where


def _add_customer(where: Where, kind: str, customer_id: str) -> None:
    """R11: compared as it is, so that `ext_…` finds nothing. Clicks are those of its leads."""
    if kind == "clicks":
        where.add("clicks.id IN (SELECT click_id FROM leads WHERE customer_id = ?)", customer_id)
    else:
        where.add(f"{kind}.customer_id = ?", customer_id)


def _add_links(db: sqlite3.Connection, where: Where, kind: str, query: dict[str, Any]) -> None:
    chosen = Where.everything()
    for key, column in _LINK_FILTERS.items():
        add_any_of(chosen, column, query.get(key))
    if query.get("externalId"):
        chosen.add("links.external_id = ?", query["externalId"].removeprefix("ext_"))
    if query.get("key") and query.get("domain"):
        chosen.add("links.key = ?", query["key"])
    if query["root"] is not None:
        chosen.add(f"links.key {'=' if query['root'] else '<>'} '_root'")
    named = query.get("externalId") or (query.get("key") and query.get("domain"))
    if named and not db.execute(f"SELECT 1 FROM links {chosen.sql()}", chosen.values).fetchone():
        raise not_found("Link not found.")
    if chosen.conditions:
        where.add(f"{kind}.link_id IN (SELECT id FROM links {chosen.sql()})", *chosen.values)
    elsewhere = "SELECT id FROM links WHERE elsewhere = 1"
    where.add(f"{kind}.link_id NOT IN ({elsewhere})")


def _add_sale_type(where: Where, sale_type: str) -> None:
    """New is a customer's first sale by a link; all others are recurring."""
    negation = "NOT " if sale_type == "new" else ""
    where.add(
        f"{negation}EXISTS (SELECT 1 FROM sales AS earlier WHERE earlier.n < sales.n "
        "AND earlier.customer_id = sales.customer_id AND earlier.link_id = sales.link_id)"
    )


def _dressed(db: sqlite3.Connection, kind: str, rows: list[sqlite3.Row]) -> list[dict[str, Any]]:
    """Events with link and customer. Those whose link is gone are dropped after the paging."""
    links = {
        row["id"]: link_json(row) for row in _by_id(db, "links", [row["link_id"] for row in rows])
    }
    people = {}
    if kind != "clicks":
        people = {
            row["id"]: _customer_json(row)
            for row in _by_id(db, "customers", [row["customer_id"] for row in rows])
        }
    return [
        _event_json(kind, row, links[row["link_id"]], people)
        for row in rows
        if row["link_id"] in links
    ]


def _by_id(db: sqlite3.Connection, table: str, ids: list[str]) -> list[sqlite3.Row]:
    wanted = json.dumps(sorted(set(ids)))
    sql = f"SELECT * FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
    return db.execute(sql, (wanted,)).fetchall()


def _event_json(
    kind: str, row: sqlite3.Row, link: dict[str, Any], people: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event": kind.removesuffix("s"),
        "timestamp": javascript_date(row["at"]),
    }
    if kind != "clicks":
        event |= {"eventId": row["id"], "eventName": row["name"]}
        if row["metadata"]:
            event["metadata"] = json.loads(row["metadata"])
        customer_id = row["customer_id"]
        event["customer"] = people.get(customer_id) or _deleted(customer_id)
    if kind == "sales":
        event |= _sale_json(row)
    return event | {"click": _click_json(row), "link": link} | _former_json(row, link)


def _sale_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "sale": {
            "amount": row["amount"],
            "invoiceId": row["invoice_id"],
            "paymentProcessor": row["processor"],
            "currency": row["currency"],
        },
        "saleAmount": row["amount"],
        "invoice_id": row["invoice_id"],
        "payment_processor": row["processor"],
    }


def _click_json(row: sqlite3.Row) -> dict[str, Any]:
    """R10: the timestamp is the event's, not the click's."""
    return {
        "id": row["click_id"],
        "timestamp": iso(row["at"]),
        "url": row["click_url"],
        "country": row["click_country"],
        "city": row["city"],
        "region": f"{row['click_country']}-{row['region']}",
        "continent": row["continent"],
        "device": row["device"],
        "browser": row["browser"],
        "os": row["os"],
        "ua": row["ua"],
        "trigger": row["trigger"],
        "referer": row["referer"],
        "refererUrl": row["referer_url"].partition("?")[0],
        "qr": row["trigger"] == "qr",
        "ip": "",
    }


def _former_json(row: sqlite3.Row, link: dict[str, Any]) -> dict[str, Any]:
    """The deprecated fields beside the nested ones."""
    return {
        "click_id": row["click_id"],
        "link_id": row["link_id"],
        "domain": link["domain"],
        "key": link["key"],
        "url": row["click_url"],
        "continent": row["continent"],
        "country": row["click_country"],
        "city": row["city"],
        "device": row["device"],
        "browser": row["browser"],
        "os": row["os"],
        "qr": int(row["trigger"] == "qr"),
        "ip": "",
    }


def _customer_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"] or row["email"] or random_name(),
        "email": row["email"] or "",
        "avatar": row["avatar"],
        "externalId": row["external_id"] or "",
        "country": row["country"] or "",
        "createdAt": iso(row["created_at"]),
    }


def _deleted(customer_id: str) -> dict[str, Any]:
    """R8: what is left of a deleted customer."""
    return {
        "id": customer_id,
        "name": "Deleted Customer",
        "email": "deleted@customer.com",
        "externalId": customer_id,
        "createdAt": iso(0),
    }


def _exceeded(plan: str) -> str:
    return (
        f"You've reached your monthly limit of 250000 clicks on the {plan.capitalize()} plan. "
        "Go yearly for 12x usage upfront, or upgrade for higher limits."
    )
