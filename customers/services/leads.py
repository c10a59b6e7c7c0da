"""Recording a lead."""

from __future__ import annotations

from customers.audit import Actor, Verdict, perform
from customers.dedupe import Window, open_window, stored_key
from customers.facts import LABELS, facts_of, same
from customers.models import AuditEntry, Import, Outcome
from customers.preflight import Preflight, as_logged
from customers.queries import is_unknown_customer
from dubadmin.connect import dub
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import TrackLead
from dubadmin.dub.errors import DubError, Uncertain
from dubadmin.dub.marks import _
from dubadmin.dub.reads import GetCustomer
from dubadmin.dub.records import Customer

from .shared import unknown
from .tracking import ABOUT_ANOTHER, EVENTS_TELL, follow, is_of, target, with_reference


def record_lead(
    command: TrackLead,
    *,
    preflight: Preflight,
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    earlier: AuditEntry | None = None,
    relation: str = "",
    file: Import | None = None,
) -> AuditEntry:
    """Sends a lead once and says whether Dub recorded it (traps L1 to L11)."""
    known = preflight.attribution.customer
    earlier_try = open_window(
        command.customer_external_id,
        event_name=command.event_name,
        events=preflight.attribution.leads,
    )
    return perform(
        with_reference(command, actor),
        actor=actor,
        target=target(command.customer_external_id, known),
        judge=lambda result: _judge_lead(command, result, known=known, earlier_try=earlier_try),
        key=key,
        reason=reason,
        asked={"checks": as_logged(preflight)},
        before=facts_of(known) if known else None,
        lead_key=stored_key(command.event_name),
        earlier=earlier,
        relation=relation,
        file=file,
        follow=lambda entry: follow(
            entry,
            preflight=preflight,
            expected=0 if command.mode == "deferred" else command.event_quantity or 1,
        ),
    )


def _judge_lead(
    command: TrackLead,
    result: Receipt | Uncertain,
    *,
    known: Customer | None,
    earlier_try: Window | None,
) -> Verdict:
    if isinstance(result, Uncertain):
        return unknown(result, EVENTS_TELL)
    if not is_of(result.data["customer"], command.customer_external_id, known=known):
        return Verdict(outcome=Outcome.UNKNOWN, explanation=f"{ABOUT_ANOTHER} {EVENTS_TELL}")
    if result.data.get("link") is None:
        return Verdict(
            outcome=Outcome.NOT_RECORDED, explanation=_duplicate_text(earlier_try, known)
        )
    if known and command.mode == "deferred":
        return Verdict(
            outcome=Outcome.NOT_RECORDED,
            explanation=_(
                "Dub knew this customer already, and a deferred lead only saves the customer: it "
                "recorded nothing."
            ),
        )
    try:
        stored = dub().fetch(GetCustomer(id=f"ext_{command.customer_external_id}"))
    except DubError as error:
        if is_unknown_customer(error):
            return Verdict(
                outcome=Outcome.NOT_RECORDED,
                explanation=_("Dub answered as if all were fine, but it has no such customer."),
            )
        stored = None
    return _lead_verdict(command, result, stored=stored, known=known)


def _lead_verdict(
    command: TrackLead, result: Receipt, *, stored: Customer | None, known: Customer | None
) -> Verdict:
    facts = facts_of(stored) if stored else result.data["customer"]
    rows = [
        {
            "label": LABELS[key],
            "asked": asked,
            "stored": facts.get(key),
            "same": key == "avatar" or same(key, asked, facts.get(key)),
        }
        for key, asked in (
            ("name", command.customer_name),
            ("email", command.customer_email),
            ("avatar", command.customer_avatar),
        )
        if asked
    ]
    outcome = Outcome.RECORDED if all(row["same"] for row in rows) else Outcome.DIFFERS
    return Verdict(
        outcome=outcome,
        explanation=_lead_sentence(command, outcome, known=known),
        after=facts,
        comparison=rows,
    )


def _lead_sentence(command: TrackLead, outcome: Outcome, *, known: Customer | None) -> str:
    if command.mode == "deferred":
        return _("Customer saved, lead deferred: Dub records no lead until a later event.")
    if outcome == Outcome.DIFFERS:
        ignored = _("Dub ignores customer details for a customer that it knows.")
        stored = _("The lead is recorded, but not every detail was stored.")
        return f"{stored} {ignored if known else ''}"
    return _("Dub accepted the lead.")


_STAYS_TAKEN = _("The name stays taken until {until}.")


def _duplicate_text(earlier_try: Window | None, known: Customer | None) -> str:
    because = (
        f"{earlier_try.because} {_STAYS_TAKEN.format(until=earlier_try.until)}"
        if earlier_try
        else _("A lead of this name was tried in the last 7 days, outside dubadmin.")
    )
    repeat = _("Dub answered as if all were fine and recorded nothing: it takes this for a repeat.")
    created = "" if known else _("It creates no customer for a repeat either.")
    return f"{repeat} {because} {created}".rstrip()
