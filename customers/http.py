"""The request as our views see it: what the middleware and the guard have put on it."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.functional import Promise
from django_htmx.middleware import HtmxDetails

from .audit import Target
from .models import Outcome


class Request(HttpRequest):
    """What a view tells the log about a visit that it does not log itself (see `visits`).

    `looked` is what the person saw. `outcome` is only set where the answer's status would not tell
    how the visit ended; `explanation` says it in a sentence.
    """

    request_id: str
    client_ip: str
    mark: str  # of this session (see signin.sessions)
    was: int | None  # who was signed in until now, in a session that ran out
    htmx: HtmxDetails
    user: User | AnonymousUser  # the guard lets only a User through to a view
    closed: bool  # nothing but setting up a second step is open to this person yet
    looked: Target
    outcome: Outcome | None
    explanation: str | Promise


def stop(request: Request, why: str | Promise) -> None:
    """Tells the log that what was asked for was not let through, however the page answers."""
    request.outcome, request.explanation = Outcome.BLOCKED, why


def fail(request: Request, why: str | Promise) -> None:
    """Tells the log that what was asked for did not work, however the page answers."""
    request.outcome, request.explanation = Outcome.FAILED, why


def signed_in(request: Request) -> User:
    """The person whom the guard has let through."""
    return cast(User, request.user)
