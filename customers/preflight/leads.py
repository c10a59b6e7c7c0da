"""What is checked before a lead is sent (traps L1 to L9)."""

from __future__ import annotations

from datetime import datetime

from django.utils.functional import lazy
from django.utils.text import format_lazy

from customers.dedupe import Window, open_window
from customers.queries import Attribution, attribution
from dubadmin.dub.commands import TrackLead, lead_key

from .checks import IGNORED, Checks, Preflight, _, knows, seen_before

_MANY_LEADS = _("This writes {number} lead events, not one.")
_DISABLED = _("The referral link {link} is disabled: Dub refuses leads for a click on it.")
_WILL_SWALLOW = _(
    "Until {end} Dub will answer as if all were fine and record nothing for this event name. Use "
    "another event name, or wait."
)
_MAY_SWALLOW = _(
    "Until {end} Dub may answer as if all were fine and record nothing for this event name. Use "
    "another event name, or wait."
)


def check_lead(
    command: TrackLead, *, known: Attribution | None = None, since: datetime | None = None
) -> Preflight:
    """Checks a lead (traps L1 to L9). Raises DubError when Dub could not be asked.

    `known` is what Dub has, where that was asked before. `since` is from when on an event may be
    of an earlier sending of this very lead.
    """
    known = known or attribution(command.customer_external_id)
    checks = Checks()
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
        seen_before=seen_before(same, since=since),
        is_repeat=window is not None and window.sure,
    )


def _customer_of_lead(checks: Checks, command: TrackLead, known: Attribution) -> None:
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
    checks.ok(knows(known.customer))
    _link(checks, known)
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


def _link(checks: Checks, known: Attribution) -> None:
    if known.customer is not None and known.customer.link is None:
        checks.warn(
            _(
                "This customer has no referral link and never gains one from a lead: later sales "
                "will be refused."
            ),
            "customer_external_id",
        )
    elif known.link and known.link.disabled:
        checks.warn(format_lazy(_DISABLED, link=known.link.label), "customer_external_id")


def _dedupe(checks: Checks, command: TrackLead, known: Attribution) -> Window | None:
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
