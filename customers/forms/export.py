"""What goes out as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.exports import COLUMNS, LISTED, PRESETS
from customers.output import FORMATS

from .lists import CustomerListForm
from .shared import OnceForm


class ExportForm(OnceForm):
    """Which customers, as the list's address says it; which columns of them; and in what format."""

    action = "export.start"

    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(each.name, each.label) for each in FORMATS.values()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a format.")},
    )
    preset = forms.ChoiceField(
        label=_("Columns"),
        choices=[
            *((name, label) for name, (label, columns) in PRESETS.items()),
            ("own", _("Only these")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose which columns.")},
    )
    columns = forms.MultipleChoiceField(
        label=_("Only these"),
        choices=[(column.name, column.label) for column in COLUMNS.values()],
        required=False,
        error_messages={"invalid_choice": _("There is no column “%(value)s”.")},
    )
    with_events = forms.BooleanField(
        label=_("Their clicks, leads and sales as well"), required=False
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("", _("No order (quickest)")), *CustomerListForm.SORTS],
    )
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("desc", _("Descending")), ("asc", _("Ascending"))],
    )
    q = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    country = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    link = forms.CharField(max_length=190, required=False, widget=forms.HiddenInput)
    partner = forms.CharField(max_length=190, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("preset") == "own" and not given.get("columns") and not self.errors:
            self.add_error("columns", _("Choose at least one column."))
        return given

    @property
    def filters(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in LISTED}

    @property
    def wanted(self) -> dict[str, Any]:
        """What `exports.ask` takes, but for who asks and the number of customers."""
        given = self.cleaned_data
        own = [name for name in COLUMNS if name in given["columns"]]
        return {
            "format": given["format"],
            "columns": own if given["preset"] == "own" else PRESETS[given["preset"]][1],
            "with_events": given["with_events"],
            "filters": self.filters,
            "sort": given["sort"],
            "order": (given["order"] or "desc") if given["sort"] else "",
            "reason": given["reason"],
        }
