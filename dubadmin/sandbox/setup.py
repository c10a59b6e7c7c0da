"""Setting the store up by hand, as tests do before they begin."""

import sqlite3
from datetime import datetime
from typing import Any, TypedDict, Unpack

from dubadmin.sandbox import background, customers, money
from dubadmin.sandbox.call import PROGRAM
from dubadmin.sandbox.ids import nano_id, new_id
from dubadmin.sandbox.knobs import Knobs
from dubadmin.sandbox.links import link_json
from dubadmin.sandbox.store import Store
from dubadmin.sandbox.times import milliseconds

Moment = datetime | str | int | None
Thing = dict[str, Any] | str | None
_UNSET: Any = object()


class More(TypedDict, total=False):
    """What else a customer may have; the amount is in minor units."""

    sales: int
    sale_amount: int
    avatar: str | None
    stripe_customer_id: str | None
    first_sale_at: Moment
    subscription_canceled_at: Moment


class Setup(Knobs):
    """Writes past the HTTP interface. A link, a customer or a click is named by its ID or by
    the dict that made it; moments are datetimes, ISO texts or epoch milliseconds."""

    store: Store

    def add_partner(
        self,
        name: str = "Derek Forbes",
        email: str | None = "derek@example.com",
        *,
        reward: int = 20,
        discount: bool = True,
        country: str | None = "US",
        status: str = "approved",
        created_at: Moment = None,
    ) -> dict[str, Any]:
        """`reward` is the percentage of a sale that becomes the commission."""
        at = milliseconds(created_at, default=self.now())
        partner = {"id": new_id("pn_", at=at), "name": name, "email": email}
        discount_id = new_id("disc_", at=at) if discount else None
        with self.store.write() as db:
            db.execute(
                "INSERT INTO partners (id, name, email, country, status, reward, discount_id, "
                "group_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'grp_default', ?)",
                (*partner.values(), country, status, reward, discount_id, at),
            )
            if discount_id:
                db.execute(
                    "INSERT INTO discounts (id, amount, type, max_duration, coupon_id) "
                    "VALUES (?, 20, 'percentage', 12, 'XZuejd0Q')",
                    (discount_id,),
                )
        return partner

    def add_link(
        self,
        key: str | None = None,
        domain: str = "go.example.com",
        *,
        url: str = "https://example.com/pricing",
        disabled: bool = False,
        partner: Thing = None,
        foreign: bool = False,
        archived: bool = False,
        external_id: str | None = None,
        tenant_id: str | None = None,
        created_at: Moment = None,
    ) -> dict[str, Any]:
        """`foreign` puts it into another workspace; a partner's link belongs to the program."""
        at = milliseconds(created_at, default=self.now())
        link_id = new_id("link_", at=at)
        with self.store.write() as db:
            db.execute(
                "INSERT INTO links (id, domain, key, url, external_id, tenant_id, program_id, "
                "partner_id, elsewhere, disabled_at, archived, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(link_id, domain, key or nano_id(7), url, external_id, tenant_id),
                    *(PROGRAM if partner else None, _id(partner), foreign),
                    *(at if disabled else None, archived, at, at),
                ),
            )
            row = db.execute("SELECT * FROM links WHERE id = ?", (link_id,)).fetchone()
        return link_json(row)

    def change_link(self, link: Thing, *, disabled: bool = False, foreign: bool = False) -> None:
        with self.store.write() as db:
            db.execute(
                "UPDATE links SET disabled_at = ?, elsewhere = ? WHERE id = ?",
                (self.now() if disabled else None, foreign, _id(link)),
            )

    def delete_link(self, link: Thing) -> None:
        """Its events are dropped from answers from now on (contract section 3)."""
        with self.store.write() as db:
            db.execute("DELETE FROM links WHERE id = ?", (_id(link),))

    def add_click(self, link: Thing, *, country: str = "US", at: Moment = None) -> str:
        """The click's ID."""
        click_id, when = nano_id(), milliseconds(at, default=self.now())
        with self.store.write() as db:
            db.execute(
                "INSERT INTO clicks SELECT ?, ?, ?, coalesce((SELECT url FROM links WHERE "
                "id = ?), ''), ?, 'San Jose', 'CA', 'NA', 'Desktop', 'Chrome', 'Mac OS', "
                "'Mozilla/5.0', 'link', '(direct)', '(direct)'",
                (click_id, when, _id(link), _id(link), country),
            )
            db.execute(
                "UPDATE links SET clicks = clicks + 1, last_clicked = ? WHERE id = ?",
                (when, _id(link)),
            )
        return click_id

    def add_customer(
        self,
        name: str | None = None,
        email: str | None = None,
        external_id: str | None = _UNSET,
        country: str | None = None,
        *,
        link: Thing = None,
        created_at: Moment = None,
        id: str | None = None,
        click: str | None = None,
        lead: str | None = None,
        **more: Unpack[More],
    ) -> dict[str, Any]:
        """A customer as it stands in the store, and its JSON with the expanded fields.

        With a link it came by a click on it; only `lead`, an event name, gives it a lead.
        `external_id=None` makes the row that breaks Dub's own schema (trap Q10).
        """
        at = milliseconds(created_at, default=self.now())
        customer_id = id or new_id("cus_", at=at)
        if link is not None and click is None:
            click = self.add_click(link, country=country or "US", at=at)
        with self.store.write() as db:
            customers.insert(
                db,
                id=customer_id,
                name=name,
                email=email,
                external_id=f"user_{nano_id(8)}" if external_id is _UNSET else external_id,
                country=country,
                click_id=click,
                created_at=at,
                **_link_columns(db, link),
                **_more_columns(more),
            )
            row = customers.find_or_404(db, customer_id)
        if lead is not None:
            self.add_lead(customer_id, lead, at=at)
        return customers.customer_json(row, expanded=True)

    def change_customer(self, customer: Thing, **columns: Any) -> None:
        """Behind the client's back; columns are those of the store (`name`, `email`, …)."""
        with self.store.write() as db:
            customers.change(db, str(_id(customer)), **columns)

    def delete_customer(self, customer: Thing) -> None:
        with self.store.write() as db:
            customers.remove(db, str(_id(customer)))

    def add_lead(
        self,
        customer: Thing,
        event_name: str = "Sign up",
        at: Moment = None,
        *,
        link: Thing = None,
        quantity: int = 1,
        metadata: str = "",
    ) -> None:
        """By the customer's own click, or by a new one on `link`. Sets no dedupe key."""
        when = milliseconds(at, default=self.now())
        click = self.add_click(link, at=when) if link is not None else None
        with self.store.write() as db:
            found = _credited(db, str(_id(customer)), click)
            work = found | {"at": when, "name": event_name, "metadata": metadata}
            background.record_lead(db, work | {"quantity": quantity})

    def add_sale(
        self,
        customer: Thing,
        amount: int = 4900,
        *,
        event_name: str = "Invoice paid",
        currency: str = "usd",
        processor: str = "stripe",
        invoice_id: str | None = None,
        metadata: str = "",
        at: Moment = None,
    ) -> None:
        """By the customer's own click. Sets no replay key."""
        with self.store.write() as db:
            found = _credited(db, str(_id(customer)), None)
            dollars, stored = money.to_usd(db, amount, currency)
            work = found | {
                "at": milliseconds(at, default=self.now()),
                "name": event_name,
                "amount": dollars,
                "currency": stored,
                "processor": processor,
                "invoice": invoice_id,
                "metadata": metadata,
            }
            background.record_sale(db, work)

    def take_stripe_id(self, stripe_id: str) -> None:
        """Give the Stripe ID to a customer of another workspace (trap R2)."""
        with self.store.write() as db:
            db.execute("INSERT INTO other_workspaces VALUES (?)", (stripe_id,))


def _credited(db: sqlite3.Connection, customer_id: str, click: str | None) -> dict[str, Any]:
    customer = customers.find_or_404(db, customer_id)
    click = click or customer["click_id"]
    row = db.execute("SELECT link_id FROM clicks WHERE id = ?", (click,)).fetchone()
    if row is None:
        raise ValueError(f"customer {customer_id} came by no click: give it a link")
    first = customer["sales"] == 0
    return {"customer": customer["id"], "click": click, "link": row["link_id"], "first": first}


def _link_columns(db: sqlite3.Connection, link: Thing) -> dict[str, Any]:
    row = db.execute("SELECT * FROM links WHERE id = ?", (_id(link),)).fetchone()
    if row is None:
        return {"link_id": _id(link)}
    return {
        "link_id": row["id"],
        "program_id": row["program_id"],
        "partner_id": row["partner_id"],
    }


def _more_columns(more: More) -> dict[str, Any]:
    return {
        "sales": more.get("sales", 0),
        "sale_amount": more.get("sale_amount", 0),
        "avatar": more.get("avatar"),
        "stripe_id": more.get("stripe_customer_id"),
        "first_sale_at": _moment(more.get("first_sale_at")),
        "canceled_at": _moment(more.get("subscription_canceled_at")),
    }


def _id(thing: Thing) -> str | None:
    return str(thing["id"]) if isinstance(thing, dict) else thing


def _moment(value: Moment) -> int | None:
    return None if value is None else milliseconds(value)
