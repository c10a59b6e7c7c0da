"""One action on several customers."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.facts import FIELDS, LABELS
from customers.search import parse

from .correct import EditForm, as_sent
from .shared import LONGEST, OnceForm, QuickSelect

MOST_CHOSEN = 200


class SelectionForm(forms.Form):
    """Which customers: those that were ticked, or all that the list's filters match.

    Used with a prefix: a field that is set and a filter may have the same name.
    """

    which = forms.ChoiceField(
        choices=[("matching", "matching"), ("chosen", "chosen")], required=False
    )
    q = forms.CharField(max_length=200, required=False)
    country = forms.CharField(max_length=64, required=False)
    link = forms.CharField(max_length=190, required=False)
    partner = forms.CharField(max_length=190, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given["ids"] = list(dict.fromkeys(cast(QueryDict, self.data).getlist("ids")))
        if given.get("which") == "chosen" and not given["ids"]:
            raise ValidationError(_("Select at least one customer in the list first."))
        if len(given["ids"]) > MOST_CHOSEN or any(len(id) > 300 for id in given["ids"]):
            raise ValidationError(
                _("At most %(most)s customers can be selected one by one."),
                params={"most": MOST_CHOSEN},
            )
        return given

    @property
    def chosen(self) -> list[str]:
        ids: list[str] = self.cleaned_data["ids"]
        return ids if self.cleaned_data["which"] == "chosen" else []

    @property
    def filters(self) -> dict[str, str] | None:
        """The filters as `walk.Filters` takes them; None when customers were chosen."""
        given = self.cleaned_data
        if given["which"] == "chosen":
            return None
        return {
            "search": parse(given["q"]).words,
            "country": given["country"],
            "link_id": given["link"],
            "partner_id": given["partner"],
        }

    @property
    def finds_nobody(self) -> bool:
        """A search with nothing in it that Dub could look for: Dub would answer with everybody."""
        given = self.cleaned_data
        return bool(
            given["which"] != "chosen" and given["q"].strip() and not parse(given["q"]).words
        )

    def carried(self) -> list[tuple[str, str]]:
        """The selection as hidden fields."""
        names = ("which", "q", "country", "link", "partner")
        fields = [(self.add_prefix(name), str(self.cleaned_data[name])) for name in names]
        return [*fields, *(("ids", id) for id in self.chosen)]


class SetFieldForm(OnceForm):
    """Which field of all these customers to set, and to what. `total` is the number shown."""

    action = "customer.update"

    field = forms.ChoiceField(
        label=_("Field"),
        choices=[
            (name, LABELS[FIELDS[name]])
            for name in ("country", "subscription_canceled_at", "avatar")
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the field to set.")},
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=lambda: [("", _("Choose a country")), *formats.current().countries],
        required=False,
        widget=QuickSelect,
    )
    subscription_canceled_at = EditForm.base_fields["subscription_canceled_at"]
    avatar = forms.URLField(
        label=_("Avatar address"), max_length=LONGEST, required=False, assume_scheme="https"
    )
    total = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("field") == "country" and not given.get("country"):
            self.add_error("country", _("Dub cannot clear a country; choose one."))
        return given

    @property
    def wanted(self) -> tuple[str, Any]:
        """Dub's key, and the value as it is sent: None clears the field."""
        name = self.cleaned_data["field"]
        return FIELDS[name], as_sent(self.cleaned_data[name])


class DeleteSeveralForm(OnceForm):
    """Asks for the number of customers before they are deleted for good (R8)."""

    action = "customer.delete"

    confirmation = forms.CharField(
        label=_("Type the number of customers to confirm"), max_length=20
    )
    total = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    field_order = ["confirmation", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmation"].widget.attrs |= {"autocomplete": "off", "inputmode": "numeric"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        typed = given.get("confirmation", "").replace(",", "").replace(" ", "")
        if "confirmation" in given and typed != str(given.get("total")):
            self.add_error("confirmation", _("This is not the number of customers to delete."))
        return given

    @property
    def wanted(self) -> tuple[str, Any]:
        return "", None
