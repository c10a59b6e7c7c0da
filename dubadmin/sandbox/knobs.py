"""Everything about the sandbox that can be turned while it runs."""

import time
from dataclasses import dataclass, fields
from typing import Any


@dataclass(kw_only=True, eq=False)
class Knobs:
    """How the sandbox behaves; `Sandbox` carries these as plain attributes.

    Times are milliseconds. `rate_limit` is requests per minute: None means the plan's own
    limit, 0 means no limit. `events_rate_limit` is per second: None means no limit, unless
    `enforce_plan_limits` puts the plan's in its place.
    """

    api_key: str = "dub_sandbox_key"
    personal_key: str = "sandbox_personal_key"
    plan: str = "business"
    trial: bool = False
    role: str = "owner"
    scopes: str = "apis.all"
    membership: str = "active"  # active, pending, expired, none (traps A4, A5)
    key_expired: bool = False
    usage_exceeded: bool = False  # trap A3
    has_program: bool = True

    rate_limit: int | None = None
    events_rate_limit: int | None = None
    enforce_plan_limits: bool = False

    latency_ms: int = 0
    background_ms: int = 0  # traps L11, D1
    drop_background: bool = False  # trap D1: the background work silently never happens
    sale_work_ms: int = 10  # trap S7: how long the replay check and its key lie apart
    clock_offset: float = 0.0  # seconds

    patch_stores_country: bool = True  # trap R1
    published_schema: bool = False  # contract section 5: cap and require as published
    count_answers: bool = True  # trap Q8
    analytics_down: bool = False  # trap S3
    avatar_copy_fails: bool = False  # trap R6

    def now(self) -> int:
        """The sandbox's idea of now, in epoch milliseconds."""
        return int((time.time() + self.clock_offset) * 1000)

    def turn(self, **values: Any) -> None:
        """Set knobs by name; ValueError names one that does not exist or has a wrong type."""
        known = {field.name: field.type for field in fields(Knobs)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"there is no setting named {name!r}")
            if not _fits(getattr(Knobs, name), value, optional="None" in str(known[name])):
                raise ValueError(f"{value!r} does not fit the setting {name!r}")
        for name, value in values.items():
            setattr(self, name, value)

    def settings(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(Knobs)}


def _fits(default: Any, value: Any, *, optional: bool) -> bool:
    if value is None:
        return optional
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if default is None or isinstance(default, int):
        return isinstance(value, int)
    if isinstance(default, float):
        return isinstance(value, (int, float))
    return isinstance(value, str)
