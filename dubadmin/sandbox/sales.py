"""POST /track/sale (contract section 2, traps S1 to S16)."""

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from dubadmin.sandbox import background, clicks, customers, keys, schemas
from dubadmin.sandbox.call import Answer, Call
from dubadmin.sandbox.errors import not_found
from dubadmin.sandbox.leads import (
    WEEK_SECONDS,
    name_key,
    required_external_id,
    written_metadata,
)
from dubadmin.sandbox.money import to_usd
from dubadmin.sandbox.validation import parse

_DIRECT = "Direct sale tracking lead event"
_CLAIM_SECONDS = 30


@dataclass(kw_only=True)
class _Credit:
    """Whom a sale is for, and the click and link that get it."""

    customer: sqlite3.Row
    click_id: str
    link_id: str


def track_sale(call: Call) -> Answer:
    """S6 and S7: the replay check comes first, its key last, and nothing holds them together."""
    schema = schemas.TRACK_SALE_AS_PUBLISHED if call.knobs.published_schema else schemas.TRACK_SALE
    sale = parse(schema, call.json())
    external_id = required_external_id(sale)
    invoice = sale["invoiceId"]
    replay_key = f"trackSale:invoiceId:{invoice}"
    if invoice:
        with call.store.read() as db:
            replay = keys.get(db, replay_key, now=call.now)
        if replay is not None:
            return Answer(payload=replay)
        time.sleep(call.knobs.sale_work_ms / 1000)
    with call.store.write() as db:
        answer = _record(call, db, sale, external_id)
    if invoice and answer["sale"]:
        with call.store.write() as db:
            keys.put(db, replay_key, answer, now=call.now, seconds=WEEK_SECONDS)
    return Answer(payload=answer)


def _record(
    call: Call, db: sqlite3.Connection, sale: dict[str, Any], external_id: str
) -> dict[str, Any]:
    customer = customers.find_external(db, external_id)
    if customer is not None:
        credit = _credit_known(call, db, sale, customer, external_id)
    elif sale["clickId"]:
        credit = _credit_direct(call, db, sale, external_id)
    else:
        return _nothing(sale)  # S1
    if sale["amount"] <= 0:
        return _nothing(sale)  # S2, with the customer and lead of a direct sale made all the same
    amount, currency = to_usd(db, sale["amount"], sale["currency"].lower())
    _after(call, db, sale, credit, amount=amount, currency=currency)
    return _answer(sale, credit.customer, amount=amount, currency=currency)


def _credit_known(
    call: Call,
    db: sqlite3.Connection,
    sale: dict[str, Any],
    customer: sqlite3.Row,
    external_id: str,
) -> _Credit:
    """S3, S4, S5: the newest lead's click and link, whatever click ID the request names."""
    whose = f"customer {customer['id']}"
    clicks.check_link(clicks.find_link(db, customer["link_id"]), whose=whose, kind="sale")
    wanted = sale["leadEventName"]
    lead = _find_lead(call, db, customer["id"], wanted)
    if lead is None:
        shown = "null" if wanted is None else wanted
        raise not_found(
            f"Lead event not found for externalId: {external_id} and leadEventName: {shown}"
        )
    return _Credit(customer=customer, click_id=lead["click"], link_id=lead["link"])


def _find_lead(
    call: Call, db: sqlite3.Connection, customer_id: str, name: str | None
) -> dict[str, str] | None:
    """The cache of `mode=wait` knows names as L3 does; the events know their exact case (S5)."""
    suffix = f":{name_key(name)}" if name else ""
    cached: dict[str, str] | None = keys.get(db, f"leadCache:{customer_id}{suffix}", now=call.now)
    if cached is not None or call.knobs.analytics_down:
        return cached
    row = db.execute(
        "SELECT click_id, link_id FROM leads WHERE customer_id = ? AND (? IS NULL OR name = ?) "
        "ORDER BY at DESC, n DESC LIMIT 1",
        (customer_id, name, name),
    ).fetchone()
    return None if row is None else {"click": row["click_id"], "link": row["link_id"]}


def _credit_direct(
    call: Call, db: sqlite3.Connection, sale: dict[str, Any], external_id: str
) -> _Credit:
    """A new customer made from a click, with a lead of its own."""
    click = clicks.find_click(call, db, sale["clickId"])
    whose = f"clickId {click['id']}"
    clicks.check_link(clicks.find_link(db, click["link_id"]), whose=whose, kind="sale")
    customer = clicks.create_customer(call, db, external_id=external_id, person=sale, click=click)
    name = sale["leadEventName"] or _DIRECT
    claimed = keys.claim(
        db,
        f"directSaleTrackLead:{external_id}:{name_key(name)}",
        True,
        now=call.now,
        seconds=_CLAIM_SECONDS,
    )
    if claimed:
        background.later(
            call,
            db,
            "lead",
            at=call.now,
            name=name,
            customer=customer["id"],
            click=click["id"],
            link=click["link_id"],
            quantity=1,
            metadata=written_metadata(sale),
        )
    return _Credit(customer=customer, click_id=click["id"], link_id=click["link_id"])


def _after(
    call: Call,
    db: sqlite3.Connection,
    sale: dict[str, Any],
    credit: _Credit,
    *,
    amount: int,
    currency: str,
) -> None:
    """L11, D1, S9: event, totals and commission come later, dated now."""
    background.later(
        call,
        db,
        "sale",
        at=call.now,
        name=sale["eventName"],
        customer=credit.customer["id"],
        click=credit.click_id,
        link=credit.link_id,
        amount=amount,
        currency=currency,
        processor=sale["paymentProcessor"],
        invoice=sale["invoiceId"],
        metadata=written_metadata(sale),
        first=_is_first(call, db, credit),
    )


def _is_first(call: Call, db: sqlite3.Connection, credit: _Credit) -> bool:
    customer = credit.customer
    if customer["sales"] > 0 and customer["link_id"] == credit.link_id:
        return False
    key = f"firstConversion:{customer['id']}:{credit.link_id}"
    return keys.claim(db, key, True, now=call.now, seconds=_CLAIM_SECONDS)


def _nothing(sale: dict[str, Any]) -> dict[str, Any]:
    return {"eventName": sale["eventName"], "customer": None, "sale": None}


def _answer(
    sale: dict[str, Any], customer: sqlite3.Row, *, amount: int, currency: str
) -> dict[str, Any]:
    return {
        "eventName": sale["eventName"],
        "customer": {
            "id": customer["id"],
            "name": customer["name"],
            "email": customer["email"],
            "avatar": customer["avatar"],
            "externalId": customer["external_id"],
        },
        "sale": {
            "amount": amount,
            "currency": currency,
            "paymentProcessor": sale["paymentProcessor"],
            "invoiceId": sale["invoiceId"],
            "metadata": sale["metadata"],
        },
    }
