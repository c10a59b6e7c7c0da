"""The forms of signing in: allauth's, with our words, and strict where allauth is lenient."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as AllauthPasswordForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.roles import ROLES

from . import log
from .names import account_name

CODE_COUNTS_SECONDS = 120  # longer than an authenticator app's code is good for
_PLAIN = {"autocapitalize": "none", "spellcheck": "false"}


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """By user name or e-mail address, whichever was typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = forms.TextInput({"autocomplete": "username webauthn", **_PLAIN})
        label = _("User name or e-mail")
        password = self.fields.pop("password")
        self.fields["login"] = forms.CharField(label=label, max_length=254, widget=widget)
        self.fields["password"] = _plain(password)

    def user_credentials(self) -> dict[str, Any]:
        return {"username": self._username, "password": self.cleaned_data["password"]}

    @cached_property
    def _username(self) -> str:
        """The account's name; what was typed where it is nobody's, so that both cost the same."""
        typed: str = self.cleaned_data["login"]
        return account_name(typed) or typed


def _plain(password: forms.Field) -> forms.Field:
    """Without what allauth adds: a placeholder, and a link to a page that is not here."""
    password.help_text = ""
    password.widget.attrs.pop("placeholder", None)
    return password


class PasswordForm(AllauthPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["password"])


class _Once(forms.Form):
    """A code of an authenticator app counts once, however long its app shows it."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            **_PLAIN,
        }

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        used = f"code:{self.user.pk}:{normalize_user_code(code)}"
        if not cache.add(used, "used", timeout=CODE_COUNTS_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_Once, AuthenticateForm):  # type: ignore[misc]
    pass


class CodeAgainForm(_Once, ReauthenticateForm):  # type: ignore[misc]
    pass


class FirstCodeForm(_Once, ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Type the code that the app shows")


class _Passkey(forms.Form):
    """What a browser sends of a passkey. It may be anything: what is not understood is wrong."""

    user: User | None

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (ValidationError, ValueError, TypeError, LookupError, AttributeError) as error:
            log.passkey_failed(context.request, self.user)
            if isinstance(error, ValidationError):
                raise
            raise get_adapter().validation_error("incorrect_code") from None


class PasskeyForm(_Passkey, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeySignInForm(_Passkey, LoginWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyAgainForm(_Passkey, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = _("So that you know it again, such as the name of the device.")
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=60, help_text=name)
        self.fields["passwordless"].widget = forms.HiddenInput()
        self.initial["passwordless"] = "on"

    def clean_credential(self) -> dict[str, Any]:
        """allauth looks into it only where it is true, and would keep 0 as somebody's passkey."""
        credential = self.cleaned_data["credential"]
        if not isinstance(credential, dict):
            raise get_adapter().validation_error("incorrect_code")
        return credential

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()  # type: ignore[no-any-return]
        except (ValueError, TypeError, LookupError, AttributeError):
            raise get_adapter().validation_error("incorrect_code") from None


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """Of an account that is there, or will be when its invitation is accepted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = _(
            "At least 12 characters. Not a common one, not only digits, and nothing like your name."
        )
        self.fields["new_password2"].label = _("The same again")
        self.fields["new_password2"].help_text = ""


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=[(name, name) for name in ROLES])

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("Somebody has an account with this e-mail address already."))
        return email
