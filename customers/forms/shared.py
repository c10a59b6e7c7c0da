"""What forms share: the one-time key, the reason, and what can be chosen."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dubadmin.dub.records import parse_time

_EDGES = re.compile(r"^[\s\ufeff]+|[\s\ufeff]+$")
LONGEST = 190  # Dub's columns hold 191 characters (trap R3)


Choice = tuple[str, "str | tuple[Choice, ...]"]


class QuickSelect(forms.Select):
    """A select for hundreds of options: Django renders two templates for each.

    What is `offered` takes the place of `choices`.
    """

    offered: tuple[Choice, ...] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = frozenset(map(str, self.format_value(value)))
        options = _options(self.offered or _as_text(self.choices), chosen)
        given = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html("<select{}>{}</select>", given, SafeString(options))


def _as_text(choices: Iterable[tuple[object, Any]]) -> tuple[Choice, ...]:
    return tuple(
        (str(key), _as_text(label) if isinstance(label, list | tuple) else str(label))
        for key, label in choices
    )


@lru_cache(maxsize=256)
def _options(choices: tuple[Choice, ...], chosen: frozenset[str]) -> str:
    """Kept, because each page of a list offers the same. A choice of choices is a group."""
    return "".join(
        f'<optgroup label="{escape(key)}">{_options(label, chosen)}</optgroup>'
        if isinstance(label, tuple)
        else f'<option value="{escape(key)}"{" selected" if key in chosen else ""}>'
        f"{escape(label)}</option>"
        for key, label in choices
    )


class Suggested(forms.TextInput):
    """A text field that offers what is usual, and takes anything."""

    suggestions: Sequence[str] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        id = f"{(attrs or {}).get('id', name)}_suggestions"
        field = super().render(name, value, {**(attrs or {}), "list": id}, renderer)
        options = format_html_join(
            "", '<option value="{}"></option>', ((each,) for each in self.suggestions)
        )
        return format_html('{}<datalist id="{}">{}</datalist>', field, id, options)


def new_key() -> str:
    """A one-time key for a form: the identity of the write that comes of it (trap S7)."""
    return uuid.uuid4().hex


class Reason(forms.Form):
    """Why something is done. Settings say for which `action` it is required, and what is usual."""

    action = ""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=Suggested,
        help_text=_("For the audit log: why, or where it was asked for."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)  # a browser would cut what is pasted
        reason = self.fields["reason"]
        reason.required = settings.REQUIRE_REASON or self.action in settings.REQUIRE_REASON_FOR
        reason.widget.suggestions = settings.USUAL_REASONS


class ExternalIdField(forms.CharField):
    """Trimmed as Dub trims it where it does (trap R4): of the mark that begins a file, too."""

    def to_python(self, value: Any) -> Any:
        return _EDGES.sub("", str(super().to_python(value)))


class OnceForm(Reason):
    """A form whose write is sent once, however often it is submitted."""

    key = forms.RegexField(
        r"^[0-9a-f]{32}$",
        widget=forms.HiddenInput,
        error_messages={"invalid": _("This form is damaged. Open it again.")},
    )


class CustomerForm(OnceForm):
    """About a customer as it was shown.

    `id` is Dub's own: the form stays about that customer, whoever has the address's external ID
    by now. `opened` is when it began to be read.
    """

    id = forms.CharField(widget=forms.HiddenInput, required=False)
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def opened_at(self) -> datetime | None:
        """None where the form does not tell."""
        return parse_time(self.cleaned_data.get("opened"))
