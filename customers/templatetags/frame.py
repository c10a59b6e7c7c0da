"""What stands around every page, and is drawn as seldom as it can be."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from customers.models import held_by

register = template.Library()


@register.simple_tag(takes_context=True)
def once(context: template.RequestContext, name: str) -> SafeString:
    """Includes a template that stands on the page more than once, and is drawn only once."""
    kept: Any = context.render_context
    if name not in kept:
        page: Any = context.template
        with context.push():
            kept[name] = SafeString(page.engine.get_template(name).render(context))
    drawn: SafeString = kept[name]
    return drawn


_ALIKE: dict[tuple[object, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def alike(context: template.RequestContext, name: str) -> SafeString:
    """Includes a template that says the same to whoever may do the same, on the same page.

    Of the request it may use only the permissions, the language and which page it is, so that it
    is drawn once for all of them.
    """
    user, page = context["user"], getattr(context["request"].resolver_match, "view_name", "")
    may = (user.is_superuser, held_by(user).permissions)
    key = (name, page, may, get_language(), get_script_prefix())
    if key not in _ALIKE or settings.DEBUG:
        _ALIKE[key] = once(context, name)
    return _ALIKE[key]


@register.simple_tag(takes_context=True)
def current(context: template.Context, exact: str, *within: str) -> SafeString | str:
    """`aria-current` for a link of the navigation, by the names of the addresses it stands for."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    here = getattr(match, "view_name", "") or ""
    if here == exact:
        return SafeString(' aria-current="page"')
    return SafeString(' aria-current="true"') if here in within else ""
