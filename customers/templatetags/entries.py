"""How entries of the audit log look."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from customers.addresses import customer_url
from customers.amounts import processor_called
from customers.kept import as_amount, in_words
from customers.models import ACTIONS, AuditEntry, Batch, Export, Import

from .show import DASH, badge, moment, number, shown

register = template.Library()
register.filter(in_words)


@register.filter
def log_rows(entries: Iterable[AuditEntry]) -> SafeString:
    """The rows of the log's list. A function, not template nodes: a page has fifty."""
    language, log = get_language(), reverse("audit_list")
    return SafeString("\n".join([_log_row(entry, log, language) for entry in entries]))


def _log_row(entry: AuditEntry, log: str, language: str | None) -> str:
    who = f"{entry.actor_name}, {entry.role}"
    cells = (
        f'<a href="{log}{entry.pk}/">{moment(entry.at, "second")}</a>',
        _cut(entry.actor_name or "–", title=who),
        _action(entry.action, language),
        about(entry, "cut"),
        badge(entry.shown_outcome, language),
        _cut(entry.reason, title=entry.reason) if entry.reason else DASH,
    )
    return f"<tr>{''.join([f'<td>{cell}</td>' for cell in cells])}</tr>"


@lru_cache(maxsize=256)
def _action(action: str, language: str | None) -> str:
    return _cut(str(ACTIONS.get(action, action)), title=action)


def _cut(text: str, *, title: str) -> str:
    return f'<span class="cut" dir="auto" title="{escape(title)}">{escape(text)}</span>'


@register.filter
def about(entry: AuditEntry, classes: str = "") -> SafeString:
    """What an entry is about: a customer with its address, or another thing by its name."""
    called = entry.target_label or entry.target_id or entry.target_external_id
    if not called:
        return DASH
    id = entry.target_id or (entry.target_external_id and f"ext_{entry.target_external_id}")
    if not id:
        return format_html(
            '<span class="{}" dir="auto" title="{}">{}</span>', classes, called, called
        )
    return format_html(
        '<a class="{}" dir="auto" title="{}" href="{}">{}</a>',
        classes,
        called,
        customer_url(id),
        called,
    )


@register.filter
def job_url(job: Batch | Import | Export) -> str:
    names = {Batch: "batch_detail", Import: "import_detail", Export: "export_detail"}
    return reverse(names[type(job)], args=[job.pk])


@register.filter
def job_name(job: Batch | Import | Export) -> str:
    """What a batch, an import or an export is about, in a few words."""
    if isinstance(job, Import):
        return _("%(kind)s from %(file)s") % {"kind": job.get_kind_display(), "file": job.called}
    if isinstance(job, Export):
        return _("Export %(file)s") % {"file": job.name}
    return ngettext(
        "%(action)s of %(number)s customer", "%(action)s of %(number)s customers", job.total
    ) % {"action": job.action_label, "number": number(job.total)}


@register.filter
def compared(value: object, label: str) -> SafeString:
    """A value of a comparison; what a sale keeps in English as it is read."""
    if label == "Payment processor" and isinstance(value, str):
        return shown(str(processor_called(value)))
    return shown(as_amount(value) if label == "Amount" and isinstance(value, str) else value)


@register.filter
def status_tone(status: object) -> str:
    """The tone of an HTTP status: 2xx is fine, 4xx a refusal, all else is not known."""
    return {"2": "ok", "4": "danger"}.get(str(status)[:1], "warn")


@register.filter
def asked_value(value: object) -> SafeString:
    """What was asked for, however it is nested: fields as a list, checks as sentences."""
    if isinstance(value, Mapping):
        return _listed(format_html("{}: <bdi>{}</bdi>", key, _plain(value[key])) for key in value)
    if isinstance(value, list):
        return _listed(format_html("<bdi>{}</bdi>", _plain(each)) for each in value)
    return format_html("<bdi>{}</bdi>", _plain(value))


def _listed(items: Iterable[SafeString]) -> SafeString:
    rows = format_html_join("", "<li>{}</li>", ((item,) for item in items))
    return format_html('<ul class="asked">{}</ul>', rows)


def _plain(value: object) -> str:
    if isinstance(value, Mapping) and set(value) == {"level", "text"}:  # a check
        return in_words(str(value["text"]))
    if value is None or value == "":
        return _("empty")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
