"""A note about a customer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Note


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=Note.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For your colleagues. It is kept here and never sent to Dub."),
    )
    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
