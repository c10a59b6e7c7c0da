"""Deleting a customer."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customers.facts import LABELS, editable, facts_of
from dubadmin.dub.money import amount_text
from dubadmin.dub.records import Customer

from .shared import CustomerForm, new_key


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
