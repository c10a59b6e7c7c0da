"""How values look on a page. All of it takes None and odd values, and escapes what it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from html import escape
from typing import Any

from django import template
from django.template.base import Parser, TextNode, Token
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from heroicons.templatetags.heroicons import heroicon_micro, heroicon_outline

from customers import addresses, formats
from customers.facts import Change, stored_changes
from customers.formats import Format
from customers.models import AuditEntry, Import, Outcome
from dubadmin.dub.money import to_major

register = template.Library()

DASH = SafeString('<span class="none">–</span>')
TONES = {
    "recorded": "ok",
    "confirmed": "ok",
    "differs": "warn",
    "unknown": "warn",
    "not_recorded": "danger",
    "refused": "danger",
    "failed": "danger",
    "blocked": "danger",
    "missing": "danger",
}
TONE_ICONS = {
    "ok": "check-circle",
    "warn": "exclamation-triangle",
    "stop": "no-symbol",
    "danger": "x-circle",
    "neutral": "information-circle",
}


@cache
def icon(name: str, size: str = "small") -> SafeString:
    """A Heroicon beside a text; it says nothing of its own to a screen reader."""
    if size == "large":
        return SafeString(heroicon_outline(name, size=None, **{"class": "icon large"}))
    return SafeString(heroicon_micro(name, size=None, **{"class": "icon"}))


@register.tag("icon")
def icon_tag(parser: Parser, token: Token) -> TextNode:
    """{% icon "home" %} or {% icon "home" "large" %}, drawn as its template is compiled."""
    _tag, *words = token.split_contents()
    return TextNode(icon(*(word.strip('"') for word in words)))


@register.simple_tag
def tone_icon(tone: object, size: str = "small") -> SafeString:
    return icon(TONE_ICONS.get(str(tone), "information-circle"), size)


@register.filter
def import_tone(file: Import) -> str:
    """How the state of an import is coloured."""
    if file.state == Import.State.FAILED:
        return "danger"
    if file.state in {Import.State.STOPPED, Import.State.PAUSED}:
        return "warn"
    return "ok" if file.state == Import.State.DONE else ""


@register.filter
def money(minor: object, currency: object = "usd") -> SafeString | str:
    """ "1,234.50 USD" for 123450 minor units, exact for any size, in the reader's format."""
    code = str(currency or "").upper()
    if isinstance(minor, bool) or not isinstance(minor, int):
        return DASH if minor is None or minor == "" else str(minor)
    if len(code) != 3:
        return _("%(number)s minor units") % {"number": number(minor)}
    return f"{formats.current().number(to_major(minor, currency=code))} {code}"


@register.filter
def number(value: object) -> str:
    if isinstance(value, float):
        value = round(value)
    return formats.current().number(value) if isinstance(value, int) else str(value)


@register.filter
def moment(value: object, style: str = "short") -> SafeString | str:
    """A time in the viewer's zone, with UTC in the title."""
    if not isinstance(value, datetime):
        return DASH if not value else str(value)
    return _moment(value, style, timezone.get_current_timezone_name(), formats.current())


@lru_cache(maxsize=8192)
def _moment(value: datetime, style: str, zone: str, form: Format) -> SafeString | str:
    """Kept, because a list shows hundreds and the next page shows most of them again."""
    try:
        aware = value if timezone.is_aware(value) else value.replace(tzinfo=UTC)
        utc, local = aware.astimezone(UTC), timezone.localtime(aware)
    except (OverflowError, ValueError):
        return str(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.isoformat(timespec="seconds").replace("+00:00", "Z"),
        f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        form.moment(local, style),
    )


@register.filter
def day(value: date, style: str = "date") -> str:
    """A day or a month, of no zone."""
    return _day(value, style, formats.current())


@lru_cache(maxsize=1024)
def _day(value: date, style: str, form: Format) -> str:
    return form.moment(value, style)


@register.simple_tag
def made_at() -> str:
    """When this page was made, for paper."""
    return written(timezone.now(), "short")


@register.filter
def written(value: datetime, style: str = "letter") -> str:
    """A time in the viewer's zone, which is named, where nobody can point at it."""
    at = timezone.localtime(value)
    return f"{formats.current().moment(at, style)} {at.tzname()}"


@register.filter
def ago(value: object) -> SafeString | str:
    """ "5 min ago" up to a day, the date after that; the full time is in the title."""
    if not isinstance(value, datetime) or not timezone.is_aware(value):
        return moment(value)
    passed = timezone.now() - value
    if not timedelta(0) <= passed < timedelta(days=1):
        return moment(value)
    minutes = passed // timedelta(minutes=1)
    if not minutes:
        text = _("just now")
    elif minutes < 60:
        text = _("%(number)d min ago") % {"number": minutes}
    else:
        text = _("%(number)d h ago") % {"number": minutes // 60}
    return format_html(
        '<time class="ago" datetime="{}" title="{}">{}</time>',
        value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        text,
    )


@register.filter
def time_left(seconds: int) -> str:
    """ "about 12 min left" """
    if seconds < 60:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 120:
        return _("about %(number)d min left") % {"number": minutes}
    return _("about %(number)d h left") % {"number": round(minutes / 60)}


@register.filter
def country_name(code: object) -> str:
    """The name of an ISO 3166-1 code; what is no code as it is (trap R5)."""
    text = str(code or "").strip()
    return formats.current().country(text.upper()) or text


@register.filter
@lru_cache(maxsize=8192)
def customer_url(id: str, page: str = "") -> str:
    return addresses.customer_url(id, page)


@register.filter
def avatar(customer: Any, size: str = "") -> SafeString:
    """The initials of a customer, where there is no picture."""
    called = customer.name or customer.email or customer.external_id
    letters = escape(initials(called))
    return SafeString(f'<span class="avatar {size}" aria-hidden="true">{letters}</span>')


@register.filter
def cut(text: object, classes: str = "") -> SafeString:
    """One line of text that is cut where it does not fit; whole in its title."""
    safe = escape(str(text))
    return SafeString(f'<span class="cut {classes}" dir="auto" title="{safe}">{safe}</span>')


@register.filter
@lru_cache(maxsize=8192)
def initials(text: object) -> str:
    """One or two letters that stand for a name or an e-mail address."""
    words = str(text or "").partition("@")[0].replace(".", " ").replace("_", " ").split()
    letters = [letter for word in words if (letter := _first_letter(word))]
    return "".join([*letters[:1], *letters[1:][-1:]]).upper()[:2] or "?"


def _first_letter(word: str) -> str:
    return next((character for character in word if character.isalnum()), "")


@register.filter
def tone(outcome: object) -> str:
    return TONES.get(str(outcome or ""), "neutral")


@register.filter
def outcome_badge(entry: object) -> SafeString:
    """How an entry ended: its words for people, its machine value in `data-outcome`."""
    value = getattr(entry, "shown_outcome", "") or getattr(entry, "outcome", "") or entry or ""
    return badge(str(value), get_language())


@lru_cache(maxsize=256)
def badge(outcome: str, language: str | None) -> SafeString:
    """Kept, because a page of the log shows fifty of the same few."""
    label = dict(Outcome.choices).get(outcome, outcome)
    return format_html(
        '<span class="badge {}" data-outcome="{}">{}</span>', tone(outcome), outcome, label
    )


@register.filter
def action_name(entry: object) -> str:
    return str(getattr(entry, "action_label", ""))


@register.filter
def changes(entry: AuditEntry) -> list[Change]:
    """What a correction changed; nothing for any other entry."""
    return stored_changes(entry)


@register.filter
def pairs(value: object) -> list[tuple[str, str]]:
    """A mapping's keys and values as text, whatever the keys are called ("items", say)."""
    if not isinstance(value, Mapping):
        return []
    return [(str(key), _text(each)) for key, each in value.items()]


@register.filter
def shown(value: object) -> SafeString:
    """A stored value of any kind: empty is said in words, text keeps to its own direction."""
    if value is None or value == "":
        return format_html('<span class="none">{}</span>', _("empty"))
    if isinstance(value, datetime):
        return SafeString(moment(value, "long"))
    return format_html("<bdi>{}</bdi>", _text(value))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
