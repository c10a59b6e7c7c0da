"""Writes. The web and, later, imports call these; each ends in one settled audit entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from dubadmin.connect import dub
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import DeleteCustomer, TrackLead, TrackSale, UpdateCustomer, lead_key
from dubadmin.dub.errors import Answer, DubError, Refused, Uncertain
from dubadmin.dub.explain import explain
from dubadmin.dub.money import to_major
from dubadmin.dub.reads import GetCustomer
from dubadmin.dub.records import Customer, Event

from . import ledger
from .audit import Actor, Target, Verdict, note, perform
from .facts import LABELS, facts_of, same
from .models import HAPPENED, AuditEntry, FollowUp, Outcome, Relation
from .preflight import Preflight, as_logged, check_lead, check_sale, open_window
from .queries import is_unknown_customer

Row = dict[str, Any]
LOST = "The answer was lost, but reading back shows that it happened."


def target_of(customer: Customer) -> Target:
    return Target(id=customer.id, external_id=customer.external_id, label=customer.label)


def target_of_entry(entry: AuditEntry) -> Target:
    return Target(
        id=entry.target_id, external_id=entry.target_external_id, label=entry.target_label
    )


def blocked(
    action: str, *, actor: Actor, target: Target, explanation: str, **details: Any
) -> AuditEntry:
    """Logs a write that a check stopped before it was sent: not sent."""
    return note(
        action,
        actor=actor,
        target=target,
        outcome=Outcome.NOT_SENT,
        explanation=explanation,
        **details,
    )


# Correcting a customer


def update_customer(
    customer: Customer,
    *,
    changes: Mapping[str, Any],
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    earlier: AuditEntry | None = None,
    relation: str = "",
) -> AuditEntry:
    """Sends `changes` (Dub's keys) and reports field by field what Dub stored (trap R1)."""
    command = UpdateCustomer(id=customer.id, changes=changes)
    return perform(
        command,
        actor=actor,
        target=target_of(customer),
        judge=lambda result: _judge_update(command, result, before=facts_of(customer)),
        key=key,
        reason=reason,
        asked=command.body,
        before=facts_of(customer),
        earlier=earlier,
        relation=relation,
    )


def _judge_update(
    command: UpdateCustomer, result: Receipt | Uncertain, *, before: Mapping[str, Any]
) -> Verdict:
    stored = _read_back(command.id)
    lost = isinstance(result, Uncertain)
    if stored is None and not lost:
        stored = dict(result.data)
    if not isinstance(stored, dict):
        return _unknown(result, "Reading the customer back did not work either.")
    rows = [_stored_row(key, asked, stored, before) for key, asked in command.body.items()]
    kept = [row for row in rows if row["same"]]
    if len(kept) == len(rows):
        sentence = LOST if lost else "Dub stored every change as asked."
        return Verdict(
            outcome=Outcome.RECORDED, explanation=sentence, after=stored, comparison=rows
        )
    if lost and not kept:
        return _unknown(result, "Dub's record does not show the change, or not yet.", rows)
    labels = ", ".join(row["label"] for row in rows if not row["same"])
    unchanged = all(same(key, stored.get(key), before.get(key)) for key in command.body)
    if unchanged:
        sentence = f"Dub answered as if all were fine and stored nothing: {labels}."
        return Verdict(
            outcome=Outcome.NOT_RECORDED, explanation=sentence, after=stored, comparison=rows
        )
    return Verdict(
        outcome=Outcome.DIFFERS,
        explanation=f"Dub did not store as asked: {labels}.",
        after=stored,
        comparison=rows,
    )


def _stored_row(key: str, asked: Any, stored: Mapping[str, Any], before: Mapping[str, Any]) -> Row:
    value = stored.get(key)
    kept = same(key, asked, value)
    if key == "avatar" and asked and not same(key, value, before.get(key)):
        kept = True  # Dub moves the picture to its own storage (trap R6)
    if key == "name" and not asked and not stored.get("email"):
        kept = True  # Dub answers a made-up name where none is stored (trap Q9)
    return {"label": LABELS.get(key, key), "asked": asked, "stored": value, "same": kept}


def _read_back(id: str) -> dict[str, Any] | None:
    try:
        return dict(dub().fetch(GetCustomer(id=id)).raw)
    except DubError:
        return None


def _unknown(result: Receipt | Uncertain, sentence: str, rows: list[Row] | None = None) -> Verdict:
    first = result.sentence if isinstance(result, Uncertain) else "Dub answered."
    return Verdict(
        outcome=Outcome.UNKNOWN, explanation=f"{first} {sentence}", comparison=rows or []
    )


def refused_field(entry: AuditEntry) -> str:
    """The form field that Dub's refusal is about, "" when it names none (traps R2, R3)."""
    if entry.outcome != Outcome.REFUSED or not entry.answered:
        return ""
    error = Refused(entry.explanation, answer=Answer(**entry.answered))
    return explain(error, action=entry.action, changed=tuple(entry.asked or ())).field


# Deleting a customer


def delete_customer(
    customer: Customer,
    *,
    events: list[Event],
    actor: Actor,
    reason: str = "",
    key: str | None = None,
) -> AuditEntry:
    """Deletes for good; the entry keeps the whole record and its events (trap R8)."""
    command = DeleteCustomer(id=customer.id)
    return perform(
        command,
        actor=actor,
        target=target_of(customer),
        judge=lambda result: _judge_delete(command, result),
        key=key,
        reason=reason,
        before={**facts_of(customer), "events": [dict(event.raw) for event in events]},
    )


def _judge_delete(command: DeleteCustomer, result: Receipt | Uncertain) -> Verdict:
    try:
        dub().fetch(GetCustomer(id=command.id))
    except DubError as error:
        if is_unknown_customer(error):
            sentence = LOST if isinstance(result, Uncertain) else "Dub no longer has this customer."
            return Verdict(outcome=Outcome.RECORDED, explanation=sentence)
        if isinstance(result, Receipt):
            sentence = "Dub confirmed the deletion; reading back did not work."
            return Verdict(outcome=Outcome.RECORDED, explanation=sentence)
        return _unknown(result, "Reading the customer back did not work either.")
    if isinstance(result, Uncertain):
        return _unknown(result, "Dub still has the customer, or still had it just now.")
    return Verdict(
        outcome=Outcome.NOT_RECORDED,
        explanation="Dub answered as if it had deleted the customer, but still has it.",
    )


# Recording a lead


def record_lead(
    command: TrackLead,
    *,
    preflight: Preflight,
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    earlier: AuditEntry | None = None,
    relation: str = "",
) -> AuditEntry:
    """Sends a lead once and says whether Dub recorded it (traps L1 to L11)."""
    known = preflight.attribution.customer
    entry = perform(
        _with_reference(command, actor),
        actor=actor,
        target=_target(command.customer_external_id, known),
        judge=lambda result: _judge_lead(command, result, known=known),
        key=key,
        reason=reason,
        asked={"checks": as_logged(preflight)},
        before=facts_of(known) if known else None,
        lead_key=lead_key(command.event_name),
        earlier=earlier,
        relation=relation,
    )
    if entry.outcome in HAPPENED and command.mode != "deferred":
        follow(entry, preflight=preflight, expected=command.event_quantity or 1)
    return entry


def _judge_lead(
    command: TrackLead, result: Receipt | Uncertain, *, known: Customer | None
) -> Verdict:
    if isinstance(result, Uncertain):
        return _unknown(result, "Check again in a minute: Dub's own events will tell.")
    if result.data.get("link") is None:
        return Verdict(outcome=Outcome.NOT_RECORDED, explanation=_duplicate_text(command))
    try:
        stored = dub().fetch(GetCustomer(id=f"ext_{command.customer_external_id}"))
    except DubError as error:
        if is_unknown_customer(error):
            return Verdict(
                outcome=Outcome.NOT_RECORDED,
                explanation="Dub answered as if all were fine, but it has no such customer. (L4)",
            )
        stored = None
    return _lead_verdict(command, result, stored=stored, known=known)


def _lead_verdict(
    command: TrackLead, result: Receipt, *, stored: Customer | None, known: Customer | None
) -> Verdict:
    answered = result.data.get("customer")
    facts = facts_of(stored) if stored else answered if isinstance(answered, Mapping) else {}
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
        return "Customer saved, lead deferred: Dub records no lead until a later event. (L7)"
    if outcome == Outcome.DIFFERS:
        ignored = "Dub ignores customer details for a customer that it knows. (L5)"
        return f"The lead is recorded, but not every detail was stored. {ignored if known else ''}"
    return "Dub accepted the lead and is still updating totals. (L11)"


def _duplicate_text(command: TrackLead) -> str:
    window = open_window(command.customer_external_id, event_name=command.event_name)
    because = (
        f" {window.because} The name is free again from "
        f"{timezone.localtime(window.expires):%d %b %Y %H:%M %Z}."
        if window
        else " A lead of this name was tried in the last 7 days, outside dubadmin."
    )
    return (
        "Dub answered as if all were fine and recorded nothing: it takes this for a repeat."
        f"{because} (L2)"
    )


# Recording a sale


def record_sale(
    command: TrackSale,
    *,
    preflight: Preflight,
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    override: bool = False,
    earlier: AuditEntry | None = None,
    relation: str = "",
) -> AuditEntry:
    """Sends a sale once and says whether Dub recorded it (traps S1 to S16).

    Raises ledger.InvoiceTaken when the invoice ID was sent before and `override` is not given.
    """
    known = preflight.attribution.customer
    replayed = preflight.replay_expected and relation != Relation.RESEND
    try:
        entry = perform(
            _with_reference(command, actor),
            actor=actor,
            target=_target(command.customer_external_id, known),
            judge=lambda result: _judge_sale(command, result, replayed=replayed),
            key=key,
            reason=reason,
            asked={"checks": as_logged(preflight), "override": override},
            before=facts_of(known) if known else None,
            earlier=earlier,
            relation=relation,
            claim=lambda entry: ledger.claim(command, entry=entry, override=override),
        )
    except IntegrityError:
        if taken := ledger.find(command.invoice_id):
            raise ledger.InvoiceTaken(taken) from None
        raise
    if entry.outcome in HAPPENED:
        follow(entry, preflight=preflight, expected=1)
    return entry


def _judge_sale(command: TrackSale, result: Receipt | Uncertain, *, replayed: bool) -> Verdict:
    if isinstance(result, Uncertain):
        return _unknown(result, "Check again in a minute: Dub's own events will tell.")
    sale, customer = result.data.get("sale"), result.data.get("customer")
    if not isinstance(sale, Mapping) or not isinstance(customer, Mapping):
        return Verdict(
            outcome=Outcome.NOT_RECORDED,
            explanation="Dub answered as if all were fine and recorded nothing: it has no customer "
            "with this external ID. (S1)",
        )
    rows = _sale_rows(command, result.data, sale=sale, customer=customer)
    if replayed or not all(row["same"] for row in rows if row["must_match"]):
        return Verdict(
            outcome=Outcome.NOT_RECORDED,
            explanation="Dub replayed an earlier sale with this invoice ID and recorded nothing "
            "new. (S6)",
            comparison=rows,
        )
    return replace(_sale_verdict(command, rows, sale=sale), after={"customer": dict(customer)})


def _sale_verdict(command: TrackSale, rows: list[Row], *, sale: Mapping[str, Any]) -> Verdict:
    stored = str(sale.get("currency", "")).lower()
    if stored != "usd":
        text = (
            f"The sale is recorded, but Dub has no exchange rate for {command.currency.upper()}: "
            "it keeps the bare number and adds it to totals in US dollars. (S11)"
        )
        return Verdict(outcome=Outcome.DIFFERS, explanation=text, comparison=rows)
    return Verdict(
        outcome=Outcome.RECORDED,
        explanation="Dub accepted the sale and is still updating totals. (L11)",
        comparison=rows,
    )


def _sale_rows(
    command: TrackSale,
    data: Mapping[str, Any],
    *,
    sale: Mapping[str, Any],
    customer: Mapping[str, Any],
) -> list[Row]:
    asked, stored = command.currency.lower(), str(sale.get("currency", "")).lower()
    pairs = [
        ("Customer", command.customer_external_id, _as_asked(command, customer), True),
        ("Event name", command.event_name or "Purchase", data.get("eventName"), True),
        ("Invoice ID", command.invoice_id, sale.get("invoiceId"), True),
        (
            "Amount",
            amount_text(command.amount, asked),
            amount_text(sale.get("amount"), stored),
            asked == "usd",
        ),
    ]
    rows = [
        {"label": label, "asked": one, "stored": other, "must_match": must, "same": one == other}
        for label, one, other, must in pairs
    ]
    if asked != "usd":
        rows[-1]["same"] = None  # converted by Dub at its rate of today (trap S10)
    return rows


def _as_asked(command: TrackSale, customer: Mapping[str, Any]) -> Any:
    """The answered external ID; in the case that was asked, since Dub ignores case (trap Q1)."""
    answered = customer.get("externalId")
    asked = command.customer_external_id
    return asked if str(answered).casefold() == asked.casefold() else answered


def amount_text(minor: Any, currency: str) -> str:
    """ "12.34 EUR" for 1234 minor units of "eur"; anything that is no amount as it is."""
    if not isinstance(minor, int) or len(currency) != 3:
        return str(minor)
    return f"{to_major(minor, currency=currency):,} {currency.upper()}"


# What both share


def _target(external_id: str, known: Customer | None) -> Target:
    return target_of(known) if known else Target(external_id=external_id, label=external_id)


def _with_reference(command: Any, actor: Actor) -> Any:
    """The command with the request's ID in its metadata, where the setting asks for it (S16)."""
    if not settings.ADD_REFERENCE_TO_METADATA:
        return command
    reference = {"dubadmin_ref": actor.request_id}
    return replace(command, metadata={**(command.metadata or {}), **reference})


def resend(entry: AuditEntry, *, actor: Actor) -> AuditEntry:
    """Sends an unknown lead or sale again with the same invoice ID or event name (trap A8).

    Only where `followup.can_resend`. Raises AlreadyAsked when it is being sent again already.
    """
    command = _command_of(entry)
    common: dict[str, Any] = {
        "actor": actor,
        "reason": entry.reason,
        "key": f"{entry.key or entry.pk}/again-{entry.later.count() + 1}",
        "earlier": entry,
        "relation": Relation.RESEND,
    }
    if isinstance(command, TrackSale):
        return record_sale(command, preflight=check_sale(command), override=True, **common)
    return record_lead(command, preflight=check_lead(command), **common)


def _command_of(entry: AuditEntry) -> TrackLead | TrackSale:
    """The very command that an entry recorded, from the body that was sent."""
    body = entry.sent["body"]
    kind = TrackSale if entry.action == "sale.record" else TrackLead
    return kind(**{snake(key): value for key, value in body.items()})


def snake(key: str) -> str:
    """Dub's JSON key as a form field's name: customerExternalId is customer_external_id."""
    return re.sub(r"([A-Z])", lambda match: "_" + match.group().lower(), key)


def follow(entry: AuditEntry, *, preflight: Preflight, expected: int) -> FollowUp:
    """Starts to watch for the event of an accepted lead or sale (trap D1)."""
    known = preflight.attribution.customer
    return FollowUp.objects.create(
        entry=entry,
        customer_id=known.id if known else _new_customer_id(entry),
        seen_before=preflight.seen_before,
        expected=expected,
        due=entry.settled_at + timedelta(seconds=settings.FOLLOW_UP_SECONDS),
    )


def _new_customer_id(entry: AuditEntry) -> str:
    """The Dub ID of the customer that a lead or sale created."""
    after = entry.after or {}
    return str(after.get("id") or (after.get("customer") or {}).get("id") or "")
