"""Recording a lead or a sale."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.amounts import (
    CURRENCIES,
    NotAnAmount,
    parse_amount,
    parse_metadata,
    processor_called,
    split_currency,
)
from customers.kept import in_words
from dubadmin.dub.commands import (
    LEAD_MODES,
    MAX_EVENT_QUANTITY,
    MAX_EXTERNAL_ID,
    PAYMENT_PROCESSORS,
    TrackLead,
    TrackSale,
)
from dubadmin.dub.money import NotRepresentable, to_minor

from .shared import LONGEST, ExternalIdField, OnceForm, QuickSelect

_MODES = (_("Normal"), _("Wait until recorded"), _("Deferred"))


class CurrencySelect(QuickSelect):
    """Each currency by its code and what the reader's language calls it."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        self.choices = [(code, currency_called(code) or label) for code, label in self.choices]
        return super().render(*args, **kwargs)


def currency_called(code: str) -> str:
    """ "EUR – Euro", in the reader's language; "" for what is no currency."""
    name = formats.current().currencies.get(code, "")
    return f"{code} – {name}" if name else ""


def why_no_amount(error: NotAnAmount | NotRepresentable) -> Any:
    """As a lazy text, for the page in its language and for the log in English."""
    return error.args[0] if isinstance(error, NotAnAmount) else lazy(in_words, str)(str(error))


def currencies_differ(named: str, currency: str) -> ValidationError:
    """What to say of a pasted "12,50 €" where another currency than EUR is chosen."""
    words = _("The amount says %(named)s, the currency %(currency)s. Choose which one it is.")
    return ValidationError(words, params={"named": named, "currency": currency})


class TrackForm(OnceForm):
    """What a lead and a sale share."""

    customer_external_id = ExternalIdField(
        label=_("Customer"),
        max_length=MAX_EXTERNAL_ID,
        help_text=_("The external ID. Type a name, e-mail or ID to find it."),
    )
    click_id = forms.CharField(
        label=_("Click ID"),
        max_length=LONGEST,
        required=False,
        help_text=_(
            "From the dub_id cookie. Only needed for a customer that Dub does not know yet."
        ),
    )
    customer_name = forms.CharField(label=_("Name"), max_length=100, required=False)
    customer_email = forms.EmailField(label=_("E-mail"), max_length=100, required=False)
    customer_avatar = forms.URLField(
        label=_("Avatar address"), max_length=LONGEST, required=False, assume_scheme="https"
    )
    metadata = forms.CharField(
        label=_("Metadata"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("“key: value” on each line, or a JSON object."),
    )

    def clean_metadata(self) -> dict[str, Any] | None:
        try:
            return parse_metadata(self.cleaned_data["metadata"])
        except ValueError as error:
            raise ValidationError(error.args[0]) from None


class LeadForm(TrackForm):
    action = "lead.record"

    event_name = forms.CharField(label=_("Event name"), max_length=255, initial="Sign up")
    mode = forms.ChoiceField(
        label=_("Mode"),
        required=False,
        choices=list(zip(LEAD_MODES, _MODES, strict=True)),
        widget=QuickSelect,
        help_text=_("Deferred saves the customer without recording a lead."),
    )
    event_quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=MAX_EVENT_QUANTITY,
        required=False,
        help_text=_("Writes this many lead events. Leave empty for one."),
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
    action = "sale.record"

    amount = forms.CharField(
        label=_("Amount"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(
        label=_("Currency"), choices=CURRENCIES, initial="USD", widget=CurrencySelect
    )
    event_name = forms.CharField(
        label=_("Event name"), max_length=255, required=False, initial="Purchase"
    )
    invoice_id = forms.CharField(
        label=_("Invoice ID"),
        max_length=LONGEST,
        help_text=_("Keeps the sale from counting twice. Best is your own invoice number."),
    )
    payment_processor = forms.ChoiceField(
        label=_("Payment processor"),
        required=False,
        initial="custom",
        choices=[(name, processor_called(name)) for name in PAYMENT_PROCESSORS],
        widget=QuickSelect,
    )
    lead_event_name = forms.CharField(
        label=_("Lead event name"),
        max_length=255,
        required=False,
        help_text=_("Credits this lead, in exactly this spelling. Empty: the newest lead."),
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
        try:
            if "amount" in given:
                digits, named = split_currency(given["amount"])
                given["major"] = parse_amount(digits)
                self._must_agree(named, given.get("currency"))
            if "major" in given and "currency" in given:
                given["minor"] = to_minor(given["major"], currency=given["currency"])
        except (NotAnAmount, NotRepresentable) as error:
            self.add_error("amount", why_no_amount(error))
        return given

    def _must_agree(self, named: str, currency: str | None) -> None:
        """A pasted "12,50 €" says its currency, too: it may be no other than the chosen one."""
        if named and currency and named != currency:
            self.add_error("currency", currencies_differ(named, currency))

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

    retyped_amount = forms.CharField(label=_("Type the amount again"), max_length=40)
    confirmed_quantity = forms.IntegerField(label=_("Type the number of lead events"))
    doubt_reason = forms.CharField(
        label=_("Why send it all the same?"),
        max_length=500,
        help_text=_("One of the checks is in doubt, so the audit log needs a reason."),
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
            agrees = parse_amount(split_currency(typed)[0]) == self.amount
        except NotAnAmount:
            agrees = False
        if not agrees:
            raise ValidationError(_("This is not the amount above."))
        return typed

    def clean_confirmed_quantity(self) -> int:
        typed: int = self.cleaned_data["confirmed_quantity"]
        if typed != self.quantity:
            words = _("The lead would be written %(n)s times.")
            raise ValidationError(words, params={"n": self.quantity})
        return typed
