"""Writing and removing notes about a customer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers import notes, queries
from customers.addresses import customer_url
from customers.audit import Target, actor_of
from customers.forms import NoteForm, new_key
from customers.guard import page
from customers.http import Request, stop
from customers.models import Note
from customers.services import target_of, target_of_entry

from .gone import or_gone
from .shared import FORM_AND_POST, reads_first, tell_errors, with_key

MAY_WRITE = "customers.edit_customers"


@FORM_AND_POST
@page("note.form", permission=MAY_WRITE)
@reads_first
@or_gone
def note_new(request: Request, id: str) -> HttpResponse:
    """Dub is only asked whether it has the customer: the note follows Dub's ID."""
    customer = queries.get_customer(id)
    request.looked = target_of(customer)
    posted = request.method == "POST"
    form = NoteForm(with_key(request.POST) if posted else None, initial={"key": new_key()})
    if posted and form.is_valid():
        given = form.cleaned_data
        if notes.add(
            given["text"], about=request.looked, actor=actor_of(request), key=given["key"]
        ):
            messages.success(request, _("The note is kept here. Dub was not told."))
        else:
            stop(request, "This form was sent before: the note was not written twice.")
        return redirect(f"{customer_url(customer.id)}#notes")
    tell_errors(request, form)
    context = {"customer": customer, "form": form}
    return render(request, "customers/note.html", context)


@require_POST
@page("note.form", permission=MAY_WRITE)
def note_remove(request: Request, number: int) -> HttpResponse:
    row = get_object_or_404(Note, pk=number)
    last = queries.last_seen(row.customer_id)
    about = target_of_entry(last) if last else Target(id=row.customer_id, label=row.customer_id)
    notes.remove(row, about=about, actor=actor_of(request))
    messages.success(request, _("The note is removed. The audit log keeps what it said."))
    return redirect(f"{customer_url(row.customer_id)}#notes")
