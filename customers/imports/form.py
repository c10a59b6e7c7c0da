"""The form in which a person says what each column is."""

from __future__ import annotations

import copy
import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from customers.amounts import NotAnAmount, parse_amount, parse_metadata
from customers.forms.shared import QuickSelect
from customers.models import Import

from . import mapping as mappings
from .fields import form_field, names_of

METADATA = "metadata of this name"
NUMBER_FORMATS = [("point", "1,234.56"), ("comma", "1.234,56")]
DATE_FORMATS = [("dmy", _("Day first: 31/12/2026")), ("mdy", _("Month first: 12/31/2026"))]
EMPTY = [("keep", _("leaves the field as it is")), ("clear", _("clears the field"))]
QUESTIONS = {
    "number_format": mappings.number_question,
    "date_format": mappings.date_question,
}


@cache
def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class MappingForm(forms.Form):
    """A choice per column, values for all rows, and how numbers and days are written.

    `suggested` is a mapping, with its formats if it was remembered, to begin with. After
    `is_valid`, `mapping` and the formats in `cleaned_data` are what `mapping.match` takes.
    """

    number_format = forms.ChoiceField(
        label=_("How amounts are written"),
        choices=NUMBER_FORMATS,
        widget=forms.RadioSelect,
        required=False,
    )
    date_format = forms.ChoiceField(
        label=_("How days are written"),
        choices=DATE_FORMATS,
        widget=forms.RadioSelect,
        required=False,
    )
    time_zone = forms.ChoiceField(
        label=_("Times without a zone are in"), choices=_zones, widget=QuickSelect
    )
    empty = forms.ChoiceField(label=_("An empty cell"), choices=EMPTY, widget=forms.RadioSelect)
    save_as = forms.CharField(
        label=_("Remember these choices as"),
        max_length=100,
        required=False,
        help_text=_("They are filled in when a file with the same columns comes again."),
    )

    def __init__(
        self, *args: Any, file: Import, suggested: dict[str, Any], zone: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.file, self.mapping = file, suggested
        self.shareable = mappings.SHAREABLE[Import.Kind(file.kind)]
        for at, title in enumerate(file.header):
            self.fields[f"column_{at}"] = _column(file.kind, at, title, suggested)
        for name in self.shareable:
            self.fields[f"fixed_{name}"] = _fixed(file.kind, name, suggested)
        for name in _NOT_FOR[Import.Kind(file.kind)]:
            del self.fields[name]
        self.initial.update(empty=suggested["empty"], time_zone=zone)
        self.initial.update({name: suggested[name] for name in _REMEMBERED if suggested.get(name)})
        for name, find in QUESTIONS.items():
            question = find(file, suggested)
            self.initial[name] = (question and question.answer) or self.initial.get(name, "")

    @property
    def column_fields(self) -> list[BoundField]:
        return [self[f"column_{at}"] for at in range(len(self.file.header))]

    @property
    def fixed_fields(self) -> list[BoundField]:
        return [self[f"fixed_{name}"] for name in self.shareable]

    @property
    def questions(self) -> list[tuple[BoundField, mappings.Question]]:
        """The fields about ways of writing that matter for this file, with what they are about."""
        found = ((name, find(self.file, self.mapping)) for name, find in QUESTIONS.items())
        return [(self[name], asked) for name, asked in found if asked and name in self.fields]

    @property
    def missing(self) -> list[str]:
        """What is still to be chosen, before anybody has submitted it."""
        if self.is_bound:
            return []
        unclear = [
            gettext("%(field)s: “%(example)s” can be read in two ways.")
            % {"field": field.label, "example": asked.examples[0]}
            for field, asked in self.questions
            if not field.initial
        ]
        return mappings.problems_of(self.file.kind, self.mapping) + unclear

    @property
    def has_times(self) -> bool:
        return "time_zone" in self.fields and "subscription_canceled_at" in self.mapping["columns"]

    @property
    def remembered(self) -> dict[str, Any]:
        """What is kept of this form under a name."""
        return self.mapping | {name: self.cleaned_data.get(name, "") for name in _REMEMBERED}

    def clean_fixed_amount(self) -> str:
        typed: str = self.cleaned_data["fixed_amount"]
        try:
            return str(parse_amount(typed)) if typed else ""
        except NotAnAmount as error:
            raise ValidationError(error.args[0]) from None

    def clean_fixed_metadata(self) -> str:
        typed: str = self.cleaned_data["fixed_metadata"]
        try:
            parse_metadata(typed)
        except ValueError as error:
            raise ValidationError(error.args[0]) from None
        return typed

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        columns, metadata = self._columns(given)
        fixed = {name: given.get(f"fixed_{name}") for name in self.shareable}
        self.mapping = {
            "columns": columns,
            "metadata": metadata,
            "fixed": {name: str(value) for name, value in fixed.items() if value},
            "empty": given.get("empty") or "keep",
        }
        for problem in mappings.problems_of(self.file.kind, self.mapping):
            self.add_error(None, problem)
        for name, find in QUESTIONS.items():
            question = find(self.file, self.mapping)
            given[name] = (given.get(name) or question.answer) if question else ""
            if question and not given[name] and name not in self.errors:
                example = question.examples[0]
                words = _("“%(example)s” can be read in two ways. Say which is meant.")
                self.add_error(name, ValidationError(words, params={"example": example}))
        return given

    def _columns(self, given: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
        columns: dict[str, int] = {}
        metadata: dict[str, int] = {}
        for at, title in enumerate(self.file.header):
            chosen = given.get(f"column_{at}", "")
            taken = metadata if chosen == METADATA else columns
            name = mappings.metadata_key(title, at) if chosen == METADATA else chosen
            if name in taken:
                self.add_error(f"column_{at}", _("Another column is this already."))
            elif name:
                taken[name] = at
        return columns, metadata


_REMEMBERED = ("number_format", "date_format", "time_zone")
_NOT_FOR = {
    Import.Kind.SALES: ("empty", "time_zone", "date_format"),
    Import.Kind.LEADS: ("empty", "time_zone", "date_format", "number_format"),
    Import.Kind.CORRECTIONS: ("number_format",),
}


def _column(kind: str, at: int, title: str, suggested: dict[str, Any]) -> forms.ChoiceField:
    chosen = {column: name for name, column in suggested["columns"].items()}
    chosen |= dict.fromkeys(suggested["metadata"].values(), METADATA)
    return forms.ChoiceField(
        label=format_lazy(_COLUMN_CALLED if title else _COLUMN, number=at + 1, title=title),
        choices=_choices(kind, get_language()),
        required=False,
        widget=QuickSelect,
        initial=chosen.get(at, ""),
    )


_COLUMN = _("Column {number}")
_COLUMN_CALLED = _("Column {number}, {title}")


@cache
def _choices(kind: str, language: str | None) -> list[tuple[str, str]]:
    """In the `language` that is active: words are looked up once for each."""
    names = names_of(kind)
    metadata = [(METADATA, gettext("Metadata of this name"))] if "metadata" in names else []
    fields = [(name, mappings.label_of(kind, name)) for name in names]
    return [("", gettext("Not used")), *fields, *metadata]


def _fixed(kind: str, name: str, suggested: dict[str, Any]) -> forms.Field:
    """The form's own field, for a value that all rows share; empty where the file tells."""
    field = copy.deepcopy(form_field(kind, name))
    field.required, field.initial = False, suggested["fixed"].get(name, "")
    field.label, field.help_text = mappings.label_of(kind, name), ""
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        field.choices = [("", _("Not set")), *(pair for pair in choices if pair[0])]
    return field
