"""What the log keeps in English, told in the reader's language.

A sentence is found again by its words, since each that the log is given is marked (`marks`).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import get_language, gettext

from dubadmin.dub.marks import MARKED

from . import formats

_SENTENCE_END = re.compile(r"(?<=[.!?]) |(?<=[.!?]”) ")
_VALUE = re.compile(r"( ?)\{(\w+)\}")
_NUMBER = re.compile(r"#\d+(?:, #\d+)*|\d{1,3}(?:,\d{3})+|\d+")
_AMOUNT = re.compile(r"(?P<number>\d[\d,]*(?:\.\d+)?) (?P<currency>[A-Z]{3})")
_MOMENT = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d")
_MOMENTS = {"end", "until", "when"}  # values that are times
_OUR_WORDS = {"field", "label", "labels", "says", "wait"}  # values that can be translated, too


def in_words(text: str) -> str:
    """`text` in the reader's language, as far as its sentences are known there."""
    if get_language() == "en":
        return text
    told, left = [], _SENTENCE_END.split(text)
    while left:
        known = ((n, _translated(" ".join(left[:n]))) for n in range(1, len(left) + 1))
        n, words = next(((n, words) for n, words in known if words), (1, left[0]))
        told.append(words)
        left = left[n:]
    return " ".join(told)


def _translated(text: str) -> str:
    words = gettext(text)
    if words != text:
        return words
    for english, pattern in _with_values(len(MARKED)):
        if found := pattern.fullmatch(text):
            values = {name: _value(name, value or "") for name, value in found.groupdict().items()}
            return gettext(english).format(**values).strip()
    return _numbered(text)


def _numbered(text: str) -> str:
    """A sentence that is kept with {} where its numbers are."""
    numbers = _NUMBER.findall(text)
    english = _NUMBER.sub("{}", text)
    words = gettext(english)
    if not numbers or "{" in text or words == english:
        return ""
    return words.format(*map(_number, numbers))


def _number(english: str) -> str:
    is_one = "," in english and "#" not in english
    return formats.current().number(int(english.replace(",", ""))) if is_one else english


def as_amount(text: str) -> str:
    """An amount such as "1,249.50 EUR" as its reader writes it; what is none as it is."""
    found = _AMOUNT.fullmatch(text)
    if not found:
        return text
    number = Decimal(found["number"].replace(",", ""))
    return f"{formats.current().number(number)} {found['currency']}"


def _value(name: str, value: str) -> str:
    if name == "amount":
        return as_amount(in_words(value))
    if name in _MOMENTS:
        return _MOMENT.sub(_moment, in_words(value))
    return ", ".join(map(in_words, value.split(", "))) if name in _OUR_WORDS else value


def _moment(kept: re.Match[str]) -> str:
    return formats.current().moment(datetime.strptime(kept[0], "%d %b %Y, %H:%M"), "short")


@lru_cache(maxsize=1)
def _with_values(marked: int) -> list[tuple[str, re.Pattern[str]]]:
    """The texts with values in braces, of all that are marked by now."""
    return [(text, _pattern(text)) for text in MARKED if "{" in text]


def _pattern(text: str) -> re.Pattern[str]:
    """Values are any text in quotation marks, and else none that goes on behind a sentence's end.

    One that would stand behind the last sentence may be missing.
    """
    parts, at = [], 0
    for value in _VALUE.finditer(text):
        is_last = value[1] and value.end() == len(text)
        one = ".+?" if text[: value.start()].endswith("“") else r"(?:(?![.!?] ).)+?"
        written = rf"(?: (?P<{value[2]}>.+))?" if is_last else rf"{value[1]}(?P<{value[2]}>{one})"
        parts += [re.escape(text[at : value.start()]), written]
        at = value.end()
    return re.compile("".join([*parts, re.escape(text[at:])]), re.DOTALL)
