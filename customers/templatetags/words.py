"""Words inside sentences."""

from __future__ import annotations

from django import template

from customers import formats

register = template.Library()


@register.filter
def inside(label: object) -> str:
    """A label in the middle of a sentence: English without its capital, others as they are."""
    text = str(label)
    return text.lower() if formats.current().language == "en" else text
