"""A row of the table of causes, and what its rows share."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DubError
from ..marks import _

FIELDS = {
    "amount": _("amount"),
    "avatar": _("avatar address"),
    "click_id": _("click ID"),
    "country": _("country"),
    "currency": _("currency"),
    "customer_avatar": _("avatar address"),
    "customer_email": _("e-mail address"),
    "customer_external_id": _("external ID"),
    "customer_name": _("name"),
    "email": _("e-mail address"),
    "event_name": _("event name"),
    "event_quantity": _("quantity"),
    "external_id": _("external ID"),
    "invoice_id": _("invoice ID"),
    "lead_event_name": _("lead event name"),
    "metadata": _("metadata"),
    "mode": _("tracking mode"),
    "name": _("name"),
    "payment_processor": _("payment processor"),
    "stripe_customer_id": _("Stripe customer ID"),
    "subscription_canceled_at": _("cancellation date"),
}

CORRECT = _("Correct it, then send it again.")
LOOK = _("Look at Dub before you send it again: it may have been recorded.")
LEAD_KEY = _(  # trap L1
    "Dub counts the failed try for 7 days: until then a corrected lead needs another event name."
)
LATER = _(
    "Dub also answers this when its analytics are briefly down, so trying again later can succeed."
)
AT = r"(?P<path>[^:\n]*): "  # the middle of a 422, `code: path: message` (contract section 5)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """When it fits (the pieces up to `changed`), and what it then says.

    `message` is a regular expression for the start of Dub's message, or of the error's own
    sentence when Dub sent none; its group `path` names the field. `action` is one for the whole
    action, which is empty for a read. `changed` are those of the unique keys that were changed.
    """

    of: type[DubError] = DubError
    status: int | None = None
    code: str = ""
    message: str = ""
    action: str = ".*"
    timed_out: bool | None = None
    answered: bool | None = None
    changed: frozenset[str] | None = None

    kind: str
    title: str
    cause: str
    next_step: str
    field: str = ""


READ = ""
WRITE = ".+"
CUSTOMER = r"customer\..+"
LEAD = r"lead\..+"
SALE = r"sale\..+"
