"""Clicks and the links they came by, as leads and sales look them up."""

import sqlite3

from dubadmin.sandbox import background, customers
from dubadmin.sandbox.call import Call
from dubadmin.sandbox.errors import not_found, unexpected
from dubadmin.sandbox.ids import new_id, random_name


def find_click(call: Call, db: sqlite3.Connection, click_id: str) -> sqlite3.Row:
    click: sqlite3.Row | None = None
    if not call.knobs.analytics_down:
        click = db.execute("SELECT * FROM clicks WHERE id = ?", (click_id,)).fetchone()
    if click is None:
        raise not_found(f"Click event not found for clickId: {click_id}")
    return click


def find_link(db: sqlite3.Connection, link_id: str | None) -> sqlite3.Row | None:
    link: sqlite3.Row | None = db.execute("SELECT * FROM links WHERE id = ?", (link_id,)).fetchone()
    return link


def check_link(link: sqlite3.Row | None, *, whose: str, kind: str) -> sqlite3.Row:
    """`whose` is "clickId …" or "customer …", `kind` "lead" or "sale" (traps L1 and S3)."""
    if link is None:
        raise not_found(f"Link not found for {whose.replace('clickId ', 'clickId: ', 1)}")
    if link["elsewhere"]:
        raise not_found(f"Link {link['id']} for {whose} does not belong to the workspace")
    if link["disabled_at"] is not None:
        raise not_found(f"Link {link['id']} for {whose} is disabled, {kind} not tracked")
    return link


def create_customer(
    call: Call,
    db: sqlite3.Connection,
    *,
    external_id: str,
    person: dict[str, str | None],
    click: sqlite3.Row,
    program_id: str | None = None,
    partner_id: str | None = None,
) -> sqlite3.Row:
    """A customer that came by `click`. R3: what does not fit a column is a 500 here."""
    customer_id = new_id("cus_", at=call.now)
    name, email = person["customerName"], person["customerEmail"]
    avatar = customers.stored_avatar(person["customerAvatar"], customer_id)
    if max(len(external_id), len(name or ""), len(email or "")) > customers.COLUMN_LENGTH:
        raise unexpected()
    customers.insert(
        db,
        id=customer_id,
        name=name or email or random_name(),
        email=email,
        avatar=avatar,
        external_id=external_id,
        country=click["country"],
        link_id=click["link_id"],
        click_id=click["id"],
        program_id=program_id,
        partner_id=partner_id,
        created_at=call.now,
    )
    background.follow_avatar(call, db, customer_id, avatar)
    return customers.find_or_404(db, customer_id)
