"""Files that come in: their list, the upload, and the files to begin with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from customers import imports, output, tasks
from customers.audit import actor_of
from customers.forms import UploadForm, new_key
from customers.guard import page
from customers.http import Request
from customers.models import Import
from customers.uploads import is_too_large

from .shared import FORM_AND_POST, tell_errors, with_key

ROWS = 100
MAY_IMPORT = "customers.move_files"


@require_safe
@page("import.list", permission=MAY_IMPORT)
def import_list(request: Request) -> HttpResponse:
    files = Import.objects.defer("header", "hints", "mapping")[:ROWS]
    return render(request, "imports/list.html", {"files": files})


@FORM_AND_POST
@page("import.form", posted="import.upload", permission=MAY_IMPORT)
def import_new(request: Request) -> HttpResponse:
    if request.method != "POST":
        kind = request.GET.get("kind", "")
        form = UploadForm(initial={"key": new_key(), "kind": kind})
        return render(request, "imports/new.html", _upload_context(form))
    form = UploadForm(with_key(request.POST), request.FILES)
    if is_too_large(request):
        form.add_error("file", imports.too_large().sentence)
    elif form.is_valid() and (file := _received(request, form)):
        return redirect("import_map", file.pk)
    tell_errors(request, form)
    return render(request, "imports/new.html", _upload_context(form))


def _upload_context(form: UploadForm) -> dict[str, Any]:
    return {
        "form": form,
        "kinds": Import.Kind.choices,
        "limits": imports.limits(),
        "megabytes": settings.IMPORT_MAX_MEGABYTES,
    }


def _received(request: Request, form: UploadForm) -> Import | None:
    """The import, its rows read already where they are few."""
    given = form.cleaned_data
    try:
        file = imports.receive(
            form.chunks,
            kind=given["kind"],
            name=form.name,
            actor=actor_of(request),
            key=given["key"],
            reason=given["reason"],
        )
    except imports.Unreadable as error:
        form.add_error("file" if given["file"] else "pasted", error.sentence)
        return None
    begin_reading(file)
    return file


def begin_reading(file: Import) -> None:
    """Reads a small file at once, and leaves a large one to the worker."""
    if file.state != Import.State.STAGING:
        return  # this form was sent before
    if file.size > imports.AT_ONCE_BYTES or imports.stage(file):
        tasks.wake_import(file)


@require_safe
@page("import.template", permission=MAY_IMPORT)
def import_template(request: Request, kind: str) -> HttpResponse:
    """A file with the columns of a kind and an example, as CSV or XLSX."""
    if kind not in Import.Kind.values:
        raise Http404
    format = output.XLSX if request.GET.get("format") == "xlsx" else output.CSV
    names, example = imports.template_of(kind)
    data = b"".join(format.write(names, [example]))
    response = HttpResponse(data, content_type=format.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{kind}.{format.name}"'
    return response
