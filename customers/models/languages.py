"""Languages, as far as rows remember them."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import get_language


def language_now() -> str:
    """The language of whoever makes a row: their job's texts are in it, whenever it is done."""
    return get_language() or str(settings.LANGUAGE_CODE)
