"""Correcting a customer, and undoing that."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.facts import FIELDS, LABELS, same
from customers.undo import Step
from dubadmin.dub.commands import MAX_EXTERNAL_ID
from dubadmin.dub.records import parse_time

from .shared import LONGEST, CustomerForm, ExternalIdField, OnceForm, QuickSelect, new_key

_NO_COUNTRY = [("", _("Not set"))]


class EditForm(CustomerForm):
    """Corrects a customer. `seen` carries what the person saw, for the comparison on save (R7)."""

    action = "customer.update"

    name = forms.CharField(label=_("Name"), max_length=LONGEST, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=LONGEST, required=False)
    external_id = ExternalIdField(
        label=_("External ID"),
        max_length=MAX_EXTERNAL_ID,
        help_text=_("The customer's ID in your own system. Your app's next events must use it."),
    )
    stripe_customer_id = forms.CharField(
        label=_("Stripe customer ID"), max_length=LONGEST, required=False
    )
    country = forms.CharField(label=_("Country"), max_length=64, required=False, widget=QuickSelect)
    avatar = forms.URLField(
        label=_("Avatar address"), max_length=LONGEST, required=False, assume_scheme="https"
    )
    subscription_canceled_at = forms.DateTimeField(
        label=_("Subscription cancelled"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
        ),
        input_formats=[
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%d %H:%M",
        ],
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    field_order = [*FIELDS, "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self._seen_or_empty().get("country")
        named = formats.current()
        known = not current or named.country(current)
        extra = [] if known else [(current, current)]
        self.fields["country"].widget.choices = [*_NO_COUNTRY, *extra, *named.countries]

    @classmethod
    def of(
        cls, seen: Mapping[str, Any], *, id: str = "", opened: datetime | None = None
    ) -> EditForm:
        """A fresh form that shows `seen`, the editable facts of a customer."""
        initial = {field: seen[key] for field, key in FIELDS.items()}
        initial["subscription_canceled_at"] = parse_time(seen["subscriptionCanceledAt"])
        hidden = {"id": id, "seen": json.dumps(dict(seen)), "key": new_key()}
        hidden["opened"] = opened.isoformat() if opened else ""
        return cls(initial=initial | hidden)

    def _seen_or_empty(self) -> dict[str, Any]:
        try:
            seen = json.loads(self.data.get("seen") or self.initial.get("seen") or "{}")
        except (ValueError, RecursionError):
            return {}
        return seen if isinstance(seen, dict) else {}

    def clean_seen(self) -> dict[str, Any]:
        seen = self._seen_or_empty()
        if set(seen) != set(LABELS) or not all(isinstance(v, str | None) for v in seen.values()):
            raise ValidationError(_("This form is damaged. Open the customer again to edit it."))
        return seen

    def clean_country(self) -> str:
        typed: str = self.cleaned_data["country"]
        if typed and not formats.current().country(typed.upper()):
            raise ValidationError(
                _("Dub takes countries by their codes of two letters, such as DE.")
            )
        return typed.upper()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("country") == "" and self._seen_or_empty().get("country"):
            self.add_error("country", _("Dub cannot clear a country; choose another one."))
        for field in self._untouched():
            self.errors.pop(field, None)  # Dub holds it, so it is no reason to refuse the rest
        return given

    def _untouched(self) -> set[str]:
        """The fields that came back just as they were shown, whatever we would make of them."""
        seen = self.cleaned_data.get("seen")
        if seen is None:
            return set()
        shown = EditForm.of(seen)
        return {
            field
            for field, key in FIELDS.items()
            if _as_typed(field, self.data.get(field))
            == _as_typed(field, _shown(shown, field, seen[key]))
        }

    def changes(self) -> dict[str, Any]:
        """What the person changed, by Dub's key, as it is sent: None clears a field.

        Of a form that is not valid, what could be understood.
        """
        seen = self.cleaned_data["seen"]
        touched = FIELDS.keys() & self.cleaned_data.keys() - self._untouched()
        asked = {
            key: as_sent(self.cleaned_data[field])
            for field, key in FIELDS.items()
            if field in touched
        }
        return {
            key: value
            for key, value in asked.items()
            if not same(key, value, _to_the_second(key, seen[key]))
        }

    @property
    def new_email(self) -> str:
        """The e-mail that the person has put in, "" where there is no new one."""
        return str(self.changes().get("email") or "")


def _shown(form: EditForm, field: str, value: Any) -> str:
    if field != "subscription_canceled_at":
        return str(value or "")
    bound = form[field]
    return str(bound.field.widget.format_value(bound.value()) or "")


def _as_typed(field: str, text: str | None) -> str:
    """As a browser's one-line field gives it back; those for e-mails and addresses are trimmed."""
    line = re.sub(r"[\r\n]", "", text or "").replace("\0", "\ufffd")
    return line.strip() if field in {"email", "avatar"} else line


def as_sent(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value or None


def _to_the_second(key: str, value: Any) -> Any:
    """The form shows whole seconds, so an untouched time must compare as one."""
    when = parse_time(value) if key == "subscriptionCanceledAt" else None
    return when.replace(microsecond=0).isoformat() if when else value


class UndoForm(OnceForm):
    """Which fields of a correction to put back: those that still can be, all chosen at first."""

    action = "customer.update"

    fields_back = forms.MultipleChoiceField(
        label=_("Put back"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one field to put back.")},
    )

    field_order = ["fields_back", "reason"]

    def __init__(self, *args: Any, offered: list[Step], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.possible = {step.key: step for step in offered if step.possible}
        field = cast(forms.MultipleChoiceField, self.fields["fields_back"])
        field.choices = [(step.key, step.label) for step in self.possible.values()]
        field.initial = list(self.possible)

    def changes(self) -> dict[str, Any]:
        """What is sent: the values from before, by Dub's key."""
        return {key: self.possible[key].was for key in self.cleaned_data["fields_back"]}
