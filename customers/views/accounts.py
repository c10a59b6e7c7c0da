"""Signing in and out, and showing who one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from customers.guard import page
from customers.http import Request, signed_in
from customers.signin import adapters, held, log, sessions
from customers.signin.forms import CodeAgainForm, PasskeyAgainForm, PasswordForm

from .shared import FORM_AND_POST, tell_errors

AGAIN: dict[str, Any] = {
    "password": PasswordForm,
    "code": CodeAgainForm,
    "credential": PasskeyAgainForm,
}
FRESH = "prompt=login&max_age=0"  # the provider asks anew, and says when it did


@FORM_AND_POST
@page("account.view", posted="account.form", without_second_step=True)
@sensitive_post_parameters("password", "code")
def confirm(request: Request) -> HttpResponse:
    """Asks who is signed in to show it again, by any way that they have, and leads on to `next`."""
    to = _next(request)
    name = next((name for name in AGAIN if name in request.POST), "")
    form = AGAIN[name](request.POST, user=request.user) if name else None
    if form and form.is_valid():
        if isinstance(form, CodeAgainForm | PasskeyAgainForm):
            form.save()
        sessions.make_sure(request)
        by = "passkey" if name == "credential" else name
        log.note_of(request, "session.confirm", request.user, asked={"by": by})
        return redirect(to)
    if form is None and sessions.is_sure(request):
        return redirect(to)
    if form:
        tell_errors(request, form)
    context = _ways(signed_in(request)) | {"form": form, "next": to}
    return render(request, "account/confirm.html", context)


def _next(request: Request) -> str:
    to = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return to if safe and to.startswith("/") else resolve_url(settings.LOGIN_REDIRECT_URL)


def _ways(user: User) -> dict[str, object]:
    """How this person can show who they are."""
    linked = settings.OIDC_ISSUER and SocialAccount.objects.filter(user=user).exists()
    passkey = is_mfa_enabled(user, ["webauthn"])
    return {
        "password": PasswordForm(user=user) if user.has_usable_password() else None,
        "code": AGAIN["code"](user=user) if is_mfa_enabled(user, ["totp"]) else None,
        "passkey": passkey,
        "js_data": {"request_options": begin_authentication(user)} if passkey else None,
        "sso": settings.OIDC_NAME if linked else "",
    }


@require_safe
@page("account.view")
def held_form(request: Request) -> HttpResponse:
    """The form that could not be taken before, to be sent by whoever filled it in."""
    kept = held.held_by(request)
    return render(request, "account/held.html", {"kept": kept}) if kept else redirect("home")


@require_safe
def sso_start(request: Request, provider_id: str) -> HttpResponse:
    """To the provider. Nothing of the query goes with it but where to return."""
    asked = QueryDict(mutable=True)
    asked["next"] = _next(request)
    if request.user.is_authenticated:
        asked["auth_params"] = FRESH
    request.GET = asked  # type: ignore[assignment]
    return _openid(openid.login, request, provider_id)


@require_safe
def sso_callback(request: Request, provider_id: str) -> HttpResponse:
    return _openid(openid.callback, request, provider_id)


def _openid(view: Callable[..., HttpResponse], request: Request, provider_id: str) -> HttpResponse:
    """What a provider answers may be anything, or nothing."""
    try:
        return view(request, provider_id)
    except (OAuth2Error, OSError, LookupError, ValueError, TypeError, AttributeError):
        return adapters.refused(request, _("It could not be reached, or its answer made no sense."))


def form_expired(request: Request, reason: str = "") -> HttpResponse:
    """A form without the token of this browser. One of our own pages' is kept, to be sent again.

    A browser names the page that a form comes from (Origin), and no other site can change that.
    """
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if ours and request.user.is_authenticated and not request.htmx:
        to = held.where_to_return(request)
        if to == reverse("account_held"):
            return redirect(to)
    return render(request, "403_csrf.html", status=403)


def too_many(request: Request) -> HttpResponse:
    log.locked_out(request)
    return render(request, "429.html", status=429)
