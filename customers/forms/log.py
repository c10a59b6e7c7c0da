"""The query string of the audit log."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from customers.finding import Filters, words_of
from customers.formats import plain_letters
from customers.models import ACTIONS, Outcome
from customers.output import CSV, JSON_LINES

from .shared import QuickSelect, Suggested

MOST_IDS = 2**63 - 1
MOST_WORDS = 12
_NUMBER = {"invalid": _("This is not a number."), "max_value": _("There is no such number.")}
_ORDER = ["text", "customer", "person", "batch", "import", "action", "outcome"]
_GROUPS = [("writes", _("All writes")), ("looks", _("All looks at one customer"))]


class DayField(forms.DateField):
    """A day of the person who looks. A browser hides what is none, so the error repeats it."""

    def __init__(self, label: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=label, required=False, widget=widget)

    def to_python(self, value: Any) -> date | None:
        try:
            day = super().to_python(value)
        except ValidationError:
            words = _("“%(typed)s” is not a date. Write it as in 2026-03-31.")
            raise ValidationError(words, params={"typed": str(value)[:40]}) from None
        if day and not 2000 <= day.year <= 9000:
            raise ValidationError(_("Choose a year from 2000 on."))
        return day


class NumberField(forms.IntegerField):
    """The number of a batch or an import."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label, required=False, min_value=1, max_value=MOST_IDS, error_messages=_NUMBER
        )


class AuditListForm(forms.Form):
    """The log's address: everything that it shows is in its query string.

    The day `until` is included.
    """

    text = forms.CharField(
        label=_("Text"),
        max_length=200,
        required=False,
        help_text=_(
            "words of the reason, of what happened, of a search, of the customer’s e-mail or "
            "IDs, an invoice ID or a request ID. A word that ends with * is a beginning."
        ),
    )
    customer = forms.CharField(
        label=_("Customer"),
        max_length=300,
        required=False,
        help_text=_("a whole e-mail address, a Dub ID or an external ID; not a name."),
    )
    person = forms.CharField(
        label=_("Person"),
        max_length=200,
        required=False,
        widget=Suggested,
        help_text=_("the whole user name."),
    )
    batch = NumberField(_("Batch"))
    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        widget=QuickSelect,
        error_messages={"invalid_choice": _("There is no action “%(value)s”.")},
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        widget=QuickSelect,
        choices=[("", _("All outcomes")), *Outcome.choices],
        error_messages={"invalid_choice": _("There is no outcome “%(value)s”.")},
    )
    since = DayField(pgettext_lazy("dates", "From"))
    until = DayField(pgettext_lazy("dates", "To"))
    before = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_IDS, widget=forms.HiddenInput
    )
    after = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_IDS, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import"] = NumberField(_("Import"))  # no name for an attribute in Python
        self.order_fields(_ORDER)
        cast(forms.ChoiceField, self.fields["action"]).choices = _actions(get_language())
        for name in ("action", "outcome"):
            self._keep_unknown(name)
        names = User.objects.order_by("username").values_list("username", flat=True)
        self.fields["person"].widget.suggestions = list(names[:200])

    def _keep_unknown(self, name: str) -> None:
        """Shows what is no choice as it was asked for; it is still an error."""
        field: Any = self.fields[name]
        asked = self.data.get(name, "")
        if asked and not field.valid_value(asked):
            field.widget.choices = [*field.choices, (asked, asked)]

    def clean_person(self) -> str:
        """As the account is written, whatever the case: the log knows names by their letters."""
        typed: str = self.cleaned_data["person"]
        if not typed:
            return ""
        known = User.objects.filter(username__iexact=typed).values_list("username", flat=True)
        return known.first() or typed

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        words = words_of(text)
        if text and not words:
            raise ValidationError(_("There is no word in this that could be looked for."))
        if len(words) > MOST_WORDS:
            raise ValidationError(
                _("Look for at most %(most)s words."), params={"most": MOST_WORDS}
            )
        return text

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", _("This is before the first day."))
        return given

    def filters(self) -> Filters:
        """What `finding` takes."""
        given = self.cleaned_data
        until = given["until"]
        return Filters(
            person=given["person"],
            action=given["action"],
            outcome=given["outcome"],
            customer=given["customer"],
            batch=given["batch"],
            file=given["import"],
            since=_start_of(given["since"]) if given["since"] else None,
            until=_start_of(until + timedelta(days=1)) if until else None,
            text=given["text"],
        )

    @property
    def is_filtered(self) -> bool:
        names = set(self.fields) - {"before", "after"}
        return any(self.cleaned_data.get(name) for name in names)


class AuditExportForm(AuditListForm):
    """The same filters, and what kind of file."""

    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[(each.name, each.label) for each in (CSV, JSON_LINES)],
        error_messages={
            "invalid_choice": _("There is no format “%(value)s”, only csv and jsonl."),
        },
    )

    def clean_format(self) -> str:
        return self.cleaned_data["format"] or CSV.name

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, as the log tells it."""
        given = self.cleaned_data
        return {name: str(given[name]) for name in given if given[name] not in (None, "")}


@cache
def _actions(language: str | None) -> list[tuple[str, Any]]:
    """What can be chosen as an action, by the words of a language in their order."""
    told = [(name, str(words)) for name, words in ACTIONS.items()]
    one = sorted(told, key=lambda pair: plain_letters(pair[1]))
    several = [(name, str(words)) for name, words in _GROUPS]
    return [
        ("", str(_("All actions"))),
        (str(pgettext_lazy("actions", "Several")), several),
        (str(pgettext_lazy("actions", "One")), one),
    ]


def _start_of(day: date) -> datetime:
    """When a day begins for whoever looks."""
    return timezone.make_aware(datetime.combine(day, time.min))
