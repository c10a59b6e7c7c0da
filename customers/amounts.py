"""Amounts and metadata as people type them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pycountry
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dubadmin.dub.commands import MAX_METADATA
from dubadmin.dub.money import MAX_MINOR

from . import formats

# Not money: testing, "no currency", metals, bond units and fund codes.
_NOT_MONEY = {"XTS", "XXX", "XAU", "XAG", "XPT", "XPD", "XBA", "XBB", "XBC", "XBD", "XDR", "XSU"}
_NOT_MONEY |= {"XUA", "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"}
_USUAL = ("USD", "EUR", "GBP")
_OTHERS = {currency.alpha_3 for currency in pycountry.currencies} - _NOT_MONEY - {*_USUAL}
CURRENCIES = [(code, code) for code in (*_USUAL, *sorted(_OTHERS))]
_PLAIN = re.compile(r"\d+(?:[.,]\d{1,2})?")
_GROUPED = re.compile(
    r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?|[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?"
)
_SPACED = re.compile(r"[1-9]\d{0,2}(?:([ '])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?")
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_NAMED = re.compile(
    r"(?P<before>[A-Za-z]{3}|[€£])?\s*(?P<number>\d.*?)\s*(?P<after>[A-Za-z]{3}|[€£])?"
)
_CODES = {code: code for code, _ in CURRENCIES} | {"€": "EUR", "£": "GBP"}
_LONGEST = 30
_DEEPEST = 20
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
_NO_AMOUNT = _("Enter an amount in digits, such as 1234.56.")


class NotAnAmount(ValueError):
    """Typed text that is no amount, or could be read as two different ones.

    Its only argument says why, as a text that is translated when it is shown.
    """


def split_currency(text: str) -> tuple[str, str]:
    """The number and the currency in "12,50 €", "EUR 12.50" or "12.50": the latter "" if none.

    What names no currency stays where it is; so does a "$", the sign of twenty of them.
    """
    found = _NAMED.fullmatch(text.strip())
    if not found or (found["before"] and found["after"]):
        return text, ""
    sign = (found["before"] or found["after"] or "").upper()
    return (found["number"], _CODES[sign]) if sign in _CODES else (text, "")


def processor_called(name: str) -> str | Promise:
    return _CUSTOM if name == "custom" else name.capitalize()


_CUSTOM = _("Custom (bank transfer, other)")


def parse_amount(text: str) -> Decimal:
    """Major units from "1234.56", "1234,56", "1,234.56", "1.234,56", "1 234,56" or "1'234.56".

    Raises NotAnAmount, above all for "1,234" and "1.234", which mean different things to
    different people.
    """
    digits = re.sub(r"[^\S\r\n]", " ", text.strip()).replace("\u2019", "'")
    if len(digits) > _LONGEST or not digits.isascii():
        raise NotAnAmount(_NO_AMOUNT)
    if _SPACED.fullmatch(digits):
        digits = re.sub("[ ']", "", digits)
    elif _ONE_GROUP.fullmatch(digits):
        whole, part = re.split(r"[.,]", digits)
        raise NotAnAmount(
            format_lazy(
                _(
                    "“{typed}” can be read in two ways. Write {digits} without a separator, "
                    "or with two decimals; Dub keeps no third decimal."
                ),
                typed=text.strip(),
                digits=whole + part,
            )
        )
    if _PLAIN.fullmatch(digits):
        return Decimal(digits.replace(",", "."))
    if _GROUPED.fullmatch(digits):
        return Decimal(_without_groups(digits))
    if re.fullmatch(r"\d+[.,]\d{3,}", digits):
        raise NotAnAmount(_("Dub keeps at most two decimals, so this cannot be recorded exactly."))
    raise NotAnAmount(_NO_AMOUNT)


def _without_groups(digits: str) -> str:
    comma, point = digits.rfind(","), digits.rfind(".")
    if (comma > point >= 0) or "," not in digits:
        return digits.replace(".", "").replace(",", ".")
    return digits.replace(",", "")


def parse_metadata(text: str) -> dict[str, Any] | None:
    """Metadata from a JSON object or from lines of `key: value`; None when blank.

    Raises ValueError, above all for what Dub or the audit log could not hold exactly as it was
    typed; its only argument says why, as a text that is translated when it is shown.
    """
    text = text.strip()
    if not text:
        return None
    data = _from_json(text) if text.startswith(("{", "[")) else _from_lines(text)
    _check_exact([data])
    size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le")) // 2
    if size > MAX_METADATA:
        raise ValueError(lazy(_too_long, str)(size))
    return data


def _too_long(size: int) -> str:
    number = formats.current().number
    words = gettext("Dub keeps at most %(most)s characters; these are %(number)s.")
    return words % {"most": number(MAX_METADATA), "number": number(size)}


def _from_json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except _Twice:
        raise
    except (ValueError, RecursionError):
        raise ValueError(
            _('This is not valid JSON. Use an object such as {"plan": "pro"}.')
        ) from None
    if not isinstance(data, dict):
        raise ValueError(_('Metadata must be an object with keys, such as {"plan": "pro"}.'))
    return data


class _Twice(ValueError):
    """A key that stands twice: JSON would silently keep the second value only."""

    def __init__(self, key: str) -> None:
        super().__init__(format_lazy(_("The key “{key}” stands twice."), key=key[:60]))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise _Twice(key)
        data[key] = value
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _from_lines(text: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for line in filter(str.strip, re.split(r"\r\n|\r|\n", text)):
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise ValueError(
                format_lazy(
                    _("Write “key: value” on each line; this one has no key: “{line}”."),
                    line=line[:60],
                )
            )
        if key.strip() in data:
            raise _Twice(key.strip())
        data[key.strip()] = value.strip()
    return data


def _check_exact(values: Iterable[Any]) -> None:
    """Raises ValueError for what would not be stored as typed, at whatever depth it stands."""
    level = list(values)
    for _depth in range(_DEEPEST):
        if not level:
            return
        for value in level:
            if isinstance(value, str) and _UNSTORABLE.search(value):
                raise ValueError(_("Metadata must not hold NUL or half a surrogate pair."))
            if isinstance(value, int | float) and not _is_exact(value):
                raise ValueError(_("A number is too large to be stored exactly; put it in quotes."))
        level = [child for value in level for child in _parts(value)]
    raise ValueError(_("Metadata is nested too deeply."))


def _is_exact(number: float) -> bool:
    return abs(number) <= MAX_MINOR if isinstance(number, int) else math.isfinite(number)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []
