"""What the columns of a file are: saying it, having the file read anew, and deleting it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import imports, tasks, work
from customers.audit import actor_of
from customers.files import DELIMITERS, ENCODINGS
from customers.forms import SavedNameForm
from customers.guard import page
from customers.http import Request, stop
from customers.models import Import, NamedMapping

from .incoming import MAY_IMPORT, begin_reading
from .shared import FORM_AND_POST, tell_errors

PREVIEW = 3
STAYS = gettext_lazy("Rows of this import were begun, so it stays.")
State = Import.State


@FORM_AND_POST
@page("import.map", permission=MAY_IMPORT)
def import_map(request: Request, number: int) -> HttpResponse:
    """The choices for each column. POST: takes them, and the dry run begins."""
    file = get_object_or_404(Import, pk=number)
    if file.state in {State.STAGING, State.FAILED}:
        return render(request, "imports/reading.html", _reading_context(file))
    if file.state not in {State.MAPPING, State.CHECKED}:
        return redirect("import_detail", file.pk)
    person = cast(User, request.user)
    suggested, saved = _suggested(request, file, person)
    zone = timezone.get_current_timezone_name()
    data = request.POST if request.method == "POST" else None
    again = {"save_as": saved.name} if saved and saved.header == file.header else {}
    form = imports.MappingForm(data, initial=again, file=file, suggested=suggested, zone=zone)
    if form.is_valid():
        return _match(request, file, form)
    tell_errors(request, form)
    return render(request, "imports/map.html", _map_context(file, form, person, saved))


def _suggested(
    request: Request, file: Import, person: User
) -> tuple[dict[str, Any], NamedMapping | None]:
    """What the choices begin with, and the remembered mapping that it comes from, if any."""
    chosen = request.GET.get("saved", "")
    saved = None
    if chosen.isdecimal() and len(chosen) < 19:
        saved = person.named_mappings.filter(pk=int(chosen), kind=file.kind).first()
    if saved is None and file.mapping:
        formats = {name: getattr(file, name) for name in ("number_format", "date_format")}
        return {**file.mapping, **formats, "time_zone": file.time_zone}, None
    if saved is None and "saved" not in request.GET:
        saved = imports.remembered_for(person, file)
    if saved is None:
        return imports.guess(file.kind, file.header), None
    return imports.applied(saved, file.header), saved


def _match(request: Request, file: Import, form: imports.MappingForm) -> HttpResponse:
    given = form.cleaned_data
    if given["save_as"]:
        imports.remember(
            cast(User, request.user), name=given["save_as"], file=file, mapping=form.remembered
        )
    taken = imports.match(
        file,
        mapping=form.mapping,
        number_format=given["number_format"],
        date_format=given["date_format"],
        time_zone=given.get("time_zone", file.time_zone),
        actor=actor_of(request),
    )
    if taken:
        tasks.wake_import(file)
    else:
        stop(request, "The import had moved on meanwhile.")
    return redirect("import_detail", file.pk)


def _map_context(
    file: Import, form: imports.MappingForm, person: User, saved: NamedMapping | None
) -> dict[str, Any]:
    rows = list(file.rows.all()[:PREVIEW])
    for row in rows:
        row.file = file
    cells = [imports.cells_of(row) for row in rows]
    columns = [
        {
            "title": title,
            "field": field,
            "values": [row[at] if at < len(row) else "" for row in cells],
        }
        for at, (title, field) in enumerate(zip(file.header, form.column_fields, strict=True))
    ]
    odd = [word for hint in file.hints for word in hint.get("odd", [])]
    return {
        "file": file,
        "form": form,
        "columns": columns,
        "odd": odd[:PREVIEW],
        "saved": saved,
        "all_saved": person.named_mappings.filter(kind=file.kind),
        "before": Import.objects.filter(sha256=file.sha256).exclude(pk=file.pk).first(),
        **reading_choices(file),
    }


def _reading_context(file: Import) -> dict[str, Any]:
    idle = work.is_idle(file)
    if idle:
        tasks.wake_import(file)
    place = file.place or {}
    read = place.get("start", 0) * 100 // max(file.size, 1) if place.get("start") else None
    return {"file": file, "idle": idle, "read": read, **reading_choices(file)}


def reading_choices(file: Import) -> dict[str, Any]:
    """How the file was read, and how else it could be, as long as its bytes are there."""
    return {
        "encodings": ENCODINGS,
        "delimiters": DELIMITERS,
        "encoding": ENCODINGS.get(file.format.get("encoding", ""), ""),
        "delimiter": DELIMITERS.get(file.format.get("delimiter", ""), ""),
        "may_reread": file.state in {State.MAPPING, State.FAILED} and file.parts.exists(),
    }


@require_safe
@page("import.map", permission=MAY_IMPORT, logged=False)
def import_reading(request: Request, number: int) -> HttpResponse:
    """The fragment that the page polls while the file is read."""
    file = get_object_or_404(Import, pk=number)
    response = render(request, "imports/reading.html#progress", _reading_context(file))
    if file.state != State.STAGING:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@page("import.reread", permission=MAY_IMPORT)
def import_reread(request: Request, number: int) -> HttpResponse:
    """Has the file read anew, in the way that was chosen."""
    file = get_object_or_404(Import, pk=number)
    wanted = {name: request.POST.get(name, "") for name in ("encoding", "delimiter", "sheet")}
    known = (ENCODINGS, DELIMITERS, file.format.get("sheets", []))
    asked = {
        name: value
        for (name, value), values in zip(wanted.items(), known, strict=True)
        if value in values
    }
    if imports.read_again(file, actor=actor_of(request), **asked):
        begin_reading(file)
    else:
        messages.warning(request, _("The file is not there any more, so it cannot be read anew."))
    return redirect("import_map", file.pk)


@FORM_AND_POST
@page("import.remove", posted="import.delete", permission=MAY_IMPORT)
def import_delete(request: Request, number: int) -> HttpResponse:
    file = get_object_or_404(Import, pk=number)
    if request.method != "POST":
        return render(request, "imports/delete.html", {"file": file})
    if imports.delete(file, actor=actor_of(request)):
        done = _("The import of %(name)s and its rows are deleted.") % {"name": file.called}
        messages.success(request, done)
        return redirect("import_list")
    stop(request, STAYS)
    messages.error(request, STAYS)
    return redirect("import_detail", file.pk)


@FORM_AND_POST
@page("mapping.list", posted="mapping.change", permission=MAY_IMPORT)
def mapping_list(request: Request) -> HttpResponse:
    """The person's own remembered mappings. POST: renames or deletes one."""
    mine = cast(User, request.user).named_mappings
    if request.method == "POST":
        _change(request, mine.filter(pk=_number(request.POST.get("mapping", ""))).first())
        return redirect("mapping_list")
    return render(request, "imports/mappings.html", {"mappings": mine.order_by("kind", "name")})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _change(request: Request, saved: NamedMapping | None) -> None:
    form = SavedNameForm(request.POST)
    if saved is None:
        messages.warning(request, _("There is no such mapping any more."))
    elif request.POST.get("step") == "delete":
        saved.delete()
        messages.success(request, _("“%(name)s” is deleted.") % {"name": saved.name})
    elif not form.is_valid():
        messages.error(request, _("Give it a name of at most 100 characters."))
    elif not imports.rename(saved, form.cleaned_data["name"]):
        messages.error(request, _("You have another one of this name already."))
    else:
        messages.success(request, _("It is called “%(name)s” now.") % {"name": saved.name})
