"""Amounts and metadata as people type them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from dubadmin.dub.commands import MAX_METADATA

_PLAIN = re.compile(r"\d+(?:[.,]\d{1,2})?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?")
_ONE_GROUP = re.compile(r"\d{1,3}[.,]\d{3}")
_LONGEST = 30


class NotAnAmount(ValueError):
    """Typed text that is no amount, or could be read as two different ones."""


def parse_amount(text: str) -> Decimal:
    """Major units from "1234.56", "1234,56", "1,234.56" or "1.234,56"; spaces are ignored.

    Raises NotAnAmount, above all for "1,234" and "1.234", which mean different things to
    different people.
    """
    digits = re.sub(r"[\s\u2019']", "", text)
    if len(digits) > _LONGEST or not digits.isascii():
        raise NotAnAmount("Enter an amount in digits, such as 1234.56.")
    if _ONE_GROUP.fullmatch(digits):
        whole, part = re.split(r"[.,]", digits)
        raise NotAnAmount(
            f"“{text.strip()}” can be read in two ways. Write {whole}{part} without a separator, "
            f"or with two decimals; Dub keeps no third decimal."
        )
    if _PLAIN.fullmatch(digits):
        return Decimal(digits.replace(",", "."))
    if _GROUPED.fullmatch(digits):
        return Decimal(_without_groups(digits))
    if re.fullmatch(r"\d+[.,]\d{3,}", digits):
        raise NotAnAmount("Dub keeps at most two decimals, so this cannot be recorded exactly.")
    raise NotAnAmount("Enter an amount in digits, such as 1234.56.")


def _without_groups(digits: str) -> str:
    comma, point = digits.rfind(","), digits.rfind(".")
    if (comma > point >= 0) or "," not in digits:
        return digits.replace(".", "").replace(",", ".")
    return digits.replace(",", "")


def parse_metadata(text: str) -> dict[str, Any] | None:
    """Metadata from a JSON object or from lines of `key: value`; None when blank.

    Raises ValueError with a sentence for a person.
    """
    text = text.strip()
    if not text:
        return None
    data = _from_json(text) if text.startswith(("{", "[")) else _from_lines(text)
    size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le")) // 2
    if size > MAX_METADATA:
        raise ValueError(f"Dub keeps at most {MAX_METADATA:,} characters; these are {size:,}.")
    return data


def _from_json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError('This is not valid JSON. Use an object such as {"plan": "pro"}.') from None
    if not isinstance(data, dict):
        raise ValueError('Metadata must be an object with keys, such as {"plan": "pro"}.')
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _from_lines(text: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise ValueError(
                f"Write “key: value” on each line; this one has no key: “{line[:60]}”."
            )
        if key.strip() in data:
            raise ValueError(f"The key “{key.strip()[:60]}” stands twice.")
        data[key.strip()] = value.strip()
    return data
