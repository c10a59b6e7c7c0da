"""Several customers at once: asking for it, watching it, stopping it and letting it go on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import batches, followup, tasks, work
from customers.audit import actor_of
from customers.facts import LABELS
from customers.forms import DeleteSeveralForm, SelectionForm, SetFieldForm, new_key
from customers.guard import page, require
from customers.http import Request, stop
from customers.kept import in_words
from customers.models import Batch, BatchRow, Outcome
from customers.signin.sessions import must_be_sure
from customers.templatetags.show import country_name

from .shared import FORM_AND_POST, tell_errors, with_key

ROWS = 100
_TITLES = {
    "": gettext_lazy("Delete"),
    "country": gettext_lazy("Set country"),
    "subscriptionCanceledAt": gettext_lazy("Set subscription cancelled"),
    "avatar": gettext_lazy("Set avatar"),
}
NOT_THE_NUMBER = gettext_lazy("This is not the number of customers that match now.")
FORMS: dict[str, type[SetFieldForm | DeleteSeveralForm]] = {
    "customer.update": SetFieldForm,
    "customer.delete": DeleteSeveralForm,
}


@FORM_AND_POST
@page("batch.form", permission="customers.edit_customers")
def batch_new(request: Request) -> HttpResponse:
    """What will be done, to how many. GET: all that the filters match. POST "send": asks for it."""
    given = request.POST if request.method == "POST" else request.GET
    action = "customer.delete" if given.get("action") == "customer.delete" else "customer.update"
    require(request, batches.PERMISSIONS[action])
    if action == "customer.delete":
        must_be_sure(request)
    selection = SelectionForm(given, prefix="for")
    if not selection.is_valid():
        tell_errors(request, selection)
        messages.warning(request, " ".join(map(str, selection.non_field_errors())))
        return redirect("customer_list")
    if given.get("step") == "send":
        form = FORMS[action](with_key(request.POST))
        if form.is_valid():
            return _ask(request, action, selection, form)
        return _form_page(request, action, selection, form)
    return _form_page(request, action, selection, None)


def _form_page(
    request: Request,
    action: str,
    selection: SelectionForm,
    form: SetFieldForm | DeleteSeveralForm | None,
) -> HttpResponse:
    if form is not None:
        tell_errors(request, form)
    look = batches.look(filters=selection.filters, chosen=selection.chosen)
    total = 0 if selection.finds_nobody else look.total
    if form is None:
        form = FORMS[action](initial={"key": new_key(), "total": total})
    elif "total" in form.errors or form["total"].value() != str(total):
        form.data = with_key(form.data)
        form.data["total"] = str(total or "")
    context = {
        "form": form,
        "action": action,
        "total": total,
        "sample": look.sample if total else [],
        "carried": selection.carried(),
        "chosen": selection.filters is None,
        "filters": _filters(selection.filters),
    }
    return render(request, "batches/new.html", context)


def _filters(filters: dict[str, str] | None) -> list[tuple[str, str]]:
    labels = {
        "search": _("Search"),
        "country": _("Country"),
        "link_id": _("Link"),
        "partner_id": _("Partner"),
    }
    named = {**(filters or {}), "country": country_name((filters or {}).get("country"))}
    return [(labels[name], value) for name, value in named.items() if value]


def _ask(
    request: Request,
    action: str,
    selection: SelectionForm,
    form: SetFieldForm | DeleteSeveralForm,
) -> HttpResponse:
    field, value = form.wanted
    with transaction.atomic():
        batch = batches.ask(
            action=action,
            field=field,
            value=value,
            total=form.cleaned_data["total"],
            actor=actor_of(request),
            key=form.cleaned_data["key"],
            reason=form.cleaned_data["reason"],
            filters=selection.filters,
            chosen=selection.chosen if selection.filters is None else None,
        )
        tasks.wake(batch)
    return redirect("batch_detail", batch.pk)


@require_safe
@page("batch.list", permission="customers.view_customers")
def batch_list(request: Request) -> HttpResponse:
    shown = [_shown(batch) for batch in Batch.objects.all()[:ROWS]]
    return render(request, "batches/list.html", {"batches": shown})


@require_safe
@page("batch.view", permission="customers.view_customers")
def batch_detail(request: Request, number: int) -> HttpResponse:
    batch = get_object_or_404(Batch, pk=number)
    context = _progress(request, batch) | _rows(request, batch)
    return render(request, "batches/batch.html", context)


@require_safe
@page("batch.follow", permission="customers.view_customers", logged=False)
def batch_follow(request: Request, number: int) -> HttpResponse:
    """The fragment that the page polls while there is something to wait for."""
    batch = get_object_or_404(Batch, pk=number)
    response = render(request, "batches/batch.html#progress", _progress(request, batch))
    if not batch.is_open:
        response.headers["HX-Refresh"] = "true"
    return response


def _progress(request: Request, batch: Batch) -> dict[str, Any]:
    idle = work.is_idle(batch)
    if idle:
        tasks.wake(batch)
    return {
        **_shown(batch),
        "idle": idle,
        "filters": _filters(batch.filters),
        "may_change": request.user.has_perm(batches.PERMISSIONS[batch.action]),
    }


def _shown(batch: Batch) -> dict[str, Any]:
    label = LABELS.get(batch.field, "")
    return {
        "batch": batch,
        "title": _TITLES[batch.field],
        "label": label,
        "value": country_name(batch.value) if batch.field == "country" else batch.value,
        "progress": work.progress(batch.rows.all()),
    }


def _rows(request: Request, batch: Batch) -> dict[str, Any]:
    """A page of the result list, those of one outcome where the address says so."""
    wanted = request.GET.get("outcome", "")
    after = request.GET.get("after", "")
    rows = batch.rows.select_related("entry").filter(pk__gt=int(after) if after.isdecimal() else 0)
    if wanted == "waiting":
        rows = rows.exclude(state=BatchRow.State.FINISHED)
    elif wanted:
        rows = rows.filter(outcome=wanted)
    found = list(rows[: ROWS + 1])
    return {
        "rows": [_row(row) for row in found[:ROWS]],
        "wanted": wanted if wanted in {*Outcome.values, "waiting"} else "",
        "after": found[ROWS - 1].pk if len(found) > ROWS else "",
    }


def _row(row: BatchRow) -> dict[str, Any]:
    """A row with its outcome: where that was unknown, what a later check has found."""
    settled = followup.settlement(row.entry) if row.entry and row.outcome == "unknown" else None
    said = settled or row.entry
    return {
        "row": row,
        "outcome": settled.outcome if settled else row.outcome,
        "explanation": in_words(said.explanation) if said else "",
    }


@require_POST
@page("batch.stop", permission="customers.edit_customers")
def batch_stop(request: Request, number: int) -> HttpResponse:
    batch = get_object_or_404(Batch, pk=number)
    require(request, batches.PERMISSIONS[batch.action])
    if not batches.stop(batch, actor=actor_of(request)):
        stop(request, "It was not under way any more.")
    return redirect("batch_detail", batch.pk)


@require_POST
@page("batch.leave", permission="customers.edit_customers")
def batch_leave(request: Request, number: int) -> HttpResponse:
    batch = get_object_or_404(Batch, pk=number)
    require(request, batches.PERMISSIONS[batch.action])
    if not batches.leave(batch, actor=actor_of(request)):
        stop(request, "It was not stopped, or left already.")
    return redirect("batch_detail", batch.pk)


@require_POST
@page("batch.resume", permission="customers.edit_customers")
def batch_resume(request: Request, number: int) -> HttpResponse:
    """Lets it go on; where more match than were confirmed, only with the new number typed."""
    batch = get_object_or_404(Batch, pk=number)
    require(request, batches.PERMISSIONS[batch.action])
    if batch.action == "customer.delete":
        must_be_sure(request)
    typed = request.POST.get("confirmation", "").replace(",", "").strip()
    confirmed = int(typed) if typed.isdecimal() and len(typed) < 10 else None
    if confirmed is not None and confirmed != batch.found:
        confirmed = None
    with transaction.atomic():
        if batches.resume(batch, actor=actor_of(request), confirmed=confirmed):
            tasks.wake(Batch.objects.get(pk=number))
        else:
            stop(request, NOT_THE_NUMBER)
            messages.error(request, NOT_THE_NUMBER)
    return redirect("batch_detail", batch.pk)
