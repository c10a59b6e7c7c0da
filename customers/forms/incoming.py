"""Uploading a file, or pasting rows from one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from customers.models import Import
from customers.models.imports import PASTED

from .shared import OnceForm

_WRITES: dict[str, str] = {
    Import.Kind.SALES: "sale.record",
    Import.Kind.LEADS: "lead.record",
    Import.Kind.CORRECTIONS: "customer.update",
}


class UploadForm(OnceForm):
    """What the rows are, and the file or the pasted text that holds them. Encode as multipart."""

    kind = forms.ChoiceField(
        label=_("The rows are"),
        choices=Import.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the rows are.")},
    )
    pasted = forms.CharField(
        label=_("Rows from a spreadsheet"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("Copy them together with the header and paste them here."),
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        max_length=None,
        allow_empty_file=True,  # it gets its own sentence, like all that is no table
        help_text=_("CSV, XLSX or ODS. Drop it here, or choose it."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods"}),
    )

    field_order = ["kind", "file", "pasted", "reason"]

    def __init__(self, data: Any = None, *args: Any, initial: Any = None, **kwargs: Any) -> None:
        self.action = _WRITES.get((data or initial or {}).get("kind", ""), "")
        super().__init__(data, *args, initial=initial, **kwargs)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        has_pasted = bool(given.get("pasted", "").strip())
        if not has_pasted and not given.get("file") and "file" not in self.errors:
            self.add_error("file", _("Choose a file, or paste rows."))
        if has_pasted and given.get("file"):
            raise ValidationError(
                _("There are both a file and pasted rows. Take one of them away.")
            )
        return given

    @property
    def name(self) -> str:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        return (file.name or "") if file else PASTED

    @property
    def chunks(self) -> Any:
        """The bytes, in pieces."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        return file.chunks() if file else [self.cleaned_data["pasted"].encode()]


class SavedNameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
