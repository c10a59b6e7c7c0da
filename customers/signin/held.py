"""A form that could not be taken because of who sent it is kept, to be sent again after signing in.

It stays in the session for an hour. Nothing is sent by itself: the person sees it and goes on.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext

from customers.addresses import address_as_sent
from customers.http import Request

HELD = "held"
KEPT_SECONDS = 3600
MOST_CHARACTERS = 100_000
LONGEST_ADDRESS = 2000
_SECRET = ("password", "code", "credential")
_TECHNICAL = frozenset({"key", "step", "seen", "opened", "checked", "whom"})


@dataclass(frozen=True, kw_only=True)
class Held:
    """`fields` are all that go on, `told` those that a person would know again."""

    address: str
    fields: list[tuple[str, str]]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [
            (gettext(_label(name)), value)
            for name, value in self.fields
            if value and name not in _TECHNICAL and not value.startswith(("{", "["))
        ]


def _label(name: str) -> str:
    """ "Invoice ID", as the form calls it, of `invoice_id`."""
    return re.sub(r"\bid\b", "ID", name.replace("_", " ").capitalize())


def where_to_return(request: Request) -> str:
    """The address that leads on after signing in or confirming; a form is held for it."""
    if request.htmx:
        return _short(_page_before(request, "HX-Current-URL"))
    if request.method != "POST":
        return _short(address_as_sent(request))
    if _hold(request):
        return reverse("account_held")
    return _short(_page_before(request, "Referer"))


def _page_before(request: Request, header: str) -> str:
    """Path and query of the page of this site that the header names, "" where it does not."""
    try:
        came_from = urlsplit(request.headers.get(header, ""))
    except ValueError:
        return ""
    here = came_from.netloc == request.get_host()
    return f"{came_from.path}?{came_from.query}".rstrip("?") if here else ""


def _short(address: str) -> str:
    return address if 0 < len(address) <= LONGEST_ADDRESS else reverse("home")


def _hold(request: Request) -> bool:
    """Keeps the form, unless nobody is known, or it has secrets or files or is too large."""
    person = request.user.pk or request.was
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"]
    secret = any(word in name for name, _ in fields for word in _SECRET)
    size = sum(len(name) + len(value) for name, value in fields)
    if person is None or secret or request.FILES or size > MOST_CHARACTERS:
        return False
    request.session[HELD] = {
        "by": person,
        "at": time.time(),
        "address": address_as_sent(request),
        "fields": fields,
    }
    return True


def held_by(request: Request) -> Held | None:
    """What this person has sent and was kept."""
    kept = request.session.get(HELD)
    if not kept or kept["by"] != request.user.pk or time.time() - kept["at"] > KEPT_SECONDS:
        return None
    return Held(address=kept["address"], fields=[(name, value) for name, value in kept["fields"]])
