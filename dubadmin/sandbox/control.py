"""/sandbox/…: the sandbox's own switches, for other processes and the curious. No key.

POST and DELETE /sandbox/faults, GET and POST /sandbox/settings, GET /sandbox/state,
POST /sandbox/reset. They answer on the loopback only, and are not in the journal.
"""

from collections.abc import Callable
from typing import Any, Protocol

from dubadmin.sandbox.call import Answer, read_json


class Controlled(Protocol):
    def fault(self, **fault: Any) -> None: ...
    def clear_faults(self) -> None: ...
    def turn(self, **values: Any) -> None: ...
    def settings(self) -> dict[str, Any]: ...
    def state(self) -> dict[str, int]: ...
    def reset(self) -> None: ...


def control(sandbox: Controlled, method: str, path: str, body: bytes) -> Answer:
    switch = _SWITCHES.get((method, path))
    if switch is None:
        return Answer(payload={"error": "no such switch"}, status=404)
    try:
        return Answer(payload=switch(sandbox, body))
    except (TypeError, ValueError, RuntimeError) as error:
        return Answer(payload={"error": str(error)}, status=400)


def _add_fault(sandbox: Controlled, body: bytes) -> Any:
    sandbox.fault(**_object(body))
    return sandbox.state()


def _clear_faults(sandbox: Controlled, body: bytes) -> Any:
    sandbox.clear_faults()
    return sandbox.state()


def _turn(sandbox: Controlled, body: bytes) -> Any:
    sandbox.turn(**_object(body))
    return sandbox.settings()


def _reset(sandbox: Controlled, body: bytes) -> Any:
    sandbox.reset()
    return sandbox.state()


def _object(body: bytes) -> dict[str, Any]:
    value = read_json(body)
    if not isinstance(value, dict):
        raise TypeError("a JSON object is expected")
    return value


_SWITCHES: dict[tuple[str, str], Callable[[Controlled, bytes], Any]] = {
    ("POST", "/sandbox/faults"): _add_fault,
    ("DELETE", "/sandbox/faults"): _clear_faults,
    ("POST", "/sandbox/settings"): _turn,
    ("GET", "/sandbox/settings"): lambda sandbox, _: sandbox.settings(),
    ("GET", "/sandbox/state"): lambda sandbox, _: sandbox.state(),
    ("POST", "/sandbox/reset"): _reset,
}
