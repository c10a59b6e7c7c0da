"""How entries of the audit log look."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.addresses import customer_url
from customers.models import AuditEntry, Batch, Import

from .show import DASH

register = template.Library()


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
def job_url(job: Batch | Import) -> str:
    return reverse("import_detail" if isinstance(job, Import) else "batch_detail", args=[job.pk])


@register.filter
def job_name(job: Batch | Import) -> str:
    """What a batch or an import is about, in a few words."""
    if isinstance(job, Import):
        return f"{job.get_kind_display()} from {job.name}"
    return f"{job.action_label} of {job.total:,} customer{'' if job.total == 1 else 's'}"
