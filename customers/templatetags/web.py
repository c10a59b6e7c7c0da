"""What browsers and other sites say of themselves. Nothing is fetched from elsewhere for a page."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .show import icon

register = template.Library()

# The first that a browser says of itself counts: Edge calls itself Chrome and Safari, too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """ "Firefox on Windows", as far as that can be known."""
    program = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if program and system:
        return _("%(browser)s on %(system)s") % {"browser": program, "system": system}
    return program or system or user_agent[:40] or _("Unknown browser")


@register.filter
def web_link(address: str) -> SafeString:
    """A link for who wants to go there; what is no address of the web is only text.

    The other site learns who looks only then, and not from which page.
    """
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        return format_html('<bdi class="break">{}</bdi>', address)
    link = '<a class="break" href="{}" rel="noreferrer noopener" target="_blank"><bdi>{}</bdi></a>'
    return format_html(link, address, address)


@register.filter
def at_dub(id: str) -> SafeString | str:
    """The way to a customer in Dub's dashboard; nothing where its address is not known."""
    return _elsewhere("Dub", settings.DUB_DASHBOARD_URL, id)


@register.filter
def at_stripe(id: str) -> SafeString | str:
    """The way to a customer in Stripe's dashboard; nothing for what is no customer's ID there."""
    return _elsewhere("Stripe", settings.STRIPE_DASHBOARD_URL if id.startswith("cus_") else "", id)


def _elsewhere(place: str, dashboard: str, id: str) -> SafeString | str:
    """Both dashboards have a customer under its ID. The sandbox's customers are in neither."""
    if not dashboard or not settings.LIVE:
        return ""
    label = _("Open in %(place)s") % {"place": place}
    return format_html(
        '<a class="quiet" href="{}/customers/{}" rel="noreferrer noopener" target="_blank" '
        'aria-label="{}" title="{}">{}</a>',
        dashboard,
        quote(id, safe=""),
        label,
        label,
        icon("arrow-top-right-on-square"),
    )
