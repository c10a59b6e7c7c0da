"""/sandbox/…: the sandbox's own switches, for other processes and the curious. No key.

POST and DELETE /sandbox/faults, GET and POST /sandbox/settings, GET /sandbox/state,
POST /sandbox/reset. They answer on the loopback only, and are not in the journal.
"""

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
    try:
        return _control(sandbox, method, path, body)
    except (TypeError, ValueError, RuntimeError) as error:
        return Answer(payload={"error": str(error)}, status=400)


def _control(sandbox: Controlled, method: str, path: str, body: bytes) -> Answer:
    match method, path:
        case "POST", "/sandbox/faults":
            sandbox.fault(**_object(body))
            return Answer(payload={"added": True}, status=201)
        case "DELETE", "/sandbox/faults":
            sandbox.clear_faults()
            return Answer(payload={"cleared": True})
        case "POST", "/sandbox/settings":
            sandbox.turn(**_object(body))
            return Answer(payload=sandbox.settings())
        case "GET", "/sandbox/settings":
            return Answer(payload=sandbox.settings())
        case "GET", "/sandbox/state":
            return Answer(payload=sandbox.state())
        case "POST", "/sandbox/reset":
            sandbox.reset()
            return Answer(payload=sandbox.state())
    return Answer(payload={"error": "no such switch"}, status=404)


def _object(body: bytes) -> dict[str, Any]:
    value = read_json(body)
    if not isinstance(value, dict):
        raise TypeError("a JSON object is expected")
    return value
