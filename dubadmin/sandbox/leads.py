"""POST /track/lead (contract section 2, traps L1 to L11)."""

import json
import sqlite3
from typing import Any

from dubadmin.sandbox import background, clicks, customers, keys, schemas
from dubadmin.sandbox.call import Answer, Call
from dubadmin.sandbox.errors import ApiError
from dubadmin.sandbox.ids import random_name
from dubadmin.sandbox.validation import parse

WEEK_SECONDS = 7 * 24 * 60 * 60
CACHE_SECONDS = 5 * 60


def track_lead(call: Call) -> Answer:
    schema = schemas.TRACK_LEAD_AS_PUBLISHED if call.knobs.published_schema else schemas.TRACK_LEAD
    lead = parse(schema, call.json())
    external_id = required_external_id(lead)
    with call.store.write() as db:
        customer = customers.find_external(db, external_id)
        click_id = _click_id(lead, customer)
        new = lead["mode"] == "deferred" or _claim(call, db, lead, external_id, click_id)
    link = None
    if new:
        # The key above is committed by now: L1, a lead that fails below has burnt it.
        with call.store.write() as db:
            customer, link = _record(call, db, lead, external_id, click_id)
    return Answer(
        payload={
            "click": {"id": click_id},
            "link": None if link is None else _link_json(link),
            "customer": _customer_json(customer, lead, external_id),
        }
    )


def required_external_id(body: dict[str, Any]) -> str:
    """The customer's external ID, also under its two former names; 400 without any."""
    found = body["customerExternalId"] or body["externalId"] or body["customerId"]
    if not found:
        raise ApiError("bad_request", "customerExternalId is required")
    return str(found)


def name_key(event_name: str) -> str:
    """L3: "Sign up", "sign-up" and "SIGN UP" are one."""
    return event_name.lower().replace(" ", "-")


def _click_id(lead: dict[str, Any], customer: sqlite3.Row | None) -> str:
    """L8: without one, the click that a known customer came by; else 400."""
    click_id = lead["clickId"] or (customer and customer["click_id"])
    if not click_id:
        raise ApiError(
            "bad_request",
            "The `clickId` property was not provided in the request, and no existing customer "
            "with the provided `customerExternalId` was found.",
        )
    return str(click_id)


def _claim(
    call: Call, db: sqlite3.Connection, lead: dict[str, Any], external_id: str, click_id: str
) -> bool:
    """L2: one lead per customer and name in seven days. The key holds the ID as it was sent."""
    return keys.claim(
        db,
        f"trackLead:{external_id}:{name_key(lead['eventName'])}",
        {"clickId": click_id, "eventName": lead["eventName"]},
        now=call.now,
        seconds=WEEK_SECONDS,
    )


def _record(
    call: Call, db: sqlite3.Connection, lead: dict[str, Any], external_id: str, click_id: str
) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The customer, made if need be, and the credited link.

    L5, L6: an existing customer is left as it is, without a link if it had none.
    """
    click = clicks.find_click(call, db, click_id)
    whose = f"clickId {click_id}"
    link = clicks.check_link(clicks.find_link(db, click["link_id"]), whose=whose, kind="lead")
    customer = customers.find_external(db, external_id) or clicks.create_customer(
        call,
        db,
        external_id=external_id,
        person=lead,
        click=click,
        program_id=link["program_id"],
        partner_id=link["partner_id"],
    )
    if lead["mode"] != "deferred":  # L7
        _after(call, db, lead, customer, click)
    return customer, link


def _after(
    call: Call,
    db: sqlite3.Connection,
    lead: dict[str, Any],
    customer: sqlite3.Row,
    click: sqlite3.Row,
) -> None:
    """L11: the event comes later; `wait` only lets a sale find it at once, for five minutes."""
    name = lead["eventName"]
    event = {"click": click["id"], "link": click["link_id"], "name": name}
    if lead["mode"] == "wait":
        for key in (f"leadCache:{customer['id']}", f"leadCache:{customer['id']}:{name_key(name)}"):
            keys.put(db, key, event, now=call.now, seconds=CACHE_SECONDS)
    background.later(
        call,
        db,
        "lead",
        **event,
        at=call.now,
        customer=customer["id"],
        quantity=lead["eventQuantity"] or 1,
        metadata=written_metadata(lead),
    )


def written_metadata(body: dict[str, Any]) -> str:
    metadata = body["metadata"]
    return "" if metadata is None else json.dumps(metadata, ensure_ascii=False)


def _customer_json(
    customer: sqlite3.Row | None, lead: dict[str, Any], external_id: str
) -> dict[str, Any]:
    """L4, L10: without an ID, and an echo of the request when there is no such customer."""
    if customer is not None:
        columns = {"name": "name", "email": "email", "avatar": "avatar"}
        known = {key: customer[column] for key, column in columns.items()}
        return known | {"externalId": customer["external_id"]}
    return {
        "name": lead["customerName"] or lead["customerEmail"] or random_name(),
        "email": lead["customerEmail"] or None,
        "avatar": customers.stored_avatar(lead["customerAvatar"], "cus_") or None,
        "externalId": external_id,
    }


def _link_json(link: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": link["id"],
        "domain": link["domain"],
        "key": link["key"],
        "shortLink": f"https://{link['domain']}/{link['key']}",
        "url": link["url"],
        "partnerId": link["partner_id"],
        "programId": link["program_id"],
        "tenantId": link["tenant_id"],
        "externalId": link["external_id"],
    }
