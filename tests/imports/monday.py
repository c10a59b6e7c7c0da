"""The Monday file: sales by bank transfer in three currencies, some of them wrong.

Customers are u0, u1, …; whoever `invite` brings in can buy, but for two who are there to be wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dubadmin.sandbox import Sandbox

HEADER = ("Kunde", "Betrag", "Währung", "Rechnung", "Metadaten")
CURRENCIES = {"USD": 100, "EUR": 100, "JPY": 1}  # minor units of one
PEOPLE = 40
Row = list[str]
# How a row goes wrong, and the fields whose problems must be told; "" is the row as a whole.
WRONG: list[tuple[Callable[[Row], Row], set[str]]] = [
    (lambda row: ["nobody", *row[1:]], {"customer_external_id"}),
    (lambda row: ["", *row[1:]], {"customer_external_id"}),
    (lambda row: ["no-link", *row[1:]], {"customer_external_id"}),
    (lambda row: ["no-lead", *row[1:]], {"customer_external_id"}),
    (lambda row: ["u" * 300, *row[1:]], {"customer_external_id"}),
    (lambda row: [row[0], "", *row[2:]], {"amount"}),
    (lambda row: [row[0], "viel", *row[2:]], {"amount"}),
    (lambda row: [row[0], "12,345", *row[2:]], {"amount"}),
    (lambda row: [row[0], "-5,00", *row[2:]], {"amount"}),
    (lambda row: [row[0], "=2+3", *row[2:]], {"amount"}),
    (lambda row: [row[0], "1,234.56", *row[2:]], {"amount"}),
    (lambda row: [row[0], row[1], "Taler", *row[3:]], {"currency"}),
    (lambda row: [row[0], row[1], "", *row[3:]], {"currency"}),
    (lambda row: [*row[:4], "{"], {"metadata"}),
    (lambda row: [*row[:3], "", row[4]], {"invoice_id"}),
    (lambda row: [*row[:3], "RE-0", row[4]], {"invoice_id"}),
    (lambda row: [*row, "zu", "viel"], {""}),
    (lambda row: ["nobody", "viel", "Taler", "RE-0", "{"], {
        *("customer_external_id", "amount", "currency", "metadata", "invoice_id"),
    }),
]  # fmt: skip


@dataclass(kw_only=True)
class Monday:
    """`text` is the file, `wrong` has the fields by row number, `sums` are in minor units."""

    text: str = ""
    good: set[str] = field(default_factory=set)
    wrong: dict[int, set[str]] = field(default_factory=dict)
    sums: Counter[str] = field(default_factory=Counter)


def monday(rows: int, *, wrong_every: int = 20) -> Monday:
    made, lines = Monday(), [HEADER]
    for n in range(rows):
        currency = [*CURRENCIES][n % 3]
        minor = (n * 7919) % 800_000 + 100 if currency != "JPY" else (n * 79) % 8_000 + 1
        row = [f"u{n % PEOPLE}", _written(minor, currency), currency, f"RE-{n}", f'{{"n": {n}}}']
        if n % wrong_every == wrong_every - 1:
            spoil, fields = WRONG[n // wrong_every % len(WRONG)]
            row, made.wrong[n + 2] = spoil(row), fields
        else:
            made.good.add(f"RE-{n}")
            made.sums[currency] += minor
        lines.append(tuple(row))
    made.text = "\n".join(";".join(map(_quoted, line)) for line in lines)
    return made


def _written(minor: int, currency: str) -> str:
    """As a German bank writes it: 1.234,56."""
    whole, rest = divmod(minor, CURRENCIES[currency])
    text = f"{whole:,}".replace(",", ".")
    return f"{text},{rest:02}" if CURRENCIES[currency] > 1 else text


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def invite(dub: Sandbox) -> None:
    """The customers of the file."""
    link = dub.add_link()
    for n in range(PEOPLE):
        dub.add_customer(email=f"c{n}@x.com", external_id=f"u{n}", link=link, lead="Sign up")
    dub.add_customer(external_id="no-link", email="n@x.com")
    dub.add_customer(external_id="no-lead", email="l@x.com", link=link)


def recorded(dub: Sandbox) -> tuple[set[str], Counter[str]]:
    """The invoice IDs of the sandbox's sales, and what they came to in the currencies sent.

    Dub converts to US dollars at its rate of the day (trap S11), so the currency is the request's.
    """
    sent = {each.body["invoiceId"]: each.body for each in dub.requests if each.method == "POST"}
    sums: Counter[str] = Counter()
    sales = dub.sales()
    for sale in sales:
        body = sent[sale["invoice_id"]]
        sums[body["currency"].upper()] += body["amount"]
        assert sale["currency"] != body["currency"].lower() or sale["amount"] == body["amount"]
    assert len(sales) == len({sale["invoice_id"] for sale in sales})
    return {sale["invoice_id"] for sale in sales}, sums
