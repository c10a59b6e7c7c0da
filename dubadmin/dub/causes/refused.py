"""All else that Dub refuses: what it does not know, and what is not right (R3, Q5, Q10)."""

from __future__ import annotations

from ..errors import Refused, Uncertain
from ..marks import _
from .row import AT, CORRECT, LOOK, READ, WRITE, Cause

REFUSED: tuple[Cause, ...] = (
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
        next_step=LOOK,
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
        message=r"\w+: " + AT + r"Invalid email",
        kind="invalid",
        title=_("Not an e-mail address"),
        cause=_("Dub does not take the {field} for a valid one."),
        next_step=CORRECT,
    ),
    Cause(
        message=r"\w+: " + AT + r"Invalid URL",
        kind="invalid",
        title=_("Not a web address"),
        cause=_("The {field} must be a whole address that begins with https://."),
        next_step=CORRECT,
    ),
    Cause(
        message=r"custom: " + AT + r"Metadata must be less than",
        kind="invalid",
        title=_("Too much metadata"),
        cause=_("Dub takes less than 10,000 characters of metadata."),
        next_step=_("Shorten it, then send it again."),
    ),
    Cause(
        message=r"too_big: " + AT + r"Too big: expected string to have <=(?P<limit>\d+)",
        kind="invalid",
        title=_("Too long"),
        cause=_("Dub takes at most {limit} characters for the {field}."),
        next_step=_("Shorten it, then send it again."),
    ),
    Cause(
        message=r"too_big: " + AT + r"(Too big: expected number to be <=|Max page size is )"
        r"(?P<limit>\d+)",
        kind="invalid",
        title=_("Too large"),
        cause=_("Dub takes at most {limit} for the {field}."),
        next_step=_("Lower it, then try again."),
    ),
    Cause(
        message=r"too_small: "
        + AT
        + r".*(cannot be negative|expected number to be >|greater than 0)",
        kind="invalid",
        title=_("Too small"),
        cause=_("Dub wants a number above zero for the {field}."),
        next_step=CORRECT,
    ),
    Cause(
        message=r"\w+: " + AT + r".*(is required$|received (undefined|null)$)",
        kind="invalid",
        title=_("Something is missing"),
        cause=_("Dub asks for the {field}, and cannot leave it empty."),
        next_step=_("Fill it in, then send it again."),
    ),
    Cause(
        message=r"invalid_type: " + AT + r".*(expected int|must be a number)",
        kind="invalid",
        title=_("Not a whole number"),
        cause=_("Dub wants a whole number for the {field}."),
        next_step=CORRECT,
    ),
    Cause(
        message=r"invalid_value: " + AT + r"Invalid option: expected one of (?P<choices>.+)",
        kind="invalid",
        title=_("Not one of Dub's choices"),
        cause=_("For the {field} Dub only knows {choices}."),
        next_step=_("Choose one of these, then try again."),
    ),
    Cause(
        message=r"custom: " + AT + r"(Invalid date|The (start|end) date)",
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
        next_step=CORRECT,
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
        next_step=CORRECT,
    ),
    Cause(
        of=Refused,
        kind="other",
        title=_("Dub refused"),
        cause=_("Dub refused this without a reason that dubadmin knows. {says}"),
        next_step=_("Check what was asked for, then try again."),
    ),
)
