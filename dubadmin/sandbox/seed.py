"""A company's two years: partners, links, clicks, customers, leads, sales, commissions."""

import json
import random
from typing import Any

from dubadmin.sandbox import words
from dubadmin.sandbox.awkward import AWKWARD, Awkward
from dubadmin.sandbox.catalogue import Link, Seeding, add_links, add_totals, good_link, slug_of
from dubadmin.sandbox.ids import nano_id, new_id
from dubadmin.sandbox.store import Store
from dubadmin.sandbox.times import DAY

SPAN = 730 * DAY
FEWEST_WITH_AWKWARD = 2 * len(AWKWARD)
_MONTH = 30 * DAY
_BATCH = 5000
_LARGEST_COMMISSION = 2**31 - 1


def seed_store(store: Store, *, customers: int, seed: int, now: int) -> None:
    """The same data for the same seed, dated back from `now`; more of it recent than old.

    From `FEWEST_WITH_AWKWARD` customers on, those in `AWKWARD` are among them.
    """
    with store.write() as db:
        seeding = Seeding(db=db, rng=random.Random(seed), now=now)
        add_links(seeding, start=now - SPAN - 30 * DAY)
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
        add_totals(seeding)
        db.execute("INSERT INTO words (rowid, email, name) SELECT n, email, name FROM customers")


def _places_for_awkward(customers: int) -> dict[int, Awkward]:
    """Spread over the second half, so that the newest pages show some of them."""
    if customers < FEWEST_WITH_AWKWARD:
        return {}
    step = customers // 2 // len(AWKWARD)
    return {customers - 1 - step * index: item for index, item in enumerate(AWKWARD)}


def _add_plain(seeding: Seeding, position: int, created: int) -> None:
    rng = seeding.rng
    first, last = rng.choice(words.FIRST), rng.choice(words.LAST)
    address = f"{slug_of(first)}.{slug_of(last)}{rng.choice(('', '', rng.randint(2, 99)))}"
    company = f"{rng.choice(words.COMPANIES)}.example"
    linked = rng.random() < 0.9
    link = good_link(seeding) if linked else None
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


def _add_awkward(seeding: Seeding, item: Awkward, created: int) -> None:
    links = {link.kind: link for link in seeding.links if link.kind != "good"}
    link = good_link(seeding) if item.link == "good" else links.get(item.link)
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
    seeding: Seeding,
    *,
    customer_id: str,
    external_id: str,
    name: str | None,
    email: str | None,
    link: Link | None,
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


def _add_click(seeding: Seeding, link: Link, place: tuple[Any, ...], at: int) -> str:
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


def _add_lead(seeding: Seeding, link: Link, customer_id: str, click_id: str, at: int) -> None:
    rng = seeding.rng
    metadata = json.dumps({"plan": rng.choice(words.PLANS)}) if rng.random() < 0.3 else ""
    event_id, name = nano_id(rng=rng), rng.choice(words.LEAD_NAMES)
    seeding.rows["leads"].append((event_id, at, name, customer_id, click_id, link.id, metadata))
    link.leads += 1


def _add_sales(
    seeding: Seeding,
    link: Link,
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
    seeding: Seeding,
    link: Link,
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


def _amounts(seeding: Seeding, created: int) -> list[int]:
    """What a customer has paid: a plan by the month, or nothing yet."""
    rng = seeding.rng
    months = min(24, (seeding.now - created) // _MONTH)
    if months < 1 or rng.random() < 0.4:
        return []
    price = words.PRICES[rng.choices(words.PLANS, weights=(5, 6, 3, 1))[0]]
    return [price] * rng.randint(1, int(min(months, 8)))


_WEIGHTS = [place[4] for place in words.PLACES]
