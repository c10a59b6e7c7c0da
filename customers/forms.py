"""Forms. Fields are Dub's JSON keys in snake_case; each form builds what is sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pycountry
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from dubadmin.dub.commands import (
    LEAD_MODES,
    MAX_EVENT_QUANTITY,
    MAX_EXTERNAL_ID,
    PAYMENT_PROCESSORS,
    TrackLead,
    TrackSale,
)
from dubadmin.dub.money import NotRepresentable, to_minor
from dubadmin.dub.reads import MAX_PAGE, SORTS
from dubadmin.dub.records import parse_time

from .amounts import NotAnAmount, parse_amount, parse_metadata
from .facts import FIELDS, LABELS, same
from .models import ACTIONS, Outcome
from .queries import Facets

LONGEST = 190  # Dub's columns hold 191 characters (trap R3)
_NO_COUNTRY = [("", "Not set")]
COUNTRIES = sorted(
    (
        (country.alpha_2, getattr(country, "common_name", country.name))
        for country in pycountry.countries
    ),
    key=lambda pair: pair[1],
)
# Not money: testing, "no currency", metals, bond units and fund codes.
_NOT_MONEY = {"XTS", "XXX", "XAU", "XAG", "XPT", "XPD", "XBA", "XBB", "XBC", "XBD", "XDR", "XSU"}
_NOT_MONEY |= {"XUA", "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"}
CURRENCIES = [("USD", "USD US Dollar"), ("EUR", "EUR Euro"), ("GBP", "GBP Pound Sterling")]
CURRENCIES += sorted(
    (currency.alpha_3, f"{currency.alpha_3} {currency.name}")
    for currency in pycountry.currencies
    if currency.alpha_3 not in _NOT_MONEY and currency.alpha_3 not in {"USD", "EUR", "GBP"}
)


def new_key() -> str:
    """A one-time key for a form: the identity of the write that comes of it (trap S7)."""
    return uuid.uuid4().hex


class Reason(forms.Form):
    """Why something is done: optional, or required by REQUIRE_REASON."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        required=False,
        help_text="For the audit log: why, or where it was asked for.",
    )

    def __init__(self, *args: Any, require_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = require_reason or settings.REQUIRE_REASON


class OnceForm(Reason):
    """A form whose write is sent once, however often it is submitted."""

    key = forms.RegexField(
        r"^[0-9a-f]{32}$",
        widget=forms.HiddenInput,
        error_messages={"invalid": "This form is damaged. Open it again."},
    )


class CustomerListForm(forms.Form):
    """The list's address: everything that it shows is in its query string."""

    q = forms.CharField(label="Find", max_length=200, required=False)
    country = forms.CharField(label="Country", max_length=64, required=False, widget=forms.Select)
    link = forms.CharField(label="Link", max_length=190, required=False, widget=forms.Select)
    partner = forms.CharField(label="Partner", max_length=190, required=False, widget=forms.Select)
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        choices=[
            ("createdAt", "Created"),
            ("saleAmount", "Lifetime value"),
            ("firstSaleAt", "First sale"),
            ("subscriptionCanceledAt", "Cancelled"),
        ],
    )
    order = forms.ChoiceField(
        label="Order", required=False, choices=[("desc", "Descending"), ("asc", "Ascending")]
    )
    page = forms.IntegerField(
        min_value=1,
        max_value=MAX_PAGE,
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "max_value": f"Dub lists at most {MAX_PAGE:,} pages. Search or filter to see further."
        },
    )
    size = forms.TypedChoiceField(
        label="Rows",
        coerce=int,
        required=False,
        empty_value=50,
        choices=[(25, "25"), (50, "50"), (100, "100")],
    )

    def offer(self, facets: Facets) -> None:
        """Fills the filters with what Dub has, and keeps a value that it does not have."""
        names = dict(COUNTRIES)
        countries = [
            (f.value, _counted(names.get(f.value, f.value), f.count)) for f in facets.countries
        ]
        links = [(f.value, _counted(f.label, f.count)) for f in facets.links]
        partners = [(f.value, f.label) for f in facets.partners]
        for name, choices, every in (
            ("country", sorted(countries, key=lambda pair: pair[1]), "All countries"),
            ("link", links, "All links"),
            ("partner", partners, "All partners"),
        ):
            chosen = self.data.get(name, "")
            known = chosen in {value for value, _ in choices}
            extra = [] if not chosen or known else [(chosen, chosen)]
            self.fields[name].widget.choices = [("", every), *extra, *choices]

    def query(self) -> dict[str, Any]:
        """What `queries.list_customers` takes."""
        given = self.cleaned_data
        return {
            "q": given["q"],
            "country": given["country"],
            "link": given["link"],
            "partner": given["partner"],
            "sort": given["sort"] or SORTS[0],
            "order": given["order"] or "desc",
            "page": given["page"] or 1,
            "size": given["size"],
        }


def _counted(label: str, count: int | None) -> str:
    return label if count is None else f"{label} ({count:,})"


class EditForm(OnceForm):
    """Corrects a customer. `seen` carries what the person saw, for the comparison on save (R7)."""

    name = forms.CharField(label="Name", max_length=LONGEST, required=False)
    email = forms.EmailField(label="E-mail", max_length=LONGEST, required=False)
    external_id = forms.CharField(
        label="External ID",
        max_length=MAX_EXTERNAL_ID,
        help_text="The customer's ID in your own system. Your app's next events must use it.",
    )
    stripe_customer_id = forms.CharField(
        label="Stripe customer ID", max_length=LONGEST, required=False
    )
    country = forms.ChoiceField(label="Country", required=False)
    avatar = forms.URLField(
        label="Avatar address", max_length=LONGEST, required=False, assume_scheme="https"
    )
    subscription_canceled_at = forms.DateTimeField(
        label="Subscription cancelled",
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
        known = current in dict(COUNTRIES)
        extra = [] if not current or known else [(current, current)]
        self.fields["country"].choices = [*_NO_COUNTRY, *extra, *COUNTRIES]

    @classmethod
    def of(cls, seen: Mapping[str, Any]) -> EditForm:
        """A fresh form that shows `seen`, the editable facts of a customer."""
        initial = {field: seen[key] for field, key in FIELDS.items()}
        initial["subscription_canceled_at"] = parse_time(seen["subscriptionCanceledAt"])
        return cls(initial={**initial, "seen": json.dumps(dict(seen)), "key": new_key()})

    def _seen_or_empty(self) -> dict[str, Any]:
        try:
            seen = json.loads(self.data.get("seen") or self.initial.get("seen") or "{}")
        except (ValueError, RecursionError):
            return {}
        return seen if isinstance(seen, dict) else {}

    def clean_seen(self) -> dict[str, Any]:
        seen = self._seen_or_empty()
        if set(seen) != set(LABELS) or not all(isinstance(v, str | None) for v in seen.values()):
            raise ValidationError("This form is damaged. Open the customer again to edit it.")
        return seen

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("country") and self._seen_or_empty().get("country"):
            self.add_error("country", "Dub cannot clear a country; choose another one.")
        return given

    def changes(self) -> dict[str, Any]:
        """What the person changed, by Dub's key, as it is sent: None clears a field."""
        seen = self.cleaned_data["seen"]
        asked = {key: _as_sent(self.cleaned_data[field]) for field, key in FIELDS.items()}
        return {
            key: value
            for key, value in asked.items()
            if not same(key, value, _to_the_second(key, seen[key]))
        }


def _as_sent(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value or None


def _to_the_second(key: str, value: Any) -> Any:
    """The form shows whole seconds, so an untouched time must compare as one."""
    when = parse_time(value) if key == "subscriptionCanceledAt" else None
    return when.replace(microsecond=0).isoformat() if when else value


class DeleteForm(OnceForm):
    """Asks for the external ID or e-mail of the customer before it is deleted for good (R8)."""

    confirmation = forms.CharField(
        label="Type the external ID or e-mail to confirm", max_length=300
    )

    field_order = ["confirmation", "reason"]

    def __init__(self, *args: Any, expected: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["confirmation"].widget.attrs["autocomplete"] = "off"

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if typed not in self.expected:
            raise ValidationError("This is not the external ID or e-mail of this customer.")
        return typed


class TrackForm(OnceForm):
    """What a lead and a sale share."""

    customer_external_id = forms.CharField(
        label="Customer",
        max_length=MAX_EXTERNAL_ID,
        help_text="The external ID. Type a name, e-mail or ID to find it.",
    )
    click_id = forms.CharField(
        label="Click ID",
        max_length=LONGEST,
        required=False,
        help_text="From the dub_id cookie. Only needed for a customer that Dub does not know yet.",
    )
    customer_name = forms.CharField(label="Name", max_length=100, required=False)
    customer_email = forms.EmailField(label="E-mail", max_length=100, required=False)
    customer_avatar = forms.URLField(
        label="Avatar address", max_length=LONGEST, required=False, assume_scheme="https"
    )
    metadata = forms.CharField(
        label="Metadata",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="“key: value” on each line, or a JSON object.",
    )

    def clean_metadata(self) -> dict[str, Any] | None:
        try:
            return parse_metadata(self.cleaned_data["metadata"])
        except ValueError as error:
            raise ValidationError(str(error)) from None


class LeadForm(TrackForm):
    event_name = forms.CharField(label="Event name", max_length=255, initial="Sign up")
    mode = forms.ChoiceField(
        label="Mode",
        required=False,
        choices=list(zip(LEAD_MODES, ("Normal", "Wait until recorded", "Deferred"), strict=True)),
        help_text="Deferred saves the customer without recording a lead.",
    )
    event_quantity = forms.IntegerField(
        label="Quantity",
        min_value=1,
        max_value=MAX_EVENT_QUANTITY,
        required=False,
        help_text="Writes this many lead events. Leave empty for one.",
    )

    field_order = [
        "customer_external_id",
        "event_name",
        "click_id",
        "mode",
        "event_quantity",
        "customer_name",
        "customer_email",
        "customer_avatar",
        "metadata",
        "reason",
    ]

    def command(self) -> TrackLead:
        given = self.cleaned_data
        return TrackLead(
            customer_external_id=given["customer_external_id"],
            event_name=given["event_name"],
            click_id=given["click_id"],
            customer_name=given["customer_name"],
            customer_email=given["customer_email"],
            customer_avatar=given["customer_avatar"],
            mode=given["mode"] or "async",
            event_quantity=given["event_quantity"],
            metadata=given["metadata"],
        )


class SaleForm(TrackForm):
    amount = forms.CharField(
        label="Amount",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES, initial="USD")
    event_name = forms.CharField(
        label="Event name", max_length=255, required=False, initial="Purchase"
    )
    invoice_id = forms.CharField(
        label="Invoice ID",
        max_length=LONGEST,
        help_text="Keeps the sale from counting twice. Use your own invoice number if there is one.",
    )
    payment_processor = forms.ChoiceField(
        label="Payment processor",
        required=False,
        initial="custom",
        choices=[(name, name.capitalize()) for name in PAYMENT_PROCESSORS],
    )
    lead_event_name = forms.CharField(
        label="Lead event name",
        max_length=255,
        required=False,
        help_text="Credits the sale to this lead, in exactly this spelling. Empty: the newest lead.",
    )

    field_order = [
        "customer_external_id",
        "amount",
        "currency",
        "event_name",
        "invoice_id",
        "payment_processor",
        "lead_event_name",
        "click_id",
        "customer_name",
        "customer_email",
        "customer_avatar",
        "metadata",
        "reason",
    ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "amount" in given and "currency" in given:
            try:
                given["major"] = parse_amount(given["amount"])
                given["minor"] = to_minor(given["major"], currency=given["currency"])
            except (NotAnAmount, NotRepresentable) as error:
                self.add_error("amount", str(error))
        return given

    def command(self) -> TrackSale:
        given = self.cleaned_data
        return TrackSale(
            customer_external_id=given["customer_external_id"],
            amount=given["minor"],
            currency=given["currency"].lower(),
            invoice_id=given["invoice_id"],
            event_name=given["event_name"] or "Purchase",
            payment_processor=given["payment_processor"] or "custom",
            lead_event_name=given["lead_event_name"],
            click_id=given["click_id"],
            customer_name=given["customer_name"],
            customer_email=given["customer_email"],
            customer_avatar=given["customer_avatar"],
            metadata=given["metadata"],
        )


class ConfirmForm(forms.Form):
    """The second look before a write: what only matters once the checks are known."""

    retyped_amount = forms.CharField(label="Type the amount again", max_length=40)
    confirmed_quantity = forms.IntegerField(label="Type the number of lead events")
    doubt_reason = forms.CharField(
        label="Why send it all the same?",
        max_length=500,
        help_text="One of the checks is in doubt, so the audit log needs a reason.",
    )

    def __init__(
        self,
        *args: Any,
        amount: Any = None,
        quantity: int = 1,
        doubtful: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.amount, self.quantity = amount, quantity
        wanted = {
            "retyped_amount": amount is not None and amount > settings.RETYPE_AMOUNT_ABOVE,
            "confirmed_quantity": quantity > 1,
            "doubt_reason": doubtful,
        }
        for name, shown in wanted.items():
            if not shown:
                del self.fields[name]

    def clean_retyped_amount(self) -> str:
        typed: str = self.cleaned_data["retyped_amount"]
        try:
            agrees = parse_amount(typed) == self.amount
        except NotAnAmount:
            agrees = False
        if not agrees:
            raise ValidationError("This is not the amount above.")
        return typed

    def clean_confirmed_quantity(self) -> int:
        typed: int = self.cleaned_data["confirmed_quantity"]
        if typed != self.quantity:
            raise ValidationError(f"The lead would be written {self.quantity} times.")
        return typed


class AuditListForm(forms.Form):
    """The audit log's filters."""

    person = forms.CharField(label="Person", max_length=200, required=False)
    action = forms.CharField(label="Action", max_length=40, required=False, widget=forms.Select)
    outcome = forms.CharField(label="Outcome", max_length=16, required=False, widget=forms.Select)
    customer = forms.CharField(label="Customer", max_length=300, required=False)
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label="To",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    after = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actions = sorted(ACTIONS.items(), key=lambda pair: pair[1])
        self.fields["action"].widget.choices = [("", "All actions"), *actions]
        self.fields["outcome"].widget.choices = [("", "All outcomes"), *Outcome.choices]
