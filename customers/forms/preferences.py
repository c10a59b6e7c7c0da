"""What people set for themselves."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

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
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=QuickSelect,
        help_text=_("All times are shown in it; UTC stands beside them when you point at one."),
        error_messages={"invalid_choice": _("There is no time zone “%(value)s”.")},
    )

    class Meta:
        model = Preferences
        fields = ["theme", "contrast", "density", "time_zone", "start"]
        labels = {"density": _("Rows of tables")}
        help_texts = {"density": _("Compact rows have one line each.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [("", _("That of the browser")), *((name, name) for name in _zones())]
        cast(forms.ChoiceField, self.fields["time_zone"]).choices = zones
        cast(forms.ChoiceField, self.fields["start"]).choices = starts_for(user)


class ThemeForm(forms.ModelForm[Preferences]):
    """The switch in the menu."""

    class Meta:
        model = Preferences
        fields = ["theme"]


@cache
def _zones() -> list[str]:
    """Places and UTC, without names for machines ("Etc/GMT+5", "posixrules")."""
    known = zoneinfo.available_timezones()
    return ["UTC", *sorted(name for name in known if "/" in name and name.split("/")[0] in _PARTS)]


_PARTS = {
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
}
