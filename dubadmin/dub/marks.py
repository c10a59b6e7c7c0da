"""Dub's API knows no Django, and speaks English. Who shows its texts translates them."""

from __future__ import annotations

MARKED: dict[str, None] = {}


def _(text: str) -> str:
    """Marks a text for translation. Names in braces in it are filled in after that.

    A text that the log keeps is found again by them, so mark it where the module is loaded.
    """
    MARKED.setdefault(text)
    return text
