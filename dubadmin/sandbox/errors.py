"""Errors in Dub's shape (contract section 4)."""

from typing import Any

_DOCS = "https://dub.co/docs/api-reference/errors"
_STATUS = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "exceeded_limit": 403,
    "not_found": 404,
    "conflict": 409,
    "invite_pending": 409,
    "invite_expired": 410,
    "unprocessable_entity": 422,
    "rate_limit_exceeded": 429,
    "internal_server_error": 500,
}
_CODE = {status: code for code, status in reversed(_STATUS.items())}


class ApiError(Exception):
    """Answers the request with Dub's error body for `code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = _STATUS[code]

    def body(self) -> dict[str, Any]:
        return error_body(self.code, self.message)


class Issue(ApiError):
    """One failed check: a 422 whose message reads `code: path: message` (contract section 5)."""

    def __init__(self, kind: str, message: str, *, path: str = "") -> None:
        super().__init__("unprocessable_entity", f"{kind}: {path}: {message}")
        self.kind = kind
        self.detail = message

    def at(self, path: str) -> "Issue":
        return Issue(self.kind, self.detail, path=path)


def error_body(code: str, message: str) -> dict[str, Any]:
    # Only the first underscore becomes a hyphen, but the fallback for a 500 writes both.
    anchor = code.replace("_", "-", -1 if code == "internal_server_error" else 1)
    return {"error": {"code": code, "message": message, "doc_url": f"{_DOCS}#{anchor}"}}


def status_for(code: str) -> int:
    return _STATUS.get(code, 500)


def code_for(status: int) -> str:
    fallback = "bad_request" if status < 500 else "internal_server_error"
    return _CODE.get(status, fallback)


def unexpected() -> ApiError:
    return ApiError(
        "internal_server_error",
        "An internal server error occurred. Please contact our support if the problem persists.",
    )


def not_found(message: str) -> ApiError:
    return ApiError("not_found", message)
