"""The door of every page: signed in, allowed, and in the log.

A view without `page` is refused by a test, so no page can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from .http import Request, stop
from .roles import ROLES
from .signin.held import where_to_return
from .signin.second_step import is_missing
from .signin.sessions import must_be_sure

View = Callable[..., HttpResponseBase]


def page(
    action: str,
    *,
    permission: str | None = None,
    posted: str = "",
    logged: bool = True,
    confirm: bool = False,
    without_second_step: bool = False,
) -> Callable[[View], View]:
    """Lets in who is signed in and holds `permission`; `visits` logs the request as `action`.

    `posted` is what a submit is called that wrote nothing. `logged=False` is for fragments that
    only repeat what a logged page shows: they are logged when they are refused or fail.

    `confirm` asks who did not show lately who they are to do so first. Whose role needs a second
    step at signing in sees only pages `without_second_step` until they have set one up.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if isinstance(request.user, AnonymousUser):
                return _elsewhere(request, "account_login", why="Nobody was signed in.")
            request.closed = is_missing(request.user)
            if request.closed and not without_second_step:
                stop(request, "No second step at signing in is set up yet.")
                return redirect("mfa_index")
            require(request, permission)
            try:
                if confirm:
                    must_be_sure(request)
                response: HttpResponseBase = view(request, *args, **kwargs)
            except ReauthenticationRequired:
                return _elsewhere(request, "account_reauthenticate", why="First asked who it is.")
            patch_vary_headers(response, ["HX-Request"])
            return response

        told = {"action": action, "posted": posted, "permission": permission, "logged": logged}
        vars(guarded).update(told)
        return guarded

    return decorate


def _elsewhere(request: Request, name: str, *, why: str) -> HttpResponse:
    """To sign in or to confirm, and back; a form that was sent is kept for then."""
    stop(request, why)
    if request.method == "POST" and isinstance(request.user, AnonymousUser) and not request.was:
        messages.warning(request, _("You were signed out. Nothing was sent to Dub."))
    answer = redirect_to_login(where_to_return(request), reverse(name))
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer


def require(request: Request, permission: str | None) -> None:
    """Stops who lacks `permission` with a 403 in words."""
    if permission is None or request.user.has_perm(permission):
        return
    stop(request, "The role does not allow it.")
    raise PermissionDenied(_refusal(permission))


def _refusal(permission: str) -> str:
    """Who may do what this person may not."""
    codename = permission.rsplit(".", maxsplit=1)[-1]
    roles = [name for name, codenames in ROLES.items() if codename in codenames]
    words = _("Your role does not allow this. It is for: %(roles)s.")
    return words % {"roles": ", ".join(roles)}
