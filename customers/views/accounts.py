"""Signing in and out, in the log like everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from customers.audit import Actor, actor_of, note, person
from customers.demo import DEMO_LOGINS
from customers.models import Outcome


class SignIn(auth.LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = [] if settings.LIVE else DEMO_LOGINS
        return super().get_context_data(**kwargs) | {"demo_logins": demo}


sign_in = SignIn.as_view()
sign_out = auth.LogoutView.as_view()


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    _note(request, "session.sign_in", user)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        _note(request, "session.sign_out", user)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    if request is None:
        return
    name = str(credentials.get("username", ""))[:150]
    note(
        "session.fail",
        actor=actor_of(request),
        outcome=Outcome.BLOCKED,
        asked={"username": name},
    )


def _note(request: HttpRequest | None, action: str, user: Any) -> None:
    actor = actor_of(request) if request is not None else Actor()
    note(action, actor=replace(actor, **person(user)))
