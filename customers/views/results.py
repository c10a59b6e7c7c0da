"""What became of a write: its outcome, what to do next, and following it until Dub shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import followup, services
from customers.addresses import customer_url
from customers.audit import AlreadyAsked, actor_of
from customers.facts import stored_changes
from customers.guard import page, require
from customers.http import Request, fail, stop
from customers.kept import in_words
from customers.ledger import InvoiceTaken, replayed
from customers.models import HAPPENED, WRITES, AuditEntry, FollowUp, Outcome
from customers.problems import problem_of
from customers.services import target_of_entry
from customers.undo import can_undo, is_undone, undone_by
from dubadmin.dub.errors import DubError

from .shared import result_url, to_earlier

TONES = {
    Outcome.RECORDED: "ok",
    Outcome.DIFFERS: "warn",
    Outcome.NOT_RECORDED: "danger",
    Outcome.REFUSED: "danger",
    Outcome.NOT_SENT: "neutral",
    Outcome.UNKNOWN: "warn",
    Outcome.PENDING: "neutral",
}
FORM_OF = {"lead.record": "lead_new", "sale.record": "sale_new"}


def _entry(number: int) -> AuditEntry:
    entries = AuditEntry.objects.select_related("follow_up", "earlier").filter(action__in=WRITES)
    return get_object_or_404(entries, pk=number)


@require_safe
@page("result.view", permission="customers.view_customers")
def result(request: Request, number: int) -> HttpResponse:
    entry = _entry(number)
    request.looked = target_of_entry(entry)
    _look_for_event(request, entry)
    return _page(request, entry)


def _page(request: Request, entry: AuditEntry, **context: Any) -> HttpResponse:
    return render(request, "results/result.html", _context(request, entry) | context)


def _look_for_event(request: Request, entry: AuditEntry) -> DubError | None:
    """Asks Dub whether the awaited event is there; what went wrong with asking, if anything."""
    if (follow_up := getattr(entry, "follow_up", None)) is not None:
        try:
            followup.check(follow_up, actor=actor_of(request))
        except DubError as error:
            return error
    return None


def _context(request: Request, entry: AuditEntry) -> dict[str, Any]:
    settled_by = followup.settlement(entry)
    shown = Outcome(entry.shown_outcome)
    return {
        "entry": entry,
        "outcome": {
            "value": shown.value,
            "label": shown.label,
            "sentence": _sentence(entry, shown),
            "tone": TONES[shown],
        },
        "called": _called(entry),
        "settled_by": settled_by,
        "undone_by": undone_by(entry),
        "is_undone": is_undone(entry),
        "comparison": entry.comparison or [],
        "replayed": replayed(entry) if _is_replay(entry) else None,
        "next_steps": _next_steps(request, entry),
        "follow": _follow(entry) if settled_by is None else _NOT_FOLLOWED,
    }


def _is_replay(entry: AuditEntry) -> bool:
    """Whether Dub answered with an earlier sale of the same invoice ID (S6)."""
    is_sale = entry.action == "sale.record" and entry.outcome == Outcome.NOT_RECORDED
    return is_sale and bool(entry.comparison)


def _called(entry: AuditEntry) -> str:
    """The customer as it is called since this write; a name that Dub made up is none (Q9)."""
    facts = dict(entry.before or {})
    if entry.outcome in HAPPENED:
        changed = stored_changes(entry)
        facts |= {each.key: entry.body[each.key] and each.after for each in changed}
    return str(facts.get("name") or facts.get("email") or entry.target_label or entry.target_id)


def _sentence(entry: AuditEntry, shown: Outcome) -> str:
    if shown == Outcome.PENDING:
        return _("The request is on its way to Dub. This page follows it.")
    if entry.is_overdue:
        return _(
            "dubadmin stopped while this was on its way to Dub, so it is not known whether Dub "
            "recorded it."
        )
    return in_words(entry.explanation)


def _next_steps(request: Request, entry: AuditEntry) -> list[dict[str, Any]]:
    steps: list[tuple[str, str, bool]] = []
    may_write = request.user.has_perm(_PERMISSION[entry.action])
    if may_write and followup.can_settle(entry):
        steps.append((_("Check again at Dub"), reverse("result_settle", args=[entry.pk]), True))
    if may_write and followup.can_resend(entry):
        steps.append((_("Send again"), reverse("result_resend", args=[entry.pk]), True))
    if _is_replay(entry):
        if earlier := replayed(entry):
            steps.append((_("Open the earlier sale"), result_url(earlier), False))
    elif may_write and entry.action in FORM_OF and entry.outcome in _CORRECTABLE:
        address = reverse(FORM_OF[entry.action])
        steps.append((_("Correct and try again"), f"{address}?again={entry.pk}", False))
    if customer := entry.target_id or (
        entry.target_external_id and f"ext_{entry.target_external_id}"
    ):
        steps.append((_("Open the customer"), customer_url(customer), False))
    if may_write and can_undo(entry) and not is_undone(entry):
        steps.append((_("Undo"), reverse("result_undo", args=[entry.pk]), False))
    return [{"label": label, "url": url, "post": post} for label, url, post in steps]


_CORRECTABLE = {Outcome.REFUSED, Outcome.NOT_SENT, Outcome.NOT_RECORDED}
_PERMISSION = {
    "customer.update": "customers.edit_customers",
    "customer.delete": "customers.delete_customers",
    "lead.record": "customers.record_events",
    "sale.record": "customers.record_events",
}


def _follow(entry: AuditEntry) -> dict[str, Any]:
    """The state of the wait for the event; polled while pending."""
    poll_url = reverse("result_follow", args=[entry.pk])
    if entry.shown_outcome == Outcome.PENDING:
        return {"state": "sending", "sentence": "", "poll_url": poll_url}
    follow_up = getattr(entry, "follow_up", None)
    if follow_up is None:
        return _NOT_FOLLOWED
    pending = follow_up.state == FollowUp.State.PENDING
    return {
        "state": follow_up.state,
        "sentence": _FOLLOWED[FollowUp.State(follow_up.state)],
        "poll_url": poll_url if pending else "",
    }


_NOT_FOLLOWED = {"state": "none", "sentence": "", "poll_url": ""}
_FOLLOWED = {
    FollowUp.State.PENDING: gettext_lazy(
        "Dub is still updating totals. This page waits for the event and says when it is there."
    ),
    FollowUp.State.CONFIRMED: gettext_lazy("Confirmed: the event is at Dub."),
    FollowUp.State.MISSING: gettext_lazy(
        "Missing: Dub accepted this, but the event has not appeared. It is listed on the home "
        "page until somebody settles it."
    ),
}


@require_safe
@page("result.follow", permission="customers.view_customers", logged=False)
def result_follow(request: Request, number: int) -> HttpResponse:
    """The fragment that the result page polls; it asks Dub whether the event is there."""
    entry = _entry(number)
    error = _look_for_event(request, entry)
    context = _context(request, entry) | {"follow_problem": error and problem_of(error)}
    response = render(request, "results/result.html#follow", context)
    if entry.shown_outcome != Outcome.PENDING and request.GET.get("sending"):
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@page("write.settle", permission="customers.view_customers")
def result_settle(request: Request, number: int) -> HttpResponse:
    entry = _entry(number)
    require(request, _PERMISSION[entry.action])
    try:
        if followup.can_settle(entry):
            followup.settle(entry, actor=actor_of(request))
        else:
            stop(request, "There was nothing left to settle.")
    except DubError as error:
        problem = problem_of(error)
        fail(request, problem.title)
        return _page(request, entry, problem=problem)
    return redirect(result_url(entry))


@require_POST
@page("write.resend", permission="customers.view_customers")
def result_resend(request: Request, number: int) -> HttpResponse:
    entry = _entry(number)
    require(request, _PERMISSION[entry.action])
    if not followup.can_resend(entry):
        stop(request, "It cannot be sent again, or not any more.")
        return redirect(result_url(entry))
    try:
        again = services.resend(entry, actor=actor_of(request))
    except AlreadyAsked as earlier:
        return to_earlier(request, earlier.entry)
    except InvoiceTaken as taken:
        return to_earlier(request, taken.earlier.entry)
    except DubError as error:
        problem = replace(problem_of(error), recorded=_("Nothing has been sent again."))
        fail(request, problem.title)
        return _page(request, entry, problem=problem)
    return redirect(result_url(again))
