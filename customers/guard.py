"""The door of every page: signed in, allowed, and in the log.

A view without `page` is refused by a test, so no page can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from .addresses import address_as_sent
from .http import Request, stop
from .roles import ROLES

View = Callable[..., HttpResponse]


def page(
    action: str, *, permission: str | None = None, posted: str = "", logged: bool = True
) -> Callable[[View], View]:
    """Lets in who is signed in and holds `permission`; `visits` logs the request as `action`.

    `posted` is what a submit is called that wrote nothing. `logged=False` is for fragments that
    only repeat what a logged page shows: they are logged when they are refused or fail.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if isinstance(request.user, AnonymousUser):
                stop(request, "Nobody was signed in.")
                return redirect_to_login(address_as_sent(request))
            require(request, permission)
            response = view(request, *args, **kwargs)
            patch_vary_headers(response, ["HX-Request"])
            return response

        told = {"action": action, "posted": posted, "permission": permission, "logged": logged}
        vars(guarded).update(told)
        return guarded

    return decorate


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
    return f"Your role does not allow this. It is for: {', '.join(roles)}."
