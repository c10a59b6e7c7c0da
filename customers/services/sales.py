"""Recording a sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError

from customers import ledger
from customers.audit import Actor, Verdict, perform
from customers.facts import facts_of
from customers.models import AuditEntry, Import, Outcome, Relation
from customers.preflight import DEFAULT_PROCESSOR, DEFAULT_SALE_NAME, Preflight, as_logged
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import TrackSale
from dubadmin.dub.errors import Uncertain
from dubadmin.dub.marks import _
from dubadmin.dub.money import MAX_COMMISSION_CENTS, amount_text
from dubadmin.dub.records import Customer

from .shared import Row, unknown
from .tracking import EVENTS_TELL, follow, is_of, target, with_reference


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
    file: Import | None = None,
) -> AuditEntry:
    """Sends a sale once and says whether Dub recorded it (traps S1 to S16).

    Raises ledger.InvoiceTaken when the invoice ID was sent before, unless `override` is given and
    `preflight` has shown that sending.
    """
    known = preflight.attribution.customer
    replayed = preflight.replay_expected and relation != Relation.RESEND
    try:
        return perform(
            with_reference(command, actor),
            actor=actor,
            target=target(command.customer_external_id, known),
            judge=lambda result: _judge_sale(command, result, known=known, replayed=replayed),
            key=key,
            reason=reason,
            asked={"checks": as_logged(preflight), "override": override},
            before=facts_of(known) if known else None,
            earlier=earlier,
            relation=relation,
            file=file,
            claim=lambda entry: ledger.claim(
                command, entry=entry, override=override, seen=preflight.taken
            ),
            follow=lambda entry: follow(entry, preflight=preflight),
        )
    except IntegrityError:
        if taken := ledger.find(command.invoice_id) or ledger.find_any(command.invoice_id):
            raise ledger.InvoiceTaken(taken, command) from None
        raise


def _judge_sale(
    command: TrackSale, result: Receipt | Uncertain, *, known: Customer | None, replayed: bool
) -> Verdict:
    if isinstance(result, Uncertain):
        return unknown(result, EVENTS_TELL)
    sale, customer = result.data["sale"], result.data["customer"]
    if sale is None:
        return Verdict(
            outcome=Outcome.NOT_RECORDED,
            explanation=_(
                "Dub answered as if all were fine and recorded nothing: it has no customer with "
                "this external ID."
            ),
        )
    rows = _sale_rows(command, result.data, sale=sale, customer=customer, known=known)
    if replayed or not all(row["same"] for row in rows if row["must_match"]):
        return Verdict(
            outcome=Outcome.NOT_RECORDED,
            explanation=_(
                "Dub replayed an earlier sale with this invoice ID and recorded nothing new."
            ),
            comparison=rows,
        )
    return replace(
        _sale_verdict(command, rows, sale=sale),
        after={"customer": dict(customer), "sale": dict(sale)},
    )


def _sale_verdict(command: TrackSale, rows: list[Row], *, sale: Mapping[str, Any]) -> Verdict:
    stored = str(sale.get("currency", "")).lower()
    if stored != "usd":
        text = _NO_RATE.format(currency=command.currency.upper())
        return Verdict(outcome=Outcome.DIFFERS, explanation=text, comparison=rows)
    amount = sale.get("amount")
    text = _("Dub accepted the sale.")
    if isinstance(amount, int) and amount > MAX_COMMISSION_CENTS:
        above = _("It is above 21,474,836.47 USD, so Dub records no commission for it.")
        text = f"{text} {above}"
    return Verdict(outcome=Outcome.RECORDED, explanation=text, comparison=rows)


_NO_RATE = _(
    "The sale is recorded, but Dub has no exchange rate for {currency}: it keeps the bare number "
    "and adds it to totals in US dollars."
)


def _sale_rows(
    command: TrackSale,
    data: Mapping[str, Any],
    *,
    sale: Mapping[str, Any],
    customer: Mapping[str, Any],
    known: Customer | None,
) -> list[Row]:
    asked, stored = command.currency.lower(), str(sale["currency"]).lower()
    about, whose = command.customer_external_id, customer["externalId"]
    is_converted = asked not in {"usd", stored}
    pairs = [
        (_("Customer"), about, about if is_of(customer, about, known=known) else whose, True),
        (_("Event name"), command.event_name or DEFAULT_SALE_NAME, data.get("eventName"), True),
        (_("Invoice ID"), command.invoice_id, sale.get("invoiceId"), True),
        (
            _("Payment processor"),
            command.payment_processor or DEFAULT_PROCESSOR,
            sale.get("paymentProcessor"),
            True,
        ),
        (
            _("Amount"),
            amount_text(command.amount, asked),
            amount_text(sale.get("amount"), stored),
            not is_converted,
        ),
    ]
    rows = [
        {"label": label, "asked": one, "stored": other, "must_match": must, "same": one == other}
        for label, one, other, must in pairs
    ]
    if is_converted:
        rows[-1]["same"] = None  # by Dub at its rate of today (trap S10)
    return rows
