"""Who may do what (contract section 1, traps A3 to A6). The order of the checks is Dub's."""

from dataclasses import dataclass

from dubadmin.sandbox.call import WORKSPACE, Call
from dubadmin.sandbox.errors import ApiError, not_found
from dubadmin.sandbox.limits import Limiter, limit_for

_PLANS = ("business", "advanced", "enterprise")
_OLD_BUSINESS = ("business plus", "business max", "business extra")
_ROLES = ("owner", "member")


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What an operation asks for beyond a valid key."""

    plan: bool = False
    role: bool = False
    permission: str | None = None


def check_access(call: Call, needs: Needs, limiter: Limiter) -> None:
    """ApiError when the request may not go on; sets the rate headers its errors will carry."""
    key = _key(call)
    restricted = key.startswith("dub_")
    if key != (call.knobs.api_key if restricted else call.knobs.personal_key):
        raise ApiError("unauthorized", "Unauthorized: Invalid API key.")
    if call.knobs.key_expired:
        raise ApiError("unauthorized", "Unauthorized: Access token expired.")
    _check_rate(call, key, limiter, plan=call.knobs.plan if restricted else "free")
    _check_membership(call, restricted=restricted)
    if needs.permission:
        _check_permission(call, needs.permission, restricted=restricted)
    if needs.role and call.knobs.role not in _ROLES:
        raise ApiError(
            "forbidden",
            "You don't have the required role to access this endpoint. "
            "Required role(s): owner, member.",
        )
    plan = "business" if call.knobs.plan in _OLD_BUSINESS else call.knobs.plan
    if needs.plan and plan not in _PLANS:
        raise ApiError("forbidden", "Unauthorized: Need higher plan.")


def _key(call: Call) -> str:
    header = call.headers.get("authorization", "")
    if header and not header.startswith("Bearer "):
        raise ApiError(
            "bad_request",
            "Misconfigured authorization header. Did you forget to add 'Bearer '? "
            "Learn more: https://d.to/auth",
        )
    key = header.removeprefix("Bearer ")
    if not key.startswith("dub_") and not call.query.get("workspaceId"):
        if not header:
            raise ApiError("unauthorized", "Missing Authorization header.")
        raise not_found(
            "Workspace ID not found. Did you forget to include a `workspaceId` query parameter? "
            "It looks like you might be using personal API keys, we also recommend refactoring "
            "to workspace API keys: https://d.to/keys"
        )
    if not key:
        raise ApiError("unauthorized", "Unauthorized: Login required.")
    return key


def _check_rate(call: Call, key: str, limiter: Limiter, *, plan: str) -> None:
    limit, window = limit_for(call.knobs, call.path, plan=plan)
    verdict = limiter.ask(key, limit=limit, window_ms=window)
    call.limit_headers = verdict.headers
    if not verdict.allowed:
        raise ApiError("rate_limit_exceeded", "Too many requests.")


def _check_membership(call: Call, *, restricted: bool) -> None:
    """A4, A5: the key lives on when its user has left the workspace."""
    membership = call.knobs.membership
    if not restricted and call.query["workspaceId"].removeprefix("ws_") != WORKSPACE:
        membership = "none"
    if membership == "pending":
        raise ApiError("invite_pending", "Workspace invite pending.")
    if membership == "expired":
        raise ApiError("invite_expired", "Workspace invite expired.")
    if membership != "active":
        raise not_found("Workspace not found.")


def _check_permission(call: Call, permission: str, *, restricted: bool) -> None:
    granted = call.knobs.scopes.split()
    everything = "apis.all" in granted or "apis.read" in granted or not restricted
    if everything or permission in granted or permission.replace("read", "write") in granted:
        return
    raise ApiError(
        "forbidden",
        "The provided key does not have the required permissions for this endpoint on the "
        f"workspace 'ws_{WORKSPACE}'. Having the '{permission}' permission would allow this "
        "request to continue.",
    )
