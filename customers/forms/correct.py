"""Correcting and deleting a customer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.facts import FIELDS, LABELS, editable, facts_of, same
from customers.undo import Step
from dubadmin.dub.commands import MAX_EXTERNAL_ID
from dubadmin.dub.money import amount_text
from dubadmin.dub.records import Customer, parse_time

from .shared import LONGEST, OnceForm, QuickSelect, new_key

_NO_COUNTRY = [("", _("Not set"))]


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


class EditForm(CustomerForm):
    """Corrects a customer. `seen` carries what the person saw, for the comparison on save (R7)."""

    action = "customer.update"

    name = forms.CharField(label=_("Name"), max_length=LONGEST, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=LONGEST, required=False)
    external_id = forms.CharField(
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


class DeleteForm(CustomerForm):
    """Asks for the external ID or e-mail of the customer before it is deleted for good (R8).

    `id` and `seen` say which customer was shown, and how: another one is not deleted in its place,
    and one that changed since is shown again first (R7). `changed` then tells the differences as
    {key, label, before, after}.
    """

    action = "customer.delete"

    confirmation = forms.CharField(
        label=_("Type the external ID or e-mail to confirm"), max_length=300
    )
    seen = forms.CharField(
        widget=forms.HiddenInput, error_messages={"required": _("Look at the customer first.")}
    )

    field_order = ["confirmation", "reason"]

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        self.changed: list[dict[str, Any]] = []
        names = (customer.external_id, customer.email)
        self.expected = [name for name in names if _can_be_typed(name)] or [customer.id]
        self.fields["confirmation"].widget.attrs["autocomplete"] = "off"

    @classmethod
    def of(cls, customer: Customer, *, opened: datetime) -> DeleteForm:
        hidden = {"id": customer.id, "seen": json.dumps(_texts(customer)), "key": new_key()}
        hidden["opened"] = opened.isoformat()
        return cls(customer=customer, initial=hidden)

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if typed not in self.expected:
            raise ValidationError(_("This is not the external ID or e-mail of this customer."))
        return typed

    def clean_seen(self) -> dict[str, Any]:
        try:
            seen = json.loads(self.cleaned_data["seen"])
        except (ValueError, RecursionError):
            seen = {}
        now = _texts(self.customer)
        if not isinstance(seen, dict) or set(seen) != set(now):
            raise ValidationError(_("This form is damaged. Look at the customer again."))
        if seen != now:
            self.changed = [
                {"key": key, "label": _SHOWN[key], "before": str(seen[key]), "after": text}
                for key, text in now.items()
                if seen[key] != text
            ]
            raise ValidationError(_("The customer changed after you opened this page."))
        return seen

    @property
    def why_blocked(self) -> str:
        """For the log."""
        if self.changed:
            labels = ", ".join(str(change["label"]) for change in self.changed)
            return f"The customer changed after the page was opened ({labels}); nothing was sent."
        return "The confirmation or the reason was missing or wrong; nothing was sent."

    def asking_again(self, *, opened: datetime) -> DeleteForm:
        """The same form about the customer as it is now; after a change it is confirmed anew."""
        self.data = data = cast(QueryDict, self.data).copy()
        data["opened"] = opened.isoformat()
        data["id"], data["seen"] = self.customer.id, json.dumps(_texts(self.customer))
        if "seen" in self.errors:
            data["confirmation"] = ""
        return self


def _can_be_typed(name: str) -> bool:
    return bool(name) and name.isprintable() and name == name.strip()


def _texts(customer: Customer) -> dict[str, str]:
    """What the delete page shows of a customer, as text: what was seen when it was confirmed."""
    facts = editable(facts_of(customer))
    facts.pop("avatar")  # Dub moves it by itself (trap R6)
    facts |= {
        "sales": customer.sales,
        "saleAmount": amount_text(customer.sale_amount, "usd"),
        "link": customer.link and customer.link.label,
        "partner": customer.partner and customer.partner.label,
    }
    return {key: "" if value is None else str(value) for key, value in facts.items()}


_SHOWN: dict[str, Any] = {
    **LABELS,
    "sales": _("Sales"),
    "saleAmount": _("Lifetime value"),
    "link": _("Link"),
    "partner": _("Partner"),
}


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
