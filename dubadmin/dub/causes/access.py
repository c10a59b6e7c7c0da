"""What the API key, its user, the workspace and its plan may not do (traps A3 to A6)."""

from __future__ import annotations

from ..errors import Refused
from ..marks import _
from .row import Cause

ACCESS: tuple[Cause, ...] = (
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
)
