"""How long a session lasts, and how long ago its person has shown who they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from customers.audit import actor_of, note
from customers.http import Request

SIGNED_IN, SEEN, SURE = "signed_in_at", "seen_at", "sure_at"
SEEN_EVERY_SECONDS = 60
MARK = "dubadmin_here"


@receiver(user_logged_in)
def _begin(request: HttpRequest, **kwargs: Any) -> None:
    request.session.update(begun())


def begun() -> dict[str, float]:
    """What a session starts with."""
    return dict.fromkeys((SIGNED_IN, SEEN, SURE), time.time())


class timeouts:
    """The middleware that ends a session which was not used for long, or is old.

    A fragment that a page fetches by itself is no use. Who was signed out stands on `request.was`.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.was = None
        if request.user.is_authenticated and (why := _why_over(request.session)):
            _end(request, why)
        request.mark = mark_of(request)
        response = self.get_response(request)
        _leave_mark(request, response)
        return response

    def process_view(self, request: Request, view: Any, args: Any, kwargs: Any) -> None:
        seen = request.session.get(SEEN, 0)
        used = request.user.is_authenticated and getattr(view, "logged", True)
        if used and time.time() - seen > SEEN_EVERY_SECONDS:
            request.session[SEEN] = time.time()
            UserSession.objects.create_from_request(request)


def mark_of(request: HttpRequest) -> str:
    """A word for this session that opens nothing, "" where nobody is signed in.

    A page has it, and a cookie that scripts may read: a page that the back button brings back
    after signing out knows by it that it is not to be seen any more (page.js).
    """
    if not request.user.is_authenticated:
        return ""
    return salted_hmac("here", request.session.session_key or "").hexdigest()[:16]


def _leave_mark(request: HttpRequest, response: HttpResponse) -> None:
    mark = mark_of(request)
    if mark == request.COOKIES.get(MARK, ""):
        return
    if mark:
        response.set_cookie(MARK, mark, secure=settings.HTTPS, samesite="Lax")
    else:
        response.delete_cookie(MARK, samesite="Lax")


def _why_over(session: SessionBase) -> Promise | None:
    if time.time() - session.get(SIGNED_IN, 0) > settings.SESSION_HOURS * 3600:
        return format_lazy(
            _("Signed out {hours} h after signing in."), hours=settings.SESSION_HOURS
        )
    if time.time() - session.get(SEEN, 0) > settings.SESSION_IDLE_MINUTES * 60:
        minutes = settings.SESSION_IDLE_MINUTES
        return format_lazy(_("Signed out after {minutes} minutes without use."), minutes=minutes)
    return None


def _end(request: Request, why: Promise) -> None:
    note("session.expire", actor=actor_of(request), explanation=why)
    request.was = request.user.pk
    request.session.flush()
    request.user = AnonymousUser()
    messages.info(request, str(why))


def is_sure(request: HttpRequest) -> bool:
    """Whether the person has shown who they are within the last CONFIRM_MINUTES."""
    return bool(time.time() - request.session.get(SURE, 0) < settings.CONFIRM_MINUTES * 60)


def make_sure(request: HttpRequest) -> None:
    """The person has just shown who they are."""
    request.session[SURE] = time.time()


def must_be_sure(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired where that is long ago; the guard answers by asking."""
    if not is_sure(request):
        raise ReauthenticationRequired
