"""What is checked before a lead or sale is sent, so that nothing is sent that is sure to fail.

A check is "ok", "warn" (doubtful: can be sent with a reason) or "stop" (sure to fail). The traps
that each answers to are in brackets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from dubadmin.dub import marks
from dubadmin.dub.commands import TrackLead, TrackSale, lead_key
from dubadmin.dub.money import MAX_COMMISSION_CENTS, to_major
from dubadmin.dub.records import Customer, Event

from . import ledger
from .dedupe import DEDUPE_WINDOW, Window, open_window
from .models import HAPPENED, Invoice
from .queries import Attribution, attribution

# What Dub takes where the request names none.
DEFAULT_SALE_NAME = "Purchase"
DEFAULT_PROCESSOR = "custom"
IGNORED = "ignored"  # what such a check is about: details that Dub does not take
LARGE = 5_000_000  # of the dearest currency this is near the commission limit (trap S14)


def _(text: str) -> Any:
    """A text that a page shows in its language, and the log keeps in English."""
    return gettext_lazy(marks._(text))


@dataclass(frozen=True, kw_only=True)
class Check:
    """`field` is the form field that it is about, "" or IGNORED when it is about several."""

    level: str
    text: str | Promise
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """Everything known before sending.

    `seen_before` counts the events that look like this one; `taken` is the earlier sending of the
    invoice ID; `replay_expected` tells that Dub would answer with an earlier sale (S6).
    `is_repeat` tells that the very same was recorded before: a doubt for a person who sends one
    by hand, and no longer a doubt when it comes from a file.
    """

    checks: list[Check]
    attribution: Attribution
    seen_before: int = 0
    taken: Invoice | None = None
    replay_expected: bool = False
    is_repeat: bool = False
    credited: Event | None = None

    @property
    def digest(self) -> str:
        """Tells whether a person has seen these very doubts before sending in spite of them."""
        texts = "\n".join(str(check.text) for check in self.doubts)
        return hashlib.sha256(texts.encode()).hexdigest()[:16] if texts else ""

    @property
    def stops(self) -> list[Check]:
        return [check for check in self.checks if check.level == "stop"]

    @property
    def doubts(self) -> list[Check]:
        return [check for check in self.checks if check.level == "warn"]


@dataclass(kw_only=True)
class _Checks:
    made: list[Check] = field(default_factory=list)

    def ok(self, text: str | Promise, field: str = "") -> None:
        self.made.append(Check(level="ok", text=text, field=field))

    def warn(self, text: str | Promise, field: str = "") -> None:
        self.made.append(Check(level="warn", text=text, field=field))

    def stop(self, text: str | Promise, field: str = "") -> None:
        self.made.append(Check(level="stop", text=text, field=field))


def check_lead(command: TrackLead, *, known: Attribution | None = None) -> Preflight:
    """Checks a lead (traps L1 to L9). Raises DubError when Dub could not be asked.

    `known` is what Dub has, where that was asked before.
    """
    known = known or attribution(command.customer_external_id)
    checks = _Checks()
    _customer_of_lead(checks, command, known)
    window = None
    if command.mode != "deferred":
        window = _dedupe(checks, command, known)
    else:
        checks.warn(
            _("Deferred: Dub saves the customer but records no lead until a later event does."),
            "mode",
        )
    if (command.event_quantity or 1) > 1:
        many = format_lazy(_MANY_LEADS, number=command.event_quantity)
        checks.warn(many, "event_quantity")
    same = [e for e in known.leads if lead_key(e.name) == lead_key(command.event_name)]
    return Preflight(
        checks=checks.made,
        attribution=known,
        seen_before=len(same),
        is_repeat=window is not None and window.sure,
    )


def _customer_of_lead(checks: _Checks, command: TrackLead, known: Attribution) -> None:
    if known.customer is None:
        if command.click_id:
            checks.ok(_("Dub does not know this external ID yet: the lead creates the customer."))
        else:
            checks.stop(
                _(
                    "Dub does not know this external ID, and without a click ID it cannot create "
                    "the customer. Enter the click ID of the referral."
                ),
                "customer_external_id",
            )
        return
    checks.ok(_knows(known.customer))
    _link_state(checks, known, sale=False)
    if not command.click_id and known.customer.link:
        checks.ok(_("No click ID: Dub reuses the click stored with this customer."))
    elif not command.click_id:
        checks.warn(
            _(
                "No click ID: Dub reuses the click stored with this customer, and one without a "
                "referral link seldom has any. Without a click Dub refuses the lead."
            ),
            "click_id",
        )
    if command.customer_name or command.customer_email or command.customer_avatar:
        checks.warn(
            _(
                "Dub ignores name, e-mail and avatar for a customer that it knows. Correct them "
                "under Edit instead."
            ),
            IGNORED,
        )


def _knows(customer: Customer) -> str | Promise:
    return format_lazy(_KNOWS, name=customer.label)


def _link_state(checks: _Checks, known: Attribution, *, sale: bool) -> None:
    if known.customer is not None and known.customer.link is None:
        if sale:
            checks.stop(
                _(
                    "This customer has no referral link, so Dub refuses every sale for it. Neither "
                    "a lead nor a sale can add one."
                ),
                "customer_external_id",
            )
        else:
            checks.warn(
                _(
                    "This customer has no referral link and never gains one from a lead: later "
                    "sales will be refused."
                ),
                "customer_external_id",
            )
    elif known.link and known.link.disabled:
        link = known.link.label
        if sale:
            checks.stop(format_lazy(_DISABLED_FOR_SALES, link=link), "customer_external_id")
        else:
            checks.warn(format_lazy(_DISABLED_FOR_LEADS, link=link), "customer_external_id")


def _dedupe(checks: _Checks, command: TrackLead, known: Attribution) -> Window | None:
    window = open_window(
        command.customer_external_id, event_name=command.event_name, events=known.leads
    )
    if window:
        checks.warn(lazy(_swallowed, str)(window), "event_name")
    elif known.leads_error:
        checks.warn(
            _(
                "Dub's events could not be read, so it is not sure that no lead of this name was "
                "recorded in the last 7 days. If one was, Dub records nothing."
            ),
            "event_name",
        )
    else:
        checks.ok(_("No lead of this name is known from the last 7 days."))
    return window


def _swallowed(window: Window) -> str:
    answer = _WILL_SWALLOW if window.sure else _MAY_SWALLOW
    return f"{window.because} {str(answer).format(end=window.until)}"


def check_sale(command: TrackSale, *, known: Attribution | None = None) -> Preflight:
    """Checks a sale (traps S1 to S14). Raises DubError when Dub could not be asked.

    `known` as for a lead.
    """
    known = known or attribution(command.customer_external_id)
    checks = _Checks()
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
        seen_before=len(same),
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


def _customer_of_sale(checks: _Checks, command: TrackSale, known: Attribution) -> Event | None:
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
    checks.ok(_knows(known.customer))
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
    _link_state(checks, known, sale=True)
    return _lead_of_sale(checks, command, known)


def _lead_of_sale(checks: _Checks, command: TrackSale, known: Attribution) -> Event | None:
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


_KNOWS = _("Dub knows this customer: {name}.")
_MANY_LEADS = _("This writes {number} lead events, not one.")
_DISABLED_FOR_SALES = _(
    "The referral link {link} is disabled, so Dub refuses the sale. Enable it in Dub first."
)
_DISABLED_FOR_LEADS = _(
    "The referral link {link} is disabled: Dub refuses leads for a click on it."
)
_WILL_SWALLOW = _(
    "Until {end} Dub will answer as if all were fine and record nothing for this event name. Use "
    "another event name, or wait."
)
_MAY_SWALLOW = _(
    "Until {end} Dub may answer as if all were fine and record nothing for this event name. Use "
    "another event name, or wait."
)
_CREDITED = _("The sale is credited to the lead “{name}”.")
_CREDITED_THROUGH = _("The sale is credited to the lead “{name}” through {link}.")
_NO_LEAD = _(
    "This customer has no lead, so Dub refuses the sale. Record the lead first; one from a moment "
    "ago can take some seconds to appear."
)
_NO_SUCH_LEAD = _(
    "This customer has no lead named exactly “{name}”, so Dub refuses the sale. Record the lead "
    "first; one from a moment ago can take some seconds to appear."
)


def _invoice(
    checks: _Checks, command: TrackSale, known: Attribution, earlier: Invoice | None
) -> None:
    seen = [event for event in known.sales if event.invoice_id == command.invoice_id]
    if earlier and not ledger.is_same(earlier, command):
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


def as_logged(preflight: Preflight) -> list[dict[str, Any]]:
    """The checks as the audit log keeps them."""
    return [{"level": check.level, "text": check.text} for check in preflight.checks]
