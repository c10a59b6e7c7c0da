"""A company's two years: partners, links, clicks, customers, leads, sales, commissions."""

import json
import random
import sqlite3
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from dubadmin.sandbox import words
from dubadmin.sandbox.awkward import AWKWARD, Awkward
from dubadmin.sandbox.call import PROGRAM
from dubadmin.sandbox.ids import nano_id, new_id
from dubadmin.sandbox.store import Store
from dubadmin.sandbox.times import DAY

SPAN = 730 * DAY
FEWEST_WITH_AWKWARD = 2 * len(AWKWARD)
_MONTH = 30 * DAY
_BATCH = 5000
_LARGEST_COMMISSION = 2**31 - 1
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
class _Link:
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
class _Seeding:
    """One seeding: its random numbers, its links, and the rows not yet written."""

    db: sqlite3.Connection
    rng: random.Random
    now: int
    links: list[_Link] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {table: [] for table in _INSERTS}
    )
    invoices: int = 0

    def write(self) -> None:
        for table, rows in self.rows.items():
            self.db.executemany(_INSERTS[table], rows)
            rows.clear()


def seed_store(store: Store, *, customers: int, seed: int, now: int) -> None:
    """The same data for the same seed, dated back from `now`; more of it recent than old.

    From `FEWEST_WITH_AWKWARD` customers on, those in `AWKWARD` are among them.
    """
    with store.write() as db:
        seeding = _Seeding(db=db, rng=random.Random(seed), now=now)
        _add_links(seeding)
        awkward = _places_for_awkward(customers)
        for position in range(customers):
            created = now - int(SPAN * (1 - position / customers) ** 1.5)
            if position in awkward:
                _add_awkward(seeding, awkward[position], created)
            else:
                _add_plain(seeding, position, created)
            if position % _BATCH == _BATCH - 1:
                seeding.write()
        seeding.write()
        _add_totals(seeding)
        db.execute("INSERT INTO words (rowid, email, name) SELECT n, email, name FROM customers")


def _places_for_awkward(customers: int) -> dict[int, Awkward]:
    """Spread over the second half, so that the newest pages show some of them."""
    if customers < FEWEST_WITH_AWKWARD:
        return {}
    step = customers // 2 // len(AWKWARD)
    return {customers - 1 - step * index: item for index, item in enumerate(AWKWARD)}


def _add_links(seeding: _Seeding) -> None:
    rng, start = seeding.rng, seeding.now - SPAN - 30 * DAY
    for index, (name, email, country) in enumerate(words.PARTNERS):
        partner_id = _add_partner(seeding, index, (name, email, country), start)
        for _ in range(rng.randint(1, 3)):
            slug = _slug(name.split()[0]) + nano_id(3, rng=rng).lower()
            link = _add_link(seeding, slug, start, partner_id=partner_id)
            link.reward = 10 + 5 * (index % 4)
    for campaign in words.CAMPAIGNS:
        _add_link(seeding, campaign, start)
    _add_link(seeding, "spring-2023", start, kind="disabled")
    _add_link(seeding, "elsewhere", start, kind="foreign")


def _add_partner(seeding: _Seeding, index: int, who: tuple[str, str | None, str], at: int) -> str:
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
    seeding: _Seeding, key: str, at: int, *, partner_id: str | None = None, kind: str = "good"
) -> _Link:
    url = f"https://northbeam.example/{key}?utm_source={'partner' if partner_id else key}"
    link = _Link(new_id("link_", at=at, rng=seeding.rng), url, kind, partner_id)
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


def _add_plain(seeding: _Seeding, position: int, created: int) -> None:
    rng = seeding.rng
    first, last = rng.choice(words.FIRST), rng.choice(words.LAST)
    address = f"{_slug(first)}.{_slug(last)}{rng.choice(('', '', rng.randint(2, 99)))}"
    company = f"{rng.choice(words.COMPANIES)}.{rng.choice(words.ENDINGS)}"
    linked = rng.random() < 0.9
    link = _good_link(seeding) if linked else None
    made = created
    if rng.random() < 0.04:
        # Imported later, with the date of its sign-up: its ID sorts otherwise than its age (Q4).
        made = min(seeding.now, created + rng.randint(1, 300) * DAY)
    amounts = _amounts(seeding, created) if linked else []
    _add_customer(
        seeding,
        customer_id=new_id("cus_", at=made, rng=rng),
        external_id=f"user_{10000 + position}",
        name=f"{first} {last}",
        email=f"{address}@{company}",
        link=link,
        created=created,
        amounts=amounts,
        canceled=len(amounts) > 2 and rng.random() < 0.15,
        stripe=rng.random() < 0.7,
    )


def _add_awkward(seeding: _Seeding, item: Awkward, created: int) -> None:
    links = {link.kind: link for link in seeding.links if link.kind != "good"}
    link = _good_link(seeding) if item.link == "good" else links.get(item.link)
    _add_customer(
        seeding,
        customer_id=item.id or new_id("cus_", at=created, rng=seeding.rng),
        external_id=item.external_id,
        name=item.name,
        email=item.email,
        link=link,
        created=created,
        amounts=list(item.amounts),
        canceled=item.canceled,
        stripe=item.stripe,
        lead=item.lead,
        located=item.country,
    )


def _add_customer(
    seeding: _Seeding,
    *,
    customer_id: str,
    external_id: str,
    name: str | None,
    email: str | None,
    link: _Link | None,
    created: int,
    amounts: list[int],
    canceled: bool,
    stripe: bool,
    lead: bool = True,
    located: bool = True,
) -> None:
    place = seeding.rng.choices(words.PLACES, weights=_WEIGHTS)[0]
    step = min(_MONTH, (seeding.now - created) // (len(amounts) + 1))
    moments = [created + step * (index + 1) for index in range(len(amounts))]
    click_id = None
    if link is not None:
        click_id = _add_click(seeding, link, place, created - seeding.rng.randint(1, 90) * 60_000)
        if lead:
            _add_lead(seeding, link, customer_id, click_id, created)
        _add_sales(seeding, link, customer_id, click_id, list(zip(moments, amounts, strict=True)))
    seeding.rows["customers"].append(
        (
            *(customer_id, name, email, email and email.casefold()),
            *(external_id, external_id.casefold()),
            f"cus_{nano_id(14, rng=seeding.rng)}" if stripe else None,
            place[0] if located else None,
            *((link.id, click_id, link.program_id, link.partner_id) if link else (None,) * 4),
            *(len(amounts), sum(amounts), created, moments[0] if moments else None),
            min(seeding.now, moments[-1] + step) if canceled else None,
        )
    )


def _add_click(seeding: _Seeding, link: _Link, place: tuple[Any, ...], at: int) -> str:
    """The click that counts, and often one more that came to nothing."""
    rng = seeding.rng
    click_id = nano_id(rng=rng)
    for each, when in ((click_id, at), (nano_id(rng=rng), at - rng.randint(1, 40) * DAY // 4)):
        trigger = "qr" if rng.random() < 0.03 else "link"
        device, referer = rng.choice(words.DEVICES), rng.choice(words.REFERERS)
        row = (each, when, link.id, link.url, *place[:4], *device, trigger, *referer)
        seeding.rows["clicks"].append(row)
        link.clicks += 1
        link.last_clicked = max(link.last_clicked or 0, when)
    return click_id


def _add_lead(seeding: _Seeding, link: _Link, customer_id: str, click_id: str, at: int) -> None:
    rng = seeding.rng
    metadata = json.dumps({"plan": rng.choice(words.PLANS)}) if rng.random() < 0.3 else ""
    event_id, name = nano_id(rng=rng), rng.choice(words.LEAD_NAMES)
    seeding.rows["leads"].append((event_id, at, name, customer_id, click_id, link.id, metadata))
    link.leads += 1


def _add_sales(
    seeding: _Seeding,
    link: _Link,
    customer_id: str,
    click_id: str,
    sales: list[tuple[int, int]],
) -> None:
    rng = seeding.rng
    processor = rng.choice(words.PROCESSOR_MIX)
    for at, amount in sales:
        seeding.invoices += 1
        invoice = f"INV-{100000 + seeding.invoices}"
        event_id, name = nano_id(rng=rng), rng.choice(words.SALE_NAMES)
        seeding.rows["sales"].append(
            (event_id, at, name, customer_id, click_id, link.id, "", amount, processor, invoice)
        )
        link.sales += 1
        link.amount += amount
        if link.partner_id and amount <= _LARGEST_COMMISSION:
            _add_commission(
                seeding,
                link,
                customer_id=customer_id,
                event_id=event_id,
                at=at,
                amount=amount,
                invoice=invoice,
            )
    link.conversions += bool(sales)


def _add_commission(
    seeding: _Seeding,
    link: _Link,
    *,
    customer_id: str,
    event_id: str,
    at: int,
    amount: int,
    invoice: str,
) -> None:
    """Paid after two months, processed after one."""
    age = seeding.now - at
    status = "paid" if age > 2 * _MONTH else "processed" if age > _MONTH else "pending"
    paid_at = at + 2 * _MONTH if status == "paid" else None
    commission_id = new_id("cm_", at=at, rng=seeding.rng)
    seeding.rows["commissions"].append(
        (
            *(commission_id, amount, amount * link.reward // 100, status, invoice),
            *(link.partner_id, customer_id, link.id, event_id, at, paid_at or at, paid_at),
        )
    )


def _add_totals(seeding: _Seeding) -> None:
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


def _amounts(seeding: _Seeding, created: int) -> list[int]:
    """What a customer has paid: a plan by the month, or nothing yet."""
    rng = seeding.rng
    months = min(24, (seeding.now - created) // _MONTH)
    if months < 1 or rng.random() < 0.4:
        return []
    price = words.PRICES[rng.choices(words.PLANS, weights=(5, 6, 3, 1))[0]]
    return [price] * rng.randint(1, int(min(months, 8)))


def _good_link(seeding: _Seeding) -> _Link:
    # The last two links are the disabled and the foreign one; early links are the busy ones.
    last = len(seeding.links) - 3
    return seeding.links[int(last * seeding.rng.random() ** 1.7)]


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "") or "someone"


_WEIGHTS = [place[4] for place in words.PLACES]
