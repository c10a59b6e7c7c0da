"""What a lead or a sale sends to Dub, as its summary shows it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from customers.forms import LeadForm, SaleForm, currency_called
from customers.templatetags.show import money

from .shared import pretty


def rows_of(form: LeadForm | SaleForm) -> list[dict[str, Any]]:
    """Each field with what is sent for it: {label, value, note}."""
    given = form.cleaned_data
    rows = [
        {"name": name, "label": form.fields[name].label, "value": _shown(form, name), "note": ""}
        for name in form.fields
        if given.get(name) not in (None, "") and name not in {"key", "reason"}
    ]
    for row in rows:
        if "minor" in given and row["name"] == "amount":
            row["value"] = money(given["minor"], given["currency"])
            row["note"] = _("sent as %(minor)s") % {"minor": given["minor"]}
    if settings.ADD_REFERENCE_TO_METADATA:
        note = _("The request's ID is added to the metadata, so that the event leads back here.")
        rows.append({"label": _("Reference"), "value": "dubadmin_ref", "note": note})
    return rows


def _shown(form: LeadForm | SaleForm, name: str) -> str:
    value = form.cleaned_data[name]
    if isinstance(value, dict):
        return pretty(value)
    if name == "currency":
        return currency_called(value)
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))
