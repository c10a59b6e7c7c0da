"""What the log keeps in English, told in the reader's language.

A sentence is found again by its words, since each that the log is given is marked (`marks`).
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from django.utils.translation import get_language, gettext

from dubadmin.dub.marks import MARKED

from . import formats

LONGEST = 10_000  # of a text that is looked at; no explanation of ours comes near it
TOGETHER = 4  # sentences in the longest text that the log keeps (held by a test)
_QUOTED_OR_END = re.compile(r"“[^“”]*”|(?<=[.!?]) |(?<=[.!?]”) ")
_LAST = re.compile(r" \{\w+\}$")
_VALUE = re.compile(r"( ?)\{(\w+)\}")
_NUMBER = re.compile(r"#\d+(?:, #\d+)*|\d{1,3}(?:,\d{3})+|\d+")
_AMOUNT = re.compile(r"(?P<number>\d[\d,]*(?:\.\d+)?) (?P<currency>[A-Z]{3})")
_MOMENT = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d")
_MOMENTS = {"end", "until", "when"}  # values that are times
_OUR_WORDS = {"field", "label", "labels", "says", "wait"}  # values that can be translated, too


def in_words(text: str) -> str:
    """`text` in the reader's language, as far as its sentences are known there."""
    if get_language() == "en" or len(text) > LONGEST:
        return text
    told, left = [], deque(sentences(text))
    while left:
        n, words = _begin(left)
        told.append(words)
        for _ in range(n):
            left.popleft()
    return " ".join(told)


def sentences(text: str) -> list[str]:
    """What stands in quotation marks belongs to one, however many sentences it has itself."""
    ends = (found for found in _QUOTED_OR_END.finditer(text) if found[0] == " ")
    starts, stops = [0], []
    for end in ends:
        stops.append(end.start())
        starts.append(end.end())
    return [text[start:stop] for start, stop in zip(starts, [*stops, len(text)], strict=True)]


def _begin(left: deque[str]) -> tuple[int, str]:
    """The first of the sentences in words, or as many as are known together."""
    for n in range(1, min(TOGETHER, len(left)) + 1):
        if words := _translated(" ".join(islice(left, n)), n):
            return n, words
    return 1, left[0]


def _translated(text: str, n: int, *, is_value: bool = False) -> str:
    """Of `text`, which is `n` sentences; "" if it is not known. Values of a value are no texts."""
    words = gettext(text)
    if words != text:
        return words
    for english, pattern in _with_values(len(MARKED)).get(n, []):
        if found := pattern.fullmatch(text):
            values = found.groupdict(default="").items()
            told = {name: _value(name, value, is_text=not is_value) for name, value in values}
            return gettext(english).format(**told).strip()
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
    return formats.current().number(Decimal(english.replace(",", ""))) if is_one else english


def as_amount(text: str) -> str:
    """An amount such as "1,249.50 EUR" as its reader writes it; what is none as it is."""
    found = _AMOUNT.fullmatch(text)
    if not found:
        return text
    number = Decimal(found["number"].replace(",", ""))
    return f"{formats.current().number(number)} {found['currency']}"


def _value(name: str, value: str, *, is_text: bool) -> str:
    if name in _OUR_WORDS:
        return ", ".join(_word(each) for each in value.split(", ")) if is_text else value
    if name not in _MOMENTS and name != "amount":
        return value
    words = _word(value) if is_text else value
    return as_amount(words) if name == "amount" else _MOMENT.sub(_moment, words)


def _word(value: str) -> str:
    return _translated(value, 1, is_value=True) or value


def _moment(kept: re.Match[str]) -> str:
    try:
        at = datetime.strptime(kept[0], "%d %b %Y, %H:%M")
    except ValueError:
        return kept[0]
    return formats.current().moment(at, "short")


@lru_cache(maxsize=1)
def _with_values(marked: int) -> dict[int, list[tuple[str, re.Pattern[str]]]]:
    """The texts with values in braces, of all that are marked by now, by their sentences."""
    found: dict[int, list[tuple[str, re.Pattern[str]]]] = {}
    for text in MARKED:
        if "{" in text:
            found.setdefault(_counted(text), []).append((text, _pattern(text)))
    return found


def _counted(text: str) -> int:
    """How many sentences it is found by: a value that stands behind the last is one of its own."""
    return len(sentences(_LAST.sub("", text)))


def _pattern(text: str) -> re.Pattern[str]:
    """Values are any text in quotation marks, and else none that goes on behind a sentence's end.

    One that would stand behind the last sentence may be missing. Each value but the last ends where
    the words behind it are first met (`?>`), so the time that it takes grows with the text alone.
    """
    values = list(_VALUE.finditer(text))
    parts = [re.escape(text[: values[0].start()])]
    for value, end in zip(values, [*(each.start() for each in values[1:]), len(text)], strict=True):
        words, name = re.escape(text[value.end() : end]), value[2]
        one = ".+?" if text[: value.start()].endswith("“") else r"(?:(?![.!?] ).)+?"
        if end < len(text):
            parts.append(rf"(?>{value[1]}(?P<{name}>{one}){words})")
        elif value[1] and not words:
            parts.append(rf"(?: (?P<{name}>.+))?")
        else:
            parts.append(rf"{value[1]}(?P<{name}>{one}){words}")
    return re.compile("".join(parts), re.DOTALL)
