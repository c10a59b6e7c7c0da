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
from .audit import Target, actor_of, note
from .http import Request
from .models import Outcome
from .roles import ROLES

View = Callable[..., HttpResponse]
READS = frozenset({"GET", "HEAD"})


def page(
    action: str, *, permission: str | None = None, logged: bool = True
) -> Callable[[View], View]:
    """Lets in who is signed in and holds `permission`, and logs what was looked at as `action`.

    The view may say on `request.looked` what it was that the person saw, and on `request.asked`
    what was asked for. Writes are logged by `audit.perform`; `logged=False` is for fragments that
    only repeat what a logged page shows.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if isinstance(request.user, AnonymousUser):
                return redirect_to_login(address_as_sent(request))
            require(request, action, permission)
            request.looked, request.asked = Target(), None
            response = view(request, *args, **kwargs)
            patch_vary_headers(response, ["HX-Request"])
            if logged and request.method in READS:
                _log_look(request, action, response)
            return response

        for name, value in (("action", action), ("permission", permission), ("logged", logged)):
            setattr(guarded, name, value)  # for the test that walks all addresses
        return guarded

    return decorate


def require(request: Request, action: str, permission: str | None) -> None:
    """Stops who lacks `permission` with a 403 in words, and logs the attempt."""
    if permission is None or request.user.has_perm(permission):
        return
    note(
        action,
        actor=actor_of(request),
        outcome=Outcome.BLOCKED,
        asked={"method": request.method, "path": request.path[:300]},
        explanation="The role does not allow it.",
    )
    raise PermissionDenied(_refusal(permission))


def _refusal(permission: str) -> str:
    """Who may do what this person may not."""
    codename = permission.rsplit(".", maxsplit=1)[-1]
    roles = [name for name, codenames in ROLES.items() if codename in codenames]
    return f"Your role does not allow this. It is for: {', '.join(roles)}."


def _log_look(request: Request, action: str, response: HttpResponse) -> None:
    note(
        action,
        actor=actor_of(request),
        target=request.looked,
        asked=request.asked,
        outcome=Outcome.DONE if response.status_code < 400 else Outcome.FAILED,
    )
