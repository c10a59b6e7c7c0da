"""One import: its dry run, its run, how far it is, and what became of each row."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from customers import imports, output, tasks, work
from customers.audit import actor_of
from customers.facts import Change
from customers.forms import StartForm
from customers.guard import page, require
from customers.http import Request, stop
from customers.imports import KINDS
from customers.models import Import, ImportRow, Outcome

from .incoming import MAY_IMPORT
from .mapping import reading_choices
from .shared import address, download, tell_errors

ROWS = 50
MOVED_ON = _("The import has moved on meanwhile.")
CHECKED_AGAIN = _("It was checked again after you opened this page. Nothing was sent: look again.")
State, Verdict = Import.State, ImportRow.Verdict


@require_safe
@page("import.view", permission=MAY_IMPORT)
def import_detail(request: Request, number: int) -> HttpResponse:
    file = get_object_or_404(Import, pk=number)
    if file.state in {State.STAGING, State.MAPPING, State.FAILED}:
        return redirect("import_map", file.pk)
    return _page(request, file)


def _page(request: Request, file: Import, form: StartForm | None = None) -> HttpResponse:
    if form is not None:
        tell_errors(request, form)
    return render(request, "imports/detail.html", _context(request, file, form))


@require_safe
@page("import.follow", permission=MAY_IMPORT, logged=False)
def import_follow(request: Request, number: int) -> HttpResponse:
    """What the page polls: how far it is, or all of it anew when the state is another one."""
    file = get_object_or_404(Import, pk=number)
    if file.state == request.GET.get("state"):
        return render(request, "imports/follow.html", _progress(request, file))
    if file.state in {State.MAPPING, State.FAILED}:
        return HttpResponse(headers={"HX-Redirect": reverse("import_map", args=[file.pk])})
    response = render(request, "imports/detail.html#whole", _context(request, file))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#import", "innerHTML"
    return response


@require_safe
@page("import.follow", permission=MAY_IMPORT, logged=False)
def import_rows(request: Request, number: int) -> HttpResponse:
    """The rows that the page shows, while they are being sent."""
    file = get_object_or_404(Import, pk=number)
    return render(request, "imports/detail.html#rows", _rows(request, file))


def _context(request: Request, file: Import, form: StartForm | None = None) -> dict[str, Any]:
    context = _progress(request, file) | _rows(request, file)
    if file.state == State.CHECKED:
        context["form"] = form or _start_form(file, initial={"reason": file.reason})
    left_over = imports.left_over(file).count() if file.has_ended or "form" in context else 0
    return context | {
        **reading_choices(file),
        "left_over": left_over,
        "unknown": imports.unknown(file).count() if file.has_ended else 0,
        "retryable": imports.retryable(file).count() if file.has_ended else 0,
    }


def _progress(request: Request, file: Import) -> dict[str, Any]:
    idle = work.is_idle(file)
    if idle:
        tasks.wake_import(file)
    seen, accepted = imports.confirmed(file) if file.started_at else (0, 0)
    awaited = file.has_ended and seen < accepted
    return {
        "file": file,
        "polls": "2s" if file.is_open else "5s" if awaited else "",
        "amounts": imports.amounts(file),
        "progress": imports.progress(file),
        "verdicts": imports.verdicts(file),
        "seen": seen,
        "accepted": accepted,
        "idle": idle,
        "query": request.GET.urlencode(),
        "may_send": request.user.has_perms(KINDS[file.kind].permissions),
    }


def _start_form(file: Import, *args: Any, **kwargs: Any) -> StartForm:
    found = imports.verdicts(file)
    return StartForm(
        *args,
        action=KINDS[file.kind].action,
        ready=found[Verdict.READY],
        in_doubt=found[Verdict.DOUBT],
        **kwargs,
    )


# Rows


def _rows(request: Request, file: Import) -> dict[str, Any]:
    """A page of rows by keyset: those with one verdict or outcome, as the address says."""
    picks = _picks(file)
    default = next((value for value, label, n in picks if n and value in _FIRST), "")
    wanted = request.GET.get("show", default if file.started_at is None else "")
    rows = _narrowed(file, wanted)
    after, before = _number(request, "after"), _number(request, "before")
    if before:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: ROWS + 1])[::-1]
        more_before, more_after = len(found) > ROWS, True
        found = found[-ROWS:]
    else:
        found = list(rows.filter(pk__gt=after)[: ROWS + 1])
        more_before, more_after = after > 0, len(found) > ROWS
        found = found[:ROWS]
    first, last = (found[0].pk, found[-1].pk) if found else (0, 0)
    return {
        "file": file,
        "rows": [_shown(file, row) for row in found],
        "picks": [
            {"label": label, "n": n, "url": _address(request, file, value), "on": value == wanted}
            for value, label, n in picks
        ],
        "wanted": wanted,
        "newer_url": _address(request, file, wanted, before=first) if more_before else "",
        "older_url": _address(request, file, wanted, after=last) if more_after and found else "",
    }


_FIRST = (Verdict.WRONG, Verdict.DOUBT, Verdict.READY)


def _picks(file: Import) -> list[tuple[str, Any, int | None]]:
    """What the rows can be narrowed down to: (value, words, how many)."""
    if file.state in {State.CHECKING, State.PAUSED} and not file.started_at:
        return []
    found = imports.verdicts(file)
    order = (Verdict.WRONG, Verdict.DOUBT, Verdict.READY, Verdict.SAME)
    verdicts = [(each.value, str(each.label), found[each]) for each in order if found[each]]
    every = ("all" if not file.started_at else "", _("All"), file.rows_found)
    if not file.started_at:
        return [*verdicts, every]
    outcomes = imports.progress(file).outcomes
    open_ = [("waiting", _("To go"), None)] if file.is_open or file.state == State.PAUSED else []
    sent = {Verdict.READY, *([Verdict.DOUBT] if file.with_doubts else [])}
    left = [each for each in verdicts if each[0] not in sent]
    return [every, *outcomes, *open_, *left]


def _narrowed(file: Import, wanted: str) -> QuerySet[ImportRow]:
    rows = file.rows.select_related("entry").order_by("pk")
    if wanted in Verdict.values:
        return rows.filter(verdict=wanted)
    if wanted == "waiting":
        return rows.exclude(state=ImportRow.State.FINISHED)
    if wanted in Outcome.values:
        sent = imports.sendable(file, with_doubts=file.with_doubts)
        return rows.filter(outcome=wanted, pk__in=sent.values("pk"))
    return rows


def _number(request: Request, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _address(request: Request, file: Import, wanted: str, **place: int) -> str:
    """The page's own address, also when its fragment is asked for."""
    here = address(request, show=wanted or None, after=None, before=None, state=None)
    query = here.partition("?")[2]
    more = "&".join([*([query] if query else []), *(f"{key}={at}" for key, at in place.items())])
    return reverse("import_detail", args=[file.pk]) + (f"?{more}" if more else "")


def _shown(file: Import, row: ImportRow) -> dict[str, Any]:
    row.file = file
    is_over = row.state == ImportRow.State.FINISHED
    return {
        "row": row,
        "who": row.customer.removeprefix("ext_"),
        "values": imports.fields_of(row).values,
        "outcome": imports.outcome_of(row) if is_over else "",
        "why": imports.why(row) if is_over and row.entry else "",
        "problems": [
            each | {"label": imports.label_of(file.kind, each["field"]) if each["field"] else ""}
            for each in row.problems or []
        ],
        "changes": [Change(**each) for each in row.told.get("changes", [])],
        "stopped": is_over and not row.entry and row.verdict == Verdict.READY,
    }


# What a person asks of it


@require_POST
@page("import.start", permission=MAY_IMPORT)
def import_start(request: Request, number: int) -> HttpResponse:
    file = _mine(request, number)
    if file.state != State.CHECKED:
        return _too_late(request, file)
    if request.POST.get("seen") != str(file.steps):
        return _too_late(request, file, CHECKED_AGAIN)
    form = _start_form(file, request.POST)
    if not form.is_valid():
        return _page(request, file, form)
    with transaction.atomic():
        given = form.cleaned_data
        if not imports.start(
            file,
            actor=actor_of(request),
            reason=given["reason"],
            with_doubts=given.get("with_doubts", False),
        ):
            return _too_late(request, file)
        tasks.wake_import(file)
    return redirect("import_detail", file.pk)


@require_POST
@page("import.check", permission=MAY_IMPORT)
def import_check(request: Request, number: int) -> HttpResponse:
    return _asked(request, number, imports.check_again)


@require_POST
@page("import.pause", permission=MAY_IMPORT)
def import_pause(request: Request, number: int) -> HttpResponse:
    return _asked(request, number, imports.pause)


@require_POST
@page("import.resume", permission=MAY_IMPORT)
def import_resume(request: Request, number: int) -> HttpResponse:
    return _asked(request, number, imports.resume)


@require_POST
@page("import.stop", permission=MAY_IMPORT)
def import_stop(request: Request, number: int) -> HttpResponse:
    return _asked(request, number, imports.stop)


@require_POST
@page("import.retry", permission=MAY_IMPORT)
def import_retry(request: Request, number: int) -> HttpResponse:
    return _asked(request, number, imports.retry)


def _asked(request: Request, number: int, do: Any) -> HttpResponse:
    """Does it, and lets the worker know; says so when it was too late for it."""
    file = _mine(request, number)
    with transaction.atomic():
        done = do(file, actor=actor_of(request))
        if not done:
            return _too_late(request, file)
        tasks.wake_import(file)
    return redirect("import_detail", file.pk)


def _mine(request: Request, number: int) -> Import:
    """The import, for who may do what its rows do."""
    file = get_object_or_404(Import, pk=number)
    require(request, KINDS[file.kind].permission)
    return file


def _too_late(request: Request, file: Import, why: Any = MOVED_ON) -> HttpResponse:
    stop(request, why)
    messages.warning(request, why)
    return redirect("import_detail", file.pk)


@require_safe
@page("import.leftover", permission=MAY_IMPORT)
def import_leftover(request: Request, number: int) -> HttpResponseBase:
    """The rows that did not make it, as they came and with what is wrong, to be uploaded again."""
    file = get_object_or_404(Import, pk=number)
    names, rows = imports.as_file(file)
    pieces = output.CSV.write(names, rows)
    return download(pieces, name=imports.name_of(file), content_type=output.CSV.content_type)
