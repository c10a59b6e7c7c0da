"""About leads and sales: their customer, click, link and lead (traps L1, L8, S3)."""

from __future__ import annotations

from ..marks import _
from .row import LATER, Cause

TRACKING: tuple[Cause, ...] = (
    Cause(
        message="The `clickId` property was not provided",
        kind="customer_unknown",
        title=_("Dub does not know this customer"),
        cause=_(
            "Without a click ID, Dub takes the customer's own click, but it has no customer with "
            "this external ID, or that customer has no click."
        ),
        next_step=_("Check the external ID, or give the click ID."),
        field="click_id",
    ),
    Cause(
        message="customerExternalId is required",
        kind="invalid",
        title=_("The external ID is missing"),
        cause=_("Dub records nothing without the customer's external ID."),
        next_step=_("Fill it in, then send it again."),
        field="customer_external_id",
    ),
    Cause(
        message="Click event not found for clickId",
        kind="click_unknown",
        title=_("Dub does not know this click"),
        cause=_(
            "No click has this ID: it is mistyped, too old, or so new that it is not stored yet."
        ),
        next_step=_("Check the click ID.") + " " + LATER + " {lead_key}",
        field="click_id",
    ),
    Cause(
        message="Link not found for clickId",
        kind="link_missing",
        title=_("The click's link is gone"),
        cause=_("Dub knows the click, but the link that was clicked has been deleted."),
        next_step=_("Use a click on a link that still exists.") + " {lead_key}",
        field="click_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for clickId .* does not belong to the workspace",
        kind="link_foreign",
        title=_("The click is another workspace's"),
        cause=_("The link that was clicked ({link}) does not belong to this workspace."),
        next_step=_("Use a click on one of this workspace's links.") + " {lead_key}",
        field="click_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for clickId .* is disabled",
        kind="link_disabled",
        title=_("The click's link is disabled"),
        cause=_("The link that was clicked ({link}) is disabled at Dub."),
        next_step=_("Enable the link at Dub, or use a click on another.") + " {lead_key}",
        field="click_id",
    ),
    Cause(
        message="Link not found for customer",
        kind="link_missing",
        title=_("The customer has no referral link"),
        cause=_("Dub credits a sale to a link, and this customer has none."),
        next_step=_(
            "A lead does not give an existing customer a link, so Dub cannot take this sale."
        ),
        field="customer_external_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for customer .* does not belong to the workspace",
        kind="link_foreign",
        title=_("The customer's link is another workspace's"),
        cause=_("The customer's referral link ({link}) does not belong to this workspace."),
        next_step=_("Move the link back to this workspace at Dub, then send the sale again."),
        field="customer_external_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for customer .* is disabled",
        kind="link_disabled",
        title=_("The customer's link is disabled"),
        cause=_("The customer's referral link ({link}) is disabled at Dub."),
        next_step=_("Enable the link at Dub, then send the sale again."),
        field="customer_external_id",
    ),
    Cause(
        message=r"Lead event not found for externalId: .* and leadEventName: (undefined|null)?$"
        r"|Lead event data not found",
        kind="lead_missing",
        title=_("The customer has no lead"),
        cause=_("Dub credits a sale to a lead, and found none for this customer."),
        next_step=_("Record a lead for the customer first.") + " " + LATER,
        field="customer_external_id",
    ),
    Cause(
        message=r"Lead event not found for externalId: .* and leadEventName: (?P<lead>.+)",
        kind="lead_missing",
        title=_("The customer has no such lead"),
        cause=_("Dub found no lead named “{lead}” for this customer. Capitals and spaces count."),
        next_step=_("Choose one of the customer's leads, or leave it empty for the newest.")
        + " "
        + LATER,
        field="lead_event_name",
    ),
)
