"""The table from what Dub answers, or fails to answer, to a plain cause and a next step.

`explain` reads it from the top: the first row whose pieces all fit is taken, so special messages
stand above general codes. Texts may hold `{names}`: a named group of the row's own message, or
`{field}` (in words), `{wait}`, `{status}`, `{says}` (Dub's own words, where they are fit to show)
and `{lead_key}` (trap L1, for a lead only).
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import DubError, RateLimited, Refused, Unavailable, Uncertain
from .marks import _

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

_CORRECT = _("Correct it, then send it again.")
_LOOK = _("Look at Dub before you send it again: it may have been recorded.")
LEAD_KEY = _(  # trap L1
    "Dub counts the failed try for 7 days: until then a corrected lead needs another event name."
)
_LATER = _(
    "Dub also answers this when its analytics are briefly down, so trying again later can succeed."
)
_AT = r"(?P<path>[^:\n]*): "  # the middle of a 422, `code: path: message` (contract section 5)


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

CAUSES: tuple[Cause, ...] = (
    # The rate (A1, A2)
    Cause(
        of=RateLimited,
        answered=True,
        kind="rate",
        title=_("Dub asks for a pause"),
        cause=_("This workspace has sent more requests than its Dub plan allows for the moment."),
        next_step=_("Wait {wait}, then try again."),
    ),
    Cause(
        of=RateLimited,
        kind="rate",
        title=_("Too many requests at once"),
        cause=_("dubadmin is at the rate that Dub allows, so this was held back."),
        next_step=_("Wait {wait}, then try again."),
    ),
    # Never reached Dub
    Cause(
        of=Unavailable,
        message="The address of Dub's API",
        kind="unreachable",
        title=_("Dub's address is wrong"),
        cause=_("The address of Dub's API in dubadmin's settings is not a valid one."),
        next_step=_("Tell whoever runs dubadmin: DUB_API_URL needs correcting."),
    ),
    Cause(
        of=Unavailable,
        message="The request could not be put together",
        kind="invalid",
        title=_("This cannot be asked of Dub"),
        cause=_("The ID or a value holds characters that cannot be sent to Dub."),
        next_step=_("Check the ID and the values, then try again."),
    ),
    Cause(
        of=Unavailable,
        message="Dub's certificate",
        kind="unreachable",
        title=_("Dub's certificate is not trusted"),
        cause=_("Whatever answered at Dub's address could not prove that it is Dub."),
        next_step=_(
            "Tell whoever runs dubadmin: the address, a proxy or the trusted certificates need a "
            "look."
        ),
    ),
    Cause(
        of=Unavailable,
        timed_out=True,
        kind="unreachable",
        title=_("Dub cannot be reached"),
        cause=_("No connection to Dub came about in time."),
        next_step=_("Try again in a minute. If it stays so, check the network."),
    ),
    Cause(
        of=Unavailable,
        kind="unreachable",
        title=_("Dub cannot be reached"),
        cause=_("No connection to Dub came about."),
        next_step=_("Try again in a minute. If it stays so, check the network."),
    ),
    # The key and its user (A4, A5, 401)
    Cause(
        message="Missing Authorization header|Unauthorized: Login required",
        kind="key",
        title=_("No API key reached Dub"),
        cause=_("Dub saw no API key: it is not set, or a proxy removed it."),
        next_step=_("Tell whoever runs dubadmin: DUB_API_KEY needs checking."),
    ),
    Cause(
        message="Misconfigured authorization header",
        kind="key",
        title=_("Dub cannot read the API key"),
        cause=_("The API key reached Dub in a form that it does not understand."),
        next_step=_("Tell whoever runs dubadmin: DUB_API_KEY needs checking."),
    ),
    Cause(
        message="Unauthorized: Access token expired",
        kind="key",
        title=_("The API key has expired"),
        cause=_("Dub knows this API key, but its time is over."),
        next_step=_("Tell whoever runs dubadmin: a new key is needed."),
    ),
    Cause(
        message="Link does not belong to workspace",
        kind="link_foreign",
        title=_("This link is another workspace's"),
        cause=_("Dub knows the link, but it does not belong to this workspace."),
        next_step=_("Check the link."),
    ),
    Cause(
        of=Refused,
        status=401,
        kind="key",
        title=_("Dub does not accept the API key"),
        cause=_("The API key is wrong, or it was deleted at Dub."),
        next_step=_("Tell whoever runs dubadmin: DUB_API_KEY needs replacing."),
    ),
    Cause(
        code="invite_pending",
        kind="access_lost",
        title=_("No access to the workspace"),
        cause=_(
            "The API key's user lost access to the workspace; a new invitation is not accepted."
        ),
        next_step=_("That user must accept the invitation, or an owner must issue another key."),
    ),
    Cause(
        code="invite_expired",
        kind="access_lost",
        title=_("No access to the workspace"),
        cause=_(
            "The API key's user lost access to the workspace; the invitation back has expired."
        ),
        next_step=_("An owner must invite that user again, or issue another key."),
    ),
    Cause(
        message="Workspace ID not found",
        kind="workspace",
        title=_("The API key names no workspace"),
        cause=_(
            "The API key is a personal one. dubadmin needs a workspace key; it begins with dub_."
        ),
        next_step=_("Tell whoever runs dubadmin: DUB_API_KEY needs replacing."),
    ),
    Cause(
        message="Workspace not found",
        kind="workspace",
        title=_("The workspace is gone"),
        cause=_("The API key's workspace does not exist, or the key's user is no longer in it."),
        next_step=_("Tell whoever runs dubadmin: check the workspace and its API key at Dub."),
    ),
    # Not allowed (A3)
    Cause(
        message="Unauthorized: (Need higher plan|Beta feature)|Analytics API is only available",
        kind="plan",
        title=_("The Dub plan does not include this"),
        cause=_("Dub offers this from its Business plan on, and the workspace has a lower one."),
        next_step=_("An owner of the workspace can change the plan at Dub."),
    ),
    Cause(
        message=r"You don't have the required role.*role\(s\): (?P<roles>[\w, ]+)",
        kind="role",
        title=_("The API key's user may not do this"),
        cause=_("Dub asks for one of these roles in the workspace: {roles}."),
        next_step=_("An owner can change that user's role at Dub, or issue another key."),
    ),
    Cause(
        message=r"The provided key does not have.*Having the '(?P<scope>[\w. ]+)' permission",
        kind="scope",
        title=_("The API key may not see this"),
        cause=_("The API key lacks the permission {scope}."),
        next_step=_("Tell whoever runs dubadmin: the key needs that permission at Dub."),
    ),
    Cause(
        message="You don't have the necessary permissions",
        kind="scope",
        title=_("The API key may not do this"),
        cause=_("The API key lacks a permission that this needs."),
        next_step=_("Tell whoever runs dubadmin: the key's permissions at Dub need a look."),
    ),
    Cause(
        message=r"You've reached your (\w+ )?limit of (?P<limit>[\w, ]+) on the (?P<plan>\w+) plan",
        kind="usage",
        title=_("The workspace is over its limit"),
        cause=_("The workspace is above its {limit} on Dub's {plan} plan, so Dub withholds this."),
        next_step=_("It comes back with the next period, or with a higher plan at Dub."),
    ),
    Cause(
        code="exceeded_limit",
        kind="usage",
        title=_("The workspace is over its limit"),
        cause=_("The workspace has used up what its Dub plan includes, so Dub withholds this."),
        next_step=_("It comes back with the next period, or with a higher plan at Dub."),
    ),
    Cause(
        message="You don't have access to Dub Partners",
        kind="role",
        title=_("The API key's user may not see partners"),
        cause=_("Dub withholds partners and commissions from the API key's user."),
        next_step=_("An owner of the workspace can give access at Dub."),
    ),
    # Customers
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
    # Leads and sales: clicks, links, leads (L1, L8, S3)
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
        next_step=_("Check the click ID.") + " " + _LATER + " {lead_key}",
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
        next_step=_("Record a lead for the customer first.") + " " + _LATER,
        field="customer_external_id",
    ),
    Cause(
        message=r"Lead event not found for externalId: .* and leadEventName: (?P<lead>.+)",
        kind="lead_missing",
        title=_("The customer has no such lead"),
        cause=_("Dub found no lead named “{lead}” for this customer. Capitals and spaces count."),
        next_step=_("Choose one of the customer's leads, or leave it empty for the newest.")
        + " "
        + _LATER,
        field="lead_event_name",
    ),
    # Other things not found
    Cause(
        message="Link not found",
        kind="link_missing",
        title=_("Dub does not know this link"),
        cause=_("No link of this workspace has this ID or address."),
        next_step=_("Check the link."),
    ),
    Cause(
        message="Program (not found|.* does not belong to workspace)",
        kind="program",
        title=_("No partner program"),
        cause=_("The workspace has no partner program, so it has no partners or commissions."),
        next_step=_("An owner of the workspace can start a program at Dub."),
    ),
    Cause(
        of=Refused,
        status=403,
        kind="forbidden",
        title=_("Dub does not allow this"),
        cause=_("The workspace's plan, or the API key and its user, may not do this. {says}"),
        next_step=_("An owner of the workspace can look at plan, role and key at Dub."),
    ),
    Cause(
        of=Refused,
        status=404,
        kind="not_found",
        title=_("Dub does not know this"),
        cause=_("What was asked for does not exist at Dub, or no longer. {says}"),
        next_step=_("Check the ID."),
    ),
    # Stored perhaps, then refused: Dub could not check its own answer, or lost its database
    Cause(
        of=Uncertain,
        code="unprocessable_entity",
        action=WRITE,
        kind="broken",
        title=_("Dub failed half way"),
        cause=_("Dub failed after it had begun, so whether this was recorded is unknown."),
        next_step=_LOOK,
    ),
    # What was sent, or asked for, is not right (R3, Q5, Q10, section 5)
    Cause(
        message="Invalid cursor",
        kind="cursor",
        title=_("The place in the list is gone"),
        cause=_("The customer that this page of the list began at has been deleted."),
        next_step=_("Go back to the first page."),
    ),
    Cause(
        action=READ,
        message=r"\w+: (\[\d+\][^:\n]*|[^:\n]*): .*received null$|\w+: \[\d+\]",
        kind="record",
        title=_("Dub cannot show a record"),
        cause=_("One of the records at Dub breaks Dub's own rules, so Dub withholds the answer."),
        next_step=_("Narrow the search down; Dub's support can mend the record."),
    ),
    Cause(
        message=r"\w+: " + _AT + r"Invalid email",
        kind="invalid",
        title=_("Not an e-mail address"),
        cause=_("Dub does not take the {field} for a valid one."),
        next_step=_CORRECT,
    ),
    Cause(
        message=r"\w+: " + _AT + r"Invalid URL",
        kind="invalid",
        title=_("Not a web address"),
        cause=_("The {field} must be a whole address that begins with https://."),
        next_step=_CORRECT,
    ),
    Cause(
        message=r"custom: " + _AT + r"Metadata must be less than",
        kind="invalid",
        title=_("Too much metadata"),
        cause=_("Dub takes less than 10,000 characters of metadata."),
        next_step=_("Shorten it, then send it again."),
    ),
    Cause(
        message=r"too_big: " + _AT + r"Too big: expected string to have <=(?P<limit>\d+)",
        kind="invalid",
        title=_("Too long"),
        cause=_("Dub takes at most {limit} characters for the {field}."),
        next_step=_("Shorten it, then send it again."),
    ),
    Cause(
        message=r"too_big: " + _AT + r"(Too big: expected number to be <=|Max page size is )"
        r"(?P<limit>\d+)",
        kind="invalid",
        title=_("Too large"),
        cause=_("Dub takes at most {limit} for the {field}."),
        next_step=_("Lower it, then try again."),
    ),
    Cause(
        message=r"too_small: "
        + _AT
        + r".*(cannot be negative|expected number to be >|greater than 0)",
        kind="invalid",
        title=_("Too small"),
        cause=_("Dub wants a number above zero for the {field}."),
        next_step=_CORRECT,
    ),
    Cause(
        message=r"\w+: " + _AT + r".*(is required$|received (undefined|null)$)",
        kind="invalid",
        title=_("Something is missing"),
        cause=_("Dub asks for the {field}, and cannot leave it empty."),
        next_step=_("Fill it in, then send it again."),
    ),
    Cause(
        message=r"invalid_type: " + _AT + r".*(expected int|must be a number)",
        kind="invalid",
        title=_("Not a whole number"),
        cause=_("Dub wants a whole number for the {field}."),
        next_step=_CORRECT,
    ),
    Cause(
        message=r"invalid_value: " + _AT + r"Invalid option: expected one of (?P<choices>.+)",
        kind="invalid",
        title=_("Not one of Dub's choices"),
        cause=_("For the {field} Dub only knows {choices}."),
        next_step=_("Choose one of these, then try again."),
    ),
    Cause(
        message=r"custom: " + _AT + r"(Invalid date|The (start|end) date)",
        kind="invalid",
        title=_("Not a date that Dub takes"),
        cause=_("Dub takes dates from September 22, 2022 on, in the form 2026-01-31."),
        next_step=_("Choose another date."),
    ),
    Cause(
        message=r"(?s).*too long for the column's type\.( Column: (?P<path>\w+))?",
        kind="invalid",
        title=_("Too long"),
        cause=_("Dub's database has no room for this much text in the {field}."),
        next_step=_("Keep it to 191 characters, then send it again."),
    ),
    Cause(
        message=r"[a-z_]+: : ",
        kind="invalid",
        title=_("Dub does not understand the request"),
        cause=_("Dub did not get what it expected, as a whole."),
        next_step=_("Tell whoever runs dubadmin: this looks like a defect."),
    ),
    Cause(
        message=r"[a-z_]+: (?P<path>[A-Za-z][^:\s]*): ",
        kind="invalid",
        title=_("Dub does not accept a value"),
        cause=_("Dub does not accept the {field} as it is."),
        next_step=_CORRECT,
    ),
    Cause(
        message="Invalid JSON format",
        kind="invalid",
        title=_("Dub could not read the request"),
        cause=_("The request was damaged on its way to Dub."),
        next_step=_("Try again. If it stays so, tell whoever runs dubadmin."),
    ),
    Cause(
        of=Refused,
        status=422,
        kind="invalid",
        title=_("Dub does not accept a value"),
        cause=_("Dub's database did not take one of the values. {says}"),
        next_step=_("Shorten or correct what was changed, then send it again."),
    ),
    Cause(
        code="bad_request",
        kind="invalid",
        title=_("Dub does not accept the request"),
        cause=_("Something in the request is not what Dub expects. {says}"),
        next_step=_CORRECT,
    ),
    Cause(
        of=Refused,
        kind="other",
        title=_("Dub refused"),
        cause=_("Dub refused this without a reason that dubadmin knows. {says}"),
        next_step=_("Check what was asked for, then try again."),
    ),
    # Sent, and the answer is missing or worthless (A7, A8)
    Cause(
        code="internal_server_error",
        action=LEAD + "|" + SALE,
        kind="internal",
        title=_("Dub had an internal error"),
        cause=_(
            "Dub failed while it worked on this. A value above 191 characters can be the cause."
        ),
        next_step=_LOOK,
    ),
    Cause(
        code="internal_server_error",
        action=READ,
        kind="internal",
        title=_("Dub had an internal error"),
        cause=_("Dub failed while it put the answer together."),
        next_step=_("Try again in a minute."),
    ),
    Cause(
        code="internal_server_error",
        kind="internal",
        title=_("Dub had an internal error"),
        cause=_("Dub failed while it worked on this."),
        next_step=_LOOK,
    ),
    Cause(
        of=Uncertain,
        answered=True,
        action=READ,
        kind="not_dub",
        title=_("The answer was not Dub's"),
        cause=_(
            "Something between here and Dub answered instead (status {status}), or the answer was "
            "damaged on its way."
        ),
        next_step=_("Try again. If it stays so, check the network and Dub's status page."),
    ),
    Cause(
        of=Uncertain,
        answered=True,
        kind="not_dub",
        title=_("The answer was not Dub's"),
        cause=_(
            "Something between here and Dub answered instead (status {status}), or the answer was "
            "damaged on its way."
        ),
        next_step=_LOOK,
    ),
    Cause(
        of=Uncertain,
        timed_out=True,
        action=READ,
        kind="timeout",
        title=_("Dub did not answer in time"),
        cause=_("Dub took the question and gave no answer in time."),
        next_step=_("Try again in a minute."),
    ),
    Cause(
        of=Uncertain,
        timed_out=True,
        kind="timeout",
        title=_("Dub did not answer in time"),
        cause=_("This was sent to Dub, and no answer came in time."),
        next_step=_LOOK,
    ),
    Cause(
        of=Uncertain,
        action=READ,
        kind="broken",
        title=_("The connection broke"),
        cause=_("The connection to Dub broke before the answer was complete."),
        next_step=_("Try again."),
    ),
    Cause(
        of=Uncertain,
        kind="broken",
        title=_("The connection broke"),
        cause=_("This was sent to Dub, and the connection broke before the answer was complete."),
        next_step=_LOOK,
    ),
    Cause(
        kind="other",
        title=_("Dub gave no usable answer"),
        cause=_("The call to Dub failed in a way that dubadmin does not know."),
        next_step=_("Try again. If it stays so, tell whoever runs dubadmin."),
    ),
)
