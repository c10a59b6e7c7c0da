"""What several pages need: rendering a page or its part, and customers by their address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.forms import new_key
from customers.guard import View
from customers.http import Request, stop
from customers.models import AuditEntry
from customers.problems import problem_of
from dubadmin.dub.errors import DubError

FORM_AND_POST = require_http_methods(["GET", "HEAD", "POST"])


def with_key(posted: Any, *, renew: bool = False) -> QueryDict:
    """The posted fields with a one-time key, a fresh one where there is none yet (trap S7)."""
    data: QueryDict = posted.copy()
    if renew or not data.get("key"):
        data["key"] = new_key()
    return data


def sent_before(request: Request) -> AuditEntry | None:
    """What became of this very form, when it was sent before (trap S7)."""
    key = request.POST.get("key", "")
    return AuditEntry.objects.filter(key=key).first() if key.isalnum() else None


def to_earlier(request: Request, entry: AuditEntry) -> HttpResponse:
    """The way to what became of a form that came in once more (trap S7)."""
    stop(request, f"This form was sent before, in entry #{entry.pk}: it was not sent again.")
    messages.warning(request, _("This was sent before and not again. Here is what became of it."))
    return redirect(result_url(entry))


def tell_errors(request: Request, form: forms.BaseForm) -> None:
    """Tells the log why a form was not accepted, in English."""
    if form.errors:
        with translation.override("en"):
            stop(request, errors_of(form))


def errors_of(form: forms.BaseForm) -> str:
    """Why a form was not accepted, in the words of its page."""
    errors = [
        f"{form.fields[name].label or name}: {' '.join(map(str, told))}"
        if name in form.fields
        else " ".join(map(str, told))
        for name, told in form.errors.items()
    ]
    return _("Not accepted. %(errors)s") % {"errors": " ".join(errors)}


def reads_first(view: View) -> View:
    """For a form whose submit reads the customer before it sends.

    When that read fails nothing has been sent, and the page says so. The view lets no error of Dub
    pass that came later: `audit.perform` makes outcomes of those.
    """

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DubError as error:
            if request.method != "POST":
                raise
            kept = _("Nothing was sent to Dub. Go back: what you typed is still there.")
            problem = replace(problem_of(error), recorded=kept)
        return render(request, "problem.html", {"problem": problem}, status=problem.page_status)

    return guarded


def render_part(
    request: Request, template: str, context: dict[str, Any], *, part: str
) -> HttpResponse:
    """The page, or only its named part when htmx asked for it (not boosted, not from history)."""
    htmx = request.htmx
    fragment = htmx and not htmx.boosted and not htmx.history_restore_request
    return render(request, f"{template}#{part}" if fragment else template, context)


def download(
    pieces: Iterator[bytes], *, name: str, content_type: str, size: int | None = None
) -> StreamingHttpResponse:
    """A file for the browser to save, sent as it comes: no proxy shall collect it first."""
    headers = {
        "Content-Disposition": content_disposition_header(True, name),
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    headers |= {"Content-Length": str(size)} if size is not None else {}
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)


def result_url(entry: AuditEntry) -> str:
    return reverse("result", args=[entry.pk])


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def address(request: Request, **changes: Any) -> str:
    """This page's address with some of its query changed; None takes a key away."""
    kept = {key: value for key, value in request.GET.items() if value and key not in changes}
    added = {key: str(value) for key, value in changes.items() if value is not None}
    query = urlencode({**kept, **added})
    return f"{request.path}?{query}" if query else request.path
