"""One customer: read, create, correct, delete (contract section 2, traps R1 to R8)."""

import sqlite3
from typing import Any

from dubadmin.sandbox import background, schemas
from dubadmin.sandbox.call import Answer, Call
from dubadmin.sandbox.errors import ApiError, Issue, not_found
from dubadmin.sandbox.ids import nano_id, new_id, random_name
from dubadmin.sandbox.times import iso, iso_or_none
from dubadmin.sandbox.validation import MISSING, parse

SELECT = """
SELECT customers.*, links.domain AS link_domain, links.key AS link_key, links.url AS link_url,
    links.program_id AS link_program, links.id AS link_found, partners.id AS partner_found,
    partners.name AS partner_name, partners.email AS partner_email,
    partners.image AS partner_image, discounts.id AS discount_id,
    discounts.amount AS discount_amount, discounts.type AS discount_type,
    discounts.max_duration, discounts.coupon_id, discounts.coupon_test_id,
    discounts.description AS discount_description
FROM customers
LEFT JOIN links ON links.id = customers.link_id
LEFT JOIN partners ON partners.id = customers.partner_id AND customers.program_id IS NOT NULL
LEFT JOIN discounts ON discounts.id = partners.discount_id
"""
STORED_AVATARS = ("https://dubassets.com", "https://api.dub.co/og/avatar")
COLUMN_LENGTH = 191
_COLUMNS = {
    "name": "name",
    "email": "email",
    "avatar": "avatar",
    "externalId": "external_id",
    "stripeCustomerId": "stripe_id",
    "country": "country",
    "subscriptionCanceledAt": "canceled_at",
}


def show_customer(call: Call) -> Answer:
    query = parse(schemas.LIST_CUSTOMERS, call.query)
    with call.store.read() as db:
        row = find_or_404(db, call.id)
    return Answer(payload=checked_json(row, expanded=query["includeExpandedFields"]))


def create_customer(call: Call) -> Answer:
    values = parse(schemas.CREATE_CUSTOMER, call.json())
    customer_id = new_id("cus_", at=call.now)
    values["name"] = values.get("name") or values.get("email") or random_name()
    values["avatar"] = stored_avatar(values.get("avatar"), customer_id)
    _check_lengths(values, verb="create")
    with call.store.write() as db:
        _check_free(db, values, customer_id)
        insert(db, id=customer_id, created_at=call.now, **_columns(values))
        background.follow_avatar(call, db, customer_id, values["avatar"])
        row = find_or_404(db, customer_id)
    return Answer(payload=checked_json(row), status=201)


def update_customer(call: Call) -> Answer:
    """R1: what an older server accepts and drops is decided by `patch_stores_country`."""
    query = parse(schemas.LIST_CUSTOMERS, call.query)
    stores_all = call.knobs.patch_stores_country
    known = schemas.UPDATE_CUSTOMER_SINCE_SEPTEMBER if stores_all else schemas.UPDATE_CUSTOMER
    values = parse(known, call.json())
    if not stores_all:
        values.pop("country", None)
    with call.store.write() as db:
        row = find_or_404(db, call.id)
        if values.get("avatar") != row["avatar"]:
            values |= _rewritten_avatar(values, row["id"])
        _check_lengths(values, verb="update")
        _check_free(db, values, row["id"])
        change(db, row["id"], **_columns(values))
        if "avatar" in values and values["avatar"] != row["avatar"]:
            background.follow_avatar(call, db, row["id"], values["avatar"])
        row = find_or_404(db, row["id"])
    return Answer(payload=checked_json(row, expanded=query["includeExpandedFields"]))


def delete_customer(call: Call) -> Answer:
    """R8, L4: a hard delete. Events, link totals and dedupe keys stay."""
    with call.store.write() as db:
        row = find_or_404(db, call.id)
        remove(db, row["id"])
    return Answer(payload={"id": row["id"]})


def find(db: sqlite3.Connection, customer_id: str) -> sqlite3.Row | None:
    """By Dub's ID, or by `ext_` and the external ID, which compares without regard to case."""
    if customer_id.startswith("ext_"):
        return find_external(db, customer_id.removeprefix("ext_"))
    found: sqlite3.Row | None = db.execute(
        f"{SELECT} WHERE customers.id = ?", (customer_id,)
    ).fetchone()
    return found


def find_external(db: sqlite3.Connection, external_id: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute(
        f"{SELECT} WHERE customers.external_key = ?", (external_id.casefold(),)
    ).fetchone()
    return found


def find_or_404(db: sqlite3.Connection, customer_id: str) -> sqlite3.Row:
    row = find(db, customer_id)
    if row is None:
        raise not_found(
            "Customer not found. Make sure you're using the correct customer ID "
            "(e.g. `cus_3TagGjzRzmsFJdH8od2BNCsc`) or external ID "
            "(has to be prefixed with `ext_`)."
        )
    return row


def insert(db: sqlite3.Connection, **columns: Any) -> None:
    columns = _with_keys(columns)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    cursor = db.execute(
        f"INSERT INTO customers ({names}) VALUES ({marks})", tuple(columns.values())
    )
    db.execute(
        "INSERT INTO words (rowid, email, name) VALUES (?, ?, ?)",
        (cursor.lastrowid, columns.get("email"), columns.get("name")),
    )


def change(db: sqlite3.Connection, customer_id: str, **columns: Any) -> None:
    columns = _with_keys(columns)
    if not columns:
        return
    assignments = ", ".join(f"{name} = ?" for name in columns)
    db.execute(f"UPDATE customers SET {assignments} WHERE id = ?", (*columns.values(), customer_id))
    db.execute(
        "UPDATE words SET (email, name) = "
        "(SELECT email, name FROM customers WHERE customers.n = words.rowid) "
        "WHERE rowid = (SELECT n FROM customers WHERE id = ?)",
        (customer_id,),
    )


def remove(db: sqlite3.Connection, customer_id: str) -> None:
    db.execute(
        "DELETE FROM words WHERE rowid = (SELECT n FROM customers WHERE id = ?)", (customer_id,)
    )
    db.execute("DELETE FROM customers WHERE id = ?", (customer_id,))


def customer_json(row: sqlite3.Row, *, expanded: bool = False) -> dict[str, Any]:
    """Q9: someone without name and e-mail has another name at every read."""
    customer = {
        "id": row["id"],
        "name": row["name"] or row["email"] or random_name(),
        "email": row["email"],
        "avatar": row["avatar"],
        "externalId": row["external_id"],
        "stripeCustomerId": row["stripe_id"],
        "country": row["country"],
        "sales": row["sales"],
        "saleAmount": row["sale_amount"],
        "createdAt": iso(row["created_at"]),
        "firstSaleAt": iso_or_none(row["first_sale_at"]),
        "subscriptionCanceledAt": iso_or_none(row["canceled_at"]),
    }
    return customer | _expanded(row) if expanded else customer


def checked_json(row: sqlite3.Row, *, expanded: bool = False, path: str = "") -> dict[str, Any]:
    """Q10: Dub checks its own answer, so that one bad row spoils all of it with a 422."""
    if row["external_id"] is None:
        message = "Invalid input: expected string, received null"
        raise Issue("invalid_type", message, path=f"{path}externalId")
    return customer_json(row, expanded=expanded)


def stored_avatar(avatar: str | None, customer_id: str) -> str | None:
    """R6: the address under which Dub will keep a copy, already in the answer."""
    if not avatar or avatar.startswith(STORED_AVATARS):
        return avatar
    return f"https://dubassets.com/customers/{customer_id}/avatar_{nano_id(7)}"


def _expanded(row: sqlite3.Row) -> dict[str, Any]:
    """R12: what is not attached is absent, not null."""
    attached: dict[str, Any] = {}
    if row["link_found"]:
        attached["link"] = {
            "id": row["link_found"],
            "domain": row["link_domain"],
            "key": row["link_key"],
            "shortLink": f"https://{row['link_domain']}/{row['link_key']}",
            "url": row["link_url"],
            "programId": row["link_program"],
        }
    if row["partner_found"]:
        attached["programId"] = row["program_id"]
        attached["partner"] = {
            "id": row["partner_found"],
            "name": row["partner_name"],
            "email": row["partner_email"],
            "image": row["partner_image"],
        }
    if row["discount_id"]:
        attached["discount"] = {
            "id": row["discount_id"],
            "amount": row["discount_amount"],
            "type": row["discount_type"],
            "maxDuration": row["max_duration"],
            "couponId": row["coupon_id"],
            "couponTestId": row["coupon_test_id"],
            "description": row["discount_description"],
        }
    return attached


def _rewritten_avatar(values: dict[str, Any], customer_id: str) -> dict[str, Any]:
    if "avatar" not in values:
        return {}
    return {"avatar": stored_avatar(values["avatar"], customer_id)}


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return {_COLUMNS[key]: value for key, value in values.items()}


def _with_keys(columns: dict[str, Any]) -> dict[str, Any]:
    """Beside e-mail and external ID stands what they compare by (trap Q1)."""
    for column, key in (("email", "email_key"), ("external_id", "external_key")):
        value = columns.get(column, MISSING)
        if value is not MISSING:
            columns[key] = None if value is None else value.casefold()
    return columns


def _check_lengths(values: dict[str, Any], *, verb: str) -> None:
    """R3: the database's own words, as Dub passes them on."""
    for key, value in values.items():
        if key != "avatar" and isinstance(value, str) and len(value) > COLUMN_LENGTH:
            raise ApiError(
                "unprocessable_entity",
                f"\nInvalid `prisma.customer.{verb}()` invocation:\n\n\nThe provided value for "
                f"the column is too long for the column's type. Column: {key}",
            )


def _check_free(db: sqlite3.Connection, values: dict[str, Any], customer_id: str) -> None:
    """R2: a Stripe ID is unique across all workspaces, and its clash has the same words."""
    external_id, stripe_id = values.get("externalId"), values.get("stripeCustomerId")
    clash = db.execute(
        "SELECT 1 FROM customers WHERE id <> ? AND (external_key = ? OR stripe_id = ?) "
        "UNION ALL SELECT 1 FROM other_workspaces WHERE stripe_id = ?",
        (customer_id, external_id and external_id.casefold(), stripe_id, stripe_id),
    ).fetchone()
    if clash:
        raise ApiError("conflict", "A customer with this external ID already exists.")
