"""Every visit leaves one entry in the log: who asked for which page, and how it ended.

What a page writes itself (`audit.perform`, `audit.note`) is its entry. For all else the middleware
writes one, after the page was made and before anybody sees it: what cannot be logged is not shown.
Many visits of nobody who is signed in share one (see `strangers`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.functional import Promise

from .addresses import path_as_sent
from .audit import Target, acting, actor_of, note, noticing
from .http import Request
from .models import Outcome
from .strangers import is_counted
from .watch import HEALTH

GetResponse = Callable[[Request], HttpResponse]
READS = frozenset({"GET", "HEAD"})
LONGEST = 500  # characters of what was typed into one field

# Pages about accounts, by the beginning of their route: to look, and to submit. What they ask for
# may be secret (a password, the link of an invitation), so only their route is logged.
SECRET = {
    "admin/": ("users.view", "users.form"),
    "accounts/": ("account.view", "account.form"),
}
# Looks that are not logged. They show nobody's data and change nothing.
UNLOGGED = {
    "account_login": "Nobody is known yet. What comes of it is logged by signin.log.",
    "mfa_login_webauthn": "What a browser needs to ask for a passkey, fetched by the sign-in.",
    "admin:jsi18n": "A script with the words of Django's admin, fetched by its pages.",
}
_BLOCKED = {
    400: "The request could not be understood.",
    401: "Nobody was signed in.",
    403: "The form had expired, or came from another site.",
    405: "This page does not take such a request.",
    413: "The request was too large.",
    429: "Too many requests in a short time.",
}
_FAILED = {404: "There is nothing at this address."}
_NOT_TOLD = frozenset({"csrfmiddlewaretoken", "key", "seen", "opened"})


class logged:
    """The middleware. A view says on the request what it showed, and why it stopped somebody."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.looked, request.outcome, request.explanation = Target(), None, ""
        started = time.monotonic()
        with acting(lambda: actor_of(request)), noticing() as told:
            response = self.get_response(request)
            action = _action(request, response)
            if action and not _is_told(action, request, told) and not _is_one_of_many(request):
                _note(action, request, response, started=started)
        return response

    def process_view(
        self, request: Request, view: Any, args: Any, kwargs: Mapping[str, Any]
    ) -> None:
        id = str(kwargs.get("id", ""))
        is_external = id.startswith("ext_")
        request.looked = Target(external_id=id[4:]) if is_external else Target(id=id)

    def process_exception(self, request: Request, error: Exception) -> None:
        if isinstance(error, PermissionDenied):
            request.explanation = request.explanation or "The role does not allow it."
        elif not isinstance(error, Http404):
            request.explanation = f"dubadmin failed ({type(error).__name__})."


def _action(request: Request, response: HttpResponse) -> str:
    """What this visit is called in the log, "" where it is not logged."""
    match = request.resolver_match
    if match is None:
        return _without_a_page(request, response)
    if match.view_name in HEALTH:
        return ""
    view: Any = match.func
    went_well = response.status_code < 400 and request.outcome is None
    if went_well and request.method in READS and _is_unlogged(match.view_name, view):
        return ""
    if hasattr(view, "action"):
        return action_of(view, request.method)
    for route, (look, submit) in SECRET.items():
        if match.route.startswith(route):
            return look if request.method in READS else submit
    return ""


def _is_unlogged(name: str, view: Any) -> bool:
    return name in UNLOGGED or not getattr(view, "logged", True)


def action_of(view: Any, method: str | None) -> str:
    """What a request to a view of `guard.page` is called, should it write nothing itself."""
    return str(view.action if method in READS else view.posted or view.action)


def _without_a_page(request: Request, response: HttpResponse) -> str:
    """A wrong address of somebody who is signed in. Of strangers, the web server's log tells."""
    is_known = not isinstance(getattr(request, "user", AnonymousUser()), AnonymousUser)
    return "page.miss" if is_known and response.status_code >= 400 else ""


def _is_told(action: str, request: Request, told: list[str]) -> bool:
    """A look is logged beside what it brought about, a submit only where it wrote nothing."""
    return action in told if request.method in READS else bool(told)


def _is_one_of_many(request: Request) -> bool:
    """Of nobody who is signed in, or was until now; counted, where others came before it."""
    nobody = isinstance(getattr(request, "user", AnonymousUser()), AnonymousUser)
    was = getattr(request, "was", None)
    return nobody and was is None and is_counted(request.client_ip, "page.closed")


def _note(action: str, request: Request, response: HttpResponse, *, started: float) -> None:
    outcome, explanation = _ended(request, response)
    note(
        action,
        actor=actor_of(request),
        target=request.looked,
        outcome=outcome,
        explanation=explanation,
        asked=_asked(request),
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _ended(request: Request, response: HttpResponse) -> tuple[Outcome, str | Promise]:
    status, said = response.status_code, request.explanation
    if request.outcome is not None:
        return request.outcome, said
    if status in _BLOCKED:
        return Outcome.BLOCKED, said or _BLOCKED[status]
    if status >= 400:
        return Outcome.FAILED, said or _FAILED.get(status, "dubadmin failed.")
    if request.method in READS:
        return Outcome.DONE, said
    shown: Mapping[str, Any] = getattr(response, "context_data", None) or {}
    if shown.get("errors") or getattr(shown.get("form"), "errors", None):
        return Outcome.BLOCKED, "The form was not accepted."
    return Outcome.DONE, said or "Nothing was changed."


def _asked(request: Request) -> dict[str, Any]:
    """Method and address, the query, and what was typed into a form that wrote nothing."""
    match = request.resolver_match
    if match is not None and match.route.startswith(tuple(SECRET)):
        return {"method": request.method, "path": f"/{match.route}"}
    asked: dict[str, Any] = {"method": request.method, "path": _cut(path_as_sent(request))}
    query, fields = _fields(lambda: request.GET), _fields(lambda: request.POST)
    asked |= {"query": query} if query else {}
    asked |= {"fields": fields} if fields else {}
    return asked


def _fields(read: Callable[[], QueryDict]) -> dict[str, str]:
    """Fields as text; none where the request is too large or too broken to be read."""
    try:
        given = read()
    except (OSError, SuspiciousOperation, MultiPartParserError):
        return {}
    return {
        _cut(name): _cut(", ".join(values))
        for name, values in given.lists()
        if name not in _NOT_TOLD and any(values)
    }


def _cut(text: str) -> str:
    """`text`, with a word where it is longer than the log keeps."""
    left_out = len(text) - LONGEST
    return f"{text[:LONGEST]}… ({left_out} more characters)" if left_out > 0 else text
