"""Undoing a correction."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import queries, services
from customers.audit import AlreadyAsked, actor_of
from customers.forms import UndoForm, new_key
from customers.guard import page
from customers.http import Request, stop
from customers.models import AuditEntry, Relation
from customers.services import target_of
from customers.undo import can_undo, is_undone, steps, undone_by
from dubadmin.dub.errors import DubError

from .gone import gone_or_unknown
from .shared import FORM_AND_POST, result_url, tell_errors, to_earlier, with_key


@FORM_AND_POST
@page("customer.undo", posted="undo.check", permission="customers.edit_customers")
def result_undo(request: Request, number: int) -> HttpResponse:
    """GET: what can be put back. POST: puts the chosen fields back, as an edit of its own."""
    entry = get_object_or_404(AuditEntry, pk=number)
    if not can_undo(entry):
        raise Http404(_("Only a correction that Dub stored can be undone."))
    since = timezone.now()
    try:
        customer = queries.get_customer(entry.target_id)
    except DubError as error:
        return gone_or_unknown(request, entry.target_id, error)
    request.looked = target_of(customer)
    offered = steps(entry, customer)
    if request.method != "POST":
        form = UndoForm(offered=offered, initial={"key": new_key()})
    else:
        form = UndoForm(with_key(request.POST), offered=offered)
        if form.is_valid():
            try:
                undone = services.update_customer(
                    customer,
                    changes=form.changes(),
                    actor=actor_of(request),
                    reason=form.cleaned_data["reason"] or f"Undo of entry {entry.pk}",
                    key=form.cleaned_data["key"],
                    earlier=entry,
                    relation=Relation.UNDO,
                    since=since,
                )
            except AlreadyAsked as earlier:
                return to_earlier(request, earlier.entry)
            except services.Overtaken:
                stop(request, "Somebody else saved in the same moment. Nothing was sent.")
                return redirect(request.path)
            return redirect(result_url(undone))
    tell_errors(request, form)
    context = {"entry": entry, "customer": customer, "form": form, "steps": offered}
    context |= {"undone_by": undone_by(entry), "is_undone": is_undone(entry)}
    return render(request, "customers/undo.html", context)
