"""The request as our views see it: what the middleware and the guard have put on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from .audit import Target


class Request(HttpRequest):
    """`looked` and `asked` are what the view tells the log about a look (see `guard.page`)."""

    request_id: str
    client_ip: str
    htmx: HtmxDetails
    user: User | AnonymousUser  # the guard lets only a User through to a view
    looked: Target
    asked: Mapping[str, Any] | None
