"""About one customer: gone, or one of its IDs is taken (trap R2)."""

from __future__ import annotations

from ..marks import _
from .row import CUSTOMER, Cause

CUSTOMERS: tuple[Cause, ...] = (
    Cause(
        message="Customer not found",
        kind="customer_unknown",
        title=_("Dub does not know this customer"),
        cause=_(
            "No customer of this workspace has this ID: it is another kind of ID or mistyped, or "
            "the customer was deleted."
        ),
        next_step=_("Look the customer up by e-mail or external ID."),
    ),
    Cause(
        action=CUSTOMER,
        message=r"(?s).*(required but not found|No record was found|Record to \w+ does not exist)",
        kind="customer_unknown",
        title=_("The customer is gone"),
        cause=_("The customer was deleted at Dub while this was on its way."),
        next_step=_("Look the customer up again."),
    ),
    Cause(
        code="conflict",
        changed=frozenset({"externalId"}),
        kind="conflict",
        title=_("This external ID is taken"),
        cause=_("Another customer of the workspace already has this external ID."),
        next_step=_("Look that customer up, or use another external ID."),
        field="external_id",
    ),
    Cause(
        code="conflict",
        changed=frozenset({"stripeCustomerId"}),
        kind="conflict",
        title=_("This Stripe customer ID is taken"),
        cause=_(
            "Another customer already has this Stripe customer ID. It may be one in another "
            "workspace, since Dub allows each only once."
        ),
        next_step=_("Check the ID at Stripe, and which customer has it."),
        field="stripe_customer_id",
    ),
    Cause(
        code="conflict",
        changed=frozenset({"externalId", "stripeCustomerId"}),
        kind="conflict",
        title=_("One of these IDs is taken"),
        cause=_(
            "Another customer already has this external ID or this Stripe customer ID; Dub does "
            "not say which."
        ),
        next_step=_("Change one at a time to find out which."),
    ),
    Cause(
        code="conflict",
        kind="conflict",
        title=_("An ID is taken"),
        cause=_("Another customer already has one of these IDs."),
        next_step=_("Look that customer up, or use another ID."),
    ),
)
