"""Correcting and deleting a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from customers.audit import Actor, Verdict, perform
from customers.facts import LABELS, facts_of, same
from customers.models import (
    NOTHING_HAPPENED,
    AuditEntry,
    Batch,
    Import,
    Outcome,
    pending_timeout,
)
from customers.queries import is_unknown_customer
from dubadmin.connect import dub
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import DeleteCustomer, UpdateCustomer
from dubadmin.dub.errors import Answer, DubError, Refused, Uncertain
from dubadmin.dub.explain import explain
from dubadmin.dub.marks import _
from dubadmin.dub.reads import GetCustomer
from dubadmin.dub.records import Customer, Event

from .shared import LOST, Row, target_of, unknown


def update_customer(
    customer: Customer,
    *,
    changes: Mapping[str, Any],
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    earlier: AuditEntry | None = None,
    relation: str = "",
    batch: Batch | None = None,
    file: Import | None = None,
    since: datetime | None = None,
) -> AuditEntry:
    """Sends `changes` (Dub's keys) and reports field by field what Dub stored (trap R1).

    `since` is when `customer` began to be read. Raises Overtaken when another correction or
    deletion of it was under way after that: nothing is sent then (trap R7).
    """
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
        batch=batch,
        file=file,
        claim=_alone(since),
    )


class Overtaken(Exception):
    """Somebody else wrote to this customer after it was read."""


def _alone(since: datetime | None) -> Callable[[AuditEntry], None] | None:
    """Stops a write whose comparison with Dub's record may be out of date by now (trap R7).

    Runs in the transaction that commits the intent. Two at once: SQLite lets one transaction
    write at a time, PostgreSQL waits for the lock, so that the second sees the first.
    """

    def claim(entry: AuditEntry) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [entry.target_id])
        under_way = Q(outcome=Outcome.PENDING, at__gt=timezone.now() - pending_timeout())
        ended = Q(settled_at__gt=since) & ~Q(outcome__in=NOTHING_HAPPENED)
        others = AuditEntry.objects.filter(under_way | ended, target_id=entry.target_id)
        changing = others.filter(action__in=("customer.update", "customer.delete"))
        if changing.exclude(pk=entry.pk).exists():
            raise Overtaken

    return claim if since else None


def _judge_update(
    command: UpdateCustomer, result: Receipt | Uncertain, *, before: Mapping[str, Any]
) -> Verdict:
    stored = _read_back(command.id)
    lost = isinstance(result, Uncertain)
    if stored is None and isinstance(result, Receipt):
        stored = dict(result.data)
    if stored is None:
        return unknown(result, _("Reading the customer back did not work either."))
    rows = stored_rows(command.body, stored=stored, before=before)
    kept = [row for row in rows if row["same"]]
    as_asked = [key for key, row in zip(command.body, rows, strict=True) if row["same"]]
    # In place of a name that is not stored Dub answers another text (trap Q9).
    stored |= {key: None for key in as_asked if not command.body[key]}
    if len(kept) == len(rows):
        sentence = LOST if lost else _("Dub stored every change as asked.")
        return Verdict(
            outcome=Outcome.RECORDED, explanation=sentence, after=stored, comparison=rows
        )
    if lost and not kept:
        return unknown(result, _("Dub's record does not show the change, or not yet."), rows)
    labels = ", ".join(str(row["label"]) for row in rows if not row["same"])
    unchanged = all(same(key, stored.get(key), before.get(key)) for key in command.body)
    if unchanged:
        sentence = _NOTHING_STORED.format(labels=labels)
        return Verdict(
            outcome=Outcome.NOT_RECORDED, explanation=sentence, after=stored, comparison=rows
        )
    return Verdict(
        outcome=Outcome.DIFFERS,
        explanation=_STORED_OTHERWISE.format(labels=labels),
        after=stored,
        comparison=rows,
    )


_NOTHING_STORED = _("Dub answered as if all were fine and stored nothing: {labels}.")
_STORED_OTHERWISE = _("Dub did not store as asked: {labels}.")


def stored_rows(
    body: Mapping[str, Any], *, stored: Mapping[str, Any], before: Mapping[str, Any]
) -> list[Row]:
    """Each value that was sent beside the one that Dub has now (trap R1)."""
    return [_stored_row(key, asked, stored, before) for key, asked in body.items()]


def _stored_row(key: str, asked: Any, stored: Mapping[str, Any], before: Mapping[str, Any]) -> Row:
    value = stored.get(key)
    kept = same(key, asked, value)
    if key == "avatar" and asked and not same(key, value, before.get(key)):
        kept = True  # Dub moves the picture to its own storage (trap R6)
    if key == "name" and not asked:
        kept = _is_stand_in(value, stored, before)
    label, was = LABELS.get(key, key), before.get(key)
    return {"label": label, "before": was, "asked": asked, "stored": value, "same": kept}


def _is_stand_in(name: Any, stored: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether Dub answers this name because none is stored: the e-mail, or a made-up one (Q9)."""
    if stored.get("email"):
        return same("name", name, stored["email"])
    return not same("name", name, before.get("name"))


def _read_back(id: str) -> dict[str, Any] | None:
    try:
        return dict(dub().fetch(GetCustomer(id=id)).raw)
    except DubError:
        return None


def refused_field(entry: AuditEntry) -> str:
    """The form field that Dub's refusal is about, "" when it names none (traps R2, R3)."""
    if entry.outcome != Outcome.REFUSED or not entry.answered:
        return ""
    error = Refused(entry.explanation, answer=Answer(**entry.answered))
    return explain(error, action=entry.action, changed=tuple(entry.asked or ())).field


def delete_customer(
    customer: Customer,
    *,
    events: list[Event],
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    batch: Batch | None = None,
    since: datetime | None = None,
) -> AuditEntry:
    """Deletes for good; the entry keeps the whole record and its events (trap R8).

    `since` as for a correction.
    """
    command = DeleteCustomer(id=customer.id)
    return perform(
        command,
        actor=actor,
        target=target_of(customer),
        judge=lambda result: _judge_delete(command, result),
        key=key,
        reason=reason,
        before={**facts_of(customer), "events": [dict(event.raw) for event in events]},
        batch=batch,
        claim=_alone(since),
    )


def _judge_delete(command: DeleteCustomer, result: Receipt | Uncertain) -> Verdict:
    try:
        dub().fetch(GetCustomer(id=command.id))
    except DubError as error:
        if is_unknown_customer(error):
            sentence = (
                LOST if isinstance(result, Uncertain) else _("Dub no longer has this customer.")
            )
            return Verdict(outcome=Outcome.RECORDED, explanation=sentence)
        if isinstance(result, Receipt):
            sentence = _("Dub confirmed the deletion; reading back did not work.")
            return Verdict(outcome=Outcome.RECORDED, explanation=sentence)
        return unknown(result, _("Reading the customer back did not work either."))
    if isinstance(result, Uncertain):
        return unknown(result, _("Dub still has the customer, or still had it just now."))
    return Verdict(
        outcome=Outcome.NOT_RECORDED,
        explanation=_("Dub answered as if it had deleted the customer, but still has it."),
    )
