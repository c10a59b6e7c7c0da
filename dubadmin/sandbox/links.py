"""GET /links and GET /links/info; the only answers that carry rate headers (contract 1)."""

import sqlite3
from typing import Any

from dubadmin.sandbox import schemas
from dubadmin.sandbox.call import WORKSPACE, Answer, Call
from dubadmin.sandbox.errors import ApiError, not_found
from dubadmin.sandbox.paging import Where, fetch_page
from dubadmin.sandbox.times import iso, iso_or_none
from dubadmin.sandbox.validation import parse

_OWNER = "clsandboxuser0001wmd2e0ea2b0p"
_SORTS = {
    "createdAt": "created_at",
    "clicks": "clicks",
    "saleAmount": "sale_amount",
    "lastClicked": "last_clicked",
}
_NOTHING = str.split(
    "expiresAt expiredUrl password title description image video ios android geo folderId "
    "comments utm_source utm_medium utm_campaign utm_term utm_content testVariants "
    "testStartedAt testCompletedAt tagId"
)


def list_links(call: Call) -> Answer:
    query = parse(schemas.LIST_LINKS, call.query)
    where = Where.everything()
    where.add("links.elsewhere = 0")
    if not query["showArchived"]:
        where.add("links.archived = 0")
    for key, column in (
        ("domain", "domain"),
        ("tenantId", "tenant_id"),
        ("partnerId", "partner_id"),
    ):
        if query.get(key):
            where.add(f"links.{column} = ?", query[key])
    # The sandbox has no tags and no folders, so nothing matches any of them.
    if query["withTags"] or any(
        query.get(key) for key in ("tagId", "tagIds", "tagNames", "folderId")
    ):
        where.add("FALSE")
    if query.get("search"):
        pattern = f"%{query['search']}%"
        where.add("('https://' || domain || '/' || key LIKE ? OR url LIKE ?)", pattern, pattern)
    if query.get("linkIds"):
        chosen = query["linkIds"].split(",")
        where.add(f"links.id IN ({', '.join('?' * len(chosen))})", *chosen)
    query["sortOrder"] = "desc"
    with call.store.read() as db:
        rows = fetch_page(
            db,
            query,
            select="SELECT links.* FROM links",
            table="links",
            where=where,
            sort=_SORTS[query["sortBy"]],
        )
    return Answer(payload=[link_json(row) for row in rows], headers=call.limit_headers)


def show_link(call: Call) -> Answer:
    query = parse(schemas.FIND_LINK, call.query)
    link_id = query.get("linkId") or query.get("externalId")
    if not link_id and not query.get("domain"):
        raise ApiError(
            "bad_request",
            "You must provide a domain and a key or a linkId or an externalId to retrieve a link.",
        )
    with call.store.read() as db:
        row = _find(db, link_id, query)
    if row is None:
        if query.get("externalId") and not query["externalId"].startswith("ext_"):
            message = "Invalid externalId. Did you forget to prefix it with `ext_`?"
            raise ApiError("bad_request", message)
        raise not_found("Link not found.")
    if row["elsewhere"]:
        message = f"Link does not belong to workspace ws_{WORKSPACE}."
        raise ApiError("unauthorized", message)
    return Answer(payload=link_json(row), headers=call.limit_headers)


def link_json(row: sqlite3.Row) -> dict[str, Any]:
    address = f"https://{row['domain']}/{row['key']}"
    return {
        "id": row["id"],
        "domain": row["domain"],
        "key": row["key"],
        "url": row["url"],
        "trackConversion": True,
        "externalId": row["external_id"],
        "tenantId": row["tenant_id"],
        "programId": row["program_id"],
        "partnerId": row["partner_id"],
        "archived": bool(row["archived"]),
        "disabledAt": iso_or_none(row["disabled_at"]),
        **dict.fromkeys(_NOTHING),
        "proxy": False,
        "rewrite": False,
        "doIndex": False,
        "publicStats": False,
        "tags": [],
        "shortLink": address,
        "qrCode": f"https://api.dub.co/qr?url={address}?qr=1",
        "userId": _OWNER,
        "workspaceId": f"ws_{WORKSPACE}",
        "projectId": WORKSPACE,
        "clicks": row["clicks"],
        "leads": row["leads"],
        "conversions": row["conversions"],
        "sales": row["sales"],
        "saleAmount": row["sale_amount"],
        "lastClicked": iso_or_none(row["last_clicked"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "webhookIds": [],
    }


def _find(db: sqlite3.Connection, link_id: str | None, query: dict[str, Any]) -> sqlite3.Row | None:
    if link_id and link_id.startswith("ext_"):
        condition, values = "external_id = ?", [link_id.removeprefix("ext_")]
    elif link_id:
        condition, values = "id = ?", [link_id]
    else:
        condition = "domain = ? AND key = ?"
        values = [query["domain"], query.get("key") or "_root"]
    found: sqlite3.Row | None = db.execute(
        f"SELECT * FROM links WHERE {condition}", values
    ).fetchone()
    return found
