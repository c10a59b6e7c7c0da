"""What every request gets: an ID, an address, a time zone, a language, words for Dub's failures."""

from __future__ import annotations

import gzip
import io
import re
import secrets
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, get_language_from_request

from dubadmin.dub.errors import DubError

from .addresses import address_as_sent, path_as_sent
from .audit import person, storable
from .demo import DEMO_LOGINS
from .http import Request
from .language import as_read_by
from .models import preferences_of
from .problems import problem_of

GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS_POLICY = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
WORTH_PACKING = 200  # bytes
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")


def request_id(get_response: GetResponse) -> GetResponse:
    """Takes a proxy's X-Request-ID when it is harmless, makes one otherwise; answers with it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = id  # type: ignore[attr-defined]  # see http.Request
        request.client_ip = storable(client_ip(request))[:45]  # type: ignore[attr-defined]
        if agent := request.META.get("HTTP_USER_AGENT"):  # allauth keeps it, and so do jobs
            request.META["HTTP_USER_AGENT"] = storable(agent)
        response = get_response(request)
        response.headers["X-Request-ID"] = id
        return response

    return middleware


def browser_rules(get_response: GetResponse) -> GetResponse:
    """Headers that keep what a page shows to the browser that asked, and its devices unused."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return middleware


def compressed_pages(get_response: GetResponse) -> GetResponse:
    """Pages by gzip; not the files that go out, which must break off visibly where they break off.

    What an attacker could learn from the length of a page (BREACH) is drowned in padding of random
    length, and other sites cannot ask for our pages with our cookies (docs/decisions.md).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.streaming or len(response.content) < WORTH_PACKING:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.content = _packed(response.content)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def _packed(content: bytes) -> bytes:
    """Quickly, a ninth larger than gzip's usual level; the file name in its head is the padding."""
    packed, padding = io.BytesIO(), "a" * secrets.randbelow(100)
    with gzip.GzipFile(padding, "wb", compresslevel=2, fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def client_ip(request: HttpRequest) -> str:
    """The visitor's address: the one that the outermost of TRUSTED_PROXIES saw, else the peer's."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        return hops[-settings.TRUSTED_PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def time_zone(get_response: GetResponse) -> GetResponse:
    """Shows times in the zone that the person chose, else the browser's (cookie `tz`), else UTC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = preferences_of(request.user).time_zone
        with timezone.override(_zone(chosen or request.COOKIES.get("tz", ""))):
            return get_response(request)

    return middleware


def language(get_response: GetResponse) -> GetResponse:
    """Speaks the language that the person chose, else the browser's, else English."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = get_language_from_request(request)
        with as_read_by(request.user, otherwise=asked):
            response = get_response(request)
            if response.get("Content-Type", "").startswith("text/html"):
                response.headers.setdefault("Content-Language", get_language() or asked)
                patch_vary_headers(response, ["Accept-Language"])
            return response

    return middleware


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo("UTC")


def whole_ids(get_response: GetResponse) -> GetResponse:
    """Finds a customer's page by the path as it was sent, where its ID is one segment (R13)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = path_as_sent(request)
        if path.startswith(reverse("customer_list")):
            if not path.endswith("/") and request.method in {"GET", "HEAD"}:
                rest = address_as_sent(request).removeprefix(path)
                return HttpResponsePermanentRedirect(f"{path}/{rest}")
            request.path_info = path
        return get_response(request)

    return middleware


class dub_problems:
    """A failed read of Dub that no view caught becomes a page that says so, with a way to retry."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Request, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DubError):
            return None
        problem = problem_of(error, retry_url=address_as_sent(request))
        request.explanation = problem.title
        return render(request, "problem.html", {"problem": problem}, status=problem.page_status)


def here(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: whether this is Dub or the sandbox, and who is signed in."""
    user = getattr(request, "user", AnonymousUser())
    actor = person(user)
    return {
        "preferences": preferences_of(user),
        "here": {
            "live": settings.LIVE,
            "role": actor.get("role", ""),
            "person": actor.get("name", ""),
            "demo_logins": [] if settings.LIVE else DEMO_LOGINS,
            "sso": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        },
    }
