"""What people set for themselves."""

from __future__ import annotations

from django.contrib import messages
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.audit import actor_of
from customers.forms import PreferencesForm, ThemeForm
from customers.guard import page
from customers.http import Request, signed_in
from customers.language import as_read_by
from customers.models import Preferences, preferences_of
from customers.preferences import change, start_of

from .shared import FORM_AND_POST, tell_errors


@FORM_AND_POST
@page("account.view", posted="account.form")
def preferences(request: Request) -> HttpResponse:
    user = signed_in(request)
    kept = preferences_of(user)
    if request.method != "POST":
        form = PreferencesForm(instance=kept, user=user)
        return render(request, "account/preferences.html", {"form": form})
    form = PreferencesForm(request.POST, user=user)
    if not form.is_valid():
        tell_errors(request, form)
        return render(request, "account/preferences.html", {"form": form})
    _save(request, form)
    asked = translation.get_language_from_request(request)
    with as_read_by(user, otherwise=asked):  # in the language that was just chosen
        messages.success(request, _("Your preferences are saved."))
    return redirect("preferences")


def _save(request: Request, form: ModelForm[Preferences]) -> None:
    change(signed_in(request), form.cleaned_data, actor=actor_of(request))


@require_POST
@page("account.view", posted="account.form")
def preferences_theme(request: Request) -> HttpResponse:
    """The switch in the menu; without JavaScript it leads back to the page that it is on."""
    form = ThemeForm(request.POST)
    if form.is_valid():
        _save(request, form)
    tell_errors(request, form)
    if request.htmx:
        return HttpResponse(status=204)
    to = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(to if ours and "/" in to else start_of(signed_in(request)))
