"""Having a checked file sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers import formats

from .shared import Reason


class StartForm(Reason):
    """Asks for the run. Rows in doubt are sent only when somebody says so, and why."""

    with_doubts = forms.BooleanField(required=False)

    field_order = ["with_doubts", "reason"]

    def __init__(self, *args: Any, action: str, ready: int, in_doubt: int, **kwargs: Any) -> None:
        self.action, self.ready = action, ready
        super().__init__(*args, **kwargs)
        self.fields["with_doubts"].label = ngettext(
            "Also send the %(n)s row in doubt", "Also send the %(n)s rows in doubt", in_doubt
        ) % {"n": formats.current().number(in_doubt)}
        if not in_doubt:
            del self.fields["with_doubts"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("with_doubts") and not given.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say why the rows in doubt are sent all the same."))
        if not self.ready and not given.get("with_doubts"):
            self.add_error(None, _("There is nothing to send: no row is ready."))
        return given
