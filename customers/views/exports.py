"""Customers as a file: asking for it, downloading it, watching the worker make it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from customers import exports, tasks, work
from customers.audit import actor_of
from customers.exports import PRESETS
from customers.forms import CustomerListForm, ExportForm, new_key
from customers.guard import page
from customers.http import Request
from customers.models import Export
from customers.output import FORMATS
from customers.templatetags.show import country_name

from .saved import columns_of
from .shared import FORM_AND_POST, download, tell_errors, with_key

PERMISSION = exports.PERMISSION
RECENT, ROWS = 5, 100
LABELS = {"q": _("Search"), "country": _("Country"), "link": _("Link"), "partner": _("Partner")}


@FORM_AND_POST
@page("export.form", permission=PERMISSION, posted="export.check", confirm=True)
def export_new(request: Request) -> HttpResponseBase:
    """GET: what the list with this query shows. POST: the file, or the worker begins with it."""
    if request.method == "POST":
        form = ExportForm(with_key(request.POST))
        return _ask(request, form) if form.is_valid() else _form_page(request, form)
    listed = CustomerListForm(request.GET)
    if not listed.is_valid():
        # The list says what is wrong with its filters.
        return redirect(f"{reverse('customer_list')}?{request.GET.urlencode()}")
    query = listed.query() | {"sort": listed.cleaned_data["sort"]}
    chosen = {name: query[name] for name in (*LABELS, "sort", "order")}
    columns = exports.shown_by(column.name for column in columns_of(request, listed))
    preset = "list" if columns == PRESETS["list"][1] else "own"
    first = {"format": "csv", "preset": preset, "columns": columns, "key": new_key()}
    return _form_page(request, ExportForm(initial=first | chosen))


def _form_page(request: Request, form: ExportForm) -> HttpResponse:
    tell_errors(request, form)
    filters = {name: str(form[name].value() or "") for name in LABELS}
    context = {
        "form": form,
        "groups": _groups(form),
        "total": exports.count(filters),
        "filters": _filters(filters),
        "most": exports.most_at_once(with_events=False),
        "most_with_events": exports.most_at_once(with_events=True),
        "days": settings.EXPORT_KEEP_DAYS,
        **_recent(request),
    }
    return render(request, "exports/new.html", context)


def _groups(form: ExportForm) -> dict[Any, list[dict[str, Any]]]:
    """The columns to choose from, by the part of the customer that they tell of."""
    chosen = form["columns"].value() or []
    groups: dict[Any, list[dict[str, Any]]] = {}
    for column in exports.COLUMNS.values():
        option = {"column": column, "chosen": column.name in chosen}
        groups.setdefault(column.group, []).append(option)
    return groups


def _filters(filters: dict[str, str]) -> list[tuple[str | Promise, str]]:
    named = {**filters, "country": country_name(filters.get("country"))}
    return [(LABELS[name], named[name]) for name in LABELS if named.get(name)]


def _ask(request: Request, form: ExportForm) -> HttpResponseBase:
    wanted = form.wanted
    expected = exports.count(wanted["filters"])
    given = {**wanted, "expected": expected, "actor": actor_of(request)}
    if exports.fits_a_request(expected, with_events=wanted["with_events"]):
        return _stream(exports.ask(state=Export.State.STREAMING, **given))
    with transaction.atomic():
        export = exports.ask(state=Export.State.WALKING, key=form.cleaned_data["key"], **given)
        if export.is_open:
            tasks.wake_export(export)
    return redirect("export_detail", export.pk)


def _stream(export: Export) -> StreamingHttpResponse:
    pieces = exports.stream(export)
    if not FORMATS[export.format].streams:
        # It is packed at the end, so what goes wrong before can still be told by a page.
        pieces = _after(next(pieces), pieces)
    return download(pieces, name=export.name, content_type=FORMATS[export.format].content_type)


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _recent(request: Request) -> dict[str, Any]:
    exports.settle_lost()
    mine = Export.objects.filter(actor__id=str(request.user.pk))
    return {"recent": [_shown(export) for export in mine[:RECENT]]}


def _shown(export: Export) -> dict[str, Any]:
    return {
        "export": export,
        "format": FORMATS[export.format],
        "filters": _filters(export.filters),
        "told": exports.told(export) if export.state == Export.State.DONE else "",
        "agrees": exports.agrees(export),
        "progress": exports.progress(export),
    }


@require_safe
@page("export.follow", permission=PERMISSION, logged=False)
def export_recent(request: Request) -> HttpResponse:
    """The fragment that the form's page polls: what became of the downloads."""
    return render(request, "exports/new.html#recent", _recent(request))


@require_safe
@page("export.list", permission=PERMISSION)
def export_list(request: Request) -> HttpResponse:
    exports.settle_lost()
    everybody = request.GET.get("who") == "all"
    found = Export.objects.all()
    if not everybody:
        found = found.filter(actor__id=str(request.user.pk))
    shown = [_shown(export) for export in found[:ROWS]]
    return render(request, "exports/list.html", {"exports": shown, "everybody": everybody})


@require_safe
@page("export.view", permission=PERMISSION)
def export_detail(request: Request, number: int) -> HttpResponse:
    return render(request, "exports/export.html", _progress(number))


@require_safe
@page("export.follow", permission=PERMISSION, logged=False)
def export_follow(request: Request, number: int) -> HttpResponse:
    """The fragment that the page polls while there is something to wait for."""
    context = _progress(number)
    response = render(request, "exports/export.html#progress", context)
    if not context["is_moving"]:
        response.headers["HX-Refresh"] = "true"
    return response


def _progress(number: int) -> dict[str, Any]:
    exports.settle_lost()
    export = get_object_or_404(Export, pk=number)
    if idle := work.is_idle(export):
        tasks.wake_export(export)
    is_moving = export.is_open or export.state == Export.State.STREAMING
    columns = [exports.COLUMNS[name] for name in export.columns if name in exports.COLUMNS]
    return {**_shown(export), "idle": idle, "is_moving": is_moving, "columns": columns}


@require_safe
@page("export.download", permission=PERMISSION, confirm=True)
def export_file(request: Request, number: int) -> HttpResponseBase:
    export = get_object_or_404(Export, pk=number)
    if not export.is_kept:
        raise Http404
    return download(
        exports.kept_file(export),
        name=export.name,
        content_type=FORMATS[export.format].content_type,
        size=export.size,
    )


@require_POST
@page("export.stop", permission=PERMISSION)
def export_stop(request: Request, number: int) -> HttpResponse:
    exports.stop(get_object_or_404(Export, pk=number), actor=actor_of(request))
    return redirect("export_detail", number)


@require_POST
@page("export.resume", permission=PERMISSION)
def export_resume(request: Request, number: int) -> HttpResponse:
    export = get_object_or_404(Export, pk=number)
    with transaction.atomic():
        exports.resume(export, actor=actor_of(request))
        export.refresh_from_db()
        if export.is_open:
            tasks.wake_export(export)
    return redirect("export_detail", number)


@require_POST
@page("export.remove", permission=PERMISSION)
def export_remove(request: Request, number: int) -> HttpResponse:
    exports.remove(get_object_or_404(Export, pk=number), actor=actor_of(request))
    return redirect("export_detail", number)
