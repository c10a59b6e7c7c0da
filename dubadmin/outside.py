"""The one place that sends anything to anybody but Dub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT_SECONDS = 10.0


class NotTaken(Exception):
    """It cannot be said that it arrived. Tells why, without the address: that may hold a secret."""


class _Nowhere(HTTPRedirectHandler):
    """A POST that is led elsewhere arrives as an empty GET, so it is not followed."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = build_opener(_Nowhere)


def post_json(url: str, body: Mapping[str, Any]) -> None:
    """Posts `body` and returns when it was answered with a 2xx. Raises NotTaken."""
    request = Request(  # noqa: S310  settings let http and https through
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "dubadmin"},
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS):
            pass
    except HTTPError as error:
        error.close()
        raise NotTaken(f"it answered {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise NotTaken(f"it could not be reached ({type(error).__name__})") from None
