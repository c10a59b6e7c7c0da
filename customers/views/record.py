"""Recording a lead or a sale: the form, a summary with its checks, then one sending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import queries, services
from customers.audit import AlreadyAsked, Target, actor_of
from customers.forms import (
    ConfirmForm,
    LeadForm,
    SaleForm,
    new_key,
)
from customers.guard import page
from customers.http import Request, fail
from customers.ledger import InvoiceTaken, conflict_text
from customers.models import AuditEntry
from customers.preflight import Preflight, as_logged, check_lead, check_sale
from customers.problems import problem_of
from customers.services import target_of
from dubadmin.dub.commands import MAX_EXTERNAL_ID
from dubadmin.dub.errors import DubError
from dubadmin.dub.money import to_major
from dubadmin.dub.records import Customer

from .shared import FORM_AND_POST, pretty, result_url, tell_errors, to_earlier, with_key
from .summary import rows_of


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What differs between recording a lead and a sale."""

    action: str
    form: type[LeadForm | SaleForm]
    template: str
    heading: str | Promise
    send_label: str | Promise
    check: Callable[[Any], Preflight]
    send: Callable[..., AuditEntry]


LEAD = Recording(
    action="lead.record",
    form=LeadForm,
    template="record/lead.html",
    heading=gettext_lazy("Check the lead"),
    send_label=gettext_lazy("Record this lead"),
    check=check_lead,
    send=services.record_lead,
)
SALE = Recording(
    action="sale.record",
    form=SaleForm,
    template="record/sale.html",
    heading=gettext_lazy("Check the sale"),
    send_label=gettext_lazy("Record this sale"),
    check=check_sale,
    send=services.record_sale,
)


@FORM_AND_POST
@page("lead.form", posted="lead.check", permission="customers.record_events")
def lead_new(request: Request) -> HttpResponse:
    return _record(request, LEAD)


@FORM_AND_POST
@page("sale.form", posted="sale.check", permission="customers.record_events")
def sale_new(request: Request) -> HttpResponse:
    return _record(request, SALE)


def _record(request: Request, what: Recording) -> HttpResponse:  # noqa: PLR0911  one per step
    """GET: the form. POST: step "check" shows the summary, "send" sends, "edit" goes back."""
    if request.method != "POST":
        return _first_form(request, what)
    form = what.form(_posted(request))
    step = request.POST.get("step", "check")
    if not form.is_valid() or step == "edit":
        return _form_page(request, what, form)
    if sent := _sent(request, form):
        return sent
    try:
        preflight = what.check(form.command())
    except DubError as error:
        problem = replace(problem_of(error), recorded=_("Nothing has been sent."))
        fail(request, problem.title)
        return _sent(request, form) or _form_page(request, what, form, problem=problem)
    if sent := _sent(request, form):  # while it was checked, so that the checks may have met it
        return sent
    confirm = _confirm_form(request, form, preflight, sent=step == "send")
    if step != "send" or (not preflight.stops and _is_news(request, preflight)):
        return _summary(request, what, form, confirm=confirm, preflight=preflight)
    if preflight.stops or not confirm.is_valid():
        entry = _block(request, what, form, preflight)
        return _summary(request, what, form, confirm=confirm, preflight=preflight, entry=entry)
    return _send(request, what, form, confirm, preflight)


def _is_news(request: Request, preflight: Preflight) -> bool:
    """Whether there are doubts that the person has not seen, or it is for somebody else by now."""
    if request.POST.get("whom", preflight.whom) != preflight.whom:
        messages.warning(request, _CHANGED)
        return True
    return bool(preflight.doubts) and request.POST.get("checked", "") != preflight.digest


_CHANGED = gettext_lazy(
    "Nothing was sent: who would be credited has changed since you opened this page. Look again."
)


def _posted(request: Request) -> QueryDict:
    """What was typed; with another customer where a check has offered one and it was taken."""
    given = with_key(request.POST)
    if instead := given.get("customer_instead"):
        given["customer_external_id"] = instead
    return given


def _of_email(form: LeadForm | SaleForm, preflight: Preflight) -> list[Customer]:
    """Who has the e-mail that was typed in place of an external ID."""
    typed = form.cleaned_data["customer_external_id"]
    if preflight.attribution.customer or "@" not in typed:
        return []
    try:
        return [each for each in queries.with_email(typed) if each.external_id]
    except DubError:
        return []  # an offer more or less: the checks have their say


def _sent(request: Request, form: LeadForm | SaleForm) -> HttpResponse | None:
    """The way to what became of this very form, should it have been sent already (trap S7)."""
    entry = AuditEntry.objects.filter(key=form.cleaned_data["key"]).first()
    return to_earlier(request, entry) if entry else None


def _first_form(request: Request, what: Recording) -> HttpResponse:
    initial: dict[str, Any] = {"key": new_key()}
    if what is SALE:
        initial["invoice_id"] = f"manual-{timezone.now():%Y%m%d}-{new_key()[:8]}"
    customer = None
    if external_id := request.GET.get("customer", "").strip()[:100]:
        initial["customer_external_id"] = external_id
        customer = _known_customer(external_id)
    if again := request.GET.get("again", ""):
        initial |= _sent_before(again, what)
    return _form_page(request, what, what.form(initial=initial), customer=customer)


def _known_customer(external_id: str) -> Customer | None:
    """The customer for the card beside the form; without Dub the form works all the same."""
    try:
        return queries.get_customer(f"ext_{external_id}")
    except DubError:
        return None


def _sent_before(number: str, what: Recording) -> dict[str, Any]:
    """The fields of an earlier entry, so that nothing has to be typed twice after a refusal."""
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return {}
    entry = AuditEntry.objects.filter(pk=int(number), action=what.action).first()
    if entry is None or not entry.body:
        return {}
    body = entry.body
    fields = {services.snake(key): value for key, value in body.items()}
    if "currency" in body:
        fields["currency"] = body["currency"].upper()
        fields["amount"] = str(to_major(body["amount"], currency=body["currency"]))
    if body.get("metadata"):
        fields["metadata"] = pretty(body["metadata"])
    return {**fields, "reason": entry.reason}


def _form_page(
    request: Request, what: Recording, form: LeadForm | SaleForm, **context: Any
) -> HttpResponse:
    tell_errors(request, form)
    if form.is_bound and "customer" not in context and "problem" not in context:
        typed = form.data.get("customer_external_id", "").strip()[:MAX_EXTERNAL_ID]
        context["customer"] = _known_customer(typed) if typed else None
    if customer := context.get("customer"):
        request.looked = target_of(customer)
    return render(request, what.template, {"form": form, **context})


def _confirm_form(
    request: Request, form: LeadForm | SaleForm, preflight: Preflight, *, sent: bool
) -> ConfirmForm:
    given = form.cleaned_data
    return ConfirmForm(
        request.POST if sent else None,
        amount=given.get("major"),
        quantity=given.get("event_quantity") or 1,
        doubtful=bool(preflight.doubts) and not given["reason"],
    )


def _summary(
    request: Request,
    what: Recording,
    form: LeadForm | SaleForm,
    *,
    confirm: ConfirmForm,
    preflight: Preflight,
    entry: AuditEntry | None = None,
) -> HttpResponse:
    request.explanation = "The summary was shown. Nothing was sent."
    if customer := preflight.attribution.customer:
        request.looked = target_of(customer)
    context = {
        "heading": what.heading,
        "send_label": what.send_label,
        "rows": rows_of(form),
        "checks": preflight.checks,
        "customer": customer,
        "form": form,
        "confirm": confirm,
        "of_email": _of_email(form, preflight),
        "can_send": not preflight.stops,
        "checked": preflight.digest,
        "whom": preflight.whom,
        "entry": entry,
    }
    return render(request, "record/summary.html", context)


def _block(
    request: Request,
    what: Recording,
    form: LeadForm | SaleForm,
    preflight: Preflight,
    because: str | Promise = "",
) -> AuditEntry:
    known = preflight.attribution.customer
    external_id = form.cleaned_data["customer_external_id"]
    with translation.override("en"):
        stopped = " ".join(str(check.text) for check in preflight.stops)
    return services.blocked(
        what.action,
        actor=actor_of(request),
        target=target_of(known) if known else Target(external_id=external_id, label=external_id),
        explanation=because or stopped or "A confirmation was missing or wrong; nothing was sent.",
        asked={"checks": as_logged(preflight)},
        reason=form.cleaned_data["reason"],
    )


def _send(
    request: Request,
    what: Recording,
    form: LeadForm | SaleForm,
    confirm: ConfirmForm,
    preflight: Preflight,
) -> HttpResponse:
    doubt = confirm.cleaned_data.get("doubt_reason", "")
    override = {"override": preflight.taken is not None} if what is SALE else {}
    try:
        entry = what.send(
            form.command(),
            preflight=preflight,
            actor=actor_of(request),
            reason=" ".join(filter(None, [form.cleaned_data["reason"], doubt])),
            key=form.cleaned_data["key"],
            **override,
        )
    except AlreadyAsked as earlier:
        return to_earlier(request, earlier.entry)
    except InvoiceTaken as taken:
        text = conflict_text(taken.earlier, taken.command)
        entry = _block(request, what, form, preflight, because=text)
        form.add_error("invoice_id", text)
        return _form_page(request, what, form, entry=entry)
    return redirect(result_url(entry))
