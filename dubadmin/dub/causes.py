"""The table from what Dub answers, or fails to answer, to a plain cause and a next step.

`explain` reads it from the top: the first row whose pieces all fit is taken, so special messages
stand above general codes. Texts may hold `{names}`: a named group of the row's own message, or
`{field}` (in words), `{wait}`, `{status}`, `{says}` (Dub's own words, where they are fit to show)
and `{lead_key}` (trap L1, for a lead only).
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import DubError, RateLimited, Refused, Unavailable, Uncertain

FIELDS = {
    "amount": "amount",
    "avatar": "avatar address",
    "click_id": "click ID",
    "country": "country",
    "currency": "currency",
    "customer_avatar": "avatar address",
    "customer_email": "e-mail address",
    "customer_external_id": "external ID",
    "customer_name": "name",
    "email": "e-mail address",
    "event_name": "event name",
    "event_quantity": "quantity",
    "external_id": "external ID",
    "invoice_id": "invoice ID",
    "lead_event_name": "lead event name",
    "metadata": "metadata",
    "mode": "tracking mode",
    "name": "name",
    "payment_processor": "payment processor",
    "stripe_customer_id": "Stripe customer ID",
    "subscription_canceled_at": "cancellation date",
}

# What only whoever runs dubadmin can mend.
_ASK = "Tell whoever runs dubadmin: "
_CORRECT = "Correct it, then send it again."
_LOOK = "Look at Dub before you send it again: it may have been recorded."
LEAD_KEY = (  # trap L1
    " Dub counts the failed try for 7 days: until then a corrected lead needs another event name."
)
_LATER = (
    " Dub also answers this when its analytics are briefly down, so trying again later can succeed."
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
        title="Dub asks for a pause",
        cause="This workspace has sent more requests than its Dub plan allows for the moment.",
        next_step="Wait {wait}, then try again.",
    ),
    Cause(
        of=RateLimited,
        kind="rate",
        title="Too many requests at once",
        cause="dubadmin is at the rate that Dub allows, so this was held back.",
        next_step="Wait {wait}, then try again.",
    ),
    # Never reached Dub
    Cause(
        of=Unavailable,
        message="The address of Dub's API",
        kind="unreachable",
        title="Dub's address is wrong",
        cause="The address of Dub's API in dubadmin's settings is not a valid one.",
        next_step=_ASK + "DUB_API_URL needs correcting.",
    ),
    Cause(
        of=Unavailable,
        message="The request could not be put together",
        kind="invalid",
        title="This cannot be asked of Dub",
        cause="The ID or a value holds characters that cannot be sent to Dub.",
        next_step="Check the ID and the values, then try again.",
    ),
    Cause(
        of=Unavailable,
        message="Dub's certificate",
        kind="unreachable",
        title="Dub's certificate is not trusted",
        cause="Whatever answered at Dub's address could not prove that it is Dub.",
        next_step=_ASK + "the address, a proxy or the trusted certificates need a look.",
    ),
    Cause(
        of=Unavailable,
        timed_out=True,
        kind="unreachable",
        title="Dub cannot be reached",
        cause="No connection to Dub came about in time.",
        next_step="Try again in a minute. If it stays so, check the network.",
    ),
    Cause(
        of=Unavailable,
        kind="unreachable",
        title="Dub cannot be reached",
        cause="No connection to Dub came about.",
        next_step="Try again in a minute. If it stays so, check the network.",
    ),
    # The key and its user (A4, A5, 401)
    Cause(
        message="Missing Authorization header|Unauthorized: Login required",
        kind="key",
        title="No API key reached Dub",
        cause="Dub saw no API key: it is not set, or a proxy removed it.",
        next_step=_ASK + "DUB_API_KEY needs checking.",
    ),
    Cause(
        message="Misconfigured authorization header",
        kind="key",
        title="Dub cannot read the API key",
        cause="The API key reached Dub in a form that it does not understand.",
        next_step=_ASK + "DUB_API_KEY needs checking.",
    ),
    Cause(
        message="Unauthorized: Access token expired",
        kind="key",
        title="The API key has expired",
        cause="Dub knows this API key, but its time is over.",
        next_step=_ASK + "a new key is needed.",
    ),
    Cause(
        message="Link does not belong to workspace",
        kind="link_foreign",
        title="This link is another workspace's",
        cause="Dub knows the link, but it does not belong to this workspace.",
        next_step="Check the link.",
    ),
    Cause(
        of=Refused,
        status=401,
        kind="key",
        title="Dub does not accept the API key",
        cause="The API key is wrong, or it was deleted at Dub.",
        next_step=_ASK + "DUB_API_KEY needs replacing.",
    ),
    Cause(
        code="invite_pending",
        kind="access_lost",
        title="No access to the workspace",
        cause="The API key's user lost access to the workspace; a new invitation is not accepted.",
        next_step="That user must accept the invitation, or an owner must issue another key.",
    ),
    Cause(
        code="invite_expired",
        kind="access_lost",
        title="No access to the workspace",
        cause="The API key's user lost access to the workspace; the invitation back has expired.",
        next_step="An owner must invite that user again, or issue another key.",
    ),
    Cause(
        message="Workspace ID not found",
        kind="workspace",
        title="The API key names no workspace",
        cause="The API key is a personal one. dubadmin needs a workspace key; it begins with dub_.",
        next_step=_ASK + "DUB_API_KEY needs replacing.",
    ),
    Cause(
        message="Workspace not found",
        kind="workspace",
        title="The workspace is gone",
        cause="The API key's workspace does not exist, or the key's user is no longer in it.",
        next_step=_ASK + "check the workspace and its API key at Dub.",
    ),
    # Not allowed (A3)
    Cause(
        message="Unauthorized: (Need higher plan|Beta feature)|Analytics API is only available",
        kind="plan",
        title="The Dub plan does not include this",
        cause="Dub offers this from its Business plan on, and the workspace has a lower one.",
        next_step="An owner of the workspace can change the plan at Dub.",
    ),
    Cause(
        message=r"You don't have the required role.*role\(s\): (?P<roles>[\w, ]+)",
        kind="role",
        title="The API key's user may not do this",
        cause="Dub asks for one of these roles in the workspace: {roles}.",
        next_step="An owner can change that user's role at Dub, or issue another key.",
    ),
    Cause(
        message=r"The provided key does not have.*Having the '(?P<scope>[\w. ]+)' permission",
        kind="scope",
        title="The API key may not see this",
        cause="The API key lacks the permission {scope}.",
        next_step=_ASK + "the key needs that permission at Dub.",
    ),
    Cause(
        message="You don't have the necessary permissions",
        kind="scope",
        title="The API key may not do this",
        cause="The API key lacks a permission that this needs.",
        next_step=_ASK + "the key's permissions at Dub need a look.",
    ),
    Cause(
        message=r"You've reached your (\w+ )?limit of (?P<limit>[\w, ]+) on the (?P<plan>\w+) plan",
        kind="usage",
        title="The workspace is over its limit",
        cause="The workspace is above its {limit} on Dub's {plan} plan, so Dub withholds this.",
        next_step="It comes back with the next period, or with a higher plan at Dub.",
    ),
    Cause(
        code="exceeded_limit",
        kind="usage",
        title="The workspace is over its limit",
        cause="The workspace has used up what its Dub plan includes, so Dub withholds this.",
        next_step="It comes back with the next period, or with a higher plan at Dub.",
    ),
    Cause(
        message="You don't have access to Dub Partners",
        kind="role",
        title="The API key's user may not see partners",
        cause="Dub withholds partners and commissions from the API key's user.",
        next_step="An owner of the workspace can give access at Dub.",
    ),
    # Customers
    Cause(
        message="Customer not found",
        kind="customer_unknown",
        title="Dub does not know this customer",
        cause="No customer of this workspace has this ID: it is another kind of ID or mistyped, "
        "or the customer was deleted.",
        next_step="Look the customer up by e-mail or external ID.",
    ),
    Cause(
        action=CUSTOMER,
        message=r"(?s).*(required but not found|No record was found|Record to \w+ does not exist)",
        kind="customer_unknown",
        title="The customer is gone",
        cause="The customer was deleted at Dub while this was on its way.",
        next_step="Look the customer up again.",
    ),
    Cause(
        code="conflict",
        changed=frozenset({"externalId"}),
        kind="conflict",
        title="This external ID is taken",
        cause="Another customer of the workspace already has this external ID.",
        next_step="Look that customer up, or use another external ID.",
        field="external_id",
    ),
    Cause(
        code="conflict",
        changed=frozenset({"stripeCustomerId"}),
        kind="conflict",
        title="This Stripe customer ID is taken",
        cause="Another customer already has this Stripe customer ID. It may be one in another "
        "workspace, since Dub allows each only once.",
        next_step="Check the ID at Stripe, and which customer has it.",
        field="stripe_customer_id",
    ),
    Cause(
        code="conflict",
        changed=frozenset({"externalId", "stripeCustomerId"}),
        kind="conflict",
        title="One of these IDs is taken",
        cause="Another customer already has this external ID or this Stripe customer ID; Dub does "
        "not say which.",
        next_step="Change one at a time to find out which.",
    ),
    Cause(
        code="conflict",
        kind="conflict",
        title="An ID is taken",
        cause="Another customer already has one of these IDs.",
        next_step="Look that customer up, or use another ID.",
    ),
    # Leads and sales: clicks, links, leads (L1, L8, S3)
    Cause(
        message="The `clickId` property was not provided",
        kind="customer_unknown",
        title="Dub does not know this customer",
        cause="Without a click ID, Dub takes the customer's own click, but it has no customer with "
        "this external ID, or that customer has no click.",
        next_step="Check the external ID, or give the click ID.",
        field="click_id",
    ),
    Cause(
        message="customerExternalId is required",
        kind="invalid",
        title="The external ID is missing",
        cause="Dub records nothing without the customer's external ID.",
        next_step="Fill it in, then send it again.",
        field="customer_external_id",
    ),
    Cause(
        message="Click event not found for clickId",
        kind="click_unknown",
        title="Dub does not know this click",
        cause="No click has this ID: it is mistyped, too old, or so new that it is not stored yet.",
        next_step="Check the click ID." + _LATER + "{lead_key}",
        field="click_id",
    ),
    Cause(
        message="Link not found for clickId",
        kind="link_missing",
        title="The click's link is gone",
        cause="Dub knows the click, but the link that was clicked has been deleted.",
        next_step="Use a click on a link that still exists.{lead_key}",
        field="click_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for clickId .* does not belong to the workspace",
        kind="link_foreign",
        title="The click is another workspace's",
        cause="The link that was clicked ({link}) does not belong to this workspace.",
        next_step="Use a click on one of this workspace's links.{lead_key}",
        field="click_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for clickId .* is disabled",
        kind="link_disabled",
        title="The click's link is disabled",
        cause="The link that was clicked ({link}) is disabled at Dub.",
        next_step="Enable the link at Dub, or use a click on another.{lead_key}",
        field="click_id",
    ),
    Cause(
        message="Link not found for customer",
        kind="link_missing",
        title="The customer has no referral link",
        cause="Dub credits a sale to a link, and this customer has none.",
        next_step="A lead does not give an existing customer a link, so Dub cannot take this sale.",
        field="customer_external_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for customer .* does not belong to the workspace",
        kind="link_foreign",
        title="The customer's link is another workspace's",
        cause="The customer's referral link ({link}) does not belong to this workspace.",
        next_step="Move the link back to this workspace at Dub, then send the sale again.",
        field="customer_external_id",
    ),
    Cause(
        message=r"Link (?P<link>\S+) for customer .* is disabled",
        kind="link_disabled",
        title="The customer's link is disabled",
        cause="The customer's referral link ({link}) is disabled at Dub.",
        next_step="Enable the link at Dub, then send the sale again.",
        field="customer_external_id",
    ),
    Cause(
        message=r"Lead event not found for externalId: .* and leadEventName: (undefined|null)?$"
        r"|Lead event data not found",
        kind="lead_missing",
        title="The customer has no lead",
        cause="Dub credits a sale to a lead, and found none for this customer.",
        next_step="Record a lead for the customer first." + _LATER,
        field="customer_external_id",
    ),
    Cause(
        message=r"Lead event not found for externalId: .* and leadEventName: (?P<lead>.+)",
        kind="lead_missing",
        title="The customer has no such lead",
        cause="Dub found no lead named “{lead}” for this customer. Capitals and spaces count.",
        next_step="Choose one of the customer's leads, or leave it empty for the newest." + _LATER,
        field="lead_event_name",
    ),
    # Other things not found
    Cause(
        message="Link not found",
        kind="link_missing",
        title="Dub does not know this link",
        cause="No link of this workspace has this ID or address.",
        next_step="Check the link.",
    ),
    Cause(
        message="Program (not found|.* does not belong to workspace)",
        kind="program",
        title="No partner program",
        cause="The workspace has no partner program, so it has no partners or commissions.",
        next_step="An owner of the workspace can start a program at Dub.",
    ),
    Cause(
        of=Refused,
        status=403,
        kind="forbidden",
        title="Dub does not allow this",
        cause="The workspace's plan, or the API key and its user, may not do this. {says}",
        next_step="An owner of the workspace can look at plan, role and key at Dub.",
    ),
    Cause(
        of=Refused,
        status=404,
        kind="not_found",
        title="Dub does not know this",
        cause="What was asked for does not exist at Dub, or no longer. {says}",
        next_step="Check the ID.",
    ),
    # Stored perhaps, then refused: Dub could not check its own answer, or lost its database
    Cause(
        of=Uncertain,
        code="unprocessable_entity",
        action=WRITE,
        kind="broken",
        title="Dub failed half way",
        cause="Dub failed after it had begun, so whether this was recorded is unknown.",
        next_step=_LOOK,
    ),
    # What was sent, or asked for, is not right (R3, Q5, Q10, section 5)
    Cause(
        message="Invalid cursor",
        kind="cursor",
        title="The place in the list is gone",
        cause="The customer that this page of the list began at has been deleted.",
        next_step="Go back to the first page.",
    ),
    Cause(
        action=READ,
        message=r"\w+: (\[\d+\][^:\n]*|[^:\n]*): .*received null$|\w+: \[\d+\]",
        kind="record",
        title="Dub cannot show a record",
        cause="One of the records at Dub breaks Dub's own rules, so Dub withholds the answer.",
        next_step="Narrow the search down; Dub's support can mend the record.",
    ),
    Cause(
        message=r"\w+: " + _AT + r"Invalid email",
        kind="invalid",
        title="Not an e-mail address",
        cause="Dub does not take the {field} for a valid one.",
        next_step=_CORRECT,
    ),
    Cause(
        message=r"\w+: " + _AT + r"Invalid URL",
        kind="invalid",
        title="Not a web address",
        cause="The {field} must be a whole address that begins with https://.",
        next_step=_CORRECT,
    ),
    Cause(
        message=r"custom: " + _AT + r"Metadata must be less than",
        kind="invalid",
        title="Too much metadata",
        cause="Dub takes less than 10,000 characters of metadata.",
        next_step="Shorten it, then send it again.",
    ),
    Cause(
        message=r"too_big: " + _AT + r"Too big: expected string to have <=(?P<limit>\d+)",
        kind="invalid",
        title="Too long",
        cause="Dub takes at most {limit} characters for the {field}.",
        next_step="Shorten it, then send it again.",
    ),
    Cause(
        message=r"too_big: " + _AT + r"(Too big: expected number to be <=|Max page size is )"
        r"(?P<limit>\d+)",
        kind="invalid",
        title="Too large",
        cause="Dub takes at most {limit} for the {field}.",
        next_step="Lower it, then try again.",
    ),
    Cause(
        message=r"too_small: "
        + _AT
        + r".*(cannot be negative|expected number to be >|greater than 0)",
        kind="invalid",
        title="Too small",
        cause="Dub wants a number above zero for the {field}.",
        next_step=_CORRECT,
    ),
    Cause(
        message=r"\w+: " + _AT + r".*(is required$|received (undefined|null)$)",
        kind="invalid",
        title="Something is missing",
        cause="Dub asks for the {field}, and cannot leave it empty.",
        next_step="Fill it in, then send it again.",
    ),
    Cause(
        message=r"invalid_type: " + _AT + r".*(expected int|must be a number)",
        kind="invalid",
        title="Not a whole number",
        cause="Dub wants a whole number for the {field}.",
        next_step=_CORRECT,
    ),
    Cause(
        message=r"invalid_value: " + _AT + r"Invalid option: expected one of (?P<choices>.+)",
        kind="invalid",
        title="Not one of Dub's choices",
        cause="For the {field} Dub only knows {choices}.",
        next_step="Choose one of these, then try again.",
    ),
    Cause(
        message=r"custom: " + _AT + r"(Invalid date|The (start|end) date)",
        kind="invalid",
        title="Not a date that Dub takes",
        cause="Dub takes dates from September 22, 2022 on, in the form 2026-01-31.",
        next_step="Choose another date.",
    ),
    Cause(
        message=r"(?s).*too long for the column's type\.( Column: (?P<path>\w+))?",
        kind="invalid",
        title="Too long",
        cause="Dub's database has no room for this much text in the {field}.",
        next_step="Keep it to 191 characters, then send it again.",
    ),
    Cause(
        message=r"[a-z_]+: : ",
        kind="invalid",
        title="Dub does not understand the request",
        cause="Dub did not get what it expected, as a whole.",
        next_step=_ASK + "this looks like a defect.",
    ),
    Cause(
        message=r"[a-z_]+: (?P<path>[A-Za-z][^:\s]*): ",
        kind="invalid",
        title="Dub does not accept a value",
        cause="Dub does not accept the {field} as it is.",
        next_step=_CORRECT,
    ),
    Cause(
        message="Invalid JSON format",
        kind="invalid",
        title="Dub could not read the request",
        cause="The request was damaged on its way to Dub.",
        next_step="Try again. If it stays so, tell whoever runs dubadmin.",
    ),
    Cause(
        of=Refused,
        status=422,
        kind="invalid",
        title="Dub does not accept a value",
        cause="Dub's database did not take one of the values. {says}",
        next_step="Shorten or correct what was changed, then send it again.",
    ),
    Cause(
        code="bad_request",
        kind="invalid",
        title="Dub does not accept the request",
        cause="Something in the request is not what Dub expects. {says}",
        next_step=_CORRECT,
    ),
    Cause(
        of=Refused,
        kind="other",
        title="Dub refused",
        cause="Dub refused this without a reason that dubadmin knows. {says}",
        next_step="Check what was asked for, then try again.",
    ),
    # Sent, and the answer is missing or worthless (A7, A8)
    Cause(
        code="internal_server_error",
        action=LEAD + "|" + SALE,
        kind="internal",
        title="Dub had an internal error",
        cause="Dub failed while it worked on this. A value above 191 characters can be the cause.",
        next_step=_LOOK,
    ),
    Cause(
        code="internal_server_error",
        action=READ,
        kind="internal",
        title="Dub had an internal error",
        cause="Dub failed while it put the answer together.",
        next_step="Try again in a minute.",
    ),
    Cause(
        code="internal_server_error",
        kind="internal",
        title="Dub had an internal error",
        cause="Dub failed while it worked on this.",
        next_step=_LOOK,
    ),
    Cause(
        of=Uncertain,
        answered=True,
        action=READ,
        kind="not_dub",
        title="The answer was not Dub's",
        cause="Something between here and Dub answered instead (status {status}), or the answer "
        "was damaged on its way.",
        next_step="Try again. If it stays so, check the network and Dub's status page.",
    ),
    Cause(
        of=Uncertain,
        answered=True,
        kind="not_dub",
        title="The answer was not Dub's",
        cause="Something between here and Dub answered instead (status {status}), or the answer "
        "was damaged on its way.",
        next_step=_LOOK,
    ),
    Cause(
        of=Uncertain,
        timed_out=True,
        action=READ,
        kind="timeout",
        title="Dub did not answer in time",
        cause="Dub took the question and gave no answer in time.",
        next_step="Try again in a minute.",
    ),
    Cause(
        of=Uncertain,
        timed_out=True,
        kind="timeout",
        title="Dub did not answer in time",
        cause="This was sent to Dub, and no answer came in time.",
        next_step=_LOOK,
    ),
    Cause(
        of=Uncertain,
        action=READ,
        kind="broken",
        title="The connection broke",
        cause="The connection to Dub broke before the answer was complete.",
        next_step="Try again.",
    ),
    Cause(
        of=Uncertain,
        kind="broken",
        title="The connection broke",
        cause="This was sent to Dub, and the connection broke before the answer was complete.",
        next_step=_LOOK,
    ),
    Cause(
        kind="other",
        title="Dub gave no usable answer",
        cause="The call to Dub failed in a way that dubadmin does not know.",
        next_step="Try again. If it stays so, tell whoever runs dubadmin.",
    ),
)
