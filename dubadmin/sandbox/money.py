"""Currencies: what Dub converts, and how (traps S10 to S12)."""

import math
import sqlite3

_NO_DECIMALS = frozenset(
    str.split("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF")
)
RATES = {
    "AED": 3.6725, "ARS": 1385.0, "AUD": 1.52, "BGN": 1.68, "BHD": 0.376, "BRL": 5.38,
    "CAD": 1.39, "CHF": 0.79, "CLP": 942.0, "CNY": 7.11, "COP": 3890.0, "CZK": 20.8,
    "DKK": 6.41, "EUR": 0.86, "GBP": 0.74, "HKD": 7.78, "HUF": 331.0, "IDR": 16580.0,
    "ILS": 3.26, "INR": 88.4, "ISK": 122.5, "JPY": 148.2, "KRW": 1392.0, "KWD": 0.306,
    "MAD": 9.06, "MGA": 4440.0, "MXN": 18.45, "MYR": 4.21, "NGN": 1490.0, "NOK": 9.94,
    "NZD": 1.71, "PHP": 57.6, "PLN": 3.63, "RON": 4.36, "SAR": 3.75, "SEK": 9.36,
    "SGD": 1.28, "THB": 32.2, "TND": 2.91, "TRY": 41.3, "TWD": 30.3, "UAH": 41.2,
    "USD": 1.0, "VND": 26390.0, "XAF": 564.0, "XOF": 564.0, "ZAR": 17.4,
}  # fmt: skip


def stock_rates(db: sqlite3.Connection) -> None:
    db.executemany("INSERT OR IGNORE INTO rates VALUES (?, ?)", RATES.items())


def to_usd(db: sqlite3.Connection, amount: int, currency: str) -> tuple[int, str]:
    """Amount and currency as stored: USD cents, or as they came without a rate (S11).

    Dub knows its own currencies without decimals; all others it divides by a hundred (S12).
    """
    if currency == "usd":
        return amount, currency
    code = currency.upper()
    row = db.execute("SELECT per_usd FROM rates WHERE currency = ?", (code,)).fetchone()
    if row is None:
        return amount, currency
    dollars = amount / float(row["per_usd"])
    cents = dollars * 100 if code in _NO_DECIMALS else dollars
    return math.floor(cents + 0.5), "usd"
