"""What Django and allauth tell of signing in goes into the audit log, without any secret."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import get_pending_stage
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from customers.audit import Actor, Target, actor_of, note, person
from customers.models import Outcome
from customers.strangers import is_counted

from . import people
from .names import account_name

UNKNOWN = "unknown account"
_BY = {**people.STEPS, "webauthn": "passkey", "socialaccount": "single sign-on"}


def note_of(
    request: HttpRequest | None, action: str, user: User | AnonymousUser | None, **details: Any
) -> None:
    """An entry about what `user` did, signed in or not yet; many of nobody's share one."""
    actor = actor_of(request) if request is not None else Actor()
    actor = replace(actor, **person(user)) if user else actor
    if actor.id or details.get("outcome") != Outcome.BLOCKED or not is_counted(actor.ip, action):
        note(action, actor=actor, **details)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    records = get_authentication_records(request, user)
    by = [_BY.get(record.get("type", record["method"]), record["method"]) for record in records]
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


@receiver(authenticator_used)
def _used(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    action, target = people.action_of("use", authenticator), people.target_of(authenticator)
    note_of(request, action, user, target=target)


@receiver(authentication_failed)
def _wrong(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    note_of(
        request,
        people.action_of("fail", authenticator),
        user,
        target=people.target_of(authenticator),
        outcome=Outcome.BLOCKED,
    )


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
