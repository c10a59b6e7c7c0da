"""Where allauth asks how it is done here."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import clean_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.models import Outcome
from customers.preferences import start_of

from . import invitations, log, sessions

SAID = {
    "account/messages/password_changed.txt": _(
        "Your password was changed. All other sessions ended."
    ),
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app was removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey was added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey was removed."),
}
WRONG_CODE = _("This code is not right, or it was used already.")
TOO_MANY = _("Too many attempts. Wait five minutes, then try again.")
_NOWHERE = "0.0.0.0"  # noqa: S104  an address that the server did not tell


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The name or the password is not right."),
        "incorrect_password": _("The password is not right."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only this site, whatever other names ALLOWED_HOSTS has."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return start_of(cast(User, request.user))

    def get_client_ip(self, request: HttpRequest) -> str:
        return clean_client_ip(getattr(request, "client_ip", "")) or _NOWHERE

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if self.error_messages[code] == TOO_MANY:
            log.locked_out(context.request, context.request.POST.get("login", ""))
        return ValidationError(self.error_messages[code], code=code)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        message: str | None = None,
        **kwargs: Any,
    ) -> None:
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, said)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not sessions.is_sure(context.request)


class SecondSteps(DefaultMFAAdapter):  # type: ignore[misc]
    """Its secrets are encrypted by SECRET_KEY: a copy of the database does not sign in."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that fits no code when SECRET_KEY is another one by now."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user: User, type: str) -> str:
        today = formats.current().moment(timezone.localdate(), "date")
        return gettext("Passkey of %(date)s") % {"date": today}


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"second steps:{key!s}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in whose confirmed e-mail address has an account or an invitation."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        raise ImmediateHttpResponse(refused(request, _("It did not say who you are.")))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        told = sociallogin.account.extra_data
        if (told.get("userinfo") or told["id_token"])["sub"] != told["id_token"]["sub"]:
            raise ImmediateHttpResponse(refused(request, _("It named two different people.")))
        if request.user.is_authenticated:
            raise ImmediateHttpResponse(_confirmed(request, sociallogin))
        if sociallogin.is_existing:
            return
        emails = [each.email for each in sociallogin.email_addresses if each.verified]
        user = invitations.person_of(emails, request=request)
        if user is None:
            why = _("Nobody here has your e-mail address. Ask an administrator for an invitation.")
            raise ImmediateHttpResponse(refused(request, why))
        sociallogin.connect(request, user)
        log.note_of(request, "account.link", user)


def _confirmed(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Who is signed in already has come to show who they are."""
    told = sociallogin.account.extra_data.get("id_token") or {}
    if sociallogin.user != request.user:
        return refused(request, _("It named another person than the one who is signed in here."))
    if time.time() - told.get("auth_time", 0) > settings.CONFIRM_MINUTES * 60:
        return refused(request, _("It did not ask you again who you are."))
    sessions.make_sure(request)
    log.note_of(request, "session.confirm", request.user, asked={"by": "single sign-on"})
    return redirect(sociallogin.get_redirect_url(request) or settings.LOGIN_REDIRECT_URL)


def refused(request: HttpRequest, why: str | Promise) -> HttpResponse:
    """The page that says why single sign-on did not let somebody in."""
    log.note_of(
        request,
        "session.fail",
        request.user,
        outcome=Outcome.BLOCKED,
        explanation=format_lazy("SSO: {}", why),
    )
    title = gettext("No sign-in by %(name)s") % {"name": settings.OIDC_NAME}
    context = {"title": title, "why": why}
    return render(request, "account/refused.html", context, status=403)
