"""What a seeding starts from and ends with: partners, links, and the links' totals."""

import random
import sqlite3
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from dubadmin.sandbox import words
from dubadmin.sandbox.call import PROGRAM
from dubadmin.sandbox.ids import nano_id, new_id
from dubadmin.sandbox.times import DAY

_INSERTS = {
    "clicks": "INSERT INTO clicks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "customers": "INSERT INTO customers (id, name, email, email_key, external_id, external_key, "
    "stripe_id, country, link_id, click_id, program_id, partner_id, sales, sale_amount, "
    "created_at, first_sale_at, canceled_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "leads": "INSERT INTO leads (id, at, name, customer_id, click_id, link_id, metadata) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    "sales": "INSERT INTO sales (id, at, name, customer_id, click_id, link_id, metadata, amount, "
    "currency, processor, invoice_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'usd', ?, ?)",
    "commissions": "INSERT INTO commissions (id, type, amount, earnings, currency, status, "
    "invoice_id, quantity, partner_id, customer_id, link_id, event_id, created_at, updated_at, "
    "paid_at) VALUES (?, 'sale', ?, ?, 'usd', ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
}


@dataclass
class Link:
    id: str
    url: str
    kind: str = "good"
    partner_id: str | None = None
    reward: int = 0
    clicks: int = 0
    leads: int = 0
    conversions: int = 0
    sales: int = 0
    amount: int = 0
    last_clicked: int | None = None

    @property
    def program_id(self) -> str | None:
        return PROGRAM if self.partner_id else None


@dataclass
class Seeding:
    """One seeding: its random numbers, its links, and the rows not yet written."""

    db: sqlite3.Connection
    rng: random.Random
    now: int
    links: list[Link] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {table: [] for table in _INSERTS}
    )
    invoices: int = 0

    def write(self) -> None:
        for table, rows in self.rows.items():
            self.db.executemany(_INSERTS[table], rows)
            rows.clear()


def add_links(seeding: Seeding, *, start: int) -> None:
    rng = seeding.rng
    for index, (name, email, country) in enumerate(words.PARTNERS):
        partner_id = _add_partner(seeding, index, (name, email, country), start)
        for _ in range(rng.randint(1, 3)):
            slug = slug_of(name.split()[0]) + nano_id(3, rng=rng).lower()
            link = _add_link(seeding, slug, start, partner_id=partner_id)
            link.reward = 10 + 5 * (index % 4)
    for campaign in words.CAMPAIGNS:
        _add_link(seeding, campaign, start)
    _add_link(seeding, "spring-2023", start, kind="disabled")
    _add_link(seeding, "elsewhere", start, kind="foreign")


def _add_partner(seeding: Seeding, index: int, who: tuple[str, str | None, str], at: int) -> str:
    rng = seeding.rng
    partner_id = new_id("pn_", at=at, rng=rng)
    discount_id = new_id("disc_", at=at, rng=rng) if index % 3 else None
    seeding.db.execute(
        "INSERT INTO partners (id, name, email, country, tenant_id, group_id, status, reward, "
        "discount_id, created_at) VALUES (?, ?, ?, ?, ?, 'grp_default', 'approved', ?, ?, ?)",
        (partner_id, *who, f"tenant_{index}", 10 + 5 * (index % 4), discount_id, at),
    )
    if discount_id:
        kind = "percentage" if index % 2 else "flat"
        seeding.db.execute(
            "INSERT INTO discounts (id, amount, type, max_duration, coupon_id) "
            "VALUES (?, ?, ?, ?, ?)",
            (discount_id, 20 if index % 2 else 1500, kind, 12, nano_id(8, rng=rng)),
        )
    return partner_id


def _add_link(
    seeding: Seeding, key: str, at: int, *, partner_id: str | None = None, kind: str = "good"
) -> Link:
    url = f"https://northbeam.example/{key}?utm_source={'partner' if partner_id else key}"
    link = Link(new_id("link_", at=at, rng=seeding.rng), url, kind, partner_id)
    seeding.links.append(link)
    seeding.db.execute(
        "INSERT INTO links (id, domain, key, url, program_id, partner_id, elsewhere, "
        "disabled_at, created_at, updated_at) VALUES (?, 'go.northbeam.example', ?, ?, ?, ?, "
        "?, ?, ?, ?)",
        (
            *(link.id, key, url, link.program_id, partner_id, kind == "foreign"),
            *(seeding.now - 90 * DAY if kind == "disabled" else None, at, at),
        ),
    )
    return link


def add_totals(seeding: Seeding) -> None:
    seeding.db.executemany(
        "UPDATE links SET clicks = ?, leads = ?, conversions = ?, sales = ?, sale_amount = ?, "
        "last_clicked = ? WHERE id = ?",
        [
            (
                *(link.clicks, link.leads, link.conversions, link.sales, link.amount),
                *(link.last_clicked, link.id),
            )
            for link in seeding.links
        ],
    )


def good_link(seeding: Seeding) -> Link:
    # The last two links are the disabled and the foreign one; early links are the busy ones.
    last = len(seeding.links) - 3
    return seeding.links[int(last * seeding.rng.random() ** 1.7)]


def slug_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "") or "someone"
