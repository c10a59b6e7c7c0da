"""Amounts as people type them and as Dub counts them.

Dub counts minor units by its own list of zero-decimal currencies and treats every other currency
as two-decimal, whatever ISO 4217 says (trap S12). Decimal arithmetic only (trap S15).
"""

from __future__ import annotations

from decimal import Decimal

from .marks import _

_WITHOUT_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
ZERO_DECIMAL = frozenset(_WITHOUT_DECIMALS.split())
MAX_COMMISSION_CENTS = 2_147_483_647  # 21,474,836.47 USD (trap S14)
MAX_MINOR = 2**53 - 1  # the largest integer that Dub's JavaScript reads exactly
_TOO_LARGE = _("The amount is too large for Dub to hold exactly.")
_NO_DECIMALS = _("Dub keeps no decimals for {currency}, so {amount} cannot be recorded exactly.")
_TWO_DECIMALS = _("Dub keeps 2 decimals for {currency}, so {amount} cannot be recorded exactly.")


class NotRepresentable(ValueError):
    """An amount that Dub cannot hold in this currency."""


def exponent(currency: str) -> int:
    """How many decimals Dub gives `currency` (a three-letter code, any case): 0 or 2."""
    return 0 if currency.upper() in ZERO_DECIMAL else 2


def to_minor(amount: Decimal, *, currency: str) -> int:
    """Minor units that Dub will be sent for `amount` in major units.

    1580 JPY gives 1580, 12.34 EUR gives 1234, 1580 ISK gives 158000. Raises NotRepresentable when
    the amount is not above zero (trap S2), has more decimals than Dub keeps, or is too large for
    Dub's JavaScript to read exactly.
    """
    places = exponent(currency)
    if not amount.is_finite() or amount <= 0:
        raise NotRepresentable(_("The amount must be greater than zero."))
    if amount > MAX_MINOR:
        raise NotRepresentable(_TOO_LARGE)
    minor = amount * 10**places
    if minor != minor.to_integral_value() or Decimal(int(minor)).scaleb(-places) != amount:
        typed = f"{amount:f}"
        shown = f"{typed} {currency.upper()}" if len(typed) < 40 else _("this amount")
        words = _TWO_DECIMALS if places else _NO_DECIMALS
        raise NotRepresentable(words.format(currency=currency.upper(), amount=shown))
    if minor > MAX_MINOR:
        raise NotRepresentable(_TOO_LARGE)
    return int(minor)


def to_major(minor: int, *, currency: str) -> Decimal:
    """Major units for minor units as Dub stores them: 1234 EUR cents give Decimal("12.34")."""
    sign, digits, _places = Decimal(minor).as_tuple()
    return Decimal((sign, digits, -exponent(currency)))


def amount_text(minor: object, currency: str) -> str:
    """ "12.34 EUR" for 1234 minor units of "eur"; anything that is no amount as it is."""
    if not isinstance(minor, int) or len(currency) != 3:
        return str(minor)
    return f"{to_major(minor, currency=currency):,} {currency.upper()}"
