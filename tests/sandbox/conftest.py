from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from dubadmin.sandbox import Sandbox


class Api(requests.Session):
    """A bare HTTP client with the sandbox's address and key."""

    def __init__(self, dub: Sandbox) -> None:
        super().__init__()
        self.trust_env = False
        self.base = dub.url
        self.headers["Authorization"] = f"Bearer {dub.api_key}"

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, self.base + url, *args, **kwargs)

    def customer(self, external_id: str) -> requests.Response:
        return self.get(f"/customers/ext_{quote(external_id, safe='')}")

    def lead(self, external_id: str, click: str | None = None, **body: Any) -> requests.Response:
        lead = {"customerExternalId": external_id, "clickId": click, "eventName": "Sign up"}
        return self.post("/track/lead", json=lead | body)

    def sale(self, external_id: str, amount: Any = 4900, **body: Any) -> requests.Response:
        return self.post(
            "/track/sale", json={"customerExternalId": external_id, "amount": amount} | body
        )


@pytest.fixture(scope="session")
def running_dub() -> Iterator[Sandbox]:
    with Sandbox() as dub:
        yield dub


@pytest.fixture
def dub(running_dub: Sandbox) -> Sandbox:
    running_dub.reset()
    return running_dub


@pytest.fixture
def api(dub: Sandbox) -> Iterator[Api]:
    with Api(dub) as api:
        yield api


@pytest.fixture
def link(dub: Sandbox) -> dict[str, Any]:
    """A partner's link."""
    return dub.add_link("ada", partner=dub.add_partner())


@pytest.fixture
def click(dub: Sandbox, link: dict[str, Any]) -> str:
    return dub.add_click(link)


@pytest.fixture
def alice(dub: Sandbox, link: dict[str, Any]) -> dict[str, Any]:
    """A customer with a link and a lead, so that sales can be tracked."""
    return dub.add_customer(
        "Alice Abadi", "alice@example.com", "alice", "US", link=link, lead="Sign up"
    )


def message(answer: requests.Response) -> str:
    return str(answer.json()["error"]["message"])
