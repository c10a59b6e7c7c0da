"""What Django and allauth tell of signing in goes into the audit log, without any secret."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import get_pending_stage
from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from customers.audit import Actor, Target, actor_of, note, person
from customers.models import Outcome

from .names import account_name

UNKNOWN = "unknown account"
_PASSKEY = Authenticator.Type.WEBAUTHN
_STEPS = {
    "totp": "authenticator app",
    "recovery_codes": "recovery codes",
    "webauthn": "passkey",
    "socialaccount": "single sign-on",
}


def note_of(
    request: HttpRequest | None, action: str, user: User | AnonymousUser | None, **details: Any
) -> None:
    """An entry about what `user` did, signed in or not yet."""
    actor = actor_of(request) if request is not None else Actor()
    note(action, actor=replace(actor, **person(user)) if user else actor, **details)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    records = get_authentication_records(request, user)
    by = [_STEPS.get(record.get("type", record["method"]), record["method"]) for record in records]
    note_of(request, "session.sign_in", user, asked={"by": ", ".join(by)} if by else None)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        note_of(request, "session.sign_out", user)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Only the name of an account is logged: people type passwords into the wrong field."""
    if request is not None:
        note(
            "session.fail",
            actor=actor_of(request),
            target=_whom(str(credentials.get("username", ""))),
            outcome=Outcome.BLOCKED,
            explanation="The password is not right, or the account is not active.",
        )


def _whom(typed: str) -> Target:
    return Target(label=account_name(typed) or UNKNOWN)


@receiver(password_changed)
def _password_changed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note_of(request, "password.change", user)


@receiver(authenticator_added)
def _added(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _note_step(request, "add", user, authenticator)


@receiver(authenticator_removed)
def _removed(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _note_step(request, "remove", user, authenticator)


@receiver(authenticator_reset)
def _renewed(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _note_step(request, "add", user, authenticator)


@receiver(authenticator_used)
def _used(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _note_step(request, "use", user, authenticator)


@receiver(authentication_failed)
def _wrong(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _note_step(request, "fail", user, authenticator, outcome=Outcome.BLOCKED)


def _note_step(
    request: HttpRequest, verb: str, user: User, authenticator: Authenticator, **details: Any
) -> None:
    is_passkey = authenticator.type == _PASSKEY
    label = authenticator.wrap().name if is_passkey else _STEPS[authenticator.type]
    action = f"{'passkey' if is_passkey else 'step'}.{verb}"
    note_of(request, action, user, target=Target(label=label), **details)


def passkey_failed(request: HttpRequest, user: User | None) -> None:
    note_of(request, "passkey.fail", user, outcome=Outcome.BLOCKED)


def locked_out(request: HttpRequest, typed: str = "") -> None:
    """Too many attempts of somebody who is signed in, half signed in, or only typed a name."""
    stage = get_pending_stage(request)
    user = stage.login.user if stage else request.user
    note_of(
        request,
        "session.lock",
        user,
        target=_whom(typed) if typed else None,
        outcome=Outcome.BLOCKED,
        explanation="Too many attempts in a short time.",
    )
