"""What happens after a write: waiting for the event (trap D1), settling what is unknown (A8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dubadmin.connect import dub
from dubadmin.dub.commands import DEDUPE_DAYS, lead_key
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.reads import GetCustomer, ListEvents
from dubadmin.dub.records import Customer, Event

from .audit import Actor, note
from .entered import BOTH_CLOCKS, not_of_others
from .models import (
    NOTHING_HAPPENED,
    AuditEntry,
    Backwards,
    FollowUp,
    Outcome,
    Relation,
    pending_timeout,
)
from .queries import MAX_EVENTS, is_unknown_customer
from .services import sendings_of, stored_rows, target_of_entry


def check(follow_up: FollowUp, *, actor: Actor) -> FollowUp:
    """Looks for the event at Dub: confirmed when it is there, missing when it is overdue.

    Changes nothing while it can still come. Raises DubError when Dub could not be asked.
    """
    if follow_up.state != FollowUp.State.PENDING:
        return follow_up
    if not follow_up.customer_id and (customer := _customer_of(follow_up.entry)):
        follow_up.customer_id = customer.id
        follow_up.save(update_fields=["customer_id"])
    found = len(_events_like(follow_up.entry, customer_id=follow_up.customer_id))
    if found >= follow_up.seen_before + follow_up.expected:
        _settle(follow_up, FollowUp.State.CONFIRMED, actor=actor)
    elif timezone.now() > follow_up.due:
        _settle(follow_up, FollowUp.State.MISSING, actor=actor)
    return follow_up


def check_due(*, actor: Actor, limit: int = 5) -> None:
    """Looks after events whose page nobody watches any more; a few at a time, in any process."""
    waiting = FollowUp.objects.filter(state=FollowUp.State.PENDING, due__lt=timezone.now())
    for follow_up in waiting.select_related("entry").order_by("due")[:limit]:
        try:
            check(follow_up, actor=actor)
        except Refused:
            continue  # about this one
        except DubError:
            return  # Dub is away: the next visit asks again


def _settle(follow_up: FollowUp, state: FollowUp.State, *, actor: Actor) -> None:
    """Whoever changes the state first writes the entry, so that two tabs do not write two."""
    open_ = FollowUp.objects.filter(pk=follow_up.pk, state=FollowUp.State.PENDING)
    follow_up.state = state
    if not open_.update(state=state):
        follow_up.refresh_from_db(fields=["state"])
        return
    confirmed = state == FollowUp.State.CONFIRMED
    note(
        "delivery.confirm" if confirmed else "delivery.miss",
        actor=actor,
        target=target_of_entry(follow_up.entry),
        explanation=gettext_noop("The event is at Dub.")
        if confirmed
        else gettext_noop("The event has not appeared at Dub."),
        earlier=follow_up.entry,
        relation=Relation.FOLLOW,
    )


def _events_like(entry: AuditEntry, *, customer_id: str) -> list[Event]:
    """Dub's events that this lead or sale would have made: by invoice ID, or by name."""
    if not customer_id:
        return []
    body = entry.body
    kind = "sales" if entry.action == "sale.record" else "leads"
    read = ListEvents(kind=kind, customer_id=customer_id, limit=MAX_EVENTS)
    events: list[Event] = dub().fetch(read)
    if kind == "sales":
        return [event for event in events if event.invoice_id == body["invoiceId"]]
    return [event for event in events if lead_key(event.name) == lead_key(body["eventName"])]


def can_settle(entry: AuditEntry) -> bool:
    """Whether this write is unknown, or its event overdue, and nobody has settled it yet."""
    return is_open(entry) and not settlement(entry)


def is_open(entry: AuditEntry) -> bool:
    awaited = getattr(entry, "follow_up", None)
    return entry.is_write and (
        entry.shown_outcome == Outcome.UNKNOWN or (awaited is not None and awaited.is_overdue)
    )


def settlement(entry: AuditEntry) -> AuditEntry | None:
    """The entry that settled this one, None while it is open."""
    return entry.later.filter(relation=Relation.SETTLE).exclude(outcome=Outcome.UNKNOWN).first()


def settle(entry: AuditEntry, *, actor: Actor) -> AuditEntry:
    """Asks Dub what became of an unknown write, and logs the answer as an entry of its own.

    Raises DubError when Dub could not be asked.
    """
    outcome, sentence = _SETTLERS[entry.action](entry)
    if outcome == Outcome.NOT_RECORDED and not _is_late(entry):
        outcome = Outcome.UNKNOWN
        again = gettext_noop("It may still arrive: check again in a moment.")
        sentence = f"{sentence} {again}"
    return note(
        "write.settle",
        actor=actor,
        target=target_of_entry(entry),
        outcome=outcome,
        explanation=sentence,
        earlier=entry,
        relation=Relation.SETTLE,
    )


def _is_late(entry: AuditEntry) -> bool:
    waited = max(timedelta(seconds=settings.FOLLOW_UP_SECONDS), pending_timeout())
    return timezone.now() - entry.at > waited


_Found = tuple[Outcome, str]


def _settle_event(entry: AuditEntry) -> _Found:
    if entry.body.get("mode") == "deferred":
        return _settle_deferred(entry)
    customer_id = entry.target_id or _id_of_new_customer(entry)
    if not customer_id:
        return Outcome.NOT_RECORDED, gettext_noop(
            "Dub has no such customer, so nothing was recorded."
        )
    events = _events_like(entry, customer_id=customer_id)
    again = sendings_of(entry) - {entry.pk}
    if mine := not_of_others(entry, events, customer_id=customer_id, again=again):
        if not FollowUp.objects.filter(entry__in=again).exists():  # it has been counted there
            _count(entry, mine, customer_id=customer_id)
        return Outcome.RECORDED, gettext_noop("The event is at Dub: it was recorded.")
    return Outcome.NOT_RECORDED, gettext_noop("No such event is at Dub.")


def _count(entry: AuditEntry, events: list[Event], *, customer_id: str) -> None:
    """From now on it is a lead or sale like one whose answer came."""
    cents = [event.amount or 0 for event in events if event.currency.lower() == "usd"]
    found = {"state": FollowUp.State.CONFIRMED, "usd_cents": sum(cents) if cents else None}
    first = {"customer_id": customer_id, "expected": len(events), "due": timezone.now()}
    FollowUp.objects.update_or_create(
        entry=entry, defaults=found, create_defaults=found | first | FollowUp.copied(entry)
    )


def _settle_deferred(entry: AuditEntry) -> _Found:
    """A deferred lead has no event; all that it does is save a customer that was new (L7)."""
    if entry.before:
        return Outcome.NOT_RECORDED, gettext_noop(
            "Dub knew the customer already, so it recorded nothing."
        )
    if _customer_of(entry) is None:
        return Outcome.NOT_RECORDED, gettext_noop(
            "Dub has no such customer, so nothing was recorded."
        )
    return Outcome.RECORDED, gettext_noop("Dub has the customer: saved, lead deferred.")


def _id_of_new_customer(entry: AuditEntry) -> str:
    customer = _customer_of(entry)
    return customer.id if customer else ""


def _settle_update(entry: AuditEntry) -> _Found:
    customer = _customer_of(entry)
    if customer is None:
        return Outcome.NOT_RECORDED, gettext_noop("Dub no longer has this customer.")
    rows = stored_rows(entry.body, stored=customer.raw, before=entry.before or {})
    kept = [row for row in rows if row["same"]]
    if len(kept) == len(rows):
        return Outcome.RECORDED, gettext_noop("Dub has every value as it was sent.")
    if kept:
        return Outcome.DIFFERS, gettext_noop("Dub has some of the values as they were sent.")
    return Outcome.NOT_RECORDED, gettext_noop("Dub has none of the values that were sent.")


def _settle_delete(entry: AuditEntry) -> _Found:
    if _customer_of(entry) is None:
        return Outcome.RECORDED, gettext_noop("Dub no longer has this customer.")
    return Outcome.NOT_RECORDED, gettext_noop("Dub still has this customer.")


_SETTLERS: dict[str, Callable[[AuditEntry], _Found]] = {
    "sale.record": _settle_event,
    "lead.record": _settle_event,
    "customer.update": _settle_update,
    "customer.delete": _settle_delete,
}


def _customer_of(entry: AuditEntry) -> Customer | None:
    id = entry.target_id or f"ext_{entry.target_external_id}"
    try:
        return dub().fetch(GetCustomer(id=id))
    except DubError as error:
        if is_unknown_customer(error):
            return None
        raise


def can_resend(entry: AuditEntry) -> bool:
    """Whether sending again cannot double: Dub still keeps the invoice ID or the dedupe key (A8).

    Only for an unknown sale or lead whose own request cannot be on its way any more.
    """
    age = timezone.now() - entry.at
    return (
        entry.action in {"sale.record", "lead.record"}
        and entry.shown_outcome == Outcome.UNKNOWN
        and not settlement(entry)
        and not _is_sent_again(entry)
        and pending_timeout() < age < timedelta(days=DEDUPE_DAYS) - BOTH_CLOCKS
        and (entry.body.get("mode") != "deferred")
    )


def _is_sent_again(entry: AuditEntry) -> bool:
    """Whether a resend of it may have arrived; that one then tells what to do next."""
    again = entry.later.filter(relation=Relation.RESEND)
    return again.exclude(outcome__in=NOTHING_HAPPENED).exists()


def unsettled(*, limit: int = 50, before: int | None = None) -> list[AuditEntry]:
    """What needs a person, the newest first; of those before the ID `before`."""
    beyond = Q(place__gt=-before) if before else Q()
    placed = (half.alias(place=Backwards("pk")).filter(beyond) for half in _halves())
    halves = (half.order_by("place")[:limit] for half in placed)
    found = sorted({pk for half in halves for pk in half.values_list("pk", flat=True)})[-limit:]
    entries = AuditEntry.objects.filter(pk__in=found).select_related("follow_up")
    return list(entries.order_by("-pk"))


def all_unsettled() -> QuerySet[AuditEntry]:
    """Everything that needs a person: unknown or overdue writes, and events that are missing.

    So is an event that is due while Dub's events cannot be read.
    """
    waiting, missing = (half.order_by().values("pk") for half in _halves())
    return AuditEntry.objects.filter(pk__in=waiting.union(missing))


def _halves() -> tuple[QuerySet[AuditEntry], QuerySet[AuditEntry]]:
    """Each by its own index: an OR over two tables would go through the whole log."""
    overdue = Q(outcome=Outcome.PENDING, at__lt=timezone.now() - pending_timeout())
    unknown = Q(outcome=Outcome.UNKNOWN, action__in=_SETTLERS)
    waiting = Q(outcome__in=(Outcome.PENDING, Outcome.UNKNOWN)) & (overdue | unknown)
    unseen = Q(follow_up__state=FollowUp.State.PENDING, follow_up__due__lt=timezone.now())
    missing = unseen | Q(follow_up__state=FollowUp.State.MISSING)
    settled = AuditEntry.objects.filter(earlier=OuterRef("pk"), relation=Relation.SETTLE)
    open_ = AuditEntry.objects.filter(~Exists(settled.exclude(outcome=Outcome.UNKNOWN)))
    return open_.filter(waiting), open_.filter(missing)


def attention_text(entry: AuditEntry) -> str:
    """Why this entry needs a person."""
    follow_up: Any = getattr(entry, "follow_up", None)
    if follow_up is not None and follow_up.state == FollowUp.State.PENDING:
        return _(
            "Dub accepted it. Its event has not appeared here: Dub's events could not be read."
        )
    if follow_up is not None:
        return _("Dub accepted it, but its event has not appeared.")
    return _("It was sent, and the answer is not known. Check whether Dub has it.")
