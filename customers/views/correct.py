"""Correcting and deleting one customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers import queries, services
from customers.audit import AlreadyAsked, actor_of
from customers.dedupe import open_windows
from customers.facts import FIELDS, LABELS, editable, facts_of
from customers.forms import DeleteForm, EditForm
from customers.guard import page
from customers.http import Request, stop
from customers.kept import in_words
from customers.meanwhile import corrections_of
from customers.merge import Merge, merge
from customers.models import AuditEntry
from customers.notes import notes_about
from customers.problems import problems_of
from customers.services import target_of
from customers.templatetags.show import money, number
from dubadmin.dub.records import Customer

from .gone import or_gone
from .shared import (
    FORM_AND_POST,
    pretty,
    reads_first,
    result_url,
    sent_before,
    tell_errors,
    to_earlier,
    with_key,
)

OVERTAKEN = gettext_lazy(
    "Somebody else saved in the same moment. Nothing has been sent: look at it again."
)
HAS_IT_ALREADY = gettext_lazy("Dub already has these values, so there is nothing to send.")
UNCHANGED = gettext_lazy("Nothing was changed, so there is nothing to send.")


@FORM_AND_POST
@page("customer.edit", posted="customer.check", permission="customers.edit_customers")
@reads_first
@or_gone
def customer_edit(request: Request, id: str) -> HttpResponse:
    """GET: the form. POST: step "check" previews, "send" saves, "edit" goes back to the form."""
    if earlier := sent_before(request):
        return to_earlier(request, earlier)
    since = timezone.now()
    if request.method != "POST":
        customer = queries.get_customer(id)
        request.looked = target_of(customer)
        fresh = EditForm.of(editable(facts_of(customer)), id=customer.id, opened=since)
        return _edit_page(request, customer, fresh)
    form = EditForm(with_key(request.POST))
    step, is_valid = request.POST.get("step", "check"), form.is_valid()
    email = form.new_email if is_valid and step == "check" else ""
    customer, namesakes = queries.customer_and_namesakes(id, email=email)
    request.looked = target_of(customer)
    if not is_valid or step == "edit":
        return _edit_page(request, customer, form)
    wanted = form.changes()
    merged = _merged(request, customer, form)
    if not wanted or (not merged.changes and not merged.conflicts):
        form.add_error(None, HAS_IT_ALREADY if wanted else UNCHANGED)
        return _edit_page(request, customer, form)
    if merged.conflicts or step != "send":
        return _preview(request, customer, form, merged, namesakes=namesakes)
    return _save(request, customer, form, merged, since=since)


def _merged(request: Request, customer: Customer, form: EditForm) -> Merge:
    return merge(
        seen=form.cleaned_data["seen"],
        wanted=form.changes(),
        present=facts_of(customer),
        choices=_choices(request),
        against=_shown(request),
    )


def _choices(request: Request) -> dict[str, str]:
    given = {key: request.POST.get(f"choice_{field}", "") for field, key in FIELDS.items()}
    return {key: choice for key, choice in given.items() if choice in {"mine", "theirs"}}


def _shown(request: Request) -> dict[str, str]:
    """Dub's values as they were shown beside the choices."""
    return {key: request.POST.get(f"theirs_{field}", "") for field, key in FIELDS.items()}


def _edit_page(
    request: Request, customer: Customer, form: EditForm, **context: Any
) -> HttpResponse:
    tell_errors(request, form)
    return render(request, "customers/edit.html", {"customer": customer, "form": form, **context})


def _preview(
    request: Request,
    customer: Customer,
    form: EditForm,
    merged: Merge,
    *,
    note: str | Promise = "",
    namesakes: Sequence[Customer] = (),
) -> HttpResponse:
    if note or merged.conflicts:
        stop(request, note or "Somebody else changed the same field. Nothing was sent.")
    else:
        request.explanation = "The change was shown for a last look. Nothing was sent."
    warnings = [note] if note else []
    if "externalId" in merged.asked:
        warnings.append(
            _(
                "Your app's next events must use the new external ID. Events that still carry the "
                "old one no longer reach this customer."
            )
        )
    theirs = {each.key for each in merged.conflicts} | {each.key for each in merged.merged}
    by = _changed_by(customer, form, theirs)
    context = {
        "customer": customer,
        "form": form,
        "changes": merged.changes,
        "merged": [(each, by.get(each.key)) for each in merged.merged],
        "conflicts": [(each, by.get(each.key)) for each in merged.conflicts],
        "since_known": form.opened_at is not None,
        "warnings": warnings,
        "namesakes": namesakes,
        "carried": _carried(request, merged),
    }
    return render(request, "customers/edit_confirm.html", context)


def _changed_by(
    customer: Customer, form: EditForm | DeleteForm, keys: Collection[str]
) -> dict[str, AuditEntry]:
    """By whom each of the fields was changed with dubadmin since the form was opened."""
    since = form.opened_at if keys else None
    return corrections_of(customer, keys, since=since) if since else {}


def _carried(request: Request, merged: Merge) -> list[tuple[str, str]]:
    """The choices that still count, for the next submit; open conflicts ask anew."""
    names = set(FIELDS) - {each.name for each in merged.conflicts}
    wanted = {f"{prefix}_{name}" for prefix in ("choice", "theirs") for name in names}
    return [(name, str(value)) for name, value in request.POST.items() if name in wanted]


def _save(
    request: Request, customer: Customer, form: EditForm, merged: Merge, *, since: datetime
) -> HttpResponse:
    try:
        entry = services.update_customer(
            customer,
            changes=merged.asked,
            actor=actor_of(request),
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
            since=since,
        )
    except AlreadyAsked as asked:
        return to_earlier(request, asked.entry)
    except services.Overtaken:
        now = queries.get_customer(customer.id)
        return _preview(request, now, form, _merged(request, now, form), note=OVERTAKEN)
    if (field := services.refused_field(entry)) in form.fields:
        form.add_error(field, in_words(entry.explanation))
        form.data = with_key(form.data, renew=True)
        return _edit_page(request, customer, form, entry=entry)
    return redirect(result_url(entry))


@FORM_AND_POST
@page(
    "customer.remove",
    posted="customer.confirm",
    permission="customers.delete_customers",
    confirm=True,
)
@reads_first
@or_gone
def customer_delete(request: Request, id: str) -> HttpResponse:
    if earlier := sent_before(request):
        return to_earlier(request, earlier)
    since = timezone.now()
    is_sent = request.method == "POST"
    read = queries.customer_to_delete if is_sent else queries.customer_with_timeline
    customer, timeline = read(id)
    request.looked = target_of(customer)
    if not is_sent:
        return _delete_page(request, customer, DeleteForm.of(customer, opened=since), timeline)
    form = DeleteForm(with_key(request.POST), customer=customer)
    if not form.is_valid():
        entry = services.blocked(
            "customer.delete",
            actor=actor_of(request),
            target=target_of(customer),
            explanation=form.why_blocked,
        )
        again = form.asking_again(opened=since)
        return _delete_page(request, customer, again, timeline, entry=entry)
    try:
        entry = services.delete_customer(
            customer,
            events=timeline.events,
            actor=actor_of(request),
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
            since=since,
        )
    except AlreadyAsked as asked:
        return to_earlier(request, asked.entry)
    except services.Overtaken:
        stop(request, OVERTAKEN)
        since = timezone.now()
        now, timeline = queries.customer_with_timeline(customer.id)
        form = DeleteForm(with_key(request.POST), customer=now)
        form.add_error(None, OVERTAKEN)
        return _delete_page(request, now, form.asking_again(opened=since), timeline)
    return redirect(result_url(entry))


def _delete_page(
    request: Request,
    customer: Customer,
    form: DeleteForm,
    timeline: queries.Timeline,
    **context: Any,
) -> HttpResponse:
    by = _changed_by(customer, form, LABELS.keys() & {each["key"] for each in form.changed})
    context |= {
        "customer": customer,
        "form": form,
        "expected": form.expected,
        "changed": form.changed,
        "changed_by": [
            (each["label"], by.get(each["key"])) for each in form.changed if each["key"] in LABELS
        ],
        "since_known": form.is_bound and form.opened_at is not None,
        "goes": _goes(customer),
        "stays": _stays(customer, timeline),
        "problems": problems_of(timeline.errors),
        "raw": pretty(facts_of(customer)),
    }
    return render(request, "customers/delete.html", context)


def _goes(customer: Customer) -> list[str]:
    goes = [_("The customer's record at Dub, for good: there is no undo.")]
    if customer.sales:
        totals = ngettext(
            "Its totals: %(n)s sale, %(value)s.",
            "Its totals: %(n)s sales, %(value)s.",
            customer.sales,
        )
        value = money(customer.sale_amount, "usd")
        goes.append(totals % {"n": number(customer.sales), "value": value})
    if customer.partner:
        tie = _("The tie to partner %(name)s; commissions lose the customer.")
        goes.append(tie % {"name": customer.partner.label})
    return goes


def _stays(customer: Customer, timeline: queries.Timeline) -> list[str]:
    stays = [
        _("Events stay at Dub and then show “Deleted Customer” and the year 1970."),
        _("The totals of the link stay as they are."),
        _("dubadmin keeps the whole record with its events in the audit log."),
    ]
    if notes_about(customer.id):
        stays.append(_("Notes about the customer stay here, on this address."))
    return [*stays, *open_windows(customer.external_id, events=timeline.events)]
