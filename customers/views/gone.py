"""The address of a customer that Dub does not have, or no longer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import queries
from customers.guard import View
from customers.http import Request, stop
from customers.models import AuditEntry, Outcome
from customers.notes import notes_about
from customers.services import target_of_entry
from customers.timeline import by_day
from dubadmin.dub.errors import DubError
from dubadmin.dub.records import Customer, Event

from .shared import pretty

NOT_SENT = _("Nothing was sent: the customer was gone before your form came in.")
SHOWN = 20  # of our writes


def or_gone(view: View) -> View:
    """A view of the customer of an address, or of the form that came in, if Dub still has it."""

    @wraps(view)
    def wrapped(request: Request, id: str) -> HttpResponseBase:
        id = request.POST.get("id") or id
        try:
            return view(request, id)
        except DubError as error:
            return gone_or_unknown(request, id, error)

    return wrapped


def gone_or_unknown(request: Request, id: str, error: DubError) -> HttpResponse:
    """What is known of the customer that Dub answered `error` for; raises that if it is another.

    A deleted one is shown from the log (trap R8), whichever of its pages was asked for; any other
    is explained (trap Q7).
    """
    if not queries.is_unknown_customer(error):
        raise error
    notes = [NOT_SENT] if request.method == "POST" else []
    if deletion := queries.deletion_of(id):
        return _deleted(request, deletion, notes)
    if last := queries.last_seen(id):
        return _missing(request, id, last, notes)
    if id.startswith("cus_"):
        raise Http404(
            gettext(
                "Dub has no customer with this ID. Stripe's customer IDs begin with cus_ too, and "
                "Dub cannot search by them: find the customer by e-mail or external ID instead."
            )
        )
    raise Http404(
        gettext("Dub has no customer with this ID. Find it by name, e-mail or external ID.")
    )


def _deleted(request: Request, entry: AuditEntry, notes: Sequence[str | Promise]) -> HttpResponse:
    request.looked = target_of_entry(entry)
    _tell(request, notes, "It was deleted; what this log keeps of it was shown.")
    record = dict(entry.before or {})
    context: dict[str, Any] = {
        "entry": entry,
        "notes": notes,
        "days": by_day([Event.read(event) for event in record.pop("events", [])]),
        "customer": Customer.read(record),
        "raw": pretty(entry.before),
        "staff_notes": notes_about(entry.target_id),
    }
    return render(request, "customers/gone.html", context, status=410)


def _tell(request: Request, notes: Sequence[str | Promise], shown: str) -> None:
    """Tells the log what was seen, or that a form came too late."""
    if notes:
        stop(request, notes[0])
    else:
        request.outcome, request.explanation = Outcome.DONE, shown


def _missing(
    request: Request, id: str, last: AuditEntry, notes: Sequence[str | Promise]
) -> HttpResponse:
    """Known from the log, and not deleted here: its external ID was changed, or it was deleted."""
    request.looked = target_of_entry(last)
    now = None
    try:
        now = queries.get_customer(last.target_id) if id.startswith("ext_") else None
    except DubError as error:
        if not queries.is_unknown_customer(error):
            raise
        if deletion := queries.deletion_of(last.target_id):
            return _deleted(request, deletion, notes)
    _tell(request, notes, "Dub has no such customer; what was done here with it was shown.")
    context = {
        "id": id,
        "last": last,
        "now": now,
        "notes": notes,
        "history": queries.history(id=last.target_id, external_id=last.target_external_id)[:SHOWN],
        "staff_notes": [] if now else notes_about(last.target_id),
    }
    return render(request, "customers/missing.html", context, status=404)
