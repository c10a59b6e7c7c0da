"""In which language a person reads, and how numbers and dates look to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils import translation

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
