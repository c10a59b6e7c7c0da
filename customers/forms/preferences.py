"""What people set for themselves."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.models import Preferences
from customers.preferences import starts_for

from .shared import QuickSelect


class PreferencesForm(forms.ModelForm[Preferences]):
    """All of them but the columns of the list, which are chosen there."""

    start = forms.ChoiceField(
        label=_("Start page"),
        help_text=_("Where signing in leads to."),
        error_messages={"invalid_choice": _("This is no page that your role may open.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("The audit log is always in English."),
    )
    formats = forms.ChoiceField(
        label=_("Numbers and dates"),
        required=False,
        help_text=_("How amounts, dates and times are written."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=QuickSelect,
        help_text=_("All times are shown in it; UTC stands beside them when you point at one."),
        error_messages={"invalid_choice": _("There is no time zone “%(value)s”.")},
    )

    class Meta:
        model = Preferences
        fields = ["theme", "contrast", "density", "time_zone", "start", "language", "formats"]
        labels = {
            "theme": _("Theme"),
            "contrast": _("Contrast"),
            "density": _("Rows of tables"),
        }
        help_texts = {"density": _("Compact rows have one line each.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        browser = gettext("That of the browser")
        self._offer("language", [("", browser), *settings.LANGUAGES])
        self._offer("formats", [("", gettext("As the language")), *_formats()])
        zones = [("", browser), *((name, name) for name in _zones())]
        self._offer("time_zone", zones)
        self._offer("start", starts_for(user))

    def _offer(self, field: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[field]).choices = choices


class ThemeForm(forms.ModelForm[Preferences]):
    """The switch in the menu."""

    class Meta:
        model = Preferences
        fields = ["theme"]
        labels = {"theme": _("Theme")}


@cache
def _formats() -> list[tuple[str, str]]:
    return [(name, formats.called(name).label) for name in formats.NAMES]


@cache
def _zones() -> list[str]:
    """Places and UTC, without names for machines ("Etc/GMT+5", "posixrules")."""
    known = zoneinfo.available_timezones()
    return ["UTC", *sorted(name for name in known if "/" in name and name.split("/")[0] in _PARTS)]


_PARTS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}
