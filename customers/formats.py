"""How numbers, dates, countries and currencies are written, by the CLDR's data.

As the language has it, or as a person has chosen. Sums of money are followed by their code, in
every country.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, cached_property

import pycountry
from babel import Locale
from babel.dates import DateTimePattern, parse_pattern

# What may be chosen; "" is as the language has it.
NAMES = (
    *("en-US", "en-GB", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-CH", "es-ES", "it-IT"),
    *("nl-NL", "pt-BR", "pt-PT", "pl-PL", "sv-SE", "ja-JP"),
)
# The styles of moments, and plain English: days first and 24 hours, which nobody can misread.
STYLES = {
    "short": "d MMM y, HH:mm",
    "second": "d MMM y, HH:mm:ss",
    "date": "d MMM y",
    "time": "HH:mm",
    "letter": "d MMMM y, HH:mm",
    "day": "EEEE, d MMMM y",
    "day_month": "d MMM",
    "month": "MMM y",
    "whole_month": "MMMM y",
}
_now: ContextVar[Format] = ContextVar("formats")


@contextmanager
def override(language: str, name: str = "") -> Iterator[None]:
    """Writes as the language has it, or the one of NAMES, in this thread."""
    before = _now.set(called(name or language, language))
    try:
        yield
    finally:
        _now.reset(before)


def current() -> Format:
    return _now.get(_ENGLISH)


@cache
def called(name: str, language: str = "en") -> Format:
    return Format(name, language)


@dataclass(frozen=True, eq=False)
class Format:
    """One way to write: a `name` as the `language` itself or one of NAMES. There is one of each."""

    name: str
    language: str

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.name, sep="-")

    @cached_property
    def label(self) -> str:
        """ "Deutsch (Schweiz): 1’234.50, 31.12.2026, 23:59" """
        example = self.moment(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "short")
        called = self.locale.get_display_name() or self.name
        return f"{called}: {self.number(Decimal('1234.50'))}, {example}"

    def number(self, value: int | Decimal) -> str:
        """Digits in groups, with as many decimals as `value` has, exact for any size."""
        digits = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
        return digits.translate(self._separators) if self._separators else digits

    def moment(self, value: date, style: str) -> str:
        """A day or a time as its zone has it, by the names in `STYLES`; "long" names the zone."""
        if style == "long" and isinstance(value, datetime):
            return f"{self.moment(value, 'second')} {value.tzname() or ''}".rstrip()
        return self._patterns[style].apply(value, self.locale)

    def country(self, code: str) -> str:
        """What the language calls a country by its ISO 3166-1 code; "" for what is none."""
        return self._countries.get(code, "")

    def warm_up(self) -> None:
        """Reads what it writes with now, not for whoever comes first."""
        self.moment(date.today(), "date")
        self.number(1)
        self.country("")

    @cached_property
    def countries(self) -> list[tuple[str, str]]:
        """All countries to choose from, by their names: (code, name)."""
        return sorted(self._countries.items(), key=lambda pair: plain_letters(pair[1]))

    @cached_property
    def currencies(self) -> dict[str, str]:
        """What the language calls currencies, by their ISO 4217 codes."""
        known = {currency.alpha_3: currency.name for currency in pycountry.currencies}
        called = {} if self.language == "en" else self._in_language.currencies
        return {code: called.get(code, english) for code, english in known.items()}

    @cached_property
    def _in_language(self) -> Locale:
        return Locale.parse(self.language, sep="-")

    @cached_property
    def _countries(self) -> dict[str, str]:
        known = {
            country.alpha_2: getattr(country, "common_name", country.name)
            for country in pycountry.countries
        }
        called = {} if self.language == "en" else self._in_language.territories
        return {code: called.get(code, english) for code, english in known.items()}

    @cached_property
    def _separators(self) -> dict[int, str]:
        symbols = self.locale.number_symbols["latn"]
        separators = {ord(","): str(symbols["group"]), ord("."): str(symbols["decimal"])}
        return {mark: to for mark, to in separators.items() if chr(mark) != to}

    @cached_property
    def _patterns(self) -> dict[str, DateTimePattern]:
        return {style: parse_pattern(text) for style, text in self._pattern_texts().items()}

    def _pattern_texts(self) -> dict[str, str]:
        if self.name == "en":
            return STYLES
        locale, known = self.locale, self.locale.datetime_skeletons
        day = locale.date_formats["medium"].pattern
        minute, second = (locale.time_formats[size].pattern for size in ("short", "medium"))
        both = str(locale.datetime_formats["medium"])
        return {
            "short": both.format(minute, day),
            "second": both.format(second, day),
            "date": day,
            "time": minute,
            "letter": both.format(minute, locale.date_formats["long"].pattern),
            "day": locale.date_formats["full"].pattern,
            "day_month": known["MMMd"].pattern,
            "month": known["yMMM"].pattern,
            "whole_month": known["yMMMM"].pattern if "yMMMM" in known else known["yMMM"].pattern,
        }


def plain_letters(text: str) -> str:
    """What to sort by: Ägypten comes before Albanien."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_ENGLISH = called("en")
