"""In which language a person reads, and how numbers and dates look to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils import translation
from django.utils.translation import gettext

from . import formats
from .models import preferences_of


@contextmanager
def as_read_by(person: User | AnonymousUser, *, otherwise: str = "") -> Iterator[None]:
    """Texts, numbers and dates as this person has chosen them, in this thread.

    Who has chosen no language gets `otherwise`: that of the browser, or in the worker the
    `language` that a job was begun in.
    """
    chosen = preferences_of(person)
    language = chosen.language or otherwise
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    with translation.override(language), formats.override(language, chosen.formats):
        yield


@contextmanager
def in_english() -> Iterator[None]:
    """For what is kept as evidence, whoever acts."""
    with translation.override("en"), formats.override("en"):
        yield


def in_words(text: str) -> str:
    """What is kept in English, in the reader's language as far as its sentences are known."""
    whole = gettext(text)
    return whole if whole != text else " ".join(map(_sentence, _SENTENCE_END.split(text)))


def _sentence(text: str) -> str:
    """A sentence with numbers is known by its text with {} in their place."""
    known = gettext(text)
    numbers = _NUMBER.findall(text)
    if known != text or not numbers or "{" in text:
        return known
    pattern = _NUMBER.sub("{}", text)
    known = gettext(pattern)
    return known.format(*map(_number, numbers)) if known != pattern else text


def _number(english: str) -> str:
    grouped = "," in english and "#" not in english
    return formats.current().number(int(english.replace(",", ""))) if grouped else english


_SENTENCE_END = re.compile(r"(?<=[.!?]) ")
_NUMBER = re.compile(r"#\d+(?:, #\d+)*|\d{1,3}(?:,\d{3})+|\d+")
