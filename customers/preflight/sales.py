"""What is checked before a sale is sent (traps S1 to S14)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.text import format_lazy

from customers import ledger
from customers.dedupe import DEDUPE_WINDOW
from customers.models import HAPPENED, Invoice
from customers.queries import Attribution, attribution
from dubadmin.dub.commands import TrackSale
from dubadmin.dub.money import MAX_COMMISSION_CENTS, to_major
from dubadmin.dub.records import Event

from .checks import IGNORED, Checks, Preflight, _, knows, seen_before

# What Dub takes where the request names none.
DEFAULT_SALE_NAME = "Purchase"
DEFAULT_PROCESSOR = "custom"
LARGE = 5_000_000  # of the dearest currency this is near the commission limit (trap S14)

_DISABLED = _(
    "The referral link {link} is disabled, so Dub refuses the sale. Enable it in Dub first."
)
_CREDITED = _("The sale is credited to the lead “{name}”.")
_CREDITED_THROUGH = _("The sale is credited to the lead “{name}” through {link}.")
_ONLY_CASE = _(
    "There is a sale with the invoice ID {other}. To Dub that is another one: if it is the same "
    "invoice, the sale would count twice."
)
_REPLAYED = _(
    "Dub has an earlier sale with this invoice ID: it answered entry #{number} with that one. "
    "Within 7 days it would only repeat its first answer; later the sale would count twice."
)
_NO_LEAD = _(
    "This customer has no lead, so Dub refuses the sale. Record the lead first; one from a moment "
    "ago can take some seconds to appear."
)
_NO_SUCH_LEAD = _(
    "This customer has no lead named exactly “{name}”, so Dub refuses the sale. Record the lead "
    "first; one from a moment ago can take some seconds to appear."
)


def check_sale(
    command: TrackSale, *, known: Attribution | None = None, since: datetime | None = None
) -> Preflight:
    """Checks a sale (traps S1 to S14). Raises DubError when Dub could not be asked.

    `known` and `since` as for a lead.
    """
    known = known or attribution(command.customer_external_id)
    checks = Checks()
    credited = _customer_of_sale(checks, command, known)
    taken = ledger.find(command.invoice_id)
    _invoice(checks, command, known, taken)
    if command.currency.upper() != "USD":
        checks.ok(_("Dub stores this in US dollars, converted at its rate of today."))
        if to_major(command.amount, currency=command.currency) > LARGE:
            checks.ok(_("Should that be above 21,474,836.47 USD, Dub records no commission."))
    elif command.amount > MAX_COMMISSION_CENTS:
        text = _("Above 21,474,836.47 USD Dub records the sale but no commission.")
        checks.warn(text, "amount")
    same = [event for event in known.sales if event.invoice_id == command.invoice_id]
    return Preflight(
        checks=checks.made,
        attribution=known,
        seen_before=seen_before(same, since=since),
        taken=taken,
        replay_expected=_replays(command, same, taken),
        is_repeat=bool(same) or (taken is not None and ledger.is_same(taken, command)),
        credited=credited,
    )


def _replays(command: TrackSale, same: list[Event], earlier: Invoice | None) -> bool:
    """Whether Dub may repeat an answer that cannot be told from one to this very sale (S6, S8).

    It keeps an answer for 7 days. One to a sale of another name or processor gives itself away,
    and an answer with ours is then proof that Dub recorded it: not every sale at Dub set a key.
    """
    since = timezone.now() - DEDUPE_WINDOW
    if earlier and earlier.entry.outcome in HAPPENED and earlier.entry.at > since:
        body = earlier.entry.body
        if _alike(command, body.get("eventName"), body.get("paymentProcessor")):
            return True
    return any(
        event.at and event.at > since and _alike(command, event.name, event.payment_processor)
        for event in same
    )


def _alike(command: TrackSale, name: str | None, processor: str | None) -> bool:
    return (name or DEFAULT_SALE_NAME) == (command.event_name or DEFAULT_SALE_NAME) and (
        processor or DEFAULT_PROCESSOR
    ) == (command.payment_processor or DEFAULT_PROCESSOR)


def _customer_of_sale(checks: Checks, command: TrackSale, known: Attribution) -> Event | None:
    if known.customer is None:
        if command.click_id:
            checks.ok(_("Dub does not know this external ID yet: the sale creates the customer."))
        else:
            checks.stop(
                _(
                    "Dub has no customer with this external ID and would record nothing. Check the "
                    "ID, or enter a click ID to create the customer."
                ),
                "customer_external_id",
            )
        return None
    checks.ok(knows(known.customer))
    ignored = (
        command.click_id,
        command.customer_name,
        command.customer_email,
        command.customer_avatar,
    )
    if any(ignored):
        checks.warn(
            _("Dub ignores click ID, name, e-mail and avatar for a customer that it knows."),
            IGNORED,
        )
    _link(checks, known)
    return _lead_of_sale(checks, command, known) if known.customer.link else None


def _link(checks: Checks, known: Attribution) -> None:
    if known.customer is not None and known.customer.link is None:
        checks.stop(
            _(
                "This customer has no referral link, so Dub refuses every sale for it. Neither a "
                "lead nor a sale can add one."
            ),
            "customer_external_id",
        )
    elif known.link and known.link.disabled:
        checks.stop(format_lazy(_DISABLED, link=known.link.label), "customer_external_id")


def _lead_of_sale(checks: Checks, command: TrackSale, known: Attribution) -> Event | None:
    if known.leads_error:
        checks.warn(
            _("Dub's events could not be read, so it is not sure that there is a lead."),
            "lead_event_name",
        )
        return None
    name = command.lead_event_name
    leads = [lead for lead in known.leads if not name or lead.name == name]
    if not leads:
        what = _NO_SUCH_LEAD if name else _NO_LEAD
        field = "lead_event_name" if name else "customer_external_id"
        checks.stop(format_lazy(what, name=name), field)
        return None
    lead = leads[0]
    if lead.link:
        checks.ok(format_lazy(_CREDITED_THROUGH, name=lead.name, link=lead.link.label))
    else:
        checks.ok(format_lazy(_CREDITED, name=lead.name))
    return lead


def _spelled_otherwise(command: TrackSale, known: Attribution) -> str:
    """An invoice ID that differs from this one in capitals alone, "" where there is none."""
    asked = command.invoice_id
    here = ledger.spelled_otherwise(asked)
    others = [here.invoice_id] if here else [event.invoice_id for event in known.sales]
    is_like = (each for each in others if each != asked and each.casefold() == asked.casefold())
    return next(is_like, "")


def _invoice(
    checks: Checks, command: TrackSale, known: Attribution, earlier: Invoice | None
) -> None:
    seen = [event for event in known.sales if event.invoice_id == command.invoice_id]
    if not earlier and (alike := _spelled_otherwise(command, known)):
        checks.warn(format_lazy(_ONLY_CASE, other=alike), "invoice_id")
    if earlier and (ledger.is_on_its_way(earlier.entry) or not ledger.is_same(earlier, command)):
        checks.stop(ledger.conflict_text(earlier, command), "invoice_id")
    elif earlier:
        checks.warn(ledger.conflict_text(earlier, command), "invoice_id")
    elif seen:
        checks.warn(
            _(
                "Dub already has a sale of this customer with this invoice ID. Within 7 days it "
                "would only repeat its first answer; later the sale would count twice."
            ),
            "invoice_id",
        )
    elif replay := ledger.replay_of(command.invoice_id):
        checks.warn(format_lazy(_REPLAYED, number=replay.pk), "invoice_id")
    elif known.sales_error:
        checks.warn(
            _(
                "dubadmin has not sent this invoice ID before, but Dub's sales could not be read, "
                "so it is not sure that Dub has none with it."
            ),
            "invoice_id",
        )
    else:
        checks.ok(_("dubadmin has not sent this invoice ID before."))
